"""One-time codes: how one is made, how long it lives, how often it may be sent and guessed."""

import base64
import hmac
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict

import pyotp

from app.foundation.clock import SHANGHAI
from app.foundation.errors import InvalidInput
from app.foundation.text import Sentence, sentence_of

LIFETIME = timedelta(minutes=5)
GUESSES_PER_CODE = 5
GUESSES_PER_DAY = 10
"""Wrong guesses per phone, all its codes together, on one calendar day in China."""
SENDS_MAX = ((timedelta(seconds=60), 1), (timedelta(hours=1), 4), (timedelta(days=1), 8))
"""How many codes a phone may be sent within each span; the first is each purpose's own."""
PHONES_PER_DEVICE_MAX = 5
"""Phones that one device may ask codes for in a day."""
SALT_BYTES = 16
SECRET_BYTES = 20
"""What HOTP recommends (RFC 4226, section 4, R6)."""
TOTP_STEP_SECONDS = 30
DIGITS_FEW = 6
DIGITS_MANY = 8
"""While many guess, one in a hundred million instead of one in a million."""
_CODE_SHAPE = re.compile(r"[0-9]{6}|[0-9]{8}")
_TOTP_SHAPE = re.compile(r"[0-9]{6}")
_CODE_INPUT_MAX = 24


class Purpose(StrEnum):
    """What a one-time code is good for; it opens nothing else."""

    SIGN_IN = "SIGN_IN"
    APPROVE = "APPROVE"
    CHANGE_PHONE = "CHANGE_PHONE"
    PHONE_CHANGED = "PHONE_CHANGED"
    """No code at all: the number that was left is told."""


SMS_KEYS: Mapping[Purpose, str] = {
    Purpose.SIGN_IN: "identity.sms.sign_in",
    Purpose.APPROVE: "identity.sms.approve",
    Purpose.CHANGE_PHONE: "identity.sms.change_phone",
    Purpose.PHONE_CHANGED: "identity.sms.phone_changed",
}
"""The text of each purpose."""


_WORDS_MAX = 70


class SigningWords(TypedDict):
    """What the text message says about the thing that is signed, in the borrower's language."""

    what: str
    """The act, its amount and payee in half a line: 签署借款合同，2,400.00 元，张*（尾号 1234）."""


def code_of(*, pepper: bytes, challenge_id: str, salt: bytes, digits: int = DIGITS_FEW) -> str:
    """
    Compute a challenge's code: HOTP over a secret that exists nowhere at rest.

    The secret is HMAC-SHA256 of the challenge's id and salt under a pepper that the database does
    not hold, so the row alone tells nothing.
    """
    secret = hmac.digest(pepper, challenge_id.encode() + b"|" + salt, "sha256")
    return hotp(secret[:SECRET_BYTES], 0, digits=digits)


def hotp(secret: bytes, counter: int, *, digits: int = DIGITS_FEW) -> str:
    """Return the digits of RFC 4226 for a secret and a counter."""
    return pyotp.HOTP(base64.b32encode(secret).decode(), digits=digits).at(counter)


def totp_step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """
    Return the step of RFC 6238 whose code this is: the present one or a neighbor; None if none.

    One step to either side allows for clocks that differ and for typing slowly (section 5.2).
    """
    present = int(now.timestamp()) // TOTP_STEP_SECONDS
    found = [
        step
        for step in (present - 1, present, present + 1)
        if hmac.compare_digest(hotp(secret, step).encode(), code.encode())
    ]
    return max(found, default=None)


def code_input(written: str, *, field: str = "input.code") -> str:
    """
    Read a code as a person types it; a malformed one is refused before it costs a guess.

    Raises:
        InvalidInput: It is neither six digits nor eight.
    """
    return _digits_of(written, _CODE_SHAPE, field, "identity.reason.code")


def totp_input(written: str, *, field: str) -> str:
    """
    Read the six digits of an authenticator.

    Raises:
        InvalidInput: It is not six digits.
    """
    return _digits_of(written, _TOTP_SHAPE, field, "identity.reason.totp_code")


def _digits_of(written: str, shape: re.Pattern[str], field: str, reason: str) -> str:
    code = unicodedata.normalize("NFKC", written[: _CODE_INPUT_MAX + 1]).replace(" ", "")
    if len(written) > _CODE_INPUT_MAX or not shape.fullmatch(code):
        raise InvalidInput(field, reason)
    return code


def wait_before_send(
    sent: Sequence[datetime],
    now: datetime,
    *,
    within: Sequence[tuple[timedelta, int]] = SENDS_MAX,
) -> timedelta:
    """Return how long to wait for the next code, given when the last ones were sent."""
    newest_first = sorted(sent, reverse=True)
    waits = [
        newest_first[most - 1] + span - now for span, most in within if len(newest_first) >= most
    ]
    return max([timedelta(0), *waits])


def wait_for(purpose: str, sent: Sequence[tuple[str, datetime]], now: datetime) -> timedelta:
    """
    Return how long a phone must wait for its next code for a purpose.

    `sent` has the purpose and moment of each code of the last day. The four of an hour and the
    eight of a day are the phone's, whatever they are for: they bound what a stranger can have sent
    to a number, and what that costs. The minute between two is a purpose's own: it gives the code
    that is on its way time to arrive, and whoever has just signed in with one signs an agreement
    without waiting for it.
    """
    of_all = [when for _, when in sent]
    alike = [when for what, when in sent if what == purpose]
    return max(
        wait_before_send(alike, now, within=SENDS_MAX[:1]),
        wait_before_send(of_all, now, within=SENDS_MAX[1:]),
    )


def until_tomorrow(now: datetime) -> timedelta:
    """Return how long the calendar day in China still lasts."""
    local = now.astimezone(SHANGHAI)
    tomorrow = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return tomorrow - local


def whole_seconds(span: timedelta) -> int:
    """Return a span as whole seconds, rounded up, so that waiting so long is enough."""
    return -(span // timedelta(seconds=-1))


def message_text(
    purpose: Purpose,
    code: str,
    *,
    language: str,
    words: Mapping[str, object],
    domain: str,
) -> Sentence:
    """
    Write the text message: its purpose, the code, a warning, and no number to call.

    The last line is what phones read for autofill (Web OTP, "origin-bound one-time codes").
    """
    minutes = LIFETIME // timedelta(minutes=1)
    told = {
        name: _one_line(word) if isinstance(word, str) else word for name, word in words.items()
    }
    if purpose is Purpose.PHONE_CHANGED:
        return sentence_of(SMS_KEYS[purpose], language)
    said = sentence_of(SMS_KEYS[purpose], language, code=code, minutes=minutes, **told)
    return Sentence.of(
        f"{said}\n\n@{domain} #{code}", key=said.key, language=language, values=said.values
    )


def _one_line(word: str) -> str:
    """Keep a borrower's own words short and on one line: they cannot forge the autofill line."""
    return " ".join(word.split())[:_WORDS_MAX]
