"""Somebody forces a borrower to type a PIN, and gets the one for duress."""

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import transaction
from app.foundation.hashing import USUAL_COST, Cost, set_cost
from app.identity import operations as identity
from app.identity.rules.pins import LiftFreeze, SetDuressPin, SetPin
from tests.desk import sit_down

PIN, DURESS = "482915", "605283"
RISK = StaffCaller(staff_id="st-risk", session_id="sf-risk", role=StaffRole.RISK)


async def force(borrower_id: str) -> None:
    """Choose both PINs, cheaply hashed, and type the second."""
    set_cost(Cost(memory_kib=64, passes=1))
    try:
        await identity.set_pin(SetPin(borrower_id=borrower_id, pin=PIN, idempotency_key="pin"))
        second = SetDuressPin(
            borrower_id=borrower_id, pin=PIN, duress_pin=DURESS, idempotency_key="duress"
        )
        assert await identity.set_duress_pin(second) is None
        guess = await identity.guess_pin(borrower_id, DURESS)
    finally:
        set_cost(USUAL_COST)
    async with transaction() as tx:
        assert await identity.check_pin(tx, guess) is None


async def free() -> None:
    """Let staff find out that everybody is free again."""
    risk = await sit_down(RISK.staff_id, RISK.role)
    for freeze in await identity.freezes_for(risk) or []:
        lift = LiftFreeze(
            staff_id=risk.staff_id,
            freeze_id=freeze.freeze_id,
            reason="met in the office, alone",
            idempotency_key=f"lift-{freeze.freeze_id}",
        )
        await identity.lift_freeze(risk, lift)
