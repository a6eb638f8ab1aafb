"""A proposed correction's life, and who may take which step: whoever proposes never decides."""

from collections.abc import Mapping
from enum import StrEnum

from app.foundation.caller import StaffRole
from app.servicing.errors import CorrectionAboveLimit, CorrectionStepRefused


class CorrectionState(StrEnum):
    """Where a correction stands."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class CorrectionStep(StrEnum):
    """What somebody, or time, does with a correction."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"


NEXT: Mapping[tuple[CorrectionState, CorrectionStep], CorrectionState] = {
    (CorrectionState.PROPOSED, CorrectionStep.APPROVE): CorrectionState.APPROVED,
    (CorrectionState.PROPOSED, CorrectionStep.REJECT): CorrectionState.REJECTED,
    (CorrectionState.PROPOSED, CorrectionStep.WITHDRAW): CorrectionState.WITHDRAWN,
    (CorrectionState.PROPOSED, CorrectionStep.EXPIRE): CorrectionState.EXPIRED,
}
"""Every step there is; what is not here is refused and changes nothing."""

MAKERS = frozenset({StaffRole.AGENT, StaffRole.SUPERVISOR, StaffRole.DIRECTOR})
"""Who may propose a correction."""

CHECKERS = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR})
"""Who may decide one that somebody else proposed."""

READERS = frozenset({*MAKERS, StaffRole.AUDITOR})
"""Who may look at corrections."""


def next_state(state: CorrectionState, step: CorrectionStep) -> CorrectionState:
    """
    Return where a step leads.

    Raises:
        CorrectionStepRefused: The step is not in the table.
    """
    reached = NEXT.get((state, step))
    if reached is None:
        raise CorrectionStepRefused(state.value)
    return reached


def approver_of(amount_fen: int, *, supervisor_fen_max: int) -> StaffRole:
    """Return the lowest role that may approve a correction of so much."""
    is_within = supervisor_fen_max > 0 and amount_fen <= supervisor_fen_max
    return StaffRole.SUPERVISOR if is_within else StaffRole.DIRECTOR


def check_may_approve(role: StaffRole, amount_fen: int, *, supervisor_fen_max: int) -> None:
    """
    Check that a checker's role reaches as far as the correction.

    Raises:
        CorrectionAboveLimit: It takes the head of lending.
    """
    needed = approver_of(amount_fen, supervisor_fen_max=supervisor_fen_max)
    if role not in {needed, StaffRole.DIRECTOR}:
        raise CorrectionAboveLimit(amount_fen=amount_fen, limit_fen=supervisor_fen_max)
