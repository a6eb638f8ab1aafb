"""Loans ready to be asked why their figures are what they are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.foundation.clock import local_date, moment_of
from app.foundation.working_days import working_days
from app.loanmath.errors import EventRefused, YearUnpublished
from app.loanmath.explain import (
    Explainer,
    Explanation,
    Figure,
    NotExplained,
    explainer_of_preview,
)
from app.loanmath.life import Event, Recovered, RepaymentReceived
from app.loanmath.life.preview import PREVIEW_ID
from app.loanmath.schedule import Prepayment
from app.servicing.models import LoanEventRow, LoanRow


@dataclass(frozen=True, slots=True)
class AskedPreview:
    """A repayment that is only asked about."""

    amount_fen: int
    prepayment: Prepayment | None


@dataclass(frozen=True, slots=True)
class ToExplain:
    """
    A loan to ask about, and how it is to be looked at.

    Attributes:
        loan_id: The loan; whose it is was decided by whoever shows it.
        on: The date; with a repayment of its own, the day the money counts from or came.
        repayment_id: As it stood when this repayment had just been taken, by what was known then.
        preview: As if this repayment were made.
        added: As if these events happened too.
    """

    loan_id: str
    on: date
    repayment_id: str | None = None
    preview: AskedPreview | None = None
    added: tuple[Event, ...] = ()


class ExplainedLoan:
    """A loan as it was asked for, ready to be asked about its figures."""

    def __init__(self, explainer: Explainer, event_id: str | None) -> None:
        self._explainer = explainer
        self._event_id = event_id

    def explain(self, figure: Figure, installment_number: int | None = None) -> Explanation | None:
        """Say why a figure is what it is; None where there is none of these."""
        try:
            return self._explainer.explain(figure, installment_number, self._event_id)
        except NotExplained:
            return None


async def explained_loans(asked: list[ToExplain]) -> list[ExplainedLoan | None]:
    """
    Work loans out so that they can be asked; two queries for any number of them.

    None for a loan that is not there, or cannot be worked out for the day: its working days are not
    published, or the repayment asked about is impossible.
    """
    loan_ids = sorted({one.loan_id for one in asked})
    loans = {row.id: row for row in await LoanRow.filter(id__in=loan_ids)}
    recorded: defaultdict[str, list[LoanEventRow]] = defaultdict(list)
    for row in await LoanEventRow.filter(loan_id__in=loan_ids).order_by("loan_id", "seq"):
        recorded[row.loan_id].append(row)
    found = {
        one: None if one.loan_id not in loans else _follow(one, loans[one.loan_id], recorded)
        for one in set(asked)
    }
    return [found[one] for one in asked]


def _follow(
    asked: ToExplain, loan: LoanRow, recorded: dict[str, list[LoanEventRow]]
) -> ExplainedLoan | None:
    rows, on, event_id = recorded[loan.id], asked.on, None
    if asked.repayment_id is not None:
        taken = _taken(rows, asked.repayment_id)
        if taken is None:
            return None
        rows = [row for row in rows if row.seq <= taken.seq]
        on, event_id = max(on, local_date(moment_of(taken.recorded_at))), taken.id
    events = [*(row.as_event() for row in rows), *asked.added]
    terms, seen = loan.signed().terms, asked.preview
    try:
        if seen is None:
            return ExplainedLoan(Explainer(terms, events, on, working_days()), event_id)
        return ExplainedLoan(
            explainer_of_preview(
                terms,
                events,
                seen.amount_fen,
                on,
                prepayment=seen.prepayment,
                working=working_days(),
            ),
            PREVIEW_ID,
        )
    except (EventRefused, YearUnpublished):
        return None


def _taken(rows: Sequence[LoanEventRow], repayment_id: str) -> LoanEventRow | None:
    """Find the event by which a repayment was taken."""
    kinds = {RepaymentReceived.__name__, Recovered.__name__}
    return next((row for row in rows if row.about == repayment_id and row.kind in kinds), None)
