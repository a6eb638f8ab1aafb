"""How a person's values are written, checked and masked."""

import re
import unicodedata
from datetime import date
from enum import StrEnum

import phonenumbers
from stdnum import luhn
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from app.foundation.errors import InvalidInput

PHONE_COUNTRY = 86
AGE_MIN = 18
"""Civil Code of the People's Republic of China, articles 17 and 18."""
AGE_MAX = 120
"""Nobody older is known; an older birth date is a slip of the pen."""
NAME_MAX = 40
PURPOSE_MAX = 60
ADDRESS_MAX = 120
INCOME_FEN_MAX = 100_000_000
"""A million yuan a month: whoever earns more needs another lender."""
TENURE_MONTHS_MAX = 600

_INPUT_MAX = 64
_PHONE_SHAPE = re.compile(r"\+?[0-9() -]{5,32}")
_RESIDENT_ID_SHAPE = re.compile(r"[0-9]{17}[0-9X]|[0-9]{15}")
_CARD_SHAPE = re.compile(r"[0-9]{13,19}")
_REGION_SHAPE = re.compile(r"[1-8][0-9]{5}")
_GAPS = re.compile(r"[\s-]+")
_MIDDLE_DOTS = re.compile("[•‧∙⋅・･]")
"""Signs people type for the dot between the parts of a name such as 阿依·努尔."""


_LOST = "lost:"

_COMPOUND_SURNAME = re.compile(
    "欧阳|司马|上官|诸葛|夏侯|东方|皇甫|尉迟|公孙|慕容|长孙|宇文|司徒|令狐|轩辕|端木|南宫|申屠|独孤"
    "|闻人|澹台|公冶|淳于|单于|太史|钟离|赫连|拓跋|呼延|东郭|西门|百里|第五"
)
"""Surnames of two characters; a name that begins with one is taken to have it."""


WALLET_TAIL = 4


def owned_reference(number: str, name: str) -> str:
    """Write a card or wallet and its owner's name as one payee, as payment providers are told."""
    return f"{number} {name}"


def payee_number(reference: str) -> str:
    """Return the number of a card or account that money goes to, or the wallet, without a name."""
    return reference.partition(" ")[0]


def goes_to_wallet(reference: str) -> bool:
    """Tell whether money goes to a wallet: all else is digits."""
    return not payee_number(reference).isdecimal()


def payee_tail(reference: str) -> str:
    """Return the last four signs of a card, account or wallet that money goes to."""
    return payee_number(reference)[-WALLET_TAIL:]


class Language(StrEnum):
    """A language the borrower can read us in."""

    ZH_HANS = "zh-Hans"
    EN = "en"


def normalized(text: str, field: str) -> str:
    """
    Bring a short input to one form: NFKC, so that full-width digits split nobody in two.

    Raises:
        InvalidInput: It is longer than any such value can be.
    """
    if len(text) > _INPUT_MAX:
        raise InvalidInput(field, "foundation.reason.too_long", most=_INPUT_MAX)
    return unicodedata.normalize("NFKC", text).strip()


def phone_of(text: str, *, field: str = "input.phone") -> str:
    """
    Read a mobile number of mainland China, however it is written.

    Returns:
        The number in E.164, such as +8613800138000.

    Raises:
        InvalidInput: It is none.
    """
    refused = InvalidInput(field, "identity.reason.phone")
    written = normalized(text, field)
    if not _PHONE_SHAPE.fullmatch(written):
        raise refused
    try:
        number = phonenumbers.parse(written, "CN")
    except phonenumbers.NumberParseException:
        raise refused from None
    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    if number.country_code != PHONE_COUNTRY or not is_mobile:
        raise refused
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def resident_id_of(text: str, on: date, *, field: str = "input.residentId") -> str:
    """
    Read a resident ID (GB 11643): 18 characters, or the old 15, which are brought to 18.

    Raises:
        InvalidInput: Shape, place, birth date or check digit is wrong.
    """
    refused = InvalidInput(field, "identity.reason.resident_id")
    written = _GAPS.sub("", normalized(text, field)).upper()
    if not _RESIDENT_ID_SHAPE.fullmatch(written):
        raise refused
    if len(written) == 15:  # noqa: PLR2004 - the number's own first form
        written = f"{written[:6]}19{written[6:]}"
        written += ric.calc_check_digit(f"{written}0")
    try:
        ric.validate(written)
    except ValidationError:
        raise refused from None
    if not 0 <= age_on(birth_date_of(written), on) <= AGE_MAX:
        raise refused
    return written


def birth_date_of(resident_id: str) -> date:
    """Return the birth date inside a checked resident ID."""
    return date(int(resident_id[6:10]), int(resident_id[10:12]), int(resident_id[12:14]))


def age_on(birth_date: date, on: date) -> int:
    """Return full years of age on a day; negative before the birth."""
    is_before_birthday = (on.month, on.day) < (birth_date.month, birth_date.day)
    return on.year - birth_date.year - is_before_birthday


