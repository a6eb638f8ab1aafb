"""The values a document of cash flows is made of: exact numbers, dates, times and units."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import cast

from app.loanmath.apr.units import SEMIMONTH, YEAR, UnitPeriod, UnitTime
from app.loanmath.schedule.choices import Unit

TEXT_MAX = 60
DIGITS_MAX = 30
PERIODS_MAX = 100_000
FIRST_DATE, LAST_DATE = date(1800, 1, 1), date(9000, 12, 31)

_NOUNS = {
    "day": UnitPeriod(1, Unit.DAY),
    "week": UnitPeriod(1, Unit.WEEK),
    "month": UnitPeriod(1, Unit.MONTH),
    "semimonth": SEMIMONTH,
    "quarter": UnitPeriod(3, Unit.MONTH),
    "year": YEAR,
}
_PHRASES = {
    "half a month": SEMIMONTH,
    "half month": SEMIMONTH,
    "half a year": UnitPeriod(6, Unit.MONTH),
    "half year": UnitPeriod(6, Unit.MONTH),
}
_DIGITS = frozenset("0123456789")


class FlowsRefused(ValueError):
    """
    Cash flows cannot be read.

    `field` is the path to what is wrong, such as `flows[3].on`; `reason` a stable snake_case word.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def object_of(value: object, path: str, known: frozenset[str]) -> dict[str, object]:
    """Return an object's fields, all of which must be known; those that are null are left out."""
    if not isinstance(value, Mapping):
        raise FlowsRefused(path or "flows", "not_an_object")
    fields = {str(name): part for name, part in cast("Mapping[object, object]", value).items()}
    for name in fields:
        if name not in known:
            shown = "".join(c if c.isprintable() else "?" for c in name[:TEXT_MAX])
            raise FlowsRefused(f"{path}.{shown}" if path else shown, "unknown_field")
    return {name: part for name, part in fields.items() if part is not None}


def number_of(value: object, path: str, reason: str) -> Fraction:
    """Return a plain decimal number, from a string or a JSON number, at its exact value."""
    match value:
        case bool():
            found = None
        case int():
            found = Fraction(value) if abs(value) < 10**DIGITS_MAX else None
        case Decimal():
            found = _decimal(value)
        case str():
            found = _plain(value.strip())
        case _:
            found = None
    if found is None:
        raise FlowsRefused(path, reason)
    return found


def ratio_of(value: object, path: str, reason: str) -> Fraction:
    """Return a number that may also be written as a fraction: `17/30`, `1 17/30`."""
    if not isinstance(value, str) or "/" not in value:
        return number_of(value, path, reason)
    whole_text, _, part_text = value.strip().rpartition(" ")
    numerator, _, denominator = part_text.partition("/")
    parts = [_natural(text) for text in (whole_text or "0", numerator, denominator)]
    if None in parts or parts[2] == 0:
        raise FlowsRefused(path, reason)
    whole, above, below = cast("list[int]", parts)
    return whole + Fraction(above, below)


def count_of(value: object, path: str, most: int) -> int:
    """Return a whole number from 1 to the most there may be."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FlowsRefused(path, "not_a_whole_number")
    if value > most:
        raise FlowsRefused(path, "too_many")
    return value


def date_of(value: object, path: str) -> date:
    """Return an ISO date."""
    try:
        found = (
            date.fromisoformat(value) if isinstance(value, str) and len(value) <= TEXT_MAX else None
        )
    except ValueError:
        found = None
    if found is None:
        raise FlowsRefused(path, "not_an_iso_date")
    if not FIRST_DATE <= found <= LAST_DATE:
        raise FlowsRefused(path, "beyond_the_calendar")
    return found


def time_of(value: object, path: str) -> UnitTime:
    """Return a time in unit-periods: one number, or full ones and the fraction of one."""
    if isinstance(value, Mapping):
        fields = object_of(cast("object", value), path, frozenset({"periods", "fraction"}))
        whole = ratio_of(fields.get("periods", 0), f"{path}.periods", "not_a_whole_number")
        part = ratio_of(fields.get("fraction", 0), f"{path}.fraction", "not_a_fraction")
        if whole.denominator != 1:
            raise FlowsRefused(f"{path}.periods", "not_a_whole_number")
        if not 0 <= part <= 1:
            raise FlowsRefused(f"{path}.fraction", "not_a_fraction")
        return _within(UnitTime.of(whole + part), path)
    return _within(UnitTime.of(ratio_of(value, path, "not_a_time")), path)


def unit_of(value: object, path: str) -> UnitPeriod:
    """Return a length of time: `month`, `2 weeks`, `half a month`, or its size and unit apart."""
    if isinstance(value, Mapping):
        fields = object_of(cast("object", value), path, frozenset({"size", "unit"}))
        noun = fields.get("unit", "")
        base = _noun(noun.strip().lower()) if isinstance(noun, str) else None
        if base is None:
            raise FlowsRefused(f"{path}.unit", "not_a_unit")
        size = ratio_of(fields.get("size", 1), f"{path}.size", "not_a_number")
        return _sized(base, size, f"{path}.size")
    words = value.strip().lower() if isinstance(value, str) and len(value) <= TEXT_MAX else ""
    if words in _PHRASES:
        return _PHRASES[words]
    count, _, noun = words.rpartition(" ")
    base = _noun(noun)
    size = Fraction(1) if not count else _plain(count)
    if base is None or size is None:
        raise FlowsRefused(path, "not_a_length_of_time")
    return _sized(base, size, path)


def _within(time: UnitTime, path: str) -> UnitTime:
    if time.whole < 0:
        raise FlowsRefused(path, "before_the_start")
    if time.whole > PERIODS_MAX:
        raise FlowsRefused(path, "too_late")
    return time


def _sized(base: UnitPeriod, size: Fraction, path: str) -> UnitPeriod:
    total = base.size * size
    is_half = base.unit is Unit.MONTH and total == SEMIMONTH.size
    if not is_half and (total.denominator != 1 or not 1 <= total <= PERIODS_MAX):
        raise FlowsRefused(path, "not_a_length_of_time")
    return SEMIMONTH if is_half else UnitPeriod(int(total), base.unit)


def _noun(word: str) -> UnitPeriod | None:
    return _NOUNS.get(word) or _NOUNS.get(word.removesuffix("s"))


def _natural(text: str) -> int | None:
    is_plain = 0 < len(text) <= DIGITS_MAX and set(text) <= _DIGITS
    return int(text) if is_plain else None


def _plain(text: str) -> Fraction | None:
    """Return a decimal number written in digits, so no exponent can blow it up."""
    digits = text[1:] if text[:1] in {"+", "-"} else text
    whole, point, part = digits.partition(".")
    if len(digits) > DIGITS_MAX or not set(whole + part) <= _DIGITS or not whole + part:
        return None
    if point and not part:
        return None
    return Fraction(text)


def _decimal(number: Decimal) -> Fraction | None:
    if not number.is_finite() or len(number.as_tuple().digits) > DIGITS_MAX:
        return None
    if number and not -DIGITS_MAX < number.adjusted() < DIGITS_MAX:
        return None
    return Fraction(number)
