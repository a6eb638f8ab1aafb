"""Reads of borrowers: masked for whoever looks, in clear for whoever must act."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app.foundation.audit.cells import Found
from app.foundation.clock import moment_of
from app.foundation.database import business_date, current, fetch
from app.foundation.errors import NotFound
from app.foundation.sealing import Cell, Sealed, blind_index, blind_indexes, unseal, unseal_all
from app.identity.models import (
    PHONE_TAIL_BITS,
    BorrowerRow,
    OneTimeCodeRow,
    borrower_cell,
    code_cell,
)
from app.identity.queries.borrower_rows import check_opened, check_rows
from app.identity.queries.pins import card_aside_of
from app.identity.queries.wallets import (
    asides_of,
    cards_are_paid,
    held_wallet_of,
    own_wallet_of,
    wallet_of,
)
from app.identity.rules import codes, people
from app.identity.rules.codes import Purpose
from app.identity.rules.people import Language
from app.identity.rules.values import (
    CodeRequested,
    Contact,
    IdentityFacts,
    OwnProfile,
    Party,
    Profile,
)

Opened = dict[str, str | None]
"""A row's sealed values in clear, by column."""


def phone_index(phone: str) -> str:
    """Return the fingerprint by which a borrower is found from their phone."""
    return blind_index("borrower.phone", phone)


def phone_indexes(phone: str) -> list[str]:
    """Return the fingerprints under which a borrower may stand while the index is made anew."""
    return blind_indexes("borrower.phone", phone)


def phone_tail_index(phone: str) -> str:
    """Return the coarse fingerprint of a phone's last four digits."""
    return blind_index("borrower.phone_tail", people.phone_tail(phone), bits=PHONE_TAIL_BITS)


async def profile_of(borrower_id: str) -> Profile:
    """
    Return a borrower, masked.

    Raises:
        NotFound: There is no such borrower.
    """
    found = (await profiles_by_id([borrower_id]))[0]
    if found is None:
        raise NotFound
    return found


async def profiles_by_id(borrower_ids: list[str]) -> list[Profile | None]:
    """Return borrowers, masked, in the order asked; two queries for any number."""
    known = [row for row in await BorrowerRow.filter(id__in=borrower_ids) if not row.is_forgotten]
    opened = await open_rows(known, ("phone", "name", "resident_id", "bank_card"))
    profiles = {row.id: _masked(row, values) for row, values in zip(known, opened, strict=True)}
    return [profiles.get(borrower_id) for borrower_id in borrower_ids]


async def own_profile_of(borrower_id: str) -> OwnProfile:
    """
    Return a borrower as they see themselves.

    Whoever forced them sees the card or wallet they named, though nothing is ever sent to it.

    Raises:
        NotFound: There is no such borrower.
    """
    row = await _row(borrower_id)
    columns = ("phone", "name", "resident_id", "bank_card", "income", "purpose")
    card_aside, wallet_aside = await asides_of(borrower_id)
    held = await held_wallet_of(borrower_id)
    opened = (await open_rows([row], columns, beside=[held]))[0]
    if card_aside is not None:
        opened["bank_card"] = card_aside.card
    cell, sealed = held
    wallet = None if sealed is None else await unseal(cell, sealed)
    if wallet_aside is not None:
        wallet = wallet_aside.wallet
    return OwnProfile(
        masked=_masked(row, opened),
        name=opened["name"],
        income_fen=_whole(opened["income"]),
        purpose=opened["purpose"],
        is_student=row.is_student,
        wallet_tail=None if wallet is None else people.payee_tail(wallet),
    )


async def own_profiles_by_id(borrower_ids: list[str]) -> list[OwnProfile]:
    """
    Return borrowers as they see themselves, in the order asked; each is read once.

    Raises:
        NotFound: There is no such borrower.
    """
    found = {one: await own_profile_of(one) for one in set(borrower_ids)}
    return [found[one] for one in borrower_ids]


async def contact_of(borrower_id: str) -> Contact:
    """
    Return where a borrower is reached, in clear; for sending messages only.

    Raises:
        NotFound: There is no such borrower.
    """
    row = await _row(borrower_id)
    opened = (await open_rows([row], ("phone",)))[0]
    return Contact(phone=_given(opened["phone"]), language=Language(row.language))


async def bank_card_of(borrower_id: str) -> str | None:
    """
    Return the number of a borrower's bank card as they named it, in clear; None without one.

    For what takes money from it, or says so. Whoever sends money to it asks `party_of`.

    Raises:
        NotFound: There is no such borrower.
    """
    opened = (await open_rows([await _row(borrower_id)], ("bank_card",)))[0]
    aside = await card_aside_of(borrower_id)
    return opened["bank_card"] if aside is None else aside.card


async def name_of(borrower_id: str) -> str | None:
    """
    Return a borrower's full name; None until the profile is complete.

    Raises:
        NotFound: There is no such borrower.
    """
    return (await open_rows([await _row(borrower_id)], ("name",)))[0]["name"]


async def value_in_clear(borrower_id: str, column: str) -> str | None:
    """
    Return one sealed value of a borrower, for a reveal that is on record; None if never given.

    Raises:
        NotFound: There is no such borrower.
        SealBroken: The value was altered, moved, set back, or taken away.
    """
    return (await open_rows([await _row(borrower_id)], (column,)))[0][column]


