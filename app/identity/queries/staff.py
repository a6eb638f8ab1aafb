"""Reads of staff."""

from collections.abc import Collection

from app.foundation.caller import StaffRole
from app.foundation.clock import moment_of
from app.foundation.database import fetch
from app.foundation.errors import NotFound
from app.foundation.sealing import blind_index
from app.identity.models import StaffRow
from app.identity.queries.staff_rows import check_staff
from app.identity.rules.passwords import kept_password
from app.identity.rules.staffing import Place
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


async def works_as(staff_id: str, roles: Collection[StaffRole]) -> bool:
    """Tell whether somebody works here by now in one of some roles."""
    found = (await staff_by_id([staff_id]))[0]
    return found is not None and not found.has_left and found.role in roles


async def staff_by_id(staff_ids: list[str]) -> list[StaffMember | None]:
    """
    Return members of staff in the order asked, with two queries.

    Raises:
        SealBroken: A role or name was written behind our back.
    """
    rows = await StaffRow.filter(id__in=staff_ids)
    await check_staff(rows)
    members = {
        row.id: StaffMember(
            staff_id=row.id,
            name=row.name,
            role=StaffRole(row.role),
            has_left=kept_password(row.password_hash).ended_at is not None,
        )
        for row in rows
    }
    return [members.get(staff_id) for staff_id in staff_ids]


async def places() -> list[Place]:
    """
    Return everybody who has or had a place at the desk, by name.

    Raises:
        SealBroken: A role, name or password was written behind our back.
    """
    rows = await StaffRow.all().order_by("name")
    await check_staff(rows)
    keys = await fetch("SELECT staff_id, COUNT(*) AS many FROM staff_passkey GROUP BY staff_id")
    passkeys = {row["staff_id"]: row["many"] for row in keys}
    seen = await fetch("SELECT staff_id, MAX(seen_at) AS at FROM staff_session GROUP BY staff_id")
    seen_at = {row["staff_id"]: moment_of(row["at"]) for row in seen}
    return [
        Place(
            staff_id=row.id,
            name=row.name,
            role=StaffRole(row.role),
            enrolled_at=moment_of(row.enrolled_at),
            ended_at=kept.ended_at,
            once_until=kept.once_until,
            passkeys=passkeys.get(row.id, 0),
            seen_at=seen_at.get(row.id),
        )
        for row, kept in ((row, kept_password(row.password_hash)) for row in rows)
    ]


async def ended_after(staff_id: str) -> list[tuple[str, list[str]]]:
    """Return everybody who has left, by id, after the one named; there are never many."""
    ended = [one.staff_id for one in await places() if one.ended_at is not None]
    return [(one, [one]) for one in sorted(ended) if one > staff_id]
