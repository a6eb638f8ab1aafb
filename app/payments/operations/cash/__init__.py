"""Cash over a shop's counter: shown a code, counted, confirmed by the borrower, handed over."""

from app.payments.operations.cash.confirming import (
    BeginCashConfirmation,
    ConfirmCash,
    begin_cash_confirmation,
    confirm_cash,
)
from app.payments.operations.cash.handing_over import (
    DecideCashHandover,
    ProposeCashHandover,
    decide_cash_handover,
    propose_cash_handover,
)
from app.payments.operations.cash.showing import ShowCashCode, drop_old_cash_codes, show_cash_code
from app.payments.operations.cash.taking import StartCash, start_cash

__all__ = [
    "BeginCashConfirmation",
    "ConfirmCash",
    "DecideCashHandover",
    "ProposeCashHandover",
    "ShowCashCode",
    "StartCash",
    "begin_cash_confirmation",
    "confirm_cash",
    "decide_cash_handover",
    "drop_old_cash_codes",
    "propose_cash_handover",
    "show_cash_code",
    "start_cash",
]
