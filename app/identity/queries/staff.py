"""Reads of staff."""

from app.foundation.caller import StaffRole
from app.foundation.errors import NotFound
from app.foundation.sealing import blind_index
from app.identity.models import StaffRow
from app.identity.queries.staff_rows import check_staff
from app.identity.rules.values import StaffMember


def staff_name_index(name: str) -> str:
    """Return the fingerprint under which failed sign-ins of a name are counted."""
    return blind_index("staff_attempt.name", name)


async def staff_member(staff_id: str) -> StaffMember:
    """
    Return a member of staff.

    Raises:
        NotFound: There is no such member.
    """
    found = (await staff_by_id([staff_id]))[0]
    if found is None:
        raise NotFound
    return found


async def staff_by_id(staff_ids: list[str]) -> list[StaffMember | None]:
    """
    Return members of staff in the order asked, with two queries.

    Raises:
        SealBroken: A role or name was written behind our back.
    """
    rows = await StaffRow.filter(id__in=staff_ids)
    await check_staff(rows)
    members = {
        row.id: StaffMember(staff_id=row.id, name=row.name, role=StaffRole(row.role))
        for row in rows
    }
    return [members.get(staff_id) for staff_id in staff_ids]
