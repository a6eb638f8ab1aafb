"""The uses of data that a borrower may agree to, as the dated policy data says them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.catalog.rules import Consent, PolicyBook
from app.foundation.canonical import sha256_of
from app.foundation.ids import has_id_shape
from app.identity.rules.consents import ConsentLine, ConsentTo
from app.origination.rules.consents import ConsentAsk, ConsentKey, consent_text


class Recipient(StrEnum):
    """Who gets the data besides us."""

    NOBODY = "NOBODY"
    CREDIT_BUREAU = "CREDIT_BUREAU"
    FUNDERS = "FUNDERS"
    GUARANTOR = "GUARANTOR"
    MERCHANT = "MERCHANT"
    OTHER_LENDER = "OTHER_LENDER"


class Kept(StrEnum):
    """How long the data is kept for this use."""

    UNTIL_WITHDRAWN = "UNTIL_WITHDRAWN"
    WITH_APPLICATION = "WITH_APPLICATION"
    WITH_LOAN = "WITH_LOAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One use of data: what it is for, which data, for whom, how long, in which exact words."""

    kind: Consent
    data: tuple[str, ...]
    """Stable words for the data, such as PHONE."""
    recipient: Recipient
    kept: Kept
    is_needed: bool
    """Whether an application that asks for it cannot go on without."""
    is_anytime: bool
    """Whether it can be given by itself, outside an application."""
    version: int
    sha256_by_language: Mapping[str, str]
    """Of the words with the recipient's name left as `{recipient}`."""
    meaning: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeStanding:
    """Whether a borrower agrees to one use towards one recipient."""

    purpose: Purpose
    recipient_code: str
    """A partner's code, or empty."""
    is_standing: bool
    given_at: datetime | None
    """Since when it stands; the latest of several."""
    application_ids: tuple[str, ...]
    """The applications it stands for; empty where it was given by itself."""


def purposes_of(book: PolicyBook) -> tuple[Purpose, ...]:
    """Return every use of data that the policy of a day knows, in the order they are shown."""
    return tuple(purpose_of(book, kind) for kind in Consent)


def purpose_of(book: PolicyBook, kind: Consent) -> Purpose:
    """
    Return one use of data as of a day.

    Raises:
        PolicyValueMissing: The policy data does not know it on that day.
    """
    name = f"consent_{kind}"
    value, table = book.value(name), book.table(name)
    return Purpose(
        kind=kind,
        data=tuple(str(table["data"]).split()),
        recipient=Recipient(str(table["recipient"])),
        kept=Kept(str(table["kept"])),
        is_needed=bool(table["is_needed"]),
        is_anytime=bool(table["is_anytime"]),
        version=int(table["version"]),
        sha256_by_language={
            "zh-Hans": str(table["sha256_zh"]),
            "en": str(table["sha256_en"]),
        },
        meaning=value.meaning,
        source=value.source,
    )


def words_of(kind: Consent, language: str, recipient: str = "{recipient}") -> tuple[str, str]:
    """Return the title and the text that a borrower reads before agreeing."""
    ask = ConsentAsk(
        key=ConsentKey(kind=kind), is_required=False, recipient_name={language: recipient}
    )
    words = consent_text(ask, language)
    return words.title, words.body


def sha256_of_words(kind: Consent, language: str, recipient: str = "{recipient}") -> str:
    """Return the hash that the policy data and the ledger know the words by."""
    title, body = words_of(kind, language, recipient)
    return sha256_of(f"{title}\n{body}")


def standing_by_purpose(
    purposes: tuple[Purpose, ...], lines: Mapping[ConsentTo, ConsentLine]
) -> tuple[PurposeStanding, ...]:
    """Put what stands beside every use there is; one towards several recipients, several times."""
    found: list[PurposeStanding] = []
    for purpose in purposes:
        mine = {to: line for to, line in lines.items() if to.purpose == purpose.kind.value}
        for code in sorted({to.recipient for to in mine}) or [""]:
            given = {to: line for to, line in mine.items() if to.recipient == code}
            found.append(
                PurposeStanding(
                    purpose=purpose,
                    recipient_code=code,
                    is_standing=bool(given),
                    given_at=max((line.noted_at for line in given.values()), default=None),
                    application_ids=tuple(
                        sorted(to.about for to in given if has_id_shape(to.about, "ap"))
                    ),
                )
            )
    return tuple(found)
