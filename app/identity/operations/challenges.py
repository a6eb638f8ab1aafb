"""Challenges: one live code per phone and purpose, and how its digits are found again."""

from dataclasses import dataclass, field
from datetime import datetime

import orjson

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.sealing import derived_key, seal
from app.identity.errors import CodeExpired
from app.identity.models import OneTimeCodeRow, code_cell
from app.identity.operations.spending import prefix_index
from app.identity.rules import codes
from app.identity.rules.codes import Purpose, SigningWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A code that is to be on its way."""

    phone: str = field(repr=False)
    purpose: Purpose
    language: str
    device_id: str | None = None
    borrower_id: str | None = None
    about: str | None = None
    words: SigningWords | None = None


async def sign_in_challenge(challenge_id: str) -> OneTimeCodeRow:
    """
    Return the challenge of somebody signing in.

    Raises:
        CodeExpired: There is none; it does not say whether there ever was.
    """
    row = await OneTimeCodeRow.get_or_none(id=challenge_id, purpose=Purpose.SIGN_IN)
    if row is None:
        raise CodeExpired
    return row


async def live_row(
    tx: Transaction, wanted: Wanted, phone_index: str, *, digits: int
) -> OneTimeCodeRow | None:
    """
    Return the phone's live code for the same thing.

    A live one for another thing ends, and so does one with fewer digits than are needed now.
    """
    row = await OneTimeCodeRow.get_or_none(live_key=_live_key(wanted.purpose, phone_index))
    if row is None:
        return None
    is_same = (row.about, row.borrower_id) == (wanted.about, wanted.borrower_id)
    if is_live(row, tx.now) and is_same and row.digits >= digits:
        return row
    row.live_key = None
    await row.save(update_fields=["live_key"])
    return None


async def new_row(
    tx: Transaction, wanted: Wanted, phone_index: str, *, digits: int
) -> OneTimeCodeRow:
    """
    Make a challenge; its code exists nowhere until it is computed again.

    It is sealed in the same way whether the number is known here or not, also while the keeper of
    keys is away: somebody new is refused when they join, and only they hear it.
    """
    challenge_id = tx.new_id("oc")
    words = orjson.dumps(wanted.words or {}).decode()
    return await OneTimeCodeRow.create(
        id=challenge_id,
        purpose=wanted.purpose,
        live_key=_live_key(wanted.purpose, phone_index),
        phone=await seal(tx, code_cell(challenge_id, "phone"), wanted.phone, is_brief=True),
        phone_index=phone_index,
        salt=tx.random_bytes(codes.SALT_BYTES),
        language=wanted.language,
        borrower_id=wanted.borrower_id,
        about=wanted.about,
        words=await seal(tx, code_cell(challenge_id, "words"), words, is_brief=True),
        sent_at=milliseconds(tx.now),
        expires_at=milliseconds(tx.now + codes.LIFETIME),
        digits=digits,
        prefix_index=prefix_index(wanted.phone),
    )


def _live_key(purpose: Purpose, phone_index: str) -> str:
    return f"{purpose}|{phone_index}"


def is_live(row: OneTimeCodeRow, now: datetime) -> bool:
    """Tell whether a challenge can still be answered."""
    is_fresh = row.expires_at > milliseconds(now)
    return row.live_key is not None and is_fresh and row.attempts < codes.GUESSES_PER_CODE


def code_in(row: OneTimeCodeRow) -> str:
    """Compute a challenge's code under the pepper, which the database does not hold."""
    pepper = derived_key("otp-pepper")
    return codes.code_of(
        pepper=pepper, challenge_id=row.id, salt=bytes(row.salt), digits=row.digits
    )


def wants_device_proof(row: OneTimeCodeRow) -> bool:
    """
    Tell whether the code alone is not enough where a borrower has a device that could sign too.

    It is the code's own length that says so: it was sent while so many guesses failed.
    """
    return row.digits >= codes.DIGITS_MANY
