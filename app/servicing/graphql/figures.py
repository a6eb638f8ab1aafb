"""What can be explained and how, as the schema shows it."""

from enum import Enum

import strawberry


def described(name: str, description: str) -> str:
    """Describe an enum's value; to Python it is the value's name."""
    return strawberry.enum_value(name, description=description)  # pyright: ignore[reportReturnType]


@strawberry.enum(description="Every figure of a loan that can be explained.")
class ExplainedFigure(Enum):
    """Figures."""

    INSTALLMENT_TOTAL = described("INSTALLMENT_TOTAL", "Everything an installment asks.")
    INSTALLMENT_PAID = described("INSTALLMENT_PAID", "Everything paid of an installment.")
    INSTALLMENT_LEFT = described("INSTALLMENT_LEFT", "What is still to be paid of an installment.")
    INSTALLMENT_WAIVED = described(
        "INSTALLMENT_WAIVED",
        "What was forgiven of an installment, coupons among it.",
    )
    INSTALLMENT_PRINCIPAL = described(
        "INSTALLMENT_PRINCIPAL",
        "The principal in an installment, as it stands.",
    )
    INSTALLMENT_INTEREST = described(
        "INSTALLMENT_INTEREST",
        "The interest in an installment, as it stands.",
    )
    INSTALLMENT_FEE = described("INSTALLMENT_FEE", "The fees in an installment, as it stands.")
    INSTALLMENT_COST = described(
        "INSTALLMENT_COST",
        "The costs of collecting in an installment, as it stands.",
    )
    INSTALLMENT_PENALTY = described(
        "INSTALLMENT_PENALTY",
        "The penalty in an installment, as it stands.",
    )
    PAID_PRINCIPAL = described("PAID_PRINCIPAL", "What is paid of an installment's principal.")
    PAID_INTEREST = described("PAID_INTEREST", "What is paid of an installment's interest.")
    PAID_FEE = described("PAID_FEE", "What is paid of an installment's fees.")
    PAID_COST = described("PAID_COST", "What is paid of an installment's costs of collecting.")
    PAID_PENALTY = described("PAID_PENALTY", "What is paid of an installment's penalty.")
    LEFT_INTEREST = described("LEFT_INTEREST", "What is unpaid of an installment's interest.")
    LEFT_FEE = described("LEFT_FEE", "What is unpaid of an installment's fees.")
    LEFT_COST = described("LEFT_COST", "What is unpaid of an installment's costs of collecting.")
    LEFT_PENALTY = described("LEFT_PENALTY", "What is unpaid of an installment's penalty.")
    PLANNED_PRINCIPAL = described(
        "PLANNED_PRINCIPAL",
        "The principal as it was laid out, before anything was repaid early or agreed anew.",
    )
    PLANNED_INTEREST = described(
        "PLANNED_INTEREST",
        "The contract interest of an installment, before anything was forgiven.",
    )
    PLANNED_FEE = described(
        "PLANNED_FEE",
        "The fees of an installment, before anything was forgiven.",
    )
    LATE_INTEREST = described(
        "LATE_INTEREST",
        "Contract interest that overdue principal has borne since its due date.",
    )
    LATE_PENALTY = described(
        "LATE_PENALTY",
        "Penalty that overdue principal has borne, before anything was forgiven.",
    )
    COUPON = described("COUPON", "What coupons take off an installment's interest.")
    LEVEL_INSTALLMENT = described(
        "LEVEL_INSTALLMENT",
        "The level installment: of an installment the one it was laid out with.",
    )
    PRINCIPAL_SHARE = described(
        "PRINCIPAL_SHARE",
        "The principal that falls on an installment where there is no level total.",
    )
    LOAN_LENT = described("LOAN_LENT", "Everything lent.")
    LOAN_PRINCIPAL = described("LOAN_PRINCIPAL", "Principal not yet repaid.")
    LOAN_BALANCE = described("LOAN_BALANCE", "Everything still to be paid if the plan is kept.")
    LOAN_DUE_NOW = described("LOAN_DUE_NOW", "What is due by now and unpaid.")
    LOAN_OVERDUE = described("LOAN_OVERDUE", "The part of that past its due date.")
    LOAN_PENALTY = described("LOAN_PENALTY", "The part of that that is penalty.")
    LOAN_UNAPPLIED = described("LOAN_UNAPPLIED", "Money kept for the borrower.")
    LOAN_INTEREST = described("LOAN_INTEREST", "All interest of the plan as it stands.")
    LOAN_FEE = described("LOAN_FEE", "All fees of the plan as it stands.")
    LOAN_TOTAL = described("LOAN_TOTAL", "Everything the plan asks, paid or not.")
    LOAN_CHARGES = described("LOAN_CHARGES", "All interest and fees of the plan as it stands.")
    LOAN_CHARGE = described("LOAN_CHARGE", "One fee over the whole plan: `code` says which.")
    LOAN_REPAID = described("LOAN_REPAID", "Everything repaid.")
    LOAN_WAIVED = described("LOAN_WAIVED", "Everything forgiven, coupons among it.")
    LOAN_INTEREST_LEFT = described("LOAN_INTEREST_LEFT", "All interest still to be paid.")
    LOAN_FEE_LEFT = described("LOAN_FEE_LEFT", "All fees still to be paid.")
    LOAN_COST_LEFT = described("LOAN_COST_LEFT", "All costs of collecting still to be paid.")
    LOAN_PENALTY_LEFT = described("LOAN_PENALTY_LEFT", "All penalty still to be paid.")
    LOAN_TO_PAY = described(
        "LOAN_TO_PAY",
        "Everything still to be paid if the plan is kept, less money kept for the borrower.",
    )
    LOAN_NEXT = described(
        "LOAN_NEXT",
        "What is left of the oldest installment that is not fully paid.",
    )
    LOAN_NEXT_TO_PAY = described(
        "LOAN_NEXT_TO_PAY",
        "What is left of the oldest installment that money kept does not pay, less that money.",
    )
    ACCRUED_INTEREST = described(
        "ACCRUED_INTEREST",
        "Interest of the running period until today, as far as it is unpaid.",
    )
    PAYOFF_AMOUNT = described("PAYOFF_AMOUNT", "What pays the loan off.")
    PAYOFF_PRINCIPAL = described("PAYOFF_PRINCIPAL", "The principal in what pays the loan off.")
    PAYOFF_INTEREST = described("PAYOFF_INTEREST", "The interest in what pays the loan off.")
    PAYOFF_FEE = described("PAYOFF_FEE", "The fees in what pays the loan off.")
    PAYOFF_COST = described("PAYOFF_COST", "The costs of collecting in what pays the loan off.")
    PAYOFF_PENALTY = described("PAYOFF_PENALTY", "The penalty in what pays the loan off.")
    PAYOFF_CREDIT = described(
        "PAYOFF_CREDIT",
        "The borrower's own money that stands against what is owed.",
    )
    PAYOFF_UNEARNED = described(
        "PAYOFF_UNEARNED",
        "The part of that which was paid ahead for days that ending early leaves out.",
    )
    PAYOFF_SAVED = described(
        "PAYOFF_SAVED",
        "How much less paying off is than keeping to the plan.",
    )
    CLOSING_INTEREST = described(
        "CLOSING_INTEREST",
        "Interest of the running period that an early end asks for, paid or not.",
    )
    CLOSING_INTEREST_LEFT = described("CLOSING_INTEREST_LEFT", "The part of that which is unpaid.")
    CLOSING_FEE = described(
        "CLOSING_FEE",
        "The fee of an installment to come that an early end asks for, paid or not.",
    )
    CLOSING_FEE_LEFT = described("CLOSING_FEE_LEFT", "The part of that which is unpaid.")
    UNEARNED_INTEREST = described(
        "UNEARNED_INTEREST",
        "Interest of an installment to come paid beyond what an early end asks for.",
    )
    UNEARNED_FEE = described(
        "UNEARNED_FEE",
        "Fees of an installment to come paid beyond what an early end asks for.",
    )
    EARLY_FEE = described("EARLY_FEE", "What repaying the rest early costs.")
    REPAYMENT_AMOUNT = described("REPAYMENT_AMOUNT", "A repayment.")
    REPAYMENT_PRINCIPAL = described(
        "REPAYMENT_PRINCIPAL",
        "What of a repayment went to principal; of one installment, if that is named.",
    )
    REPAYMENT_INTEREST = described(
        "REPAYMENT_INTEREST",
        "What of a repayment went to interest; of one installment, if that is named.",
    )
    REPAYMENT_FEE = described(
        "REPAYMENT_FEE",
        "What of a repayment went to fees; of one installment, if that is named.",
    )
    REPAYMENT_COST = described(
        "REPAYMENT_COST",
        "What of a repayment went to costs of collecting; of one installment, if that is named.",
    )
    REPAYMENT_PENALTY = described(
        "REPAYMENT_PENALTY",
        "What of a repayment went to penalty; of one installment, if that is named.",
    )
    REPAYMENT_UNAPPLIED = described(
        "REPAYMENT_UNAPPLIED",
        "What of a repayment found nothing to pay.",
    )
    INTEREST_SAVED = described(
        "INTEREST_SAVED",
        "How much less interest the plan asks than without a repayment.",
    )
    CHANGE_TO_PAY = described(
        "CHANGE_TO_PAY",
        "How much more is still to be paid than with the plan as it is.",
    )
    CHANGE_INTEREST = described(
        "CHANGE_INTEREST",
        "How much more interest the plan asks than as it is.",
    )
    CHANGE_WAIVED = described("CHANGE_WAIVED", "How much more is forgiven than so far.")
    SHORTFALL = described("SHORTFALL", "What installments ask beyond what can be paid.")
    DEBIT_AMOUNT = described("DEBIT_AMOUNT", "What is to be debited.")
    DEBIT_CAP = described("DEBIT_CAP", "The most that is debited at a time.")
    DEBIT_CAP_PER_MONTH = described("DEBIT_CAP_PER_MONTH", "The most that is debited in a month.")
    DEBIT_FLOOR = described("DEBIT_FLOOR", "What a debit always leaves on the card.")
    REFUND_AMOUNT = described("REFUND_AMOUNT", "What is given back.")


