"""Whether a member of staff proved just now who they are."""

from datetime import datetime

from app.foundation.caller import StaffCaller
from app.foundation.clock import milliseconds
from app.foundation.database import fetch
from app.identity.errors import StepUpNeeded
from app.identity.queries.staff_rows import check_session
from app.identity.rules.stepping_up import STEP_UP_LIFETIME


async def is_stepped_up(caller: StaffCaller, now: datetime) -> bool:
    """
    Tell whether the present session was stepped up within the last five minutes.

    Raises:
        SealBroken: Somebody wrote so behind our back.
    """
    rows = await fetch(
        "SELECT id AS session_id, staff_id, started_at, stepped_up_at, seal FROM staff_session"
        " WHERE id = ? AND staff_id = ? AND ended_at IS NULL"
        " AND stepped_up_at > ? AND stepped_up_at <= ?",
        [
            caller.session_id,
            caller.staff_id,
            milliseconds(now - STEP_UP_LIFETIME),
            milliseconds(now),
        ],
    )
    for row in rows:
        check_session(row)
    return bool(rows)


async def check_stepped_up(caller: StaffCaller, now: datetime) -> None:
    """
    Insist on a fresh step-up.

    Raises:
        StepUpNeeded: The last one is older than five minutes, or there was none.
    """
    if not await is_stepped_up(caller, now):
        raise StepUpNeeded
