"""Hand-overs to another lender: their life, exactly what goes, and the words agreed to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from app.catalog.rules import Consent, HandedField, Product, Referral
from app.foundation.canonical import sha256_of
from app.foundation.text import LANGUAGES, text
from app.identity.rules import people
from app.identity.rules.values import Party
from app.origination.errors import HandoverStepRefused
from app.origination.rules.commands import BorrowerCommand
from app.origination.rules.consents import ConsentAsk, ConsentKey, ConsentText, consent_text

TEXT_VERSION = 1
"""The version of the words under `handover_v1`; other words get a new section and number."""
KEPT_FOR = timedelta(days=30)
"""How long what was prepared waits to be agreed to and sent."""
OPEN_MAX = 5
"""Hand-overs of one borrower that are prepared or under way."""

Handed = Mapping[HandedField, str]
"""What goes: exactly the declared fields, in their order."""


class HandoverState(StrEnum):
    """Where a hand-over stands."""

    PREPARED = "PREPARED"
    """Shown to the borrower; nothing has gone."""
    REQUESTED = "REQUESTED"
    """Agreed to and asked for; nothing has gone."""
    SENDING = "SENDING"
    """From here on it may have gone."""
    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    """The lender goes on with it."""
    DECLINED = "DECLINED"
    """The lender doesn't."""
    CANCELLED = "CANCELLED"
    """Given up before anything went."""
    RECALLING = "RECALLING"
    """The lender is being told to stop using it and delete it."""
    RECALLED = "RECALLED"
    """The lender has said that it does."""


_S = HandoverState
STEPS: Mapping[HandoverState, frozenset[HandoverState]] = {
    _S.PREPARED: frozenset({_S.REQUESTED, _S.CANCELLED}),
    _S.REQUESTED: frozenset({_S.SENDING, _S.CANCELLED}),
    # The lender's word may come before the answer to our call does.
    _S.SENDING: frozenset({_S.SENT, _S.ACCEPTED, _S.DECLINED, _S.RECALLING}),
    _S.SENT: frozenset({_S.ACCEPTED, _S.DECLINED, _S.RECALLING}),
    _S.ACCEPTED: frozenset({_S.RECALLING}),
    _S.DECLINED: frozenset({_S.RECALLING}),
    _S.CANCELLED: frozenset(),
    _S.RECALLING: frozenset({_S.RECALLED}),
    _S.RECALLED: frozenset(),
}
"""Every step a hand-over may take; there are no others."""

GONE = frozenset({_S.SENDING, _S.SENT, _S.ACCEPTED, _S.DECLINED})
"""The lender has it, or may have it."""
STAYING = frozenset({_S.PREPARED, _S.REQUESTED})
"""Nothing has gone."""


LOOK_AFTER: Mapping[HandoverState, timedelta] = {
    _S.REQUESTED: timedelta(seconds=30),
    _S.SENDING: timedelta(seconds=30),
    # A lender's word comes by itself; only then is it asked.
    _S.SENT: timedelta(minutes=1),
    _S.RECALLING: timedelta(seconds=30),
}
"""When due work looks after what the outbox did not bring to an end."""
LOOK_AGAIN_MAX = timedelta(hours=6)


def look_again_after(waited: timedelta) -> timedelta:
    """Return how long to wait for a lender who has kept us waiting so long: as long once more."""
    return min(max(waited, LOOK_AFTER[_S.SENT]), LOOK_AGAIN_MAX)


class StopReason(StrEnum):
    """Why nothing went after all."""

    WITHDRAWN = "WITHDRAWN"
    PARTNER_NOT_LISTED = "PARTNER_NOT_LISTED"
    OUT_OF_TIME = "OUT_OF_TIME"


def stepped(state: HandoverState, wanted: HandoverState) -> HandoverState:
    """
    Take a step of a hand-over.

    Raises:
        HandoverStepRefused: It is not in the table.
    """
    if wanted not in STEPS[state]:
        raise HandoverStepRefused(state.value, wanted.value)
    return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareHandover(BorrowerCommand):
    """Put together what a referral would hand over, to be looked at."""

    product_id: str
    region_code: str
    amount_fen: int
    months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentToHandover(BorrowerCommand):
    """Agree to one hand-over, in the words with this hash."""

    handover_id: str
    text_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(BorrowerCommand):
    """Hand over what was looked at and agreed to."""

    handover_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawHandover(BorrowerCommand):
    """Take the consent to one hand-over back."""

    handover_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the borrower wants of the other lender."""

    region_code: str
    amount_fen: int
    months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one hand-over's consent, with its fields by name, in one language."""

    text: ConsentText
    fields: tuple[tuple[HandedField, str], ...] = field(repr=False)
    """Each declared field with what it is called."""


def lender_of(product: Product) -> str:
    """Return the code of the lender a referral hands over to."""
    return product.funders[0].code


def declared(product: Product) -> tuple[HandedField, ...]:
    """Return what a referral hands over; nothing, where we lend ourselves."""
    return product.referral.data if isinstance(product.referral, Referral) else ()


def handed_of(product: Product, party: Party, wish: Wish) -> dict[HandedField, str]:
    """Return exactly the declared fields of a borrower and their wish, and nothing else."""
    return {one: _value(one, party, wish) for one in declared(product)}


def shown_of(handed: Handed) -> dict[HandedField, str]:
    """Return what goes as the borrower is shown it: what names or reaches them is masked."""
    masks = {
        HandedField.NAME: people.masked_name,
        HandedField.PHONE: people.masked_phone,
        HandedField.RESIDENT_ID: people.masked_resident_id,
    }
    return {one: masks[one](value) if one in masks else value for one, value in handed.items()}


def words_of(product: Product, language: str) -> Words:
    """Return what a borrower agrees to; the hash is over title, line break and body."""
    names = tuple((one, text(f"catalog.handed.{one}", language)) for one in declared(product))
    funder = product.funders[0]
    ask = ConsentAsk(
        key=ConsentKey(kind=Consent.HAND_OVER, recipient=funder.code),
        is_required=True,
        recipient_name=funder.name,
    )
    general = consent_text(ask, language)
    exact = text(
        f"origination.handover_v{TEXT_VERSION}.exact",
        language,
        product=product.wording[language].name,
        data=text("catalog.referral.join", language).join(name for _, name in names),
    )
    body = f"{general.body}\n{exact}"
    whole = ConsentText(
        title=general.title, body=body, sha256=sha256_of(f"{general.title}\n{body}")
    )
    return Words(text=whole, fields=names)


def language_of_words(product: Product, sha256: str) -> str | None:
    """Return the language whose present words have this hash; None if none has."""
    for language in LANGUAGES:
        if words_of(product, language).text.sha256 == sha256:
            return language
    return None


def _value(one: HandedField, party: Party, wish: Wish) -> str:
    match one:
        case HandedField.NAME:
            return party.name
        case HandedField.PHONE:
            return party.phone
        case HandedField.RESIDENT_ID:
            return party.resident_id
        case HandedField.REGION:
            return wish.region_code
        case HandedField.AMOUNT:
            return str(wish.amount_fen)
        case HandedField.MONTHS:
            return str(wish.months)
