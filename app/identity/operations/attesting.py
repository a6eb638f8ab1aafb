"""Showing later, on Wi-Fi, how well a phone keeps its key: by its maker's certificates."""

from app.foundation import audit, idempotency
from app.foundation.database import transaction
from app.foundation.errors import NotFound
from app.foundation.revision import revise
from app.foundation.sealing import unseal
from app.foundation.signatures import PublicKey
from app.identity.errors import DeviceAttestationRefused
from app.identity.models import DeviceRow, device_cell
from app.identity.operations.keys import attested_level
from app.identity.rules import devices
from app.identity.rules.devices import AttestDevice, DeviceLevel


async def attest_device(command: AttestDevice) -> DeviceLevel:
    """
    Set a device's level to what its maker's certificates prove, be it less than the phone said.

    Raises:
        DeviceAttestationRefused: They prove nothing for this key; its level stays.
        NotFound: The device is over, or it is somebody else's.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return DeviceLevel(claim.answer["level"])
        row = (
            await DeviceRow.filter(
                id=command.device_id, borrower_id=command.borrower_id, ended_at=None
            )
            .select_for_update()
            .first()
        )
        if row is None:
            raise NotFound
        cell = device_cell(row.id, row.borrower_id, "public_key")
        await audit.check_cells([(cell, row.public_key)])
        key = PublicKey.parse(devices.kept_bytes(await unseal(cell, row.public_key)))
        message = bytes(row.enrollment or b"")
        level = attested_level(key, message, command.chain, tx.now)
        if level is None or not message:
            raise DeviceAttestationRefused
        if level != row.level:
            row.level = level
            await row.save(update_fields=["level"])
            about = {"device_id": row.id, "level": level.value}
            entry = audit.Entry("device.attested", row.borrower_id, row.borrower_id, about)
            await audit.record(tx, entry)
            await revise(tx, row.borrower_id)
        await claim.settle(tx, {"level": level.value})
        return level
