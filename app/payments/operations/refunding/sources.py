"""Which repayment the money held for a borrower came by, if it can go back the same way."""

from collections import defaultdict
from datetime import timedelta

from app.foundation.database import Transaction
from app.payments.models import RefundRow, RepaymentRow
from app.payments.rules import RepaymentStatus
from app.payments.rules.refunds import HELD_AGAIN
from app.servicing.rules import LoanRef

GOES_BACK_FOR = timedelta(days=360)
"""How long after a payment: WeChat Pay takes refunds for a year; five days are for sending."""


async def source_of(tx: Transaction, loan: LoanRef, amount_fen: int) -> str | None:
    """
    Return the newest repayment of a held loan that so much can go back by; None if there is none.

    Never more goes back than came, all refunds together; and a repayment by which a refund failed
    is not tried again: then the money goes to the card or wallet the borrower named.
    """
    came = await RepaymentRow.filter(
        borrower_id=loan.borrower_id,
        loan_id=loan.loan_id,
        takes_refunds=True,
        status=RepaymentStatus.ALLOCATED.value,
        amount_fen__gte=amount_fen,
        initiated_at__gt=tx.now - GOES_BACK_FOR,
    ).order_by("-initiated_at", "-id")
    if not came:
        return None
    went: defaultdict[str, int] = defaultdict(int)
    failed: set[str] = set()
    for refund in await RefundRow.filter(source_id__in=[row.id for row in came]):
        source_id = str(refund.source_id)
        went[source_id] += refund.amount_fen
        if refund.status in HELD_AGAIN:
            failed.add(source_id)
    fitting = (
        row.id
        for row in came
        if row.id not in failed and row.amount_fen - went[row.id] >= amount_fen
    )
    return next(fitting, None)
