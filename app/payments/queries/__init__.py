"""Reads of payments; values come out, never rows."""

from app.payments.queries.certificates import (
    certificate_by_number,
    check_certificate,
    payoff_certificate,
)
from app.payments.queries.holding import held_of
from app.payments.queries.mandates import (
    attempt_of,
    attempts_of,
    card_tails,
    debit_under_way,
    is_debit_announced,
    mandate,
    mandate_consent,
    mandate_of,
    mandate_offered,
    next_debit,
    taken_in_month,
)
from app.payments.queries.reconciling import (
    StuckOrder,
    differences,
    differences_open,
    refunds_stuck,
)
from app.payments.queries.refunds import refund, refund_payees, refunds_of
from app.payments.queries.repayments import (
    faults,
    payoff_quote,
    repayment,
    repayments_by_id,
    repayments_of,
    repayments_of_borrower,
)
from app.payments.queries.settled import refund_under_way, repayment_under_way
from app.payments.queries.wallet_requests import (
    WalletRequestView,
    acceptances_by_order,
    orders_waiting_for_payees,
    wallet_requests_by_order,
)

__all__ = [
    "StuckOrder",
    "WalletRequestView",
    "acceptances_by_order",
    "attempt_of",
    "attempts_of",
    "card_tails",
    "certificate_by_number",
    "check_certificate",
    "debit_under_way",
    "differences",
    "differences_open",
    "faults",
    "held_of",
    "is_debit_announced",
    "mandate",
    "mandate_consent",
    "mandate_of",
    "mandate_offered",
    "next_debit",
    "orders_waiting_for_payees",
    "payoff_certificate",
    "payoff_quote",
    "refund",
    "refund_payees",
    "refund_under_way",
    "refunds_of",
    "refunds_stuck",
    "repayment",
    "repayment_under_way",
    "repayments_by_id",
    "repayments_of",
    "repayments_of_borrower",
    "taken_in_month",
    "wallet_requests_by_order",
]
