"""Who may change roles: one proposes, another decides, and neither for oneself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.foundation.caller import StaffRole

DECIDERS = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR})
"""Who may propose a change of role, and who may decide on one."""

WAITS_FOR = timedelta(days=7)
"""How long a proposal waits for somebody else."""


class RoleChangeState(StrEnum):
    """Where a proposed change stands."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRoleChange:
    """Propose that a colleague may do something else from now on."""

    maker_id: str
    name: str
    role: StaffRole
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who proposes."""
        return self.maker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRoleChange:
    """Approve or reject what somebody else proposed."""

    checker_id: str
    change_id: str
    is_approved: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who decides."""
        return self.checker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """A proposed change of role, whatever became of it."""

    change_id: str
    name: str
    role_before: StaffRole
    role_after: StaffRole
    maker_name: str
    state: RoleChangeState
    proposed_at: datetime
    decided_at: datetime | None
