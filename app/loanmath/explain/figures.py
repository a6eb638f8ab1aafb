"""What can be explained, and by which rule: the words of an explanation."""

from enum import StrEnum


class NotExplained(LookupError):
    """There is no such figure: no such installment or repayment, or the loan has none of these."""


class Figure(StrEnum):
    """Everything about a loan that can be explained. Those of an installment need its number."""

    INSTALLMENT_TOTAL = "INSTALLMENT_TOTAL"
    INSTALLMENT_PAID = "INSTALLMENT_PAID"
    INSTALLMENT_LEFT = "INSTALLMENT_LEFT"
    INSTALLMENT_WAIVED = "INSTALLMENT_WAIVED"
    INSTALLMENT_PRINCIPAL = "INSTALLMENT_PRINCIPAL"
    INSTALLMENT_INTEREST = "INSTALLMENT_INTEREST"
    INSTALLMENT_FEE = "INSTALLMENT_FEE"
    INSTALLMENT_COST = "INSTALLMENT_COST"
    INSTALLMENT_PENALTY = "INSTALLMENT_PENALTY"

    PAID_PRINCIPAL = "PAID_PRINCIPAL"
    PAID_INTEREST = "PAID_INTEREST"
    PAID_FEE = "PAID_FEE"
    PAID_COST = "PAID_COST"
    PAID_PENALTY = "PAID_PENALTY"

    LEFT_INTEREST = "LEFT_INTEREST"
    LEFT_FEE = "LEFT_FEE"
    LEFT_COST = "LEFT_COST"
    LEFT_PENALTY = "LEFT_PENALTY"

    PLANNED_PRINCIPAL = "PLANNED_PRINCIPAL"
    """The principal as it was laid out, before anything was repaid early or agreed anew."""
    PLANNED_INTEREST = "PLANNED_INTEREST"
    """The contract interest, before anything was waived."""
    PLANNED_FEE = "PLANNED_FEE"
    LATE_INTEREST = "LATE_INTEREST"
    """Contract interest that overdue principal has borne since its due date."""
    LATE_PENALTY = "LATE_PENALTY"
    """Penalty that overdue principal has borne, before anything was waived."""
    COUPON = "COUPON"
    LEVEL_INSTALLMENT = "LEVEL_INSTALLMENT"
    PRINCIPAL_SHARE = "PRINCIPAL_SHARE"

    LOAN_LENT = "LOAN_LENT"
    LOAN_PRINCIPAL = "LOAN_PRINCIPAL"
    LOAN_BALANCE = "LOAN_BALANCE"
    LOAN_DUE_NOW = "LOAN_DUE_NOW"
    LOAN_OVERDUE = "LOAN_OVERDUE"
    LOAN_PENALTY = "LOAN_PENALTY"
    LOAN_UNAPPLIED = "LOAN_UNAPPLIED"
    LOAN_INTEREST = "LOAN_INTEREST"
    """All interest of the plan as it stands."""
    LOAN_FEE = "LOAN_FEE"
    """All fees of the plan as it stands."""
    LOAN_TOTAL = "LOAN_TOTAL"
    """Everything the plan asks, paid or not."""
    ACCRUED_INTEREST = "ACCRUED_INTEREST"

    PAYOFF_AMOUNT = "PAYOFF_AMOUNT"
    PAYOFF_PRINCIPAL = "PAYOFF_PRINCIPAL"
    PAYOFF_INTEREST = "PAYOFF_INTEREST"
    PAYOFF_FEE = "PAYOFF_FEE"
    PAYOFF_COST = "PAYOFF_COST"
    PAYOFF_PENALTY = "PAYOFF_PENALTY"
    PAYOFF_CREDIT = "PAYOFF_CREDIT"
    PAYOFF_UNEARNED = "PAYOFF_UNEARNED"
    PAYOFF_SAVED = "PAYOFF_SAVED"
    CLOSING_INTEREST = "CLOSING_INTEREST"
    """Interest of the running period that an early end asks for, paid or not."""
    CLOSING_INTEREST_LEFT = "CLOSING_INTEREST_LEFT"
    CLOSING_FEE = "CLOSING_FEE"
    """The fee of one installment to come that an early end asks for, paid or not."""
    CLOSING_FEE_LEFT = "CLOSING_FEE_LEFT"
    UNEARNED_INTEREST = "UNEARNED_INTEREST"
    UNEARNED_FEE = "UNEARNED_FEE"
    EARLY_FEE = "EARLY_FEE"

    REPAYMENT_AMOUNT = "REPAYMENT_AMOUNT"
    REPAYMENT_PRINCIPAL = "REPAYMENT_PRINCIPAL"
    """What of a repayment went to principal; to one installment's, if that is named."""
    REPAYMENT_INTEREST = "REPAYMENT_INTEREST"
    REPAYMENT_FEE = "REPAYMENT_FEE"
    REPAYMENT_COST = "REPAYMENT_COST"
    REPAYMENT_PENALTY = "REPAYMENT_PENALTY"
    REPAYMENT_UNAPPLIED = "REPAYMENT_UNAPPLIED"
    INTEREST_SAVED = "INTEREST_SAVED"


