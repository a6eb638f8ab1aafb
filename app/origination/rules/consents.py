"""What the borrower is asked to agree to, each thing by itself, and the exact words of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.catalog.rules import Consent, OfferedProduct
from app.foundation.canonical import sha256_of
from app.foundation.text import LANGUAGES, text
from app.origination.ports import RecordKind
from app.servicing.rules import OWN_BOOK

CONSENT_VERSION = 2
"""The version of the words under `consent_v2`; other words get a new section and number."""


DIGITS = 16
"""Of a hash in hexadecimal: 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentKey:
    """One consent: to what, and towards whom; `recipient` is a partner's code or empty."""

    kind: Consent
    recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAsk:
    """A consent an application asks for, with the recipient's name by language."""

    key: ConsentKey
    is_required: bool
    recipient_name: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    """The words of a consent in one language, and the SHA-256 of them."""

    title: str
    body: str
    sha256: str


def consents_asked(offered: OfferedProduct) -> tuple[ConsentAsk, ...]:
    """
    Return every consent an application for a product asks for, required ones first.

    Sharing is asked for each recipient separately (PIPL art. 23), never for our own book.
    """
    product = offered.product
    return tuple(
        ConsentAsk(
            key=ConsentKey(kind=kind, recipient=code), is_required=is_required, recipient_name=name
        )
        for kinds, is_required in ((product.consents, True), (product.consents_optional, False))
        for kind in kinds
        for code, name in _recipients(kind, offered)
    )


def _recipients(kind: Consent, offered: OfferedProduct) -> Iterable[tuple[str, dict[str, str]]]:
    product = offered.product
    match kind:
        case Consent.SHARE_WITH_FUNDERS:
            return [(one.code, one.name) for one in product.funders if one.code != OWN_BOOK]
        case Consent.SHARE_WITH_GUARANTOR:
            return {fee.collected_by: fee.collector for fee in product.fees}.items()
        case Consent.HAND_OVER:
            return []  # asked for with each hand-over, never by an application
        case (
            Consent.CREDIT_QUERY
            | Consent.AUTOMATED_DECISION
            | Consent.SHARE_WITH_MERCHANT
            | Consent.MOBILE_PAYMENT_DATA
            | Consent.COOPERATIVE_DATA
            | Consent.INCOME_DATA
            | Consent.FARM_DATA
            | Consent.MERCHANT_DATA
            | Consent.PHONE_DATA
            | Consent.MARKETING
        ):
            return [("", {})]


def consent_text(ask: ConsentAsk, language: str) -> ConsentText:
    """Return the words a borrower agrees to; the hash is over title, line break and body."""
    section, name = f"origination.consent_v{CONSENT_VERSION}", ask.key.kind.lower()
    recipient = ask.recipient_name.get(language, "")
    title = text(f"{section}.{name}_title", language, recipient=recipient)
    body = text(f"{section}.{name}_body", language, recipient=recipient)
    return ConsentText(title=title, body=body, sha256=sha256_of(f"{title}\n{body}"))


def words_read(ask: ConsentAsk, sha256: str) -> tuple[str, ConsentText] | None:
    """
    Return the language whose present words have this hash, and those words; None if none has.

    Its first 16 digits do: they tell our own words apart, and five consents cost 240 bytes less.
    """
    for language in LANGUAGES:
        words = consent_text(ask, language)
        if sha256 in {words.sha256, words.sha256[:DIGITS]}:
            return language, words
    return None


def records_allowed(given: Iterable[ConsentKey]) -> frozenset[RecordKind]:
    """Return which alternative records may be looked at."""
    records = {
        Consent.MOBILE_PAYMENT_DATA: RecordKind.MOBILE_PAYMENT,
        Consent.COOPERATIVE_DATA: RecordKind.COOPERATIVE,
        Consent.INCOME_DATA: RecordKind.INCOME,
        Consent.FARM_DATA: RecordKind.FARM,
        Consent.MERCHANT_DATA: RecordKind.MERCHANT,
        Consent.PHONE_DATA: RecordKind.PHONE,
    }
    return frozenset(records[key.kind] for key in given if key.kind in records)
