"""Servicing's enums as the schema shows them, each value with what it means to the borrower."""

from enum import Enum

import strawberry


def _value(name: str, description: str) -> str:
    """Describe an enum's value; to Python it is the value's name."""
    return strawberry.enum_value(name, description=description)  # pyright: ignore[reportReturnType]


@strawberry.enum(description="How a loan stands.")
class LoanStatus(Enum):
    """States."""

    ACTIVE = _value("ACTIVE", "Running, nothing past due.")
    IN_ARREARS = _value("IN_ARREARS", "Something is past due; `bucket` says for how long.")
    RESTRUCTURED = _value("RESTRUCTURED", "Running on a plan that was put off by agreement.")
    WRITTEN_OFF = _value("WRITTEN_OFF", "Given up in our books; still owed, growing no more.")
    CLOSED_PAID = _value("CLOSED_PAID", "Paid off; nothing is owed.")
    OVERPAID = _value(
        "OVERPAID", "Paid off, and `unapplied` is the borrower's own money to be given back."
    )


@strawberry.enum(description="How late a loan is, by days past due.")
class LatenessBucket(Enum):
    """Buckets."""

    CURRENT = _value("CURRENT", "Nothing is past due.")
    DAYS_1_7 = _value("DAYS_1_7", "1 to 7 days past due.")
    DAYS_8_30 = _value("DAYS_8_30", "8 to 30 days past due.")
    DAYS_31_60 = _value("DAYS_31_60", "31 to 60 days past due.")
    DAYS_61_90 = _value("DAYS_61_90", "61 to 90 days past due.")
    DAYS_OVER_90 = _value("DAYS_OVER_90", "More than 90 days past due.")


@strawberry.enum(description="How one installment stands.")
class InstallmentStatus(Enum):
    """States."""

    NOT_YET_DUE = _value("NOT_YET_DUE", "Due on a later day; it may be paid already in part.")
    DUE = _value("DUE", "Due today and not fully paid.")
    OVERDUE = _value("OVERDUE", "Its due date has passed and it is not fully paid.")
    PAID = _value("PAID", "Fully paid.")


@strawberry.enum(description="What a part of a due is for.")
class DueKind(Enum):
    """Kinds."""

    PENALTY = _value("PENALTY", "Penalty interest on principal that is past due.")
    FEE = _value("FEE", "A fee named in the cost certificate.")
    INTEREST = _value("INTEREST", "Contract interest.")
    PRINCIPAL = _value("PRINCIPAL", "Principal: what was borrowed.")


@strawberry.enum(description="What happened to a loan.")
class LoanEventKind(Enum):
    """Kinds of events, by the name under which they are recorded."""

    DISBURSED = _value("Disbursed", "The money arrived.")
    REPAYMENT_RECEIVED = _value("RepaymentReceived", "A repayment came in.")
    REPAYMENT_REVERSED = _value(
        "RepaymentReversed", "A repayment was undone; the plan is as if it had never been."
    )
    CHARGEBACK_RECEIVED = _value("ChargebackReceived", "The payment channel took a repayment back.")
    REFUNDED = _value("Refunded", "Money held was given back to the borrower.")
    CHARGED = _value("Charged", "A fee of the cost certificate arose.")
    WAIVED = _value("Waived", "A fee, interest or penalty was forgiven.")
    RATE_LOWERED = _value("RateLowered", "The yearly rate was lowered.")
    DEFERRED = _value("Deferred", "Installments were put off.")
    WRITTEN_OFF = _value("WrittenOff", "The loan was given up in our books.")