class Rule(StrEnum):
    """
    How a figure follows from what its explanation says.

    Names in capitals are inputs; Σ segments is the sum of the segments' amounts (rounded by itself,
    where a segment says so), Σ moves of the moves' and Σ parts of the parts' amounts with their
    sign. Where there is a rounding step the result is round(`before`) - round(`since`).
    """

    SUM = "SUM"
    """Σ parts + Σ moves."""
    SUM_NOT_BELOW = "SUM_NOT_BELOW"
    """The greater of LEAST and Σ parts + Σ moves."""
    AS_PAID = "AS_PAID"
    """PAID: nothing beyond what was paid of it is asked any more."""
    DOWN_PAYMENT = "DOWN_PAYMENT"
    """AMOUNT, as the terms say."""
    RECEIVED = "RECEIVED"
    """AMOUNT, which came in."""

    PRINCIPAL_OF_LEVEL = "PRINCIPAL_OF_LEVEL"
    """The greater of LEAST and the lesser of LEVEL - INTEREST and BALANCE - HELD_BACK."""
    PRINCIPAL_OF_SHARE = "PRINCIPAL_OF_SHARE"
    """The greater of LEAST and the lesser of SHARE and BALANCE - HELD_BACK."""
    PRINCIPAL_REST = "PRINCIPAL_REST"
    """BALANCE: the last installment repays what is left."""
    PRINCIPAL_LEFT_OUT = "PRINCIPAL_LEFT_OUT"
    """LEAST: the installment leaves principal out."""
    PRINCIPAL_CLOSED = "PRINCIPAL_CLOSED"
    """BALANCE - HELD_BACK: the loan was paid off here."""

    INTEREST = "INTEREST"
    """The greater of LEAST and the rounded sum of Σ segments and Σ moves."""
    INTEREST_OF_LEVEL = "INTEREST_OF_LEVEL"
    """
    The greater of LEAST and LEVEL - BALANCE: the last installment keeps the level total, its
    interest is what that leaves.
    """
    INTEREST_LEFT_OUT = "INTEREST_LEFT_OUT"
    """LEAST: interest of this period waits for the first installment after it that pays."""
    INTEREST_CLOSED = "INTEREST_CLOSED"
    """
    PAID + UNPAID + OFF, where ACCRUED is the rounded sum of Σ segments and Σ moves, UNPAID is what
    the greater of 0 and ACCRUED - COUPONS exceeds PAID by, and OFF is the lesser of COUPONS and
    what ACCRUED exceeds PAID + UNPAID by.
    """
    INTEREST_ACCRUED = "INTEREST_ACCRUED"
    """What the greater of 0 and (the rounded sum of Σ segments and Σ moves) - COUPONS exceeds PAID
    by; 0 if nothing."""
    COUPON = "COUPON"
    """The lesser of COUPONS and ASKED, not below 0."""

    FEE = "FEE"
    """The greater of PAID and Σ fees + Σ segments + Σ moves."""
    FEE_TO_CLOSE = "FEE_TO_CLOSE"
    """OWED + Σ segments + Σ moves."""
    FEE_OWED = "FEE_OWED"
    """The greater of PAID and OWED + Σ moves."""
    EARLY_FEE = "EARLY_FEE"
    """AMOUNT + the rounded product of PRINCIPAL and RATE."""

    LATE = "LATE"
    """The rounded Σ segments, at most CAP where there is one."""

    LEVEL_SOLVED = "LEVEL_SOLVED"
    """
    The annuity over unequal period rates: P·Π(1+rᵢ) / ΣₖΠⱼ>ₖ(1+rⱼ), rounded to the unit.

    The rates are the segments'; P is BALANCE. WAITING, interest from before, falls due with the
    first row that pays. A row that leaves out principal pays its interest beside the level, and
    WAITING with it; interest that a row leaves out waits, uncompounded, for the next that pays.
    """
    LEVEL_SMOOTHED = "LEVEL_SMOOTHED"
    """Of LEVELS the one whose GAP (last installment less level) is nearest 0, then the lowest."""
    LEVEL_HANDED_IN = "LEVEL_HANDED_IN"
    """AMOUNT, as agreed."""
    SHARE_EQUAL = "SHARE_EQUAL"
    """
    BALANCE / COUNT rounded to the unit, at most BALANCE / (COUNT - 1) rounded down; at PLACE =
    COUNT, what those before leave of BALANCE; 0 at PLACE 0, which pays none.
    """
    SHARE_BY_WEIGHT = "SHARE_BY_WEIGHT"
    """
    BALANCE split by WEIGHTS, whole fen by largest remainder: the share at PLACE, from 1. All of it
    with the last where no weight is left. With a rounding step, exact.
    """
    SHARE_AS_BEFORE = "SHARE_AS_BEFORE"
    """AMOUNT: the same principal as in the plan before."""


