"""Arrangements: at most five, each repays exactly, does what it showed and costs what it said."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.loanmath.life import (
    Disbursed,
    Event,
    LoanStatus,
    RepaymentReceived,
    fold,
)
from app.loanmath.schedule import Method, Terms
from app.servicing.rules import Funder, LoanRef, Signed, project
from app.servicing.rules.hardship import (
    HardshipPolicy,
    Option,
    ReliefKind,
    Situation,
    Wish,
    events_of_relief,
    option_of,
    options,
)

START_ON = date(2026, 1, 31)
NOON = datetime(2026, 1, 31, 4, 0, tzinfo=UTC)

POLICY = HardshipPolicy(
    options_max=5,
    periods_max={
        ReliefKind.DEFER_PRINCIPAL: 3,
        ReliefKind.DEFER_ALL: 3,
        ReliefKind.HARVEST: 11,
        ReliefKind.STRETCH: 12,
        ReliefKind.CATCH_UP: 6,
    },
    periods_at_once={
        ReliefKind.DEFER_PRINCIPAL: 3,
        ReliefKind.DEFER_ALL: 1,
        ReliefKind.HARVEST: 6,
        ReliefKind.STRETCH: 6,
        ReliefKind.CATCH_UP: 3,
    },
    stretch_steps=(3, 6, 12),
    catch_up_steps=(0, 3, 6),
    months_between=6,
    days_past_due_at_once=30,
    penalty_waived_at_once_fen=10_000,
    loan_months_max=60,
    short_loan_months=12,
)

METHODS = (
    Method.EQUAL_INSTALLMENT,
    Method.EQUAL_PRINCIPAL,
    Method.INTEREST_ONLY,
    Method.BULLET,
    Method.FLAT,
)


def signed(**changes: object) -> Signed:
    values: dict[str, object] = {
        "principal_fen": 1_200_000,
        "annual_rate": Decimal("0.12"),
        "method": Method.EQUAL_INSTALLMENT,
        "disbursed_on": START_ON,
        "count": 12,
    }
    terms = Terms(**values | changes)  # pyright: ignore[reportArgumentType] - as given
    return Signed(
        ref=LoanRef(borrower_id="br00000mei000000", loan_id="ln00000000000001"),
        terms=terms,
        funders=(Funder(code="qingmiao", share=Decimal(1)),),
    )


def lived(loan: Signed, paid: list[tuple[int, int]] | None = None) -> tuple[Event, ...]:
    """Lend, and pay so much after so many days."""
    events: list[Event] = [
        Disbursed(
            id="ev-0",
            effective_on=loan.terms.disbursed_on,
            recorded_at=NOON,
            amount_fen=loan.terms.principal_fen,
        )
    ]
    for number, (days, amount_fen) in enumerate(paid or [], start=1):
        events.append(
            RepaymentReceived(
                id=f"ev-{number}",
                effective_on=loan.terms.disbursed_on + timedelta(days=days),
                recorded_at=NOON + timedelta(days=days, seconds=number),
                amount_fen=amount_fen,
            )
        )
    return tuple(events)


def situation(
    loan: Signed | None = None,
    paid: list[tuple[int, int]] | None = None,
    *,
    on: date = date(2026, 2, 10),
) -> Situation:
    loan = loan or signed()
    return Situation.of(loan, lived(loan, paid), on)


def kept(start: Situation, option: Option) -> tuple[Event, ...]:
    """Let an arrangement happen, as the operation writes it."""
    new = events_of_relief(
        start, option.relief, ids=("ev-a", "ev-b"), recorded_at=datetime(2040, 1, 1, tzinfo=UTC)
    )
    return (*start.events, *new)


def paid_by_plan(start: Situation, option: Option) -> tuple[int, LoanStatus, int]:
    """Pay what each day asks for, arrears today; return the sum and how the loan ends."""
    events = list(kept(start, option))
    total_fen = 0
    days = sorted({max(line.due_on, start.on) for line in option.lines if line.left_fen > 0})
    for number, day in enumerate(days):
        due_fen = fold(start.signed.terms, events, day).due_now_fen
        if not due_fen:
            continue
        total_fen += due_fen
        events.append(
            RepaymentReceived(
                id=f"pay-{number}",
                effective_on=day,
                recorded_at=datetime(2041, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
                amount_fen=due_fen,
            )
        )
    state = fold(start.signed.terms, events, max(option.ends_on, start.on))
    return total_fen, state.status, sum(row.left_fen for row in state.rows)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    count = draw(st.integers(1, 24))
    loan = signed(
        principal_fen=draw(st.integers(count * 100, 20_000_000)),
        annual_rate=Decimal(draw(st.integers(0, 2_400))) / 10_000,
        method=draw(st.sampled_from(METHODS)),
        count=count,
        disbursed_on=START_ON + timedelta(days=draw(st.integers(0, 40))),
    )
    days = draw(st.integers(0, 30 * count))
    level_fen = loan.terms.principal_fen // count + 1
    paid = draw(
        st.lists(st.tuples(st.integers(0, days), st.integers(1, 3 * level_fen)), max_size=6)
    )
    return situation(loan, paid, on=loan.terms.disbursed_on + timedelta(days=days))


WISHES = st.builds(
    Wish,
    monthly_fen=st.none() | st.integers(1, 5_000_000),
    from_on=st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    harvest_month=st.none() | st.integers(1, 12),
)


@given(situations(), WISHES)
def test_every_arrangement_keeps_the_laws(start: Situation, wish: Wish) -> None:
    found = options(start, POLICY, wish)

    assert len(found) <= 5
    assert len({option.lines for option in found}) == len(found)
    assert len({option.token for option in found}) == len(found)
    assert [option.short_fen for option in found] == sorted(option.short_fen for option in found)
    assert found == options(start, POLICY, wish)
    disbursed_fen = start.now.state.disbursed_fen
    for option in found:
        assert sum(line.principal_fen for line in option.lines) == disbursed_fen
        after = project(start.signed, kept(start, option), start.on, None)
        assert after.lines == option.lines
        assert after.state.status in {
            LoanStatus.RESTRUCTURED,
            LoanStatus.IN_ARREARS,
        }
        assert option.difference_fen == (
            after.figures.balance_fen
            - after.figures.unapplied_fen
            - start.now.figures.balance_fen
            + start.now.figures.unapplied_fen
        )
        assert option.difference_fen == option.interest_difference_fen - option.waived_fen
        found_again = option_of(start, POLICY, option.token)
        assert found_again == replace(option, short_fen=0)


@given(situations())
def test_paying_an_arrangement_as_shown_closes_the_loan_for_what_was_said(
    start: Situation,
) -> None:
    for option in options(start, POLICY, Wish()):
        total_fen, status, left_fen = paid_by_plan(start, option)
        assert left_fen == 0
        assert status in {LoanStatus.CLOSED_PAID, LoanStatus.OVERPAID}
        assert total_fen == option.to_pay_fen
