"""Whole fen: rounding, splitting without losing any, and writing an amount out."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

FEN_PER_YUAN = 100

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_SECTIONS = ("", "万", "亿", "万亿")
_SECTION_SIZE = 10_000
_CAPITALS_END_YUAN = _SECTION_SIZE ** len(_SECTIONS)


class Rounding(StrEnum):
    """Where an amount between two fen goes."""

    HALF_UP = "HALF_UP"
    """To the nearest; a half away from zero."""
    HALF_EVEN = "HALF_EVEN"
    """To the nearest; a half to the even one."""
    CEILING = "CEILING"
    """Towards more."""
    FLOOR = "FLOOR"
    """Towards less."""
    UP = "UP"
    """Away from zero."""
    DOWN = "DOWN"
    """Towards zero."""


def round_fen(value: Fraction | Decimal | int, rounding: Rounding = Rounding.HALF_UP) -> int:
    """
    Round an exact amount of fen to whole fen.

    Args:
        value: The amount in fen; a ``Decimal`` is taken at its exact value, whatever the context.
        rounding: Half up (away from zero, as on Chinese contracts) unless told otherwise.
    """
    numerator, denominator = value.as_integer_ratio()
    return round_ratio(numerator, denominator, rounding)


def round_ratio(numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Round numerator / denominator (a positive one) to a whole number."""
    if rounding is Rounding.HALF_UP and numerator >= 0:  # nearly always: cut short
        return (2 * numerator + denominator) // (2 * denominator)
    whole, rest = divmod(numerator, denominator)
    if rest == 0:
        return whole
    match rounding:
        case Rounding.FLOOR:
            up = False
        case Rounding.CEILING:
            up = True
        case Rounding.UP:
            up = numerator > 0
        case Rounding.DOWN:
            up = numerator < 0
        case Rounding.HALF_UP:
            up = 2 * rest > denominator or (2 * rest == denominator and numerator > 0)
        case Rounding.HALF_EVEN:
            up = 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1)
    return whole + up


def split_fen(total_fen: int, weights: Sequence[int | Decimal | Fraction]) -> tuple[int, ...]:
    """
    Split an amount by weights so that the parts sum to it exactly (largest remainder).

    Equal remainders are served in the order given, so the split is always the same.

    Raises:
        ValueError: There is no positive weight, or a negative one.
    """
    shares = [Fraction(weight) for weight in weights]
    whole = sum(shares, Fraction(0))
    if whole <= 0 or min(shares) < 0:
        message = "weights must not be negative, and at least one must be positive"
        raise ValueError(message)
    exact = [total_fen * share / whole for share in shares]
    parts = [share.numerator // share.denominator for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: total_fen - sum(parts)]:
        parts[i] += 1
    assert sum(parts) == total_fen
    return tuple(parts)


def yuan(amount_fen: int) -> str:
    """Write an amount of fen as yuan with two decimals: 123456 is ``1,234.56``."""
    sign = "-" if amount_fen < 0 else ""
    whole, rest = divmod(abs(amount_fen), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{rest:02d}"


def fen_of(text: str | Decimal) -> int:
    """
    Read an amount of yuan as fen: ``1234.5`` is 123450.

    Raises:
        ValueError: It is no finite amount, or finer than a fen.
    """
    amount = text if isinstance(text, Decimal) else Decimal(_plain(text))
    if not amount.is_finite():
        message = "not a finite amount"
        raise ValueError(message)
    fen = Fraction(amount) * FEN_PER_YUAN
    if fen.denominator != 1:
        message = "finer than a fen"
        raise ValueError(message)
    return fen.numerator


def _plain(text: str) -> str:
    """Return the text if it is a plain decimal number, so no exponent can blow it up."""
    stripped = text.strip()
    if len(stripped) > len("-999999999999999.99") or not set(stripped) <= set("0123456789.-"):
        message = "not a decimal amount"
        raise ValueError(message)
    if stripped.count(".") > 1 or "-" in stripped[1:] or not stripped.strip("-."):
        message = "not a decimal amount"
        raise ValueError(message)
    return stripped


def capitals(amount_fen: int) -> str:
    """
    Write an amount in the capital characters of Chinese contracts: 123450 is 壹仟贰佰叁拾肆元伍角.

    Follows 正确填写票据和结算凭证的基本规定 (annex to 支付结算办法, 1997): 整 closes an amount that
    ends at yuan; a 零 stands before a lone fen.

    Raises:
        ValueError: The amount has more than sixteen digits of yuan.
    """
    whole, rest = divmod(abs(amount_fen), FEN_PER_YUAN)
    if whole >= _CAPITALS_END_YUAN:
        message = "too large to write out"
        raise ValueError(message)
    jiao, fen = divmod(rest, 10)
    text = "负" if amount_fen < 0 else ""
    if whole:
        text += _whole_number(whole) + "元"
    elif not rest:
        text += "零元"
    if not rest:
        return text + "整"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif whole:
        text += "零"
    return text + (_DIGITS[fen] + "分" if fen else "")


def _whole_number(value: int) -> str:
    """Write a positive whole number, four digits at a time."""
    text = ""
    owes_zero = False
    for power in reversed(range(len(_SECTIONS))):
        section = value // _SECTION_SIZE**power % _SECTION_SIZE
        if section == 0:
            owes_zero = bool(text)
            continue
        if owes_zero or (text and section < _SECTION_SIZE // 10):
            text += "零"
        # 万亿 is written 万 and 亿 apart, so the 亿 is left to its own section when that has one.
        has_own_yi = power == len(_SECTIONS) - 1 and value // _SECTION_SIZE**2 % _SECTION_SIZE
        text += _section(section) + ("万" if has_own_yi else _SECTIONS[power])
        owes_zero = False
    return text


def _section(section: int) -> str:
    """Write up to four digits with their places, runs of zeros as one 零."""
    text = ""
    owes_zero = False
    for place in reversed(range(len(_PLACES))):
        digit = section // 10**place % 10
        if digit == 0:
            owes_zero = bool(text)
            continue
        text += ("零" if owes_zero else "") + _DIGITS[digit] + _PLACES[place]
        owes_zero = False
    return text
