"""What a borrower says about themselves: sealed value by value."""

import unicodedata
from dataclasses import dataclass, field

from tortoise.exceptions import IntegrityError

from app.foundation import idempotency
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import Sealed, blind_index, blind_indexes, seal, unseal
from app.identity.errors import (
    ApprovalMissing,
    NameFixed,
    ResidentIdFixed,
    ResidentIdTaken,
    UnderAge,
)
from app.identity.events import ProfileCompleted
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.bank_cards import fill_bank_card, is_change
from app.identity.operations.borrower_rows import keep_row, locked_row
from app.identity.queries.pins import card_aside_of
from app.identity.rules import people
from app.identity.rules.commands import CompleteProfile, SetLanguage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A profile's texts, checked and normalized."""

    name: str = field(repr=False)
    resident_id: str = field(repr=False)
    purpose: str = field(repr=False)
    region_code: str
    income_fen: int = field(repr=False)
    phone_tenure_months: int | None
    bank_card: str | None = field(repr=False)
    address: str | None = field(repr=False)


async def complete_profile(command: CompleteProfile) -> None:
    """
    Keep who the borrower is and what they live on; said again, it replaces all but name and ID.

    A bank card or address left out stays as it was. Another card than the one money goes to is
    named by `set_bank_card`, which asks for approval.

    Raises:
        InvalidInput: A value is malformed or out of bounds; nothing was kept.
        UnderAge: The borrower is not yet eighteen; nothing was kept.
        ResidentIdTaken: Another borrower has this resident ID.
        ResidentIdFixed: The borrower gave another resident ID before.
        NameFixed: The borrower gave another name before.
        ApprovalMissing: Money goes to another bank card today; nothing was kept.
        NotFound: There is no such borrower.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        checked = _checked(command, tx)
        row = await locked_row(command.borrower_id)
        # Before the ID: a refusal here must not tell whose that is.
        if checked.bank_card is not None:
            aside = await card_aside_of(row.id)
            if is_change(row, checked.bank_card, aside):
                raise ApprovalMissing
        await _set_resident_id(tx, row, checked.resident_id)
        await _set_name(tx, row, checked.name)
        row.income = await _sealed(tx, row, "income", str(checked.income_fen))
        row.purpose = await _sealed(tx, row, "purpose", checked.purpose)
        row.region_code = checked.region_code
        row.is_student = command.is_student
        if checked.phone_tenure_months is not None:
            row.phone_since = people.month_before(tx.today, checked.phone_tenure_months)
        if checked.bank_card is not None:
            await fill_bank_card(tx, row, checked.bank_card)
        if checked.address is not None:
            row.address = await _sealed(tx, row, "address", checked.address)
        if row.completed_at is None:
            row.completed_at = milliseconds(tx.now)
            await announce(tx, ProfileCompleted(borrower_id=row.id))
        await _save(tx, row)
        await revise(tx, row.id)
        await claim.settle(tx, {"borrower_id": row.id})


async def set_language(command: SetLanguage) -> None:
    """
    Choose the language in which messages are written.

    Raises:
        NotFound: There is no such borrower.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        row = await locked_row(command.borrower_id)
        row.language = command.language
        await row.save(update_fields=["language"])
        await revise(tx, row.id)
        await claim.settle(tx, {"borrower_id": row.id})


def _checked(command: CompleteProfile, tx: Transaction) -> _Checked:
    resident_id = people.resident_id_of(command.resident_id, tx.today)
    checked = _Checked(
        name=people.name_of_person(command.name),
        resident_id=resident_id,
        purpose=_sentence(command.purpose, people.PURPOSE_MAX, "input.purpose"),
        region_code=people.region_code_of(command.region_code),
        income_fen=people.bounded(
            command.income_fen, people.INCOME_FEN_MAX, field="input.monthlyIncome"
        ),
        phone_tenure_months=None
        if command.phone_tenure_months is None
        else people.bounded(
            command.phone_tenure_months,
            people.TENURE_MONTHS_MAX,
            field="input.phoneTenureMonths",
        ),
        bank_card=None if command.bank_card is None else people.card_of_input(command.bank_card),
        address=None
        if command.address is None
        else _sentence(command.address, people.ADDRESS_MAX, "input.address"),
    )
    if people.age_on(people.birth_date_of(resident_id), tx.today) < people.AGE_MIN:
        raise UnderAge
    return checked


def _sentence(text: str, most: int, path: str) -> str:
    """
    Read a short line of the borrower's own words, without control characters.

    Raises:
        InvalidInput: It is empty or too long.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: most + 1]).split())
    if len(text) > most:
        raise InvalidInput(path, "foundation.reason.too_long", most=most)
    if not line:
        raise InvalidInput(path, "foundation.reason.empty")
    return unicodedata.normalize("NFC", line)


async def _set_resident_id(tx: Transaction, row: BorrowerRow, resident_id: str) -> None:
    if row.resident_id_index is not None:
        cell = borrower_cell(row.id, "resident_id")
        if await unseal(cell, row.resident_id) != resident_id:
            raise ResidentIdFixed
        return
    indexes = blind_indexes("borrower.resident_id", resident_id)
    if await BorrowerRow.exists(resident_id_index__in=indexes):
        raise ResidentIdTaken
    row.resident_id = await _sealed(tx, row, "resident_id", resident_id)
    row.resident_id_index = blind_index("borrower.resident_id", resident_id)


async def _set_name(tx: Transaction, row: BorrowerRow, name: str) -> None:
    if row.completed_at is None:
        row.name = await _sealed(tx, row, "name", name)
    elif await unseal(borrower_cell(row.id, "name"), row.name) != name:
        raise NameFixed


async def _sealed(tx: Transaction, row: BorrowerRow, column: str, text: str) -> Sealed:
    return await seal(tx, borrower_cell(row.id, column), text)


async def _save(tx: Transaction, row: BorrowerRow) -> None:
    """Save; the unique index alone decides whose a resident ID is, also for two at once."""
    try:
        await keep_row(tx, row)
    except IntegrityError as taken:
        raise ResidentIdTaken from taken