@strawberry.enum(description="How a figure follows from what its explanation says.")
class ExplanationRule(Enum):
    """Rules."""

    SUM = described("SUM", "Σ parts + Σ moves.")
    SUM_NOT_BELOW = described("SUM_NOT_BELOW", "The greater of LEAST and Σ parts + Σ moves.")
    AS_PAID = described("AS_PAID", "PAID: nothing beyond what was paid of it is asked any more.")
    DOWN_PAYMENT = described("DOWN_PAYMENT", "AMOUNT, as the terms say.")
    RECEIVED = described("RECEIVED", "AMOUNT, which came in.")
    AGREED = described("AGREED", "AMOUNT, as the borrower set it.")
    REFUND = described("REFUND", "AMOUNT, which the borrower asked for, at most HELD.")
    DEBIT = described(
        "DEBIT",
        "DUE where that is at most ROOM. Else ROOM, if TAKES_PART is 1 and ROOM above 0; otherwise "
        "DUE, of which nothing is taken. ROOM is the lesser of CAP and CAP_PER_MONTH - TAKEN, as "
        "far as there are caps.",
    )
    PRINCIPAL_OF_LEVEL = described(
        "PRINCIPAL_OF_LEVEL",
        "The greater of LEAST and the lesser of LEVEL - INTEREST and BALANCE - HELD_BACK.",
    )
    PRINCIPAL_OF_SHARE = described(
        "PRINCIPAL_OF_SHARE",
        "The greater of LEAST and the lesser of SHARE and BALANCE - HELD_BACK.",
    )
    PRINCIPAL_REST = described(
        "PRINCIPAL_REST",
        "BALANCE: the last installment repays what is left.",
    )
    PRINCIPAL_LEFT_OUT = described(
        "PRINCIPAL_LEFT_OUT",
        "LEAST: the installment leaves principal out.",
    )
    PRINCIPAL_CLOSED = described(
        "PRINCIPAL_CLOSED",
        "BALANCE - HELD_BACK: the loan was paid off here.",
    )
    INTEREST = described(
        "INTEREST",
        "The greater of LEAST and the rounded sum of Σ segments and Σ moves.",
    )
    INTEREST_OF_LEVEL = described(
        "INTEREST_OF_LEVEL",
        "The greater of LEAST and LEVEL - BALANCE: the last installment keeps the level "
        "total, its interest is what that leaves.",
    )
    INTEREST_LEFT_OUT = described(
        "INTEREST_LEFT_OUT",
        "LEAST: interest of this period waits for the first installment after it that pays.",
    )
    INTEREST_CLOSED = described(
        "INTEREST_CLOSED",
        "PAID + UNPAID + OFF, where ACCRUED is the rounded sum of Σ segments and Σ moves, "
        "UNPAID is what the greater of 0 and ACCRUED - COUPONS exceeds PAID by, and OFF "
        "is the lesser of COUPONS and what ACCRUED exceeds PAID + UNPAID by.",
    )
    INTEREST_ACCRUED = described(
        "INTEREST_ACCRUED",
        "What the greater of 0 and (the rounded sum of Σ segments and Σ moves) - COUPONS "
        "exceeds PAID by; 0 if nothing.",
    )
    COUPON = described("COUPON", "The lesser of COUPONS and ASKED, not below 0.")
    FEE = described("FEE", "The greater of PAID and Σ fees + Σ segments + Σ moves.")
    CHARGE = described("CHARGE", "Σ fees + Σ segments, over all installments.")
    FEE_TO_CLOSE = described("FEE_TO_CLOSE", "OWED + Σ segments + Σ moves.")
    FEE_OWED = described("FEE_OWED", "The greater of PAID and OWED + Σ moves.")
    EARLY_FEE = described("EARLY_FEE", "AMOUNT + the rounded product of PRINCIPAL and RATE.")
    LATE = described("LATE", "The rounded Σ segments, at most CAP where there is one.")
    LEVEL_SOLVED = described(
        "LEVEL_SOLVED",
        "The annuity over unequal period rates: P·Π(1+rᵢ) / ΣₖΠⱼ>ₖ(1+rⱼ), rounded to the "
        "unit. The rates are the segments'; P is BALANCE. WAITING, interest from before, "
        "falls due with the first row that pays. A row that leaves out principal pays its "
        "interest beside the level, and WAITING with it; interest that a row leaves out "
        "waits, uncompounded, for the next that pays.",
    )
    LEVEL_SMOOTHED = described(
        "LEVEL_SMOOTHED",
        "Of LEVELS the one whose GAP (last installment less level) is nearest 0, then the lowest.",
    )
    LEVEL_HANDED_IN = described("LEVEL_HANDED_IN", "AMOUNT, as agreed.")
    SHARE_EQUAL = described(
        "SHARE_EQUAL",
        "BALANCE / COUNT rounded to the unit, at most BALANCE / (COUNT - 1) rounded down; "
        "at PLACE = COUNT, what those before leave of BALANCE; 0 at PLACE 0, which pays "
        "none.",
    )
    SHARE_BY_WEIGHT = described(
        "SHARE_BY_WEIGHT",
        "BALANCE split by WEIGHTS, whole fen by largest remainder: the share at PLACE, "
        "from 1. All of it with the last where no weight is left. With a rounding step, "
        "exact.",
    )
    SHARE_AS_BEFORE = described(
        "SHARE_AS_BEFORE",
        "AMOUNT: the same principal as in the plan before.",
    )


