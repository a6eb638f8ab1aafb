"""The use cases of payments."""

from app.payments.operations.certifying import CERTIFICATE_EFFECTS, certify
from app.payments.operations.initiating import Repay, repay, start_collection
from app.payments.operations.quoting import QuotePayoff, quote_payoff
from app.payments.operations.reversing import ReverseRepayment, reverse
from app.payments.operations.settling import accept_callback, poll_pending

__all__ = [
    "CERTIFICATE_EFFECTS",
    "QuotePayoff",
    "Repay",
    "ReverseRepayment",
    "accept_callback",
    "certify",
    "poll_pending",
    "quote_payoff",
    "repay",
    "reverse",
    "start_collection",
]
