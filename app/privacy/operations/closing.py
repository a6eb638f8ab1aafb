"""Closing an account: every way in ends, days to come back, and then the keys are destroyed."""

from dataclasses import dataclass
from datetime import date, timedelta

import orjson

from app.catalog.queries import policy_book
from app.foundation import audit, idempotency
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.errors import NotFound, TemporarilyUnavailable
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.rekeying.shredding import shred
from app.foundation.sealing import SealBroken, seal
from app.household.operations import forget_household
from app.identity import operations as identity
from app.identity import queries as borrowers
from app.identity.events import BorrowerForgotten, BorrowerReturned
from app.literacy import operations as literacy
from app.origination import operations as origination
from app.privacy import queries
from app.privacy.errors import AccountNotClosable
from app.privacy.models import ClosingRow
from app.privacy.queries.closing import Closing, closing_from, hold_of, obstacles_of
from app.privacy.rules.closing import ClosingState
from app.rewards import operations as rewards
from app.servicing import queries as servicing

log = logger(__name__)

FORGOTTEN_AT_ONCE_MAX = 20
"""How many people one round of the worker forgets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAccount:
    """Close the borrower's account."""

    caller_id: str
    idempotency_key: str


async def close_account(command: CloseAccount, *, session_id: str | None = None) -> Closing:
    """
    Close an account: it can be had back by signing in for some days, then it is forgotten.

    At once: sessions and devices end, messages stop, applications that are not signed are taken
    back, voluntary consents too, and what was learned is deleted.

    Raises:
        AccountNotClosable: Something must be settled first; all of it is listed, nothing changed.
        NotFound: There is no such borrower, or the account is closing already.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return closing_from(await ClosingRow.get(id=claim.answer["closing_id"]))
        borrower_id = command.caller_id
        await origination.hold_what_ends(borrower_id)
        book = await policy_book(tx.today)
        until = tx.now + timedelta(days=book.whole("account_closing_days"))
        await identity.begin_leaving(tx, borrower_id, until)
        await origination.take_back_all(tx, borrower_id)
        unsettled = await servicing.unsettled_of(borrower_id)
        obstacles = await obstacles_of(borrower_id, unsettled)
        if obstacles:
            raise AccountNotClosable(obstacles)
        await _take_back_voluntary_consents(tx, borrower_id, session_id)
        await forget_freely_given(tx, borrower_id)
        row = await ClosingRow.create(
            id=tx.new_id("cl"),
            borrower_id=borrower_id,
            live_key=borrower_id,
            state=ClosingState.COOLING.value,
            asked_at=milliseconds(tx.now),
            leaves_at=milliseconds(until),
            held_until=hold_of(unsettled, tx.today, book.whole("loan_records_kept_years")),
        )
        await claim.settle(tx, {"closing_id": row.id})
    log.info("account_closing", borrower_id=borrower_id, closing_id=row.id)
    return closing_from(row)


async def forget_freely_given(tx: Transaction, borrower_id: str) -> None:
    """Delete what nobody has to keep: what they learned, their points, their household's year."""
    await literacy.forget_learning(tx, borrower_id)
    await rewards.forget_points(tx, borrower_id)
    await forget_household(tx, borrower_id)


async def _take_back_voluntary_consents(
    tx: Transaction, borrower_id: str, session_id: str | None
) -> None:
    for one in await queries.consent_purposes(borrower_id):
        if one.is_standing and not one.purpose.is_needed:
            await identity.note_withdrawal(
                tx,
                borrower_id,
                one.purpose.kind.value,
                one.recipient_code,
                session_id=session_id,
            )


async def keep_account(tx: Transaction, fact: BorrowerReturned) -> None:
    """Note that a borrower came back in time."""
    await ClosingRow.filter(live_key=fact.borrower_id).update(
        live_key=None, state=ClosingState.RETURNED.value, ended_at=milliseconds(tx.now)
    )


async def forget_due() -> int:
    """
    Forget those whose days to come back are over; return how many.

    One whose records do not open is left as they are, with the alarm that a broken seal sounds,
    and tried again: forgetting must not lose what the law keeps.
    """
    due = await fetch(
        "SELECT id, borrower_id FROM closing WHERE live_key IS NOT NULL AND leaves_at <= ?"
        " ORDER BY leaves_at, id LIMIT ?",
        [milliseconds(current().clock.now()), FORGOTTEN_AT_ONCE_MAX],
    )
    count = 0
    for row in due:
        try:
            count += await _forget(row["id"], row["borrower_id"])
        except SealBroken as broken:
            log.warning("forgetting_failed", borrower_id=row["borrower_id"])
            await audit.sound_broken_seals(broken, audit.Met.WORKER)
        except TemporarilyUnavailable:
            log.info("forgetting_waits", borrower_id=row["borrower_id"])
        except NotFound:
            # Forgotten by another way meanwhile: there is nothing left to do for this wish.
            log.warning("forgotten_already", borrower_id=row["borrower_id"])
            await ClosingRow.filter(id=row["id"]).update(
                live_key=None, state=ClosingState.DONE.value
            )
    return count


async def _forget(closing_id: str, borrower_id: str) -> bool:
    async with transaction() as tx:
        if not await identity.is_to_be_forgotten(tx, borrower_id):
            return False
        row = await ClosingRow.filter(id=closing_id, live_key=borrower_id).get_or_none()
        if row is None:
            return False
        if row.held_until is not None and row.held_until < tx.today:
            row.held_until = None
        if row.held_until is not None:
            row.kept = await seal(
                tx, ClosingRow.seals.cell("kept", row.id, borrower_id), await kept_of(borrower_id)
            )
        row.live_key = None
        row.state = ClosingState.DONE.value
        row.ended_at = milliseconds(tx.now)
        await row.save()
        await forget(tx, borrower_id, held_until=row.held_until)
    log.info("borrower_forgotten", borrower_id=borrower_id)
    return True


async def forget(
    tx: Transaction, borrower_id: str, *, held_until: date | None, actor: str = audit.SYSTEM
) -> None:
    """
    Forget a borrower for good, without looking whether anything is left to settle.

    Raises:
        NotFound: There is no such borrower, or they are forgotten already.
        SealBroken: A record to be kept, or the phone number, does not open.
        TemporarilyUnavailable: Somebody writes the borrower's rows right now.
    """
    await identity.forget_ways_in(tx, borrower_id)
    await shred(tx, borrower_id, held_until=held_until, actor=actor)
    await announce(tx, BorrowerForgotten(borrower_id=borrower_id))


async def kept_of(borrower_id: str) -> str:
    """Write down who a borrower was, as the law wants it kept of those who borrowed."""
    party = await borrowers.party_of(borrower_id)
    return orjson.dumps(
        {"name": party.name, "resident_id": party.resident_id, "phone": party.phone}
    ).decode()
