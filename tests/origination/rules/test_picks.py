"""At least two loans are offered, and the other one costs less wherever that is possible."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.rules import whole_cost
from app.origination.rules.picks import OfferKind, Pick, monthly_service_fen, picks_of
from app.origination.rules.snapshot import Snapshot
from tests.origination.rules.conftest import SnapshotOf

RATE = Decimal("0.0660")
AMPLE_FEN = 10_000_000


def cost_fen(snapshot: Snapshot, pick: Pick) -> int:
    terms = snapshot.terms(pick.amount_fen, pick.months, pick.annual_rate)
    return whole_cost(terms).total_fen - pick.amount_fen


@given(
    st.integers(4, 160).map(lambda steps: steps * 50_000),
    st.sampled_from([6, 9, 12]),
    st.integers(200_000, 3_000_000),
)
def test_there_are_two_offers_and_the_second_is_cheaper_if_it_can_be(
    snapshot_of: SnapshotOf, amount_fen: int, months: int, income_fen: int
) -> None:
    snapshot = snapshot_of(
        amount_fen=amount_fen, months=months, monthly_income_fen=income_fen, stated_debt_fen=0
    )
    picks = picks_of(snapshot, limit_fen=AMPLE_FEN, annual_rate=RATE)
    for pick in picks:
        service_fen = monthly_service_fen(snapshot, pick.amount_fen, pick.months, RATE)
        assert service_fen * 2 <= income_fen
    if picks:
        main, *beside = picks
        assert len({(pick.amount_fen, pick.months) for pick in picks}) == len(picks)
        cheaper = [pick for pick in beside if cost_fen(snapshot, pick) < cost_fen(snapshot, main)]
        assert cheaper == [pick for pick in beside if pick.kind is not OfferKind.LONGER]
        # Only the least amount can stand alone, where no other term is cheaper or can be carried.
        assert beside or main.amount_fen == snapshot.offered.amount.min_fen


def test_what_is_asked_for_stands_first_with_sooner_and_less_beside_it(
    snapshot_of: SnapshotOf,
) -> None:
    picks = picks_of(snapshot_of(), limit_fen=AMPLE_FEN, annual_rate=RATE)
    assert [(pick.kind, pick.amount_fen, pick.months) for pick in picks] == [
        (OfferKind.ASKED, 1_500_000, 12),
        (OfferKind.SHORTER, 1_500_000, 9),
        (OfferKind.LESS, 1_200_000, 12),
    ]


def test_the_largest_amount_that_fits_takes_the_place_of_too_much(snapshot_of: SnapshotOf) -> None:
    snapshot = snapshot_of(amount_fen=8_000_000, monthly_income_fen=450_000)
    main, *_ = picks_of(snapshot, limit_fen=AMPLE_FEN, annual_rate=RATE)
    assert (main.kind, main.months) == (OfferKind.LESS, 12)
    more = main.amount_fen + snapshot.offered.amount.step_fen
    assert monthly_service_fen(snapshot, main.amount_fen, 12, RATE) * 2 <= 450_000
    assert monthly_service_fen(snapshot, more, 12, RATE) * 2 > 450_000


def test_a_longer_term_helps_where_not_even_the_least_fits_the_one_asked_for(
    snapshot_of: SnapshotOf,
) -> None:
    snapshot = snapshot_of(amount_fen=200_000, months=6, monthly_income_fen=50_000)
    main, *beside = picks_of(snapshot, limit_fen=AMPLE_FEN, annual_rate=RATE)
    assert (main.kind, main.amount_fen) == (OfferKind.LONGER, 200_000)
    assert main.months == 9
    assert [pick.kind for pick in beside] == [OfferKind.LONGER]


def test_the_least_amount_for_the_shortest_term_has_a_longer_one_beside_it(
    snapshot_of: SnapshotOf,
) -> None:
    snapshot = snapshot_of(amount_fen=200_000, months=6, monthly_income_fen=900_000)
    picks = picks_of(snapshot, limit_fen=AMPLE_FEN, annual_rate=RATE)
    assert [(pick.kind, pick.months) for pick in picks] == [
        (OfferKind.ASKED, 6),
        (OfferKind.LONGER, 9),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"monthly_income_fen": 0},
        {"monthly_income_fen": 20_000},
        {"monthly_income_fen": 450_000, "stated_debt_fen": 225_000},
    ],
)
def test_nothing_is_offered_to_whom_it_would_hurt(
    snapshot_of: SnapshotOf, changes: dict[str, Any]
) -> None:
    assert picks_of(snapshot_of(**changes), limit_fen=AMPLE_FEN, annual_rate=RATE) == ()


def test_nothing_above_the_cost_cap_is_offered(snapshot_of: SnapshotOf) -> None:
    # Four times the one-year LPR of 3 % is 12 %, with compounding.
    snapshot = snapshot_of()
    assert picks_of(snapshot, limit_fen=AMPLE_FEN, annual_rate=Decimal("0.1200")) == ()
    assert picks_of(snapshot, limit_fen=AMPLE_FEN, annual_rate=Decimal("0.1120"))


def test_a_longer_term_is_not_pressed_on_the_old(snapshot_of: SnapshotOf) -> None:
    from_1957 = snapshot_of(amount_fen=200_000, months=6, monthly_income_fen=900_000)
    born_on = from_1957.decided_on.replace(year=from_1957.decided_on.year - 70, month=6)
    elder = snapshot_of(amount_fen=200_000, months=6, monthly_income_fen=900_000, born_on=born_on)
    picks = picks_of(elder, limit_fen=AMPLE_FEN, annual_rate=RATE)
    assert [pick.kind for pick in picks] == [OfferKind.ASKED]
