"""Reads of passkeys: a member of staff's own."""

from app.foundation.clock import moment_of
from app.foundation.sealing import unseal_all
from app.identity.models import PasskeyRow, passkey_cell
from app.identity.rules.passkeys import PASSKEYS_MAX, PasskeyView


async def passkeys_of(staff_id: str) -> list[PasskeyView]:
    """Return a member of staff's passkeys, newest first; never more than five."""
    rows = (
        await PasskeyRow.filter(staff_id=staff_id).order_by("-made_at", "-id").limit(PASSKEYS_MAX)
    )
    names = await unseal_all([(passkey_cell(row.id, staff_id, "name"), row.name) for row in rows])
    return [
        PasskeyView(
            passkey_id=row.id,
            name=name,
            made_at=moment_of(row.made_at),
            last_used_at=None if row.last_used_at is None else moment_of(row.last_used_at),
        )
        for row, name in zip(rows, names, strict=True)
    ]


async def credential_ids_of(staff_id: str) -> tuple[str, ...]:
    """Return the names by which a browser finds a member of staff's passkeys."""
    rows = PasskeyRow.filter(staff_id=staff_id).order_by("id").limit(PASSKEYS_MAX)
    return tuple([row.credential_id for row in await rows])
