"""Loans ready to be asked why their figures are what they are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.catalog.queries import product_versions
from app.catalog.rules import ByLanguage
from app.foundation.clock import local_date, milliseconds, moment_of
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
        events_known: By no more than so many events, the first that were recorded.
        known_at: By what was recorded until this moment.
        refund_id: By what was recorded before this refund was set aside.
    """

    loan_id: str
    on: date
    repayment_id: str | None = None
    preview: AskedPreview | None = None
    added: tuple[Event, ...] = ()
    events_known: int | None = None
    known_at: datetime | None = None
    refund_id: str | None = None


FeeNames = Mapping[str, ByLanguage]
"""What the cost certificate calls each fee, by its code and in each language."""


class ExplainedLoan:
    """A loan as it was asked for, ready to be asked about its figures; its fees have names."""

    def __init__(
        self, explainer: Explainer, event_id: str | None, fee_names: FeeNames | None = None
    ) -> None:
        self._explainer = explainer
        self._event_id = event_id
        self.fee_names: FeeNames = fee_names or {}

    def explain(
        self, figure: Figure, installment_number: int | None = None, code: str | None = None
    ) -> Explanation | None:
        """Say why a figure is what it is; None where there is none of these."""
        try:
            return self._explainer.explain(figure, installment_number, self._event_id, code=code)
        except NotExplained:
            return None


async def explained_loans(asked: list[ToExplain]) -> list[ExplainedLoan | None]:
    """
    Work loans out so that they can be asked; three queries for any number of them.

    None for a loan that is not there, or cannot be worked out for the day: its working days are not
    published, or the repayment asked about is impossible.
    """
    loan_ids = sorted({one.loan_id for one in asked})
    loans = {row.id: row for row in await LoanRow.filter(id__in=loan_ids)}
    recorded: defaultdict[str, list[LoanEventRow]] = defaultdict(list)
    for row in await LoanEventRow.filter(loan_id__in=loan_ids).order_by("loan_id", "seq"):
        recorded[row.loan_id].append(row)
    names = await _fee_names({row.product_version_id for row in loans.values()})
    found: dict[ToExplain, ExplainedLoan | None] = {}
    for one in set(asked):
        loan = loans.get(one.loan_id)
        followed = None if loan is None else _follow(one, loan, recorded[loan.id])
        if loan is None or followed is None:
            found[one] = None
        else:
            found[one] = ExplainedLoan(*followed, names.get(loan.product_version_id))
    return [found[one] for one in asked]


async def _fee_names(version_ids: set[str]) -> dict[str, FeeNames]:
    """Return what products call their fees, by version."""
    known = sorted(version_ids - {""})
    versions = zip(known, await product_versions(known) if known else [], strict=True)
    return {
        version_id: {fee.code: fee.label for fee in version.product.fees}
        for version_id, version in versions
        if version is not None
    }


def _follow(
    asked: ToExplain, loan: LoanRow, recorded: Sequence[LoanEventRow]
) -> tuple[Explainer, str | None] | None:
    rows, on, event_id = _known(asked, recorded), asked.on, None
    if asked.repayment_id is not None:
        taken = _taken(rows, asked.repayment_id)
        if taken is None:
            return None
        rows = [row for row in rows if row.seq <= taken.seq]
        on, event_id = max(on, local_date(moment_of(taken.recorded_at))), taken.id
    events = [row.as_event() for row in rows]
    terms, seen, working = loan.signed().terms, asked.preview, working_days()
    try:
        if seen is not None:
            amount_fen, way = seen.amount_fen, seen.prepayment
            preview = explainer_of_preview(
                terms, events, amount_fen, on, prepayment=way, working=working
            )
            return preview, PREVIEW_ID
        explainer = Explainer(terms, events, on, working)
        if asked.added:
            more = (*events, *asked.added)
            explainer = Explainer(terms, more, on, working, before=explainer)
    except (EventRefused, YearUnpublished):
        return None
    return explainer, event_id


def _known(asked: ToExplain, recorded: Sequence[LoanEventRow]) -> list[LoanEventRow]:
    """Leave out what was not known then."""
    rows = list(recorded[: asked.events_known])
    if asked.known_at is not None:
        until = milliseconds(asked.known_at)
        rows = [row for row in rows if row.recorded_at <= until]
    refund_id = asked.refund_id
    if refund_id is not None:
        first = next((row.seq for row in rows if row.about == refund_id), None)
        rows = [row for row in rows if first is None or row.seq < first]
    return rows


def _taken(rows: Sequence[LoanEventRow], repayment_id: str) -> LoanEventRow | None:
    """Find the event by which a repayment was taken."""
    kinds = {RepaymentReceived.__name__, Recovered.__name__}
    return next((row for row in rows if row.about == repayment_id and row.kind in kinds), None)
