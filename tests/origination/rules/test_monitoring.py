"""A month's look lowers what is lent anew, gives it back, and raises signs for people to ask."""

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.rules import PolicyBook, Scorecard
from app.origination.rules.decision import decide
from app.origination.rules.monitoring import MonthsLook, Standing, WarningKind, look_again
from tests.origination.rules.conftest import SnapshotOf

FEBRUARY = date(2027, 2, 3)
FINE = Standing(
    owed_fen=1_500_000, monthly_fen=130_000, days_past_due=0, misses_first=False, late_months=0
)


def look(
    snapshot_of: SnapshotOf, card: Scorecard, book: PolicyBook, **standing: object
) -> MonthsLook:
    decided = snapshot_of()
    then = PolicyBook(FEBRUARY, book.values)
    how = msgspec.structs.replace(FINE, **standing)
    return look_again(decided, decide(decided, card), how, (card, "0" * 64), then)


def test_who_pays_on_time_keeps_the_limit_and_is_left_in_peace(
    snapshot_of: SnapshotOf, card: Scorecard, book: PolicyBook
) -> None:
    found = look(snapshot_of, card, book)
    assert found.limit_fen == decide(snapshot_of(), card).limit_fen
    assert found.warnings == frozenset()
    assert found.reasons == ()
    assert found.snapshot.decided_on == FEBRUARY
    assert found.snapshot.phone_tenure_months == 86


def test_a_month_late_ends_new_draws_says_why_and_lets_people_ask(
    snapshot_of: SnapshotOf, card: Scorecard, book: PolicyBook
) -> None:
    found = look(snapshot_of, card, book, days_past_due=31, misses_first=True, late_months=3)
    assert found.limit_fen == 0
    assert found.reasons[0] == "LATE_NOW"
    assert found.warnings == {
        WarningKind.LATE,
        WarningKind.FIRST_PAYMENT_MISSED,
        WarningKind.SCORE_FELL,
    }
    heavy = look(snapshot_of, card, book, monthly_fen=275_000)
    assert WarningKind.DEBT_HEAVY in heavy.warnings
    assert heavy.limit_fen == 0


standings = st.fixed_dictionaries(
    {
        "monthly_fen": st.integers(0, 600_000),
        "days_past_due": st.integers(0, 120),
        "late_months": st.integers(0, 24),
    }
)


@given(standings)
def test_a_limit_never_rises_above_the_decision_and_no_price_is_touched(
    snapshot_of: SnapshotOf, card: Scorecard, book: PolicyBook, standing: dict[str, int]
) -> None:
    decided = snapshot_of()
    decided_fen = decide(decided, card).limit_fen
    found = look(snapshot_of, card, book, **standing)
    assert 0 <= found.limit_fen <= decided_fen
    assert found.snapshot.offered == decided.offered
    assert bool(found.reasons) <= (found.limit_fen < decided_fen)