class Unit(StrEnum):
    """What an input's value is."""

    FEN = "FEN"
    """Whole fen."""
    EXACT_FEN = "EXACT_FEN"
    """Fen, exact: a whole number or p/q."""
    RATE = "RATE"
    """A decimal number; 0.144 is 14.4 %."""
    COUNT = "COUNT"
    DATE = "DATE"
    LIST = "LIST"
    """Exact numbers with commas between them."""
    WORDS = "WORDS"


class InputName(StrEnum):
    """What an input is."""

    AMOUNT = "AMOUNT"
    ASKED = "ASKED"
    BALANCE = "BALANCE"
    CAP = "CAP"
    COUNT = "COUNT"
    COUPONS = "COUPONS"
    FACTOR = "FACTOR"
    GAPS = "GAPS"
    GRACE_DAYS = "GRACE_DAYS"
    HELD_BACK = "HELD_BACK"
    INTEREST = "INTEREST"
    LEAST = "LEAST"
    LEVEL = "LEVEL"
    LEVELS = "LEVELS"
    ON = "ON"
    ORDER = "ORDER"
    OWED = "OWED"
    PAID = "PAID"
    PLACE = "PLACE"
    PRINCIPAL = "PRINCIPAL"
    RATE = "RATE"
    SHARE = "SHARE"
    UNTIL = "UNTIL"
    WAITING = "WAITING"
    WEIGHTS = "WEIGHTS"


class Cause(StrEnum):
    """Why an amount moved."""

    LENT = "LENT"
    RECEIVED = "RECEIVED"
    ALLOCATED = "ALLOCATED"
    GIVEN_BACK = "GIVEN_BACK"
    """Money held was given back to the borrower."""
    LENT_AGAIN = "LENT_AGAIN"
    """More was given back than was held; the rest counts as lent."""
    REPAID_EARLY = "REPAID_EARLY"
    EARLY_FEE = "EARLY_FEE"
    CHARGED = "CHARGED"
    WAIVED = "WAIVED"
    COUPON = "COUPON"
    RESCHEDULED = "RESCHEDULED"
    """It went into the installments agreed anew, or came with them."""
    MOVED = "MOVED"
    """It went to another installment when its own fell away, or came from there."""
    CARRIED = "CARRIED"
    """What rounding took from the installment before."""
    ROUNDED = "ROUNDED"
    """What rounding did when an early repayment settled the interest."""
    PAID_AHEAD = "PAID_AHEAD"
    """It was paid already."""
    SETTLED = "SETTLED"
    """What an early end asked of the same period."""
    CAPITALIZED = "CAPITALIZED"
    """Interest the level total left unpaid, added to principal."""
    PAID = "PAID"
    CLOSING = "CLOSING"
    """What the early end asked of an installment's fees."""
    PLAN_BEFORE = "PLAN_BEFORE"
    PLAN_AFTER = "PLAN_AFTER"
