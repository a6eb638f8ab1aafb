"""Refunds of money held: asked for, sent to the borrower's card, settled by the rail's word."""

from app.payments.operations.refunding.asking import RefundOverpayment, refund_overpayment
from app.payments.operations.refunding.sending import start_refund
from app.payments.operations.refunding.settling import accept_refund_notice, poll_refunds

__all__ = [
    "RefundOverpayment",
    "accept_refund_notice",
    "poll_refunds",
    "refund_overpayment",
    "start_refund",
]
