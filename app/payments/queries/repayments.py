"""Repayments, payoff quotes, and words of the rail that did not fit."""

from datetime import datetime

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.paging import Key, Page, PageAsk
from app.payments.models import (
    PayoffQuoteRow,
    RailNoticeRow,
    RepaymentRow,
)
from app.payments.rules import (
    FAULTS,
    PayoffQuoteView,
    RailFault,
    RepaymentRef,
    RepaymentView,
    WordOutcome,
)
from app.servicing.rules import LoanRef


async def repayment(ref: RepaymentRef) -> RepaymentView:
    """
    Return one repayment of this borrower.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    if not has_id_shape(ref.repayment_id, "rp"):
        raise NotFound("id")
    row = await RepaymentRow.get_or_none(id=ref.repayment_id, borrower_id=ref.borrower_id)
    if row is None:
        raise NotFound("id")
    return row.as_view()


async def repayments_by_id(repayment_ids: list[str]) -> list[RepaymentView | None]:
    """Return repayments in the order asked, with one query, whoever's they are."""
    rows = {row.id: row for row in await RepaymentRow.filter(id__in=repayment_ids)}
    return [rows[one].as_view() if one in rows else None for one in repayment_ids]


async def repayments_of(loan: LoanRef, ask: PageAsk) -> Page[RepaymentView]:
    """Return a page of a loan's repayments, newest first; empty when the loan is not theirs."""
    found = RepaymentRow.filter(borrower_id=loan.borrower_id, loan_id=loan.loan_id)
    return await _page_of(found, ask)


async def repayments_of_borrower(borrower_id: str, ask: PageAsk) -> Page[RepaymentView]:
    """Return a page of the repayments of all of a borrower's loans, newest first."""
    return await _page_of(RepaymentRow.filter(borrower_id=borrower_id), ask)


async def _page_of(found: QuerySet[RepaymentRow], ask: PageAsk) -> Page[RepaymentView]:
    if ask.after is not None:
        moment, last_id = datetime.fromisoformat(str(ask.after[0])), str(ask.after[1])
        found = found.filter(Q(initiated_at__lt=moment) | Q(initiated_at=moment, id__lt=last_id))
    rows = await found.order_by("-initiated_at", "-id").limit(ask.first + 1)
    items: list[tuple[Key, RepaymentView]] = [
        ((row.initiated_at.isoformat(), row.id), row.as_view()) for row in rows
    ]
    return Page[RepaymentView].cut(items, ask)


async def payoff_quote(loan: LoanRef, quote_id: str) -> PayoffQuoteView:
    """
    Return one payoff quote for this loan.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    row = await PayoffQuoteRow.get_or_none(
        id=quote_id, borrower_id=loan.borrower_id, loan_id=loan.loan_id
    )
    if row is None:
        raise NotFound("input.payoffQuoteId")
    return row.as_view()


async def faults(*, most: int = 100) -> list[RailFault]:
    """Return the rail's words that did not fit, newest first, for somebody to look into."""
    rows = (
        await RailNoticeRow.filter(outcome__in=[one.value for one in FAULTS])
        .order_by("-taken_at")
        .limit(most)
    )
    return [
        RailFault(
            about=row.order_id,
            outcome=WordOutcome(row.outcome),
            amount_fen=row.amount_fen,
            noticed_at=row.taken_at,
        )
        for row in rows
    ]
