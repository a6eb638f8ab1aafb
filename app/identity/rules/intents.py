"""Intents: one act that a borrower is asked to approve, in the very words they read and sign."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.foundation.canonical import canonical_json, sha256_of
from app.foundation.clock import SHANGHAI
from app.foundation.text import text
from app.identity.rules.values import CodeRequested
from app.loanmath.money import capitals, yuan

LIFETIME = timedelta(minutes=5)
"""Long enough to read six lines aloud to somebody; short enough that the phone is still in hand."""
TAIL_LENGTH = 6
SIGNATURE_BYTES_MAX = 8_192
"""A passkey's or SOTER's signature comes with the JSON it signs."""


class Act(StrEnum):
    """What only the borrower may do, and only after reading what it means."""

    SIGN_AGREEMENT = "SIGN_AGREEMENT"
    SIGN_MANDATE = "SIGN_MANDATE"
    CHANGE_BANK_CARD = "CHANGE_BANK_CARD"
    CHANGE_PHONE = "CHANGE_PHONE"
    CHANGE_WALLET = "CHANGE_WALLET"
    REMOVE_WALLET = "REMOVE_WALLET"
    GIVE_GUARANTEE = "GIVE_GUARANTEE"
    RETURN_LOAN = "RETURN_LOAN"
    REPAY_FROM_CARD = "REPAY_FROM_CARD"
    PAY_CASH = "PAY_CASH"


class Means(StrEnum):
    """
    How an intent is approved: by the session's device key, or by a code where there is none.

    By both where the key alone is not worth enough for what the act moves.
    """

    DEVICE_KEY = "DEVICE_KEY"
    CODE = "CODE"
    DEVICE_KEY_AND_CODE = "KEY_AND_CODE"

    @property
    def takes_code(self) -> bool:
        """Whether a code is texted for it."""
        return self is not Means.DEVICE_KEY

    @property
    def takes_signature(self) -> bool:
        """Whether the device's key signs the text."""
        return self is not Means.CODE


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    An act somebody wants approved.

    `about` is all that decides what will be done (ids, versions, amounts in fen, hashes of what is
    not to be kept): an approval is good for these values and no others.
    """

    act: Act
    about: Mapping[str, str | int]
    contract_id: str | None = None
    """The loan, agreement or mandate; the borrower reads its last characters."""
    amount_fen: int | None = None
    payee: str | None = field(default=None, repr=False)
    """Who gets the money, or what changes, as the borrower is to read it: masked."""
    payee_tail: str | None = field(default=None, repr=False)
    """The last four digits of the card or account, if there is one."""

    @property
    def about_hash(self) -> str:
        """Name the act and its values by one hash."""
        return sha256_of(canonical_json({"act": self.act.value, "about": dict(self.about)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentOpened:
    """What to show, and how it is approved."""

    intent_id: str
    act: Act
    text: str = field(repr=False)
    means: Means
    expires_at: datetime
    code: CodeRequested | None
    """Where the code went; None where the device's key alone approves."""
    needs_pin: bool
    """Whether the borrower has a PIN, without which nothing moves their money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """
    A borrower's approval: the intent, and what proves it unless it was approved before.

    The signature is the device's over `signed_message(INTENT, intent id, UTF-8 of the text)`.
    """

    intent_id: str
    code: str | None = field(default=None, repr=False)
    signature: bytes | None = field(default=None, repr=False)


def text_of(wanted: Wanted, *, intent_id: str, valid_until: datetime, language: str) -> str:
    """
    Write what the borrower reads and signs, a fact a line.

    The act, the contract's tail, the amount in figures and in capitals (大写, as on Chinese
    bills), the payee, until when it may be approved, and the intent's id.
    """
    lines = [
        text("identity.intent.title", language),
        _line(language, "act", _act(wanted, language)),
    ]
    if wanted.contract_id is not None:
        lines.append(_line(language, "contract", wanted.contract_id[-TAIL_LENGTH:]))
    if wanted.amount_fen is not None:
        figures, words = yuan(wanted.amount_fen), capitals(wanted.amount_fen)
        lines.append(text("identity.intent.amount", language, figures=figures, words=words))
    if wanted.payee is not None:
        payee = _payee(wanted, language)
        lines.append(_line(language, f"payee_{wanted.act.lower()}", payee))
    local = valid_until.astimezone(SHANGHAI)
    lines.append(_line(language, "valid_until", f"{local:%Y-%m-%d %H:%M:%S}"))
    lines.append(_line(language, "number", intent_id))
    return "\n".join(lines)


def short_of(wanted: Wanted, language: str) -> str:
    """Write the same in half a line, for the text message that brings the code."""
    parts = [_act(wanted, language)]
    if wanted.amount_fen is not None:
        parts.append(
            text("identity.intent.short_amount", language, figures=yuan(wanted.amount_fen))
        )
    if wanted.payee is not None:
        parts.append(_payee(wanted, language))
    return text("identity.intent.comma", language).join(parts)


def _payee(wanted: Wanted, language: str) -> str:
    assert wanted.payee is not None, "there is a payee"
    if wanted.payee_tail is None:
        return wanted.payee
    return text("identity.intent.tail", language, value=wanted.payee, tail=wanted.payee_tail)


def _act(wanted: Wanted, language: str) -> str:
    return text(f"identity.intent.act_{wanted.act.lower()}", language)


def _line(language: str, name: str, value: str) -> str:
    return text(f"identity.intent.{name}", language, value=value)
