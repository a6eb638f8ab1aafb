"""Reading proposed changes of role."""

from datetime import datetime
from typing import Any

from app.foundation.caller import StaffRole
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import fetch
from app.foundation.errors import NotFound
from app.identity.rules.roles import WAITS_FOR, RoleChange, RoleChangeState

WAITING_MAX = 100
_SELECT = (
    "SELECT c.id, s.name, c.role_before, c.role_after, m.name AS maker_name, c.state,"
    " c.proposed_at, c.decided_at FROM staff_role_change c"
    " JOIN staff s ON s.id = c.staff_id JOIN staff m ON m.id = c.maker_id"
)


async def role_change(change_id: str) -> RoleChange:
    """
    Return one proposed change.

    Raises:
        NotFound: There is none of this id.
    """
    rows = await fetch(f"{_SELECT} WHERE c.id = ?", [change_id])
    if not rows:
        raise NotFound
    return _change(rows[0])


async def waiting_role_changes(now: datetime) -> list[RoleChange]:
    """Return the changes that wait for somebody else, oldest first; at most 100."""
    rows = await fetch(
        f"{_SELECT} WHERE c.state = ? AND c.proposed_at > ?"
        f" ORDER BY c.proposed_at, c.id LIMIT {WAITING_MAX}",
        [RoleChangeState.PROPOSED, milliseconds(now - WAITS_FOR)],
    )
    return [_change(row) for row in rows]


def _change(row: dict[str, Any]) -> RoleChange:
    decided_at = row["decided_at"]
    return RoleChange(
        change_id=row["id"],
        name=row["name"],
        role_before=StaffRole(row["role_before"]),
        role_after=StaffRole(row["role_after"]),
        maker_name=row["maker_name"],
        state=RoleChangeState(row["state"]),
        proposed_at=moment_of(row["proposed_at"]),
        decided_at=None if decided_at is None else moment_of(decided_at),
    )
