"""Approving by a code, as a borrower without a device key does; and changing a bank card so."""

from app.foundation.caller import BorrowerCaller
from app.foundation.database import transaction
from app.identity import operations as identity
from app.identity.models import IntentRow, OneTimeCodeRow
from app.identity.operations.challenges import code_in
from app.identity.rules import BeginBankCardChange, SetBankCard
from app.identity.rules.commands import ApproveIntent
from app.identity.rules.intents import Approval, IntentOpened


def caller_of(borrower_id: str) -> BorrowerCaller:
    """Return a borrower who signed in by a code alone."""
    return BorrowerCaller(borrower_id=borrower_id, session_id="ss00000000000000")


async def name_card(borrower_id: str, card: str) -> None:
    """Name the first card, which needs no approval."""
    command = SetBankCard(caller=caller_of(borrower_id), bank_card=card, idempotency_key=card)
    assert await identity.set_bank_card(command) is None


async def change_card(borrower_id: str, card: str, *, pin: str | None = None) -> None:
    """Name another card, and approve what the text says, with the PIN where there is one."""
    await forget_sends()
    caller = caller_of(borrower_id)
    key = f"to-{card}"
    begun = await identity.begin_bank_card_change(
        BeginBankCardChange(caller=caller, bank_card=card, idempotency_key=key)
    )
    approval = await approval_of(begun)
    if pin is not None:
        await identity.approve_intent(
            ApproveIntent(caller=caller, approval=approval, pin=pin, idempotency_key=f"{key}-yes")
        )
    command = SetBankCard(
        caller=caller,
        bank_card=card,
        idempotency_key=f"{key}-now",
        approval=approval,
    )
    assert await identity.set_bank_card(command) is None


async def approval_of(begun: IntentOpened) -> Approval:
    """Approve by the code that was sent for an intent."""
    intent = await IntentRow.get(id=begun.intent_id)
    sent = await OneTimeCodeRow.get(id=intent.challenge_id)
    return Approval(intent_id=begun.intent_id, code=code_in(sent))


async def forget_sends() -> None:
    """Let codes be sent again at once, where how often they are sent is not the point."""
    async with transaction() as tx:
        await tx.run("DELETE FROM code_send", [])
