"""Giving a consent by itself, and taking any consent back: at once, and never backwards."""

from dataclasses import dataclass

from app.catalog.queries import policy_book
from app.catalog.rules import Consent
from app.foundation import idempotency
from app.foundation.database import transaction
from app.foundation.text import LANGUAGES
from app.identity import operations as identity
from app.identity.rules.consents import ConsentTo, ConsentWords
from app.origination import operations as origination
from app.privacy.errors import ConsentOnlyInApplication, ConsentWordsChanged
from app.privacy.rules.consents import purpose_of, sha256_of_words


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveStandingConsent:
    """Agree to one use of data by itself, until it is taken back."""

    caller_id: str
    purpose: Consent
    text_sha256: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConsent:
    """Take a consent back, in every application and in general."""

    caller_id: str
    purpose: Consent
    recipient: str
    """A partner's code, or empty."""
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What a withdrawal did; nothing, where nothing stood."""

    was_standing: bool
    applications_ended: tuple[str, ...]


async def give_standing_consent(
    command: GiveStandingConsent, *, session_id: str | None = None
) -> None:
    """
    Write down that the borrower agrees; agreeing again changes nothing.

    Raises:
        ConsentOnlyInApplication: This consent is asked for by applications only.
        ConsentWordsChanged: The hash is of other words than today's.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        purpose = purpose_of(await policy_book(tx.today), command.purpose)
        if not purpose.is_anytime:
            raise ConsentOnlyInApplication
        language = _language_read(command)
        if language is None:
            raise ConsentWordsChanged
        words = ConsentWords(version=purpose.version, language=language, sha256=command.text_sha256)
        to = ConsentTo(purpose=purpose.kind.value)
        await identity.note_consent(tx, command.caller_id, to, words, session_id=session_id)
        await claim.settle(tx, {})


async def withdraw_consent(command: WithdrawConsent, *, session_id: str | None = None) -> Withdrawn:
    """
    Take a consent back: from now on nothing rests on it; what was done with it stays done.

    An application under decision or decided, and not signed, that cannot go on without it ends.

    Raises:
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return Withdrawn(
                was_standing=claim.answer["was_standing"],
                applications_ended=tuple(claim.answer["applications_ended"]),
            )
        # Applications are locked before the ledger, as giving a consent in one does.
        ended = await origination.let_go_of_consent(
            tx, command.caller_id, command.purpose, command.recipient
        )
        taken_back = await identity.note_withdrawal(
            tx,
            command.caller_id,
            command.purpose.value,
            command.recipient,
            session_id=session_id,
        )
        done = Withdrawn(was_standing=bool(taken_back), applications_ended=tuple(ended))
        await claim.settle(
            tx, {"was_standing": done.was_standing, "applications_ended": list(ended)}
        )
    return done


def _language_read(command: GiveStandingConsent) -> str | None:
    for language in LANGUAGES:
        if sha256_of_words(command.purpose, language, "") == command.text_sha256:
            return language
    return None
