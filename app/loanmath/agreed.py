"""The plan as it is agreed: of all the money at once, or of drawdowns on days agreed too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.loanmath.calendar import BusinessDays
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.life.events import Disbursed
from app.loanmath.life.fold import fold
from app.loanmath.schedule.plan import Installment, amortize
from app.loanmath.schedule.terms import Drawdown, Terms

_RECORDED = datetime(2000, 1, 1, tzinfo=UTC)


def agreed_plan(terms: Terms) -> tuple[Installment, ...]:
    """
    Return the plan of the terms if every drawdown comes as agreed and every due is paid on its day.

    A drawdown later than the first solves the installments after it anew, as it then will in the
    loan's life. The principal of the rows sums to the principal lent.

    Raises:
        TermsRefused: The terms make no plan.
    """
    if len(terms.drawdowns) <= 1:
        return amortize(terms)
    # Nobody pays in between below, so what lateness costs must not get into the plan.
    in_time = replace(terms, business_days=BusinessDays.AS_IS, overdue_bears_interest=False)
    events = list(_events_of(terms.drawdowns))
    try:
        state = fold(in_time, events, terms.drawdowns[-1].on)
    except EventRefused as refused:
        raise TermsRefused("drawdowns", refused.reason) from refused
    return tuple(
        Installment(row.number, row.due_on, row.principal_fen, row.interest_fen, row.fee_fen)
        for row in state.rows
    )


def lent_of(terms: Terms) -> tuple[Drawdown, ...]:
    """Return what is lent when."""
    return terms.drawdowns or (Drawdown(terms.disbursed_on, terms.principal_fen),)


def _events_of(drawdowns: tuple[Drawdown, ...]) -> Iterator[Disbursed]:
    for place, drawdown in enumerate(drawdowns, 1):
        yield Disbursed(
            id=f"drawdown {place}",
            effective_on=drawdown.on,
            recorded_at=_RECORDED + timedelta(seconds=place),
            amount_fen=drawdown.amount_fen,
        )
