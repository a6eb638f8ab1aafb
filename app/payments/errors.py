"""Refusals that payments can give."""

from datetime import date

from app.foundation.errors import Refusal


class AmountAboveBalance(Refusal):
    """The amount is more than closes the loan today; pay less, or say that paying more is meant."""

    code = "AMOUNT_ABOVE_BALANCE"

    def __init__(self, balance_fen: int) -> None:
        super().__init__(f"the loan can take {balance_fen}", field="input.amount")
        self.balance_fen = balance_fen


class QuoteExpired(Refusal):
    """The payoff quote's day is over, or the loan has changed since; ask for a new quote."""

    code = "QUOTE_EXPIRED"

    def __init__(self, quoted_on: date) -> None:
        super().__init__(f"quoted on {quoted_on}", field="input.payoffQuoteId")
        self.quoted_on = quoted_on


class QuoteNotYetValid(Refusal):
    """The payoff quote is for a day to come; pay it on that day, or ask for today's."""

    code = "QUOTE_NOT_YET_VALID"

    def __init__(self, quoted_on: date) -> None:
        super().__init__(f"quoted for {quoted_on}", field="input.payoffQuoteId")
        self.quoted_on = quoted_on


class QuoteInUse(Refusal):
    """A repayment that pays the loan off is on its way or done; look at that repayment."""

    code = "QUOTE_IN_USE"

    def __init__(self, repayment_id: str) -> None:
        super().__init__(f"used by {repayment_id}", field="input.payoffQuoteId")
        self.repayment_id = repayment_id


class NothingOwed(Refusal):
    """The loan is paid in full; there is nothing to pay off."""

    code = "NOTHING_OWED"


class DebitUnderWay(Refusal):
    """The borrower's card is being debited for this loan already; wait for how that ends."""

    code = "DEBIT_UNDER_WAY"

    def __init__(self, repayment_id: str) -> None:
        super().__init__(f"{repayment_id} is under way", field="input.loanId")
        self.repayment_id = repayment_id


class CashCodeWrong(Refusal):
    """No phone shows this code now: it was mistyped, used, or its minutes are over."""

    code = "CASH_CODE_WRONG"

    def __init__(self) -> None:
        super().__init__("nobody's code", field="input.code")


class CashCodesLocked(Refusal):
    """The agent typed too many wrong codes today, and takes no more cash until tomorrow."""

    code = "CASH_CODES_LOCKED"


class CashLimitReached(Refusal):
    """The agent or the shop may not take so much more; cash is to be handed over first."""

    code = "CASH_LIMIT_REACHED"

    def __init__(self, left_fen: int) -> None:
        super().__init__(f"{left_fen} may be taken", field="input.amount")
        self.left_fen = left_fen


class CashAboveOwed(Refusal):
    """The loan does not take so much cash; ask for a new code, and take less."""

    code = "CASH_ABOVE_OWED"

    def __init__(self) -> None:
        super().__init__("the loan takes less", field="input.amount")


class CashOver(Refusal):
    """It was confirmed already, its minutes are over, or the loan takes less by now."""

    code = "CASH_OVER"

    def __init__(self) -> None:
        super().__init__("it does not wait", field="input.cashId")


class CashHandoverAboveOwed(Refusal):
    """The partner owes us less cash than that."""

    code = "CASH_HANDOVER_ABOVE_OWED"

    def __init__(self, owed_fen: int) -> None:
        super().__init__(f"{owed_fen} is owed", field="input.amount")
        self.owed_fen = owed_fen


class CashHandoverNeedsAnother(Refusal):
    """The caller noted this handover; somebody else must confirm it."""

    code = "CASH_HANDOVER_NEEDS_ANOTHER"

    def __init__(self) -> None:
        super().__init__("another person must confirm", field="input.handoverId")


class CashHandoverStepRefused(Refusal):
    """This handover is decided; nothing was changed."""

    code = "CASH_HANDOVER_STEP_REFUSED"

    def __init__(self, state: str) -> None:
        super().__init__(f"it is {state}", field="input.handoverId")
        self.state = state


class ReturnTimeOver(Refusal):
    """The loan can't be given back at no cost: its days are over, or its agreement grants none."""

    code = "RETURN_TIME_OVER"

    def __init__(self) -> None:
        super().__init__("no day to give it back", field="input.loanId")


class MandateExists(Refusal):
    """The loan has an auto-debit mandate; change or revoke that one."""

    code = "MANDATE_EXISTS"

    def __init__(self, mandate_id: str) -> None:
        super().__init__(f"has {mandate_id}", field="input.loanId")
        self.mandate_id = mandate_id


class MandateTextChanged(Refusal):
    """The hash is not that of the present text for these figures; show the text again."""

    code = "MANDATE_TEXT_CHANGED"

    def __init__(self) -> None:
        super().__init__("another text", field="input.textHash")


class MandateStepRefused(Refusal):
    """The mandate cannot take this step from where it stands."""

    code = "MANDATE_STEP_REFUSED"

    def __init__(self, status: str, wanted: str) -> None:
        super().__init__(f"{status} does not lead to {wanted}")
        self.status = status
        self.wanted = wanted


class BankCardMissing(Refusal):
    """There is no bank card to debit; add one first."""

    code = "BANK_CARD_MISSING"


class NothingHeld(Refusal):
    """No money of the borrower is held on this loan, so there is nothing to give back."""

    code = "NOTHING_HELD"

    def __init__(self) -> None:
        super().__init__("nothing held", field="input.loanId")


class AmountAboveHeld(Refusal):
    """The amount is more than is held for the borrower on this loan; ask for less."""

    code = "AMOUNT_ABOVE_HELD"

    def __init__(self, held_fen: int) -> None:
        super().__init__(f"{held_fen} is held", field="input.amount")
        self.held_fen = held_fen


class NoCardForRefund(Refusal):
    """There is no bank card to pay the money to; add one, then ask again."""

    code = "NO_CARD_FOR_REFUND"


class RefundStepRefused(Refusal):
    """The refund cannot take this step from where it stands."""

    code = "REFUND_STEP_REFUSED"

    def __init__(self, status: str, wanted: str) -> None:
        super().__init__(f"{status} does not lead to {wanted}")
        self.status = status
        self.wanted = wanted


class RepaymentStepRefused(Refusal):
    """The repayment cannot take this step from where it stands."""

    code = "REPAYMENT_STEP_REFUSED"

    def __init__(self, status: str, wanted: str) -> None:
        super().__init__(f"{status} does not lead to {wanted}")
        self.status = status
        self.wanted = wanted


class DifferenceStepRefused(Refusal):
    """The difference is not open any more; nothing was changed."""

    code = "DIFFERENCE_STEP_REFUSED"

    def __init__(self, state: str) -> None:
        super().__init__(f"it is {state}", field="input.differenceId")
        self.state = state


class DifferenceNeedsAnother(Refusal):
    """The caller said so already; somebody else must agree."""

    code = "DIFFERENCE_NEEDS_ANOTHER"

    def __init__(self) -> None:
        super().__init__("another person must agree", field="input.differenceId")
