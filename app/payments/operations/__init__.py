"""The use cases of payments."""

from app.payments.operations.card_debits import (
    BeginCardRepayment,
    RepayFromCard,
    begin_card_repayment,
    poll_card_debits,
    repay_from_card,
    start_card_debit,
)
from app.payments.operations.certifying import CERTIFICATE_EFFECTS, certify
from app.payments.operations.initiating import Repay, repay, start_collection
from app.payments.operations.mandates import (
    MANDATE_EFFECTS,
    BeginAutoDebit,
    ChangeAutoDebit,
    RevokeAutoDebit,
    SetUpAutoDebit,
    begin_auto_debit,
    change_auto_debit,
    poll_debits,
    revoke_auto_debit,
    set_up_auto_debit,
    start_debits,
)
from app.payments.operations.quoting import QuotePayoff, quote_payoff
from app.payments.operations.reconciling import (
    RESOLVERS,
    ResolveDifference,
    reconcile,
    reconcile_due,
    refund_book,
    repayment_book,
    resolve_difference,
)
from app.payments.operations.refunding import (
    RefundOverpayment,
    accept_refund_notice,
    poll_refunds,
    refund_overpayment,
    start_refund,
)
from app.payments.operations.returning import (
    BeginReturn,
    ReturnLoan,
    begin_return,
    return_loan,
)
from app.payments.operations.reversing import ReverseRepayment, reverse
from app.payments.operations.settling import accept_callback, poll_pending
from app.payments.operations.wallet_requests import (
    drop_old_wallet_requests,
    drop_wallet_request,
    has_wallet_request,
    let_accept,
)

__all__ = [
    "CERTIFICATE_EFFECTS",
    "MANDATE_EFFECTS",
    "RESOLVERS",
    "BeginAutoDebit",
    "BeginCardRepayment",
    "BeginReturn",
    "ChangeAutoDebit",
    "QuotePayoff",
    "RefundOverpayment",
    "Repay",
    "RepayFromCard",
    "ResolveDifference",
    "ReturnLoan",
    "ReverseRepayment",
    "RevokeAutoDebit",
    "SetUpAutoDebit",
    "accept_callback",
    "accept_refund_notice",
    "begin_auto_debit",
    "begin_card_repayment",
    "begin_return",
    "certify",
    "change_auto_debit",
    "drop_old_wallet_requests",
    "drop_wallet_request",
    "has_wallet_request",
    "let_accept",
    "poll_card_debits",
    "poll_debits",
    "poll_pending",
    "poll_refunds",
    "quote_payoff",
    "reconcile",
    "reconcile_due",
    "refund_book",
    "refund_overpayment",
    "repay",
    "repay_from_card",
    "repayment_book",
    "resolve_difference",
    "return_loan",
    "reverse",
    "revoke_auto_debit",
    "set_up_auto_debit",
    "start_card_debit",
    "start_collection",
    "start_debits",
    "start_refund",
]