@strawberry.enum(description="Why an amount moved.")
class ExplanationCause(Enum):
    """Causes."""

    LENT = described("LENT", "Money was lent.")
    RECEIVED = described("RECEIVED", "A repayment came in.")
    ALLOCATED = described("ALLOCATED", "A part of a repayment stands there.")
    GIVEN_BACK = described("GIVEN_BACK", "Money held was given back to the borrower.")
    LENT_AGAIN = described(
        "LENT_AGAIN",
        "More was given back than was held; the rest counts as lent.",
    )
    REPAID_EARLY = described("REPAID_EARLY", "Principal was repaid ahead of plan.")
    EARLY_FEE = described("EARLY_FEE", "Repaying early cost it.")
    CHARGED = described("CHARGED", "A fee or cost arose.")
    WAIVED = described("WAIVED", "It was forgiven.")
    COUPON = described("COUPON", "A coupon took it off.")
    RESCHEDULED = described(
        "RESCHEDULED",
        "It went into the installments agreed anew, or came with them.",
    )
    MOVED = described(
        "MOVED",
        "It went to another installment when its own fell away, or came from there.",
    )
    CARRIED = described("CARRIED", "What rounding took from the installment before.")
    ROUNDED = described(
        "ROUNDED",
        "What rounding did when an early repayment settled the interest.",
    )
    PAID_AHEAD = described("PAID_AHEAD", "It was paid already.")
    SETTLED = described("SETTLED", "What an early end asked of the same period.")
    CAPITALIZED = described(
        "CAPITALIZED",
        "Interest the level total left unpaid, added to principal.",
    )
    PAID = described("PAID", "It was paid.")
    CLOSING = described("CLOSING", "What the early end asked of an installment's fees.")
    PLAN_BEFORE = described("PLAN_BEFORE", "The plan without the repayment.")
    PLAN_AFTER = described("PLAN_AFTER", "The plan with it.")
    AS_IT_IS = described("AS_IT_IS", "Without what is only asked about.")
    AS_ARRANGED = described("AS_ARRANGED", "With what is only asked about.")
    AFFORDED = described("AFFORDED", "What the borrower can pay of an installment.")


@strawberry.enum(description="How to read an input.")
class ExplanationUnit(Enum):
    """Units."""

    FEN = described("FEN", "Whole fen.")
    EXACT_FEN = described("EXACT_FEN", "Fen, exact: a whole number or p/q.")
    RATE = described("RATE", "A decimal number; 0.144 is 14.4 %.")
    COUNT = described("COUNT", "A whole number.")
    DATE = described("DATE", "An ISO date.")
    LIST = described("LIST", "Exact numbers with commas between them.")
    WORDS = described("WORDS", "Words with commas between them.")


@strawberry.enum(description="Where an amount between two whole ones goes.")
class ExplanationRounding(Enum):
    """Roundings."""

    HALF_UP = described("HALF_UP", "Half a fen goes away from zero, less towards it.")
    HALF_EVEN = described("HALF_EVEN", "Half a fen goes to the even one.")
    CEILING = described("CEILING", "Towards more.")
    FLOOR = described("FLOOR", "Towards less.")
    UP = described("UP", "Any part goes away from zero.")
    DOWN = described("DOWN", "Any part is dropped.")