def month_before(on: date, months: int) -> date:
    """Return the first day of the month that many months before a day's month."""
    years, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(years, month + 1, 1)


def months_since(since: date | None, on: date) -> int | None:
    """Return how many months after another month a day's month comes; None if not known."""
    if since is None:
        return None
    return max(0, (on.year - since.year) * 12 + on.month - since.month)


def name_of_person(text: str, *, field: str = "input.name") -> str:
    """
    Read a person's name as it stands on the resident ID: letters, and dots between its parts.

    Raises:
        InvalidInput: It is no name, or too long.
    """
    written = _MIDDLE_DOTS.sub("·", unicodedata.normalize("NFKC", text[: NAME_MAX + 1])).strip()
    if len(text) > NAME_MAX or len(written) > NAME_MAX:
        raise InvalidInput(field, "foundation.reason.too_long", most=NAME_MAX)
    parts = re.split("[·' -]", written)
    if len("".join(parts)) <= 1 or not all(part.isalpha() for part in parts):
        raise InvalidInput(field, "identity.reason.name")
    return written


def card_of_input(text: str, *, field: str = "input.bankCard") -> str:
    """
    Read a bank card's number: 13 to 19 digits whose last is right by Luhn.

    Raises:
        InvalidInput: It is none.
    """
    written = _GAPS.sub("", normalized(text, field))
    if not _CARD_SHAPE.fullmatch(written) or not luhn.is_valid(written):
        raise InvalidInput(field, "identity.reason.bank_card")
    return written


def region_code_of(text: str, *, field: str = "input.regionCode") -> str:
    """
    Read a region's code (GB/T 2260): six digits.

    Raises:
        InvalidInput: It has another shape.
    """
    written = normalized(text, field)
    if not _REGION_SHAPE.fullmatch(written):
        raise InvalidInput(field, "identity.reason.region_code")
    return written


def device_name_of(text: str, *, field: str = "input.deviceName") -> str:
    """
    Read what a phone calls itself, without control characters; it may be empty.

    Raises:
        InvalidInput: It is too long.
    """
    if len(text) > _INPUT_MAX:
        raise InvalidInput(field, "foundation.reason.too_long", most=_INPUT_MAX)
    return "".join(character for character in text if character.isprintable()).strip()


def bounded(value: int, most: int, *, field: str) -> int:
    """
    Check a whole number from 0 to `most`.

    Raises:
        InvalidInput: It is outside.
    """
    if not 0 <= value <= most:
        raise InvalidInput(field, "identity.reason.out_of_bounds", least=0, most=most)
    return value


def phone_tail(phone: str) -> str:
    """Return the last four digits, by which the service desk may look."""
    return phone[-4:]


def surname_of(name: str) -> str:
    """
    Return the surname as it is indexed: a compound one whole, else the first character.

    Of a name in parts, such as 阿依·努尔, it is the first part's.
    """
    first = re.split("[·' -]", unicodedata.normalize("NFKC", name).strip())[0]
    return first[: 2 if _COMPOUND_SURNAME.match(first) else 1]


def surname_input(text: str, *, field: str = "surname") -> str:
    """
    Read the beginning of a name, such as 张, 欧阳 or 阿依, as the service desk types it.

    Raises:
        InvalidInput: It is not how a name begins, or too long.
    """
    written = _MIDDLE_DOTS.sub("·", normalized(text, field))
    if len(written) > NAME_MAX:
        raise InvalidInput(field, "foundation.reason.too_long", most=NAME_MAX)
    if not written or not all(part.isalpha() for part in re.split("[·' -]", written)):
        raise InvalidInput(field, "identity.reason.surname")
    return written


def surname_and_tail(name: str, phone: str) -> str | None:
    """Return what surname and last four digits are indexed as together; None without a number."""
    return None if is_lost(phone) else f"{surname_of(name)}|{phone_tail(phone)}"


def masked_name(name: str) -> str:
    """Show the first character only: 张*."""
    return f"{name[:1]}*"


def lost_phone(borrower_id: str) -> str:
    """Write what stands for the number of a borrower who has none any more: nobody's number."""
    return f"{_LOST}{borrower_id}"


def is_lost(phone: str) -> bool:
    """Tell whether this stands for no number."""
    return phone.startswith(_LOST)


def masked_phone(phone: str) -> str:
    """Show a number in E.164 as 138****5678; who lost theirs has a dash."""
    if is_lost(phone):
        return "—"
    national = phone[-11:]
    return f"{national[:3]}****{national[-4:]}"


def masked_resident_id(resident_id: str) -> str:
    """Show the province and the last two characters: 110***…34."""
    return f"{resident_id[:3]}***…{resident_id[-2:]}"


def card_tail(bank_card: str) -> str:
    """Return a card's last four digits."""
    return bank_card[-4:]
