"""The bank card that money goes to: named freely once, and changed only by approval."""

from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.revision import revise
from app.foundation.sealing import blind_index, blind_indexes, seal
from app.identity.errors import ApprovalMissing, WrongCode
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.operations.codes import wrong_before
from app.identity.operations.freezes import delay_money, put_card_aside
from app.identity.operations.intents import open_intent, opened, spend_intent
from app.identity.queries.pins import card_aside_of
from app.identity.rules import people
from app.identity.rules.commands import BeginBankCardChange, SetBankCard
from app.identity.rules.intents import Act, IntentOpened, Wanted
from app.identity.rules.pins import CardAside

_LABEL = "borrower.bank_card"


async def begin_bank_card_change(
    command: BeginBankCardChange, *, needs_code: bool = False
) -> IntentOpened:
    """
    Write down which card money is to go to from now on, for the borrower to approve.

    With `needs_code` the session's key alone is not worth enough for that.

    Raises:
        InvalidInput: It is no bank card number.
        NotFound: There is no such borrower.
        RateLimited: The borrower's phone was sent too many codes.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    bank_card = people.card_of_input(command.bank_card)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await opened(claim.answer["intent_id"], command.caller_id)
        row = await locked_row(command.caller_id)
        wanted = _wanted(row, bank_card)
        intent = await open_intent(tx, command.caller, wanted, needs_code=needs_code)
        await claim.settle(tx, {"intent_id": intent.intent_id})
    return intent


async def set_bank_card(command: SetBankCard) -> WrongCode | None:
    """
    Keep the bank card that money goes to; another one than before only by its approval.

    A wrong code is returned, not raised, so that the guess stays counted; nothing else changed.
    Where a code alone approved another card, money out waits three days.

    Raises:
        InvalidInput: It is no bank card number.
        NotFound: There is no such borrower.
        ApprovalMissing: It is another card than today's, or the first after the profile was
            completed, and there is no approval.
        IntentOver: The approval is over, or of another card.
        SignatureWrong: The signature is not the device's over what was shown.
        CodeExpired: The code is too old, used up or replaced.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    bank_card = people.card_of_input(command.bank_card)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return wrong_before(claim.answer)
        row = await locked_row(command.caller_id)
        aside = await card_aside_of(row.id)
        if is_change(row, bank_card, aside):
            if command.approval is None:
                raise ApprovalMissing
            wanted = _wanted(row, bank_card)
            wrong = await spend_intent(tx, command.caller, command.approval, wanted)
            if wrong is not None:
                await claim.settle(tx, {"attempts_left": wrong.attempts_left})
                return wrong
            had_one = row.bank_card_index is not None or aside is not None
            if command.caller.device_id is None and had_one:
                await delay_money(tx, row)
        await fill_bank_card(tx, row, bank_card)
        await keep_row(tx, row)
        await revise(tx, row.id)
        await claim.settle(tx, {"attempts_left": None})
    return None


def is_change(row: BorrowerRow, bank_card: str, aside: CardAside | None) -> bool:
    """
    Tell whether money would go to another card than it does, as far as the borrower sees.

    A card named after the profile was completed is one too: money may be waiting for it. Of a card
    that was put aside it is said as if it had been kept.
    """
    if aside is not None:
        return aside.card != bank_card
    if row.bank_card_index is None:
        return row.completed_at is not None
    return row.bank_card_index not in blind_indexes(_LABEL, bank_card)


async def fill_bank_card(tx: Transaction, row: BorrowerRow, bank_card: str) -> None:
    """
    Put a card and its index into a row that is about to be kept.

    While money out is held back, the card is put aside instead, where nothing is ever sent to it.
    """
    if await put_card_aside(tx, row.id, bank_card):
        return
    row.bank_card = await seal(tx, borrower_cell(row.id, "bank_card"), bank_card)
    row.bank_card_index = blind_index(_LABEL, bank_card)


def _wanted(row: BorrowerRow, bank_card: str) -> Wanted:
    """Say what changes, of the row as it is now: an approval fits one version of it."""
    return Wanted(
        act=Act.CHANGE_BANK_CARD,
        about={"row_version": row.row_version, "to": blind_index(_LABEL, bank_card)},
        payee=f"**** {people.card_tail(bank_card)}",
    )
