"""The laws every state of a loan keeps, checked on one life and day."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from app.loanmath.life import (
    Disbursed,
    DueKind,
    LoanState,
    LoanStatus,
    PlanRow,
    Recovered,
    Refunded,
    RefundReversed,
    RepaymentReceived,
)
from tests.loanmath.lives import Life

REFUSALS = frozenset({"installment_below_interest"})
"""What a random life may be refused for; anything else is a fault."""

ASKED: Mapping[DueKind, Callable[[PlanRow], int]] = {
    DueKind.PRINCIPAL: lambda row: row.principal_fen,
    DueKind.INTEREST: lambda row: row.interest_fen,
    DueKind.FEE: lambda row: row.fee_fen,
    DueKind.COST: lambda row: row.cost_fen,
    DueKind.PENALTY: lambda row: row.penalty_fen,
}
PAID: Mapping[DueKind, Callable[[PlanRow], int]] = {
    DueKind.PRINCIPAL: lambda row: row.paid_principal_fen,
    DueKind.INTEREST: lambda row: row.paid_interest_fen,
    DueKind.FEE: lambda row: row.paid_fee_fen,
    DueKind.COST: lambda row: row.paid_cost_fen,
    DueKind.PENALTY: lambda row: row.paid_penalty_fen,
}


def bill_on(row: PlanRow) -> date:
    """Say from which day a row is due."""
    return row.due_on if row.payable_on is None else min(row.due_on, row.payable_on)


def last_day(row: PlanRow) -> date:
    """Say until which day paying a row is in time."""
    return row.payable_on or row.due_on


def received(life: Life, on: date) -> dict[str, int]:
    """Return the money that came in by a day and was not taken back."""
    undone = {getattr(event, "reverses", None) for event in life.events}
    return {
        event.id: event.amount_fen
        for event in life.events
        if isinstance(event, RepaymentReceived | Recovered)
        and event.id not in undone
        and event.effective_on <= on
    }


def check_rows(life: Life, state: LoanState) -> None:
    """Principal is what was lent; a row's total is its parts; no due is paid beyond itself."""
    assert sum(row.principal_fen for row in state.rows) == state.disbursed_fen
    left = sum(row.principal_fen - row.paid_principal_fen for row in state.rows)
    may_grow = life.terms.negative_amortization
    assert state.principal_fen == left or may_grow
    for place, row in enumerate(state.rows, 1):
        assert row.number == place
        asked = [ASKED[kind](row) for kind in DueKind]
        paid = [PAID[kind](row) for kind in DueKind]
        assert (row.total_fen, row.paid_fen) == (sum(asked), sum(paid))
        for kind, most_fen, paid_fen in zip(DueKind, asked, paid, strict=True):
            # Interest added to principal stands against principal repaid early in its period.
            early_fen = row.extra_principal_fen if kind is DueKind.PRINCIPAL and may_grow else 0
            assert 0 <= paid_fen <= max(most_fen, early_fen)
        assert row.principal_fen >= 0 or may_grow
        assert row.left_fen >= 0


def check_money(life: Life, state: LoanState) -> None:
    """Every fen received is allocated, held, or was given back; rows show what went to them."""
    repayments = received(life, state.on)
    went = Counter[str]()
    took = Counter[tuple[int, DueKind]]()
    for allocation in state.allocations:
        assert allocation.amount_fen != 0
        went[allocation.event_id] += allocation.amount_fen
        took[allocation.installment_number, allocation.kind] += allocation.amount_fen
    assert set(went) <= set(repayments)
    assert all(went[event_id] <= amount for event_id, amount in repayments.items())
    past = [event for event in life.events if event.effective_on <= state.on]
    came_back = {event.reverses for event in life.events if isinstance(event, RefundReversed)}
    given_back = sum(
        event.amount_fen
        for event in past
        if isinstance(event, Refunded) and event.id not in came_back
    )
    lent_fen = sum(event.amount_fen for event in past if isinstance(event, Disbursed))
    lent_again = state.disbursed_fen - lent_fen
    assert lent_again >= 0
    placed = sum(went.values()) + state.unapplied_fen + given_back
    assert placed == sum(repayments.values()) + lent_again
    for row in state.rows:
        for kind in DueKind:
            assert took[row.number, kind] == PAID[kind](row)


def check_dues(state: LoanState) -> None:
    """What is due, and how late, is what the rows say."""
    on = state.on
    due = [row for row in state.rows if bill_on(row) <= on]
    late = [row for row in due if last_day(row) < on and row.left_fen]
    assert state.due_now_fen == sum(row.left_fen for row in due)
    assert state.overdue_fen == sum(row.left_fen for row in late)
    assert state.days_past_due == max(((on - last_day(row)).days for row in late[:1]), default=0)
    assert state.next_event_on is None or state.next_event_on > on
    assert (state.status is LoanStatus.IN_ARREARS) <= bool(late)
    assert not (state.unapplied_fen and state.due_now_fen), "money held pays what is due"


def check_payoff(life: Life, state: LoanState, *, years_later: bool = True) -> None:
    """Paying the payoff quote on its day leaves exactly nothing, then and for good."""
    on = state.on
    quoted = life.payoff_on(on)
    beside = quoted.interest_fen + quoted.fee_fen + quoted.cost_fen + quoted.penalty_fen
    against = state.unapplied_fen + quoted.unearned_fen
    owed_fen = max(quoted.principal_fen + beside - against, 0)
    assert quoted.amount_fen == state.payoff_fen == owed_fen
    if not quoted.amount_fen:
        return
    life.until(on).paid(on, quoted.amount_fen)
    closed = life.on(on)
    assert closed.status is LoanStatus.CLOSED_PAID
    assert closed.principal_fen == closed.accrued_interest_fen == closed.due_now_fen == 0
    assert closed.payoff_fen == closed.unapplied_fen == 0
    assert closed.next_event_on is None
    assert all(row.left_fen == 0 for row in closed.rows)
    if years_later:
        later = life.on(on + timedelta(days=1500))
        assert later.status is LoanStatus.CLOSED_PAID
        assert later.payoff_fen == 0
