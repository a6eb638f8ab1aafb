"""What identifies an applicant besides their name, and how it is written to be compared."""

import unicodedata
from enum import StrEnum


class MarkKind(StrEnum):
    """What is compared between applicants."""

    PHONE = "PHONE"
    RESIDENT_ID = "RESIDENT_ID"
    BANK_CARD = "BANK_CARD"
    WALLET = "WALLET"
    ADDRESS = "ADDRESS"
    PAYEE = "PAYEE"


def normalized_address(written: str) -> str:
    """
    Return an address without what people write differently: width, case, blanks and signs.

    Two spellings of one house should meet; two houses never may, so digits and words stay.
    """
    said = unicodedata.normalize("NFKC", written).casefold()
    return "".join(sign for sign in said if unicodedata.category(sign)[0] in "LN")


def feature_of(kind: MarkKind) -> str:
    """Return what scorecards call the people behind a mark; the policy's limit is named so too."""
    # A wallet stands in for the card.
    counted = MarkKind.BANK_CARD if kind is MarkKind.WALLET else kind
    return f"velocity_{counted.value.lower()}"
