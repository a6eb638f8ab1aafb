"""A case's life: one table of steps, and how far it may go before something was offered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.collections.errors import CaseOver, CaseStepOutOfOrder, HardshipNotOffered, StageTooEarly
from app.foundation.errors import Refusal
from app.loanmath.life import Bucket


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    PROMISE = "PROMISE"
    BROKEN_PROMISE = "BROKEN_PROMISE"
    HARDSHIP = "HARDSHIP"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"


class CaseStep(StrEnum):
    """What happens to a case."""

    WORK = "WORK"
    """Somebody was assigned, or tried to reach the borrower."""
    PROMISE = "PROMISE"
    KEEP = "KEEP"
    BREAK = "BREAK"
    ASK_RELIEF = "ASK_RELIEF"
    END_RELIEF = "END_RELIEF"
    CURE = "CURE"
    """Nothing of the loan is past due any more."""
    CLOSE = "CLOSE"
    """The loan is paid off, or given up."""


class Stage(StrEnum):
    """How firmly a case is pursued, in order."""

    CARE = "CARE"
    """Reminders and calls of our own, each beginning with the offer of relief."""
    FIRM_NOTICE = "FIRM_NOTICE"
    AGENCY = "AGENCY"


OVER = frozenset({CaseState.RESOLVED, CaseState.CLOSED})

_ANYWHERE: Mapping[CaseStep, CaseState] = {
    CaseStep.ASK_RELIEF: CaseState.HARDSHIP,
    CaseStep.CURE: CaseState.RESOLVED,
    CaseStep.CLOSE: CaseState.CLOSED,
}
NEXT: Mapping[tuple[CaseState, CaseStep], CaseState] = {
    **{
        (state, step): reached
        for state in CaseState
        if state not in OVER
        for step, reached in _ANYWHERE.items()
    },
    (CaseState.OPEN, CaseStep.WORK): CaseState.IN_PROGRESS,
    (CaseState.OPEN, CaseStep.PROMISE): CaseState.PROMISE,
    (CaseState.IN_PROGRESS, CaseStep.WORK): CaseState.IN_PROGRESS,
    (CaseState.IN_PROGRESS, CaseStep.PROMISE): CaseState.PROMISE,
    (CaseState.PROMISE, CaseStep.WORK): CaseState.PROMISE,
    (CaseState.PROMISE, CaseStep.PROMISE): CaseState.PROMISE,
    (CaseState.PROMISE, CaseStep.KEEP): CaseState.IN_PROGRESS,
    (CaseState.PROMISE, CaseStep.BREAK): CaseState.BROKEN_PROMISE,
    (CaseState.BROKEN_PROMISE, CaseStep.WORK): CaseState.IN_PROGRESS,
    (CaseState.BROKEN_PROMISE, CaseStep.PROMISE): CaseState.PROMISE,
    (CaseState.HARDSHIP, CaseStep.END_RELIEF): CaseState.IN_PROGRESS,
}
"""Every step there is; what is not here is refused and changes nothing."""


def next_state(state: CaseState, step: CaseStep) -> CaseState:
    """
    Return where a step leads.

    Raises:
        CaseOver: The case has ended.
        CaseStepOutOfOrder: The step does not follow from where the case stands.
    """
    reached = NEXT.get((state, step))
    if reached is None:
        raise _refusal(state)
    return reached


def _refusal(state: CaseState) -> Refusal:
    return CaseOver() if state in OVER else CaseStepOutOfOrder(state.value)


def has_step(state: CaseState, step: CaseStep) -> bool:
    """Tell whether a step follows from where a case stands."""
    return (state, step) in NEXT


def check_stage(
    stage: Stage, wanted: Stage, *, is_offered: bool, days_past_due: int, days_from: int
) -> None:
    """
    Check that a case may be pursued more firmly, or less.

    Raises:
        HardshipNotOffered: The borrower was not offered relief yet.
        StageTooEarly: It is not late enough for that.
    """
    if _ORDER.index(wanted) <= _ORDER.index(stage):
        return
    if not is_offered:
        raise HardshipNotOffered
    if days_past_due < days_from:
        raise StageTooEarly(days_from)


_ORDER = tuple(Stage)


class OfferedBy(StrEnum):
    """How relief was offered."""

    INBOX = "INBOX"
    """The first notice that an installment is late says it."""
    VOICE = "VOICE"
    LETTER = "LETTER"
    VISIT = "VISIT"


class NextStep(StrEnum):
    """What a case waits for."""

    OFFER_RELIEF = "OFFER_RELIEF"
    WAIT = "WAIT"
    """A hold stands; nobody gets in touch."""
    AWAIT_PROMISE = "AWAIT_PROMISE"
    CALL = "CALL"
    WRITE_TO_ESTATE = "WRITE_TO_ESTATE"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One loan that is late, and what is done about it."""

    case_id: str
    borrower_id: str
    loan_id: str
    state: CaseState
    stage: Stage
    bucket: Bucket
    opened_on: date
    opened_at: datetime
    assigned_to: str | None
    """A member of staff's id, or an agency's code; None where nobody has it."""
    is_with_agency: bool
    offered_at: datetime | None
    """When relief was offered; None before."""
    offered_by: OfferedBy | None
    closed_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in OVER

    def next_step(self, *, is_held: bool, is_estate: bool) -> NextStep:
        """Return what the case waits for."""
        if self.is_over:
            return NextStep.NOTHING
        if is_estate:
            return NextStep.WRITE_TO_ESTATE
        if is_held or self.state is CaseState.HARDSHIP:
            return NextStep.WAIT
        if self.offered_at is None:
            return NextStep.OFFER_RELIEF
        return NextStep.AWAIT_PROMISE if self.state is CaseState.PROMISE else NextStep.CALL
