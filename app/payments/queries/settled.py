"""Whether money of a borrower's is moving."""

from app.payments.models import RefundRow, RepaymentRow
from app.payments.rules import RepaymentStatus
from app.payments.rules.refunds import RefundStatus


async def repayment_under_way(borrower_id: str) -> bool:
    """Tell whether the rail still has to say what became of a repayment."""
    moving = (RepaymentStatus.INITIATED.value, RepaymentStatus.PENDING.value)
    return await RepaymentRow.filter(borrower_id=borrower_id, status__in=moving).exists()


async def refund_under_way(borrower_id: str) -> bool:
    """Tell whether a refund was asked for and has not arrived."""
    moving = (RefundStatus.REQUESTED.value, RefundStatus.SENDING.value)
    return await RefundRow.filter(borrower_id=borrower_id, status__in=moving).exists()
