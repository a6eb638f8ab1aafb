"""Servicing's use cases: opening a loan, repayments, refunds, reversals, the close of day."""

from app.servicing.operations.arranging import request_hardship
from app.servicing.operations.closing import close_one_day, run_days, search_of_day
from app.servicing.operations.correcting import (
    decide_correction,
    expire_corrections,
    propose_correction,
    withdraw_correction,
)
from app.servicing.operations.coupons import UsedCoupon, give_coupon_back, use_coupon
from app.servicing.operations.holding import hold_loan
from app.servicing.operations.opening import open_loan
from app.servicing.operations.paying import reverse_payment, take_payment
from app.servicing.operations.rebuilding import rebuild, rebuild_all
from app.servicing.operations.refunding import is_refund_covered, refund, undo_refund
from app.servicing.operations.settling import settle_days
from app.servicing.operations.staff_leaving import withdraw_proposals
from app.servicing.rules import LoanRef, OpenLoan, PaymentOutcome, ReversalReason

__all__ = [
    "LoanRef",
    "OpenLoan",
    "PaymentOutcome",
    "ReversalReason",
    "UsedCoupon",
    "close_one_day",
    "decide_correction",
    "expire_corrections",
    "give_coupon_back",
    "hold_loan",
    "is_refund_covered",
    "open_loan",
    "propose_correction",
    "rebuild",
    "rebuild_all",
    "refund",
    "request_hardship",
    "reverse_payment",
    "run_days",
    "search_of_day",
    "settle_days",
    "take_payment",
    "undo_refund",
    "use_coupon",
    "withdraw_correction",
    "withdraw_proposals",
]
