"""A member of staff at the desk, in a session of their own, as signing in would have started it."""

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import transaction
from app.identity.operations.staff_rows import note_stepped_up, start_staff_session


async def sit_down(staff_id: str, role: StaffRole, *, is_stepped_up: bool = True) -> StaffCaller:
    """Start a session, proven once more just now unless the test wants it not."""
    async with transaction() as tx:
        session_id = await start_staff_session(tx, staff_id, None)
        if is_stepped_up:
            await note_stepped_up(tx, session_id, staff_id)
    return StaffCaller(staff_id=staff_id, session_id=session_id, role=role)


async def step_up_everybody() -> None:
    """Let everybody at the desk prove again who they are, after time went by."""
    async with transaction() as tx:
        for row in await tx.rows("SELECT id, staff_id FROM staff_session WHERE ended_at IS NULL"):
            await note_stepped_up(tx, row["id"], row["staff_id"])