async def party_of(borrower_id: str) -> Party:
    """
    Return a borrower as a contract, a bureau or a payment names them, in clear.

    Card and wallet are the ones they named last; with a `payee_freeze_id`, nothing may ever be sent
    where money would go by them.

    Raises:
        NotFound: There is no such borrower, or the profile is not complete.
    """
    row = await _row(borrower_id)
    if row.completed_at is None:
        raise NotFound
    opened = (await open_rows([row], ("name", "resident_id", "phone", "bank_card")))[0]
    own = Party(
        borrower_id=row.id,
        name=_given(opened["name"]),
        resident_id=_given(opened["resident_id"]),
        phone=_given(opened["phone"]),
        bank_card=opened["bank_card"],
        wallet=await own_wallet_of(borrower_id),
    )
    card, wallet = await asides_of(borrower_id)
    named = own
    if card is not None:
        named = replace(named, bank_card=card.card, payee_freeze_id=card.freeze_id)
    if wallet is not None:
        named = replace(named, wallet=wallet.wallet, payee_freeze_id=wallet.freeze_id)
    if named.payee_reference == own.payee_reference:
        named = replace(named, payee_freeze_id=None)
    return named


async def facts_for_decision(borrower_id: str, on: date | None = None) -> IdentityFacts:
    """
    Return what a decision may know of a borrower; age and tenure as on a day, by default today's.

    Raises:
        NotFound: There is no such borrower.
    """
    row = await _row(borrower_id)
    day = on or await business_date()
    opened = (await open_rows([row], ("resident_id", "income")))[0]
    resident_id = opened["resident_id"]
    aside = await card_aside_of(borrower_id)
    has_card = row.bank_card_index is not None or aside is not None
    return IdentityFacts(
        borrower_id=row.id,
        is_complete=row.completed_at is not None,
        age=None if resident_id is None else people.age_on(people.birth_date_of(resident_id), day),
        region_code=row.region_code,
        income_fen=_whole(opened["income"]),
        is_student=row.is_student,
        phone_tenure_months=people.months_since(row.phone_since, day),
        has_payee=(has_card and cards_are_paid()) or await wallet_of(borrower_id) is not None,
    )


async def signing_code_of(borrower_id: str, challenge_id: str) -> CodeRequested:
    """
    Return where and until when a code for signing was sent.

    Raises:
        NotFound: There is no such challenge, or it is somebody else's.
    """
    row = await OneTimeCodeRow.get_or_none(
        id=challenge_id, borrower_id=borrower_id, purpose=Purpose.APPROVE
    )
    if row is None:
        raise NotFound
    phone = (await unseal_all([(code_cell(row.id, "phone"), row.phone)]))[0]
    sends = await fetch(
        "SELECT purpose, sent_at FROM code_send WHERE phone_index = ?", [row.phone_index]
    )
    sent = [(send["purpose"], moment_of(send["sent_at"])) for send in sends]
    wait = codes.wait_for(row.purpose, sent, current().clock.now())
    return CodeRequested(
        challenge_id=row.id,
        masked_phone=people.masked_phone(phone),
        expires_at=moment_of(row.expires_at),
        resend_after_seconds=codes.whole_seconds(wait),
        digits=row.digits,
    )


async def _row(borrower_id: str) -> BorrowerRow:
    row = await BorrowerRow.get_or_none(id=borrower_id)
    if row is None or row.is_forgotten:
        raise NotFound
    return row


async def open_rows(
    rows: Sequence[BorrowerRow], columns: Sequence[str], *, beside: Sequence[Found] = ()
) -> list[Opened]:
    """
    Open some columns of some rows at once; a column that was never filled is None.

    Chained cells from `beside` them are proven in the same statement.

    Raises:
        SealBroken: A value was altered, moved, set back to an older one, or taken away, or an
            index altered.
    """
    await check_rows(rows, beside)
    closed: list[tuple[Cell, bytes]] = []
    places: list[tuple[int, str]] = []
    opened: list[Opened] = [dict.fromkeys(columns) for _ in rows]
    for number, row in enumerate(rows):
        for column in columns:
            value: Any = getattr(row, column)
            if isinstance(value, Sealed):
                closed.append((borrower_cell(row.id, column), value))
                places.append((number, column))
    for (number, column), text in zip(places, await unseal_all(closed), strict=True):
        opened[number][column] = text
    for row, values in zip(rows, opened, strict=True):
        check_opened(row, values)
    return opened


def _masked(row: BorrowerRow, opened: Opened) -> Profile:
    name, resident_id, bank_card = opened["name"], opened["resident_id"], opened["bank_card"]
    return Profile(
        borrower_id=row.id,
        name=None if name is None else people.masked_name(name),
        phone=people.masked_phone(_given(opened["phone"])),
        resident_id=None if resident_id is None else people.masked_resident_id(resident_id),
        card_tail=None if bank_card is None else people.card_tail(bank_card),
        region_code=row.region_code,
        language=Language(row.language),
        is_complete=row.completed_at is not None,
        joined_at=moment_of(row.joined_at),
    )


def _given(value: str | None) -> str:
    assert value is not None, "the row always holds it here"
    return value


def _whole(value: str | None) -> int | None:
    return None if value is None else int(value)
