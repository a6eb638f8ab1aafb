"""Servicing's words as the schema shows them: enums, and what paying early does in sentences."""

from enum import Enum

import strawberry

from app.foundation.graphql import Info, enum_value
from app.loanmath.schedule import Prepayment
from app.servicing.rules import EarlyEffect


@strawberry.enum(description="How a loan stands.")
class LoanStatus(Enum):
    """States."""

    ACTIVE = enum_value("ACTIVE", "Running, nothing past due.")
    IN_ARREARS = enum_value("IN_ARREARS", "Something is past due; `bucket` says for how long.")
    RESTRUCTURED = enum_value("RESTRUCTURED", "Running on a plan that was put off by agreement.")
    WRITTEN_OFF = enum_value("WRITTEN_OFF", "Given up in our books; still owed, growing no more.")
    CLOSED_PAID = enum_value("CLOSED_PAID", "Paid off; nothing is owed.")
    OVERPAID = enum_value(
        "OVERPAID", "Paid off, and `unapplied` is the borrower's own money to be given back."
    )


@strawberry.enum(description="How late a loan is, by days past due.")
class LatenessBucket(Enum):
    """Buckets."""

    CURRENT = enum_value("CURRENT", "Nothing is past due.")
    DAYS_1_7 = enum_value("DAYS_1_7", "1 to 7 days past due.")
    DAYS_8_30 = enum_value("DAYS_8_30", "8 to 30 days past due.")
    DAYS_31_60 = enum_value("DAYS_31_60", "31 to 60 days past due.")
    DAYS_61_90 = enum_value("DAYS_61_90", "61 to 90 days past due.")
    DAYS_OVER_90 = enum_value("DAYS_OVER_90", "More than 90 days past due.")


@strawberry.enum(description="How one installment stands.")
class InstallmentStatus(Enum):
    """States."""

    NOT_YET_DUE = enum_value("NOT_YET_DUE", "Due on a later day; it may be paid already in part.")
    DUE = enum_value("DUE", "Due today and not fully paid.")
    OVERDUE = enum_value("OVERDUE", "Its due date has passed and it is not fully paid.")
    PAID = enum_value("PAID", "Fully paid.")


@strawberry.enum(description="What a part of a due is for.")
class DueKind(Enum):
    """Kinds."""

    COST = enum_value("COST", "What realizing the claim cost, such as a court's fee.")
    PENALTY = enum_value("PENALTY", "Penalty interest on principal that is past due.")
    FEE = enum_value("FEE", "A fee named in the cost certificate.")
    INTEREST = enum_value("INTEREST", "Contract interest.")
    PRINCIPAL = enum_value("PRINCIPAL", "Principal: what was borrowed.")


@strawberry.enum(description="What happened to a loan.")
class LoanEventKind(Enum):
    """Kinds of events, by the name under which they are recorded."""

    DISBURSED = enum_value("Disbursed", "The money arrived.")
    REPAYMENT_RECEIVED = enum_value("RepaymentReceived", "A repayment came in.")
    REPAYMENT_REVERSED = enum_value(
        "RepaymentReversed", "A repayment was undone; the plan is as if it had never been."
    )
    CHARGEBACK_RECEIVED = enum_value(
        "ChargebackReceived", "The payment channel took a repayment back."
    )
    REFUNDED = enum_value("Refunded", "Money held was given back to the borrower.")
    REFUND_REVERSED = enum_value(
        "RefundReversed", "Money given back did not reach the borrower; it is held again."
    )
    CHARGED = enum_value("Charged", "A fee or cost of the cost certificate arose.")
    WAIVED = enum_value("Waived", "A cost, fee, interest or penalty was forgiven.")
    COUPON_APPLIED = enum_value("CouponApplied", "A coupon took interest off.")
    COUPON_REVERSED = enum_value(
        "CouponReversed", "A coupon was given back to the borrower, as the loan was returned."
    )
    RATE_LOWERED = enum_value("RateLowered", "The yearly rate was lowered.")
    DEFERRED = enum_value("Deferred", "Installments were put off.")
    RESCHEDULED = enum_value("Rescheduled", "What was left was agreed anew.")
    WRITTEN_OFF = enum_value("WrittenOff", "The loan was given up in our books.")
    RECOVERED = enum_value("Recovered", "Money came in after the loan was given up.")
    REOPENED = enum_value("Reopened", "The loan is no longer given up; interest runs again.")


