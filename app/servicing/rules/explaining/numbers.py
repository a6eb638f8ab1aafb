"""Numbers of an explanation as people read them: yuan, percent, parts of a year."""

from fractions import Fraction

from app.loanmath.explain import Segment

_YEARS = (365, 360, 366, 364)
_MONTHS = 12
_DECIMALS = 6
_TEXT_MAX = 15


def number_of(text: str) -> Fraction:
    """Read a number as explanations write them, exact."""
    top, _, bottom = text.partition("/")
    return Fraction(_whole(top), _whole(bottom or "1"))


def _whole(text: str) -> int:
    """Read a whole number, however long: Python reads no more than 4,300 digits at once."""
    sign, digits, value = (-1 if text.startswith("-") else 1), text.lstrip("-"), 0
    for start in range(0, len(digits), _CHUNK):
        chunk = digits[start : start + _CHUNK]
        value = value * 10 ** len(chunk) + int(chunk)
    return sign * value


_CHUNK = 4000


def yuan_of(exact_fen: str) -> str:
    """Write exact fen as yuan: with two decimals, or as many more as it takes, up to six."""
    return decimal_of(number_of(exact_fen) / 100, least=2)


def percent_of(rate: str) -> str:
    """Write a yearly rate in percent."""
    text = Fraction(rate) if "/" not in rate else number_of(rate)
    return decimal_of(text * 100, least=0) + "%"


def decimal_of(value: Fraction, *, least: int) -> str:
    """Write a number with at most six decimals; an ellipsis where it goes on."""
    sign, scaled = ("-" if value < 0 else ""), abs(value) * 10**_DECIMALS
    whole, rest = divmod(scaled.numerator // scaled.denominator, 10**_DECIMALS)
    decimals = f"{rest:0{_DECIMALS}d}"
    if scaled.denominator != 1:
        return f"{sign}{whole:,}.{decimals}…"
    kept = decimals.rstrip("0").ljust(least, "0")
    return f"{sign}{whole:,}.{kept}" if kept else f"{sign}{whole:,}"


def year_part(segment: Segment) -> str:
    """Write the part of a year that a stretch is: its days over the year's, where that is it."""
    fraction = number_of(segment.fraction)
    if fraction.denominator <= _MONTHS:
        return segment.fraction
    for year in _YEARS:
        if fraction * year == segment.days:
            return f"{segment.days}/{year}"
    return segment.fraction if len(segment.fraction) <= _TEXT_MAX else decimal_of(fraction, least=0)
