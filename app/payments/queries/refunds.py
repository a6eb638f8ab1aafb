"""Refunds as borrowers see them."""

from datetime import datetime

from tortoise.expressions import Q

from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.paging import Key, Page, PageAsk
from app.foundation.sealing import unseal_all
from app.payments.models import RefundRow, refund_cell
from app.payments.rules.refunds import RefundPayee, RefundRef, RefundView, refund_payee
from app.servicing.rules import LoanRef


async def refund(ref: RefundRef) -> RefundView:
    """
    Return one refund of this borrower.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    if not has_id_shape(ref.refund_id, "rf"):
        raise NotFound("id")
    row = await RefundRow.get_or_none(id=ref.refund_id, borrower_id=ref.borrower_id)
    if row is None:
        raise NotFound("id")
    return row.as_view()


async def refunds_of(loan: LoanRef, ask: PageAsk) -> Page[RefundView]:
    """Return a page of a loan's refunds, newest first; empty when the loan is not theirs."""
    found = RefundRow.filter(borrower_id=loan.borrower_id, loan_id=loan.loan_id)
    if ask.after is not None:
        moment, last_id = datetime.fromisoformat(str(ask.after[0])), str(ask.after[1])
        found = found.filter(Q(requested_at__lt=moment) | Q(requested_at=moment, id__lt=last_id))
    rows = await found.order_by("-requested_at", "-id").limit(ask.first + 1)
    items: list[tuple[Key, RefundView]] = [
        ((row.requested_at.isoformat(), row.id), row.as_view()) for row in rows
    ]
    return Page[RefundView].cut(items, ask)


async def refund_payees(refund_ids: list[str]) -> list[RefundPayee]:
    """Return where each refund goes, in the order asked."""
    rows = {row.id: row for row in await RefundRow.filter(id__in=refund_ids)}
    asked = [rows[refund_id] for refund_id in refund_ids]
    payees = await unseal_all([(refund_cell(row.id, row.borrower_id), row.payee) for row in asked])
    return [
        refund_payee(payee, goes_back=row.source_id is not None)
        for row, payee in zip(asked, payees, strict=True)
    ]
