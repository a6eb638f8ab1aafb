"""Reads of staff."""

from app.foundation.caller import StaffRole
from app.foundation.errors import NotFound
from app.foundation.sealing import blind_index
from app.identity.models import StaffRow
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


async def staff_named(name: str) -> StaffMember:
    """
    Return a member of staff by the name they sign in with.

    Raises:
        NotFound: There is no such member.
    """
    row = await StaffRow.get_or_none(name=name)
    if row is None:
        raise NotFound
    return StaffMember(staff_id=row.id, name=row.name, role=StaffRole(row.role))


async def staff_by_id(staff_ids: list[str]) -> list[StaffMember | None]:
    """Return members of staff in the order asked, with one query."""
    members = {
        row.id: StaffMember(staff_id=row.id, name=row.name, role=StaffRole(row.role))
        for row in await StaffRow.filter(id__in=staff_ids)
    }
    return [members.get(staff_id) for staff_id in staff_ids]