@strawberry.enum(
    description="What money beyond the dues does. Keeping it aside for later dues is not among"
    " them: it would bear full interest meanwhile, so nobody gains by it."
)
class PrepaymentMode(Enum):
    """Ways of paying early."""

    REDUCE_TERM = enum_value(
        "REDUCE_TERM",
        "缩短期限: repays principal today; installments stay as they are and the last ones fall"
        " away. Usually saves the most interest.",
    )
    REDUCE_INSTALLMENT = enum_value(
        "REDUCE_INSTALLMENT",
        "减少月供: repays principal today; the due dates stay and every installment is smaller.",
    )
    PAY_NEXT = enum_value(
        "PAY_NEXT",
        "提前还下一期: pays the next installments as planned before their day. Saves no interest;"
        " good for somebody who has money now and may have none later.",
    )
    PARK_AT_END = enum_value(
        "PARK_AT_END",
        "冲抵最后几期: repays principal today, taken off the last installments. Each one before"
        " asks a little less interest.",
    )

    @property
    def mode(self) -> Prepayment:
        """Return it as the arithmetic knows it."""
        return Prepayment[self.name]


def early_words(info: Info, effect: EarlyEffect) -> str:
    """Say what paying early changes about a plan, as one would at a counter."""
    say = info.context.text
    if effect.closed:
        return say("servicing.early.closed", saved_fen=effect.interest_saved_fen)
    parts: list[str] = []
    if effect.paid_ahead:
        first, last = effect.paid_ahead[0], effect.paid_ahead[-1]
        parts.append(
            say(
                f"servicing.early.ahead_{'one' if first == last else 'many'}",
                first=first,
                last=last,
            )
        )
    parts += [say(f"servicing.early.{name}", **data) for name, data in _changes(effect)]
    parts.append(
        say("servicing.early.saved", saved_fen=effect.interest_saved_fen)
        if effect.interest_saved_fen
        else say("servicing.early.same_interest")
    )
    return say("servicing.early.stop").join(parts) + say("servicing.early.stop").rstrip()


def _changes(effect: EarlyEffect) -> list[tuple[str, dict[str, object]]]:
    """Name the sentences about the end of the plan and the size of installments."""
    closes_on, due_on = effect.closes_on, effect.next_due_on
    is_sooner = closes_on < effect.closes_on_before
    changes: list[tuple[str, dict[str, object]]] = []
    if is_sooner:
        years = {"year": closes_on.year, "year_before": effect.closes_on_before.year}
        days = {"on": closes_on, "on_before": effect.closes_on_before}
        changes.append(("sooner", {**days, **years, "fewer": effect.fewer}))
    if effect.each_less_fen and not is_sooner:
        changes.append(("each_less", {"amount_fen": effect.each_less_fen}))
    if effect.next_fen < effect.next_before_fen:
        amounts = {"before_fen": effect.next_before_fen, "amount_fen": effect.next_fen}
        changes.append(("next_less", {"on": due_on, **amounts}))
    end_less_fen = effect.last_before_fen - effect.last_fen
    if end_less_fen > 2 * effect.each_less_fen and closes_on != due_on and not is_sooner:
        amounts = {"before_fen": effect.last_before_fen, "amount_fen": effect.last_fen}
        changes.append(("last_less", {"on": closes_on, "year": closes_on.year, **amounts}))
    return changes
