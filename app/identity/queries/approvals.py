"""What proves that an intent was approved, as it was kept."""

from typing import cast

import orjson

from app.foundation.canonical import Canonical
from app.foundation.clock import moment_of
from app.foundation.errors import NotFound
from app.foundation.sealing import Sealed, unseal
from app.identity.models import DeviceRow, IntentRow, intent_cell


async def approval_proof(borrower_id: str, intent_id: str) -> dict[str, Canonical]:
    """
    Return the words that were approved, the means, and the signature with its key or the code's id.

    A device's key comes with what made it and how well it is kept (L0 to L3).

    Raises:
        NotFound: There is no such intent of the borrower's, or nobody approved it.
        SealBroken: What was kept was altered.
    """
    row = await IntentRow.get_or_none(id=intent_id, borrower_id=borrower_id)
    kept: object = None if row is None else row.evidence
    if row is None or not isinstance(kept, Sealed):
        raise NotFound
    cell = intent_cell(row.id, row.borrower_id, "evidence")
    proof = cast("dict[str, Canonical]", orjson.loads(await unseal(cell, kept)))
    proof |= {"intent_id": row.id, "act": row.act, "about_sha256": row.about_hash}
    if "device_id" in proof:
        device = await DeviceRow.get(id=str(proof["device_id"]))
        proof["device"] = {
            "kind": device.kind,
            "level": device.level,
            "enrolled_at": moment_of(device.enrolled_at).isoformat(),
        }
    return proof
