"""What of a borrower's profile can be put right, and what each value must look like."""

import unicodedata
from datetime import date
from enum import StrEnum

from app.foundation.errors import InvalidInput
from app.identity.errors import UnderAge
from app.identity.rules import people
from app.identity.rules.people import Language

PATH = "input.value"


class ProfileField(StrEnum):
    """A part of the profile."""

    ADDRESS = "ADDRESS"
    INCOME = "INCOME"
    PURPOSE = "PURPOSE"
    LANGUAGE = "LANGUAGE"
    NAME = "NAME"
    RESIDENT_ID = "RESIDENT_ID"


def checked_value(field: ProfileField, value: str, today: date) -> str:
    """
    Check a new value and return it as it is kept.

    Raises:
        InvalidInput: It is malformed or out of bounds.
        UnderAge: The resident ID is of somebody not yet eighteen.
    """
    match field:
        case ProfileField.ADDRESS:
            return sentence_of(value, people.ADDRESS_MAX, PATH)
        case ProfileField.PURPOSE:
            return sentence_of(value, people.PURPOSE_MAX, PATH)
        case ProfileField.INCOME:
            return _income(value)
        case ProfileField.LANGUAGE:
            if value not in {one.value for one in Language}:
                raise InvalidInput(PATH, "privacy.reason.language")
            return value
        case ProfileField.NAME:
            try:
                return people.name_of_person(value)
            except InvalidInput as wrong:
                raise InvalidInput(PATH, wrong.reason_key, **wrong.details()) from None
        case ProfileField.RESIDENT_ID:
            return _resident_id(value, today)


def _income(value: str) -> str:
    if not (value.isascii() and value.isdecimal() and len(value) < len(str(2**53))):
        raise InvalidInput(PATH, "privacy.reason.whole_fen")
    return str(people.bounded(int(value), people.INCOME_FEN_MAX, field=PATH))


def _resident_id(value: str, today: date) -> str:
    try:
        resident_id = people.resident_id_of(value, today)
    except InvalidInput as wrong:
        raise InvalidInput(PATH, wrong.reason_key, **wrong.details()) from None
    if people.age_on(people.birth_date_of(resident_id), today) < people.AGE_MIN:
        raise UnderAge
    return resident_id


def sentence_of(text: str, most: int, path: str) -> str:
    """
    Read a short line of the borrower's own words, without control characters.

    Raises:
        InvalidInput: It is empty or too long.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: most + 1]).split())
    if len(text) > most:
        raise InvalidInput(path, "foundation.reason.too_long", most=most)
    if not line:
        raise InvalidInput(path, "foundation.reason.empty")
    return unicodedata.normalize("NFC", line)
