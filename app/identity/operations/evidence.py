"""The evidence of an approval by a device: its signature over the very text that was shown."""

from app.foundation.audit import check_cells
from app.foundation.database import Transaction
from app.foundation.sealing import unseal
from app.foundation.signatures import PublicKey, Purpose, signed_message
from app.identity.errors import SignatureWrong
from app.identity.models import DeviceRow, IntentRow, device_cell
from app.identity.operations.keys import counter_if_signed
from app.identity.rules import devices


async def evidence_signed(
    tx: Transaction, row: IntentRow, text: str, signature: bytes | None
) -> dict[str, str]:
    """
    Check the signature of the session's device over the text as stored, byte for byte.

    Raises:
        SignatureWrong: There is none, or it is another key's, or over something else.
        SealBroken: The device's key is not the one that was last written.
    """
    device = (
        await DeviceRow.filter(id=row.device_id, borrower_id=row.borrower_id, ended_at=None)
        .select_for_update()
        .first()
    )
    if device is None or signature is None:
        raise SignatureWrong
    cell = device_cell(device.id, row.borrower_id, "public_key")
    await check_cells([(cell, device.public_key)])
    kept = await unseal(cell, device.public_key)
    key = PublicKey.parse(devices.kept_bytes(kept))
    message = signed_message(Purpose.INTENT, row.id.encode(), text.encode())
    counter = counter_if_signed(key, message, signature, counter_seen=device.key_counter)
    if counter is None:
        raise SignatureWrong
    if counter:
        device.key_counter = counter
        await device.save(update_fields=["key_counter"])
    return {
        "device_id": device.id,
        "public_key": kept,
        "signature": devices.as_text(signature),
        "signed_at": tx.now.isoformat(),
    }
