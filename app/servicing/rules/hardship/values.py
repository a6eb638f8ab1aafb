"""What arrangements are made of: kinds, bounds, what a borrower can pay, and what they see."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.loanmath.life import Event
from app.servicing.rules.values import PlanLine


class ReliefKind(StrEnum):
    """Ways to make paying easier; of two that come to the same plan, the first one's is shown."""

    HARVEST = "HARVEST"
    DEFER_PRINCIPAL = "DEFER_PRINCIPAL"
    DEFER_ALL = "DEFER_ALL"
    STRETCH = "STRETCH"
    CATCH_UP = "CATCH_UP"


class StaffReason(StrEnum):
    """Why an arrangement is not granted at once."""

    LONG = "LONG"
    SOON_AGAIN = "SOON_AGAIN"
    LATE = "LATE"
    MUCH_PENALTY = "MUCH_PENALTY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What the borrower says they can do; nothing of it is kept.

    Attributes:
        monthly_fen: What they can pay each time; anything, unless said.
        from_on: From which day they can pay it, nothing before; from now, unless said.
        harvest_month: The month (1 to 12) in which money comes in, where there is such a month.
    """

    monthly_fen: int | None = None
    from_on: date | None = None
    harvest_month: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HardshipPolicy:
    """The dated bounds; see `fixtures/policy/hardship.toml`."""

    options_max: int
    periods_max: dict[ReliefKind, int]
    periods_at_once: dict[ReliefKind, int]
    stretch_steps: tuple[int, ...]
    catch_up_steps: tuple[int, ...]
    months_between: int
    days_past_due_at_once: int
    penalty_waived_at_once_fen: int
    loan_months_max: int
    short_loan_months: int


@dataclass(frozen=True, slots=True)
class Relief:
    """One arrangement, before it is worked out: a kind, and how many installments."""

    kind: ReliefKind
    periods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """
    One arrangement worked out, compared with the plan as it is.

    Attributes:
        relief: Which it is.
        token: Names it, this loan, and everything about the loan today; another day or after any
            event it is another one.
        lines: The whole new plan.
        to_pay_fen: Everything still to be paid with it, less money held.
        difference_fen: How much more that is than with the plan as it is; below zero is less.
        interest_difference_fen: The part of it that is interest, at the contract rate.
        waived_fen: The penalty forgiven with it.
        next_due_on: When the next payment is due.
        next_amount_fen: How much that is.
        highest_fen: The highest installment to come.
        highest_number: Its place in the plan.
        ends_on: The last due date.
        principal_from: The first day on which principal is due again.
        short_fen: How much, in all, its installments are above what the borrower can pay.
        staff_reasons: Why staff decide on it; none where it holds at once.
        events: What would happen to the loan, to work the plan out again.
    """

    relief: Relief
    token: str
    lines: tuple[PlanLine, ...]
    to_pay_fen: int
    difference_fen: int
    interest_difference_fen: int
    waived_fen: int
    next_due_on: date
    next_amount_fen: int
    highest_fen: int
    highest_number: int
    ends_on: date
    principal_from: date
    short_fen: int
    staff_reasons: tuple[StaffReason, ...]
    events: tuple[Event, ...] = ()

    @property
    def is_at_once(self) -> bool:
        """Whether it holds as soon as the borrower takes it."""
        return not self.staff_reasons
