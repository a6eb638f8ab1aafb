"""How rates are written: exactly for machines, as a percentage for people."""

from decimal import Decimal

from app.loanmath.money import round_ratio

_PLACES = 6
_PLACES_MIN = 4


def rate_text(rate: Decimal) -> str:
    """Write a yearly rate as a decimal string with four to six places: 0.0660 is 6.6 %."""
    return _written(rate, scale=0, places_min=_PLACES_MIN)


def percent_text(rate: Decimal) -> str:
    """Write a yearly rate as people read it, with two to four decimals: 6.60%."""
    return f"{_written(rate, scale=2, places_min=2)}%"


def cost_text(rate: Decimal) -> str:
    """Write an annualized cost as certificates and agreements show it, with two decimals: 7.49%."""
    numerator, denominator = rate.as_integer_ratio()
    whole, rest = divmod(round_ratio(numerator * 10_000, denominator), 100)
    return f"{whole}.{rest:02d}%"


def _written(rate: Decimal, *, scale: int, places_min: int) -> str:
    """Write a rate times 10^scale, rounded half up to a millionth, with trailing zeros cut."""
    numerator, denominator = rate.as_integer_ratio()
    millionths = round_ratio(numerator * 10**_PLACES, denominator)
    places = _PLACES - scale
    whole, rest = divmod(abs(millionths), 10**places)
    decimals = f"{rest:0{places}d}"
    while len(decimals) > places_min and decimals.endswith("0"):
        decimals = decimals[:-1]
    return f"{'-' if millionths < 0 else ''}{whole}.{decimals}"
