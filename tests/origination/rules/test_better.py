"""Beside each offer stands the cheapest way that fits, and what others pay is in the cost."""

from datetime import date
from decimal import Decimal

from app.catalog.rules import Need, PolicyBook, whole_cost
from app.catalog.rules.reductions import coupon, interest_subsidy, reduced_cost
from app.loanmath.schedule import Method, Terms
from app.origination.rules.better import Way, better_as_json, better_from, better_of
from app.origination.rules.picks import OfferKind, Pick, fits
from tests.origination.rules.conftest import PERSONA_CODES, SnapshotOf

TERMS = Terms(
    principal_fen=1_000_000,
    annual_rate=Decimal("0.072"),
    method=Method.EQUAL_INSTALLMENT,
    count=12,
    disbursed_on=date(2026, 11, 21),
)


def pick(amount_fen: int, months: int, rate: str = "0.0660") -> Pick:
    return Pick(
        kind=OfferKind.ASKED, amount_fen=amount_fen, months=months, annual_rate=Decimal(rate)
    )


def test_a_better_way_fits_costs_less_and_is_the_cheapest_of_its_kind(
    snapshot_of: SnapshotOf,
) -> None:
    ways: set[Way] = set()
    for persona in PERSONA_CODES:
        snapshot = snapshot_of(persona)
        for months in snapshot.offered.terms.months:
            for amount_fen in (snapshot.offered.amount.min_fen, snapshot.amount_fen):
                offer = pick(amount_fen, months)
                better = better_of(snapshot, offer)
                if better is None:
                    continue
                ways.add(better.way)
                terms = snapshot.terms(amount_fen, months, offer.annual_rate)
                assert better.saves_fen > 0
                assert better.cost_fen + better.saves_fen == (
                    whole_cost(terms).total_fen - amount_fen
                )
                assert better.amount_fen <= amount_fen
                assert better.months <= months
                if better.way in {Way.LESS, Way.SHORTER}:
                    assert fits(snapshot, better.amount_fen, better.months, offer.annual_rate)
                assert better_from(better_as_json(better)) == better
    assert ways >= {Way.LESS, Way.SHORTER, Way.SUBSIDIZED}
    assert better_from(better_as_json(None)) is None


def test_waiting_for_the_season_ends_on_the_same_day(snapshot_of: SnapshotOf) -> None:
    snapshot = snapshot_of("orchard_farmer", decided_on=date(2027, 3, 1))
    better = better_of(snapshot, pick(1_500_000, 12))
    assert better is not None
    assert (better.way, better.months, better.begins_on) == (Way.LATER, 9, date(2027, 6, 1))


def test_the_state_pays_a_point_until_the_policy_ends_and_never_more_than_its_cap(
    book: PolicyBook,
) -> None:
    subsidy = interest_subsidy(TERMS, Need.HOME_APPLIANCE, book)
    assert subsidy is not None
    # One point of 7.2 is 5/36 of the first month's 60 yuan, whose thirty days all lie in 2026, and
    # of eleven of the second month's thirty-one days: the state pays until 31 December.
    plan = whole_cost(TERMS).installments
    assert subsidy.by_number == (
        (1, plan[0].interest_fen * 10 // 72),
        (2, plan[1].interest_fen * 10 * 11 // (72 * 31)),
    )
    assert interest_subsidy(TERMS, Need.MICRO_BUSINESS, book) is None
    nearly = interest_subsidy(TERMS, Need.HOME_APPLIANCE, book, used_by_year={2026: 299_500})
    assert nearly is not None
    assert nearly.total_fen == 500
    assert interest_subsidy(TERMS, Need.HOME_APPLIANCE, book, used_by_year={2026: 300_000}) is None


def test_a_coupon_lowers_the_yearly_cost_and_nobody_pays_more_than_the_interest(
    book: PolicyBook,
) -> None:
    plain = whole_cost(TERMS)
    ours = coupon(TERMS, 9_000, payer="qingmiao", code="SPRING")
    assert ours.total_fen == 9_000
    less = reduced_cost(TERMS, [ours])
    assert less.total_fen == plain.total_fen - 9_000
    assert less.annual_cost < plain.annual_cost
    assert less.annual_cost_effective < plain.annual_cost_effective
    subsidy = interest_subsidy(TERMS, Need.HOME_APPLIANCE, book)
    assert subsidy is not None
    both = reduced_cost(
        TERMS, [coupon(TERMS, 10_000_000, payer="qingmiao", code="SPRING"), subsidy]
    )
    assert both.total_fen == TERMS.principal_fen
    assert both.annual_cost == 0
    assert both.reduced_fen == plain.total_interest_fen
    assert [one.payer for one in both.reductions] == ["qingmiao"]
    assert reduced_cost(TERMS, []).annual_cost == plain.annual_cost
