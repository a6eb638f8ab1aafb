"""Rounding, splitting and writing amounts out."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loanmath.money import Rounding, capitals, fen_of, round_fen, round_ratio, split_fen, yuan

HALVES = (Fraction(5, 2), Fraction(-5, 2), Fraction(7, 2), Fraction(9, 4), Fraction(11, 4))


@pytest.mark.parametrize(
    ("rounding", "rounded"),
    [
        (Rounding.HALF_UP, [3, -3, 4, 2, 3]),
        (Rounding.HALF_EVEN, [2, -2, 4, 2, 3]),
        (Rounding.CEILING, [3, -2, 4, 3, 3]),
        (Rounding.FLOOR, [2, -3, 3, 2, 2]),
        (Rounding.UP, [3, -3, 4, 3, 3]),
        (Rounding.DOWN, [2, -2, 3, 2, 2]),
    ],
)
def test_each_rounding_goes_its_own_way(rounding: Rounding, rounded: list[int]) -> None:
    assert [round_fen(value, rounding) for value in HALVES] == rounded


@given(st.fractions(), st.sampled_from(Rounding))
def test_rounding_moves_less_than_a_fen_and_leaves_whole_fen_alone(
    value: Fraction, rounding: Rounding
) -> None:
    rounded = round_fen(value, rounding)
    assert abs(rounded - value) < 1
    assert round_fen(rounded, rounding) == rounded


@given(st.fractions(), st.fractions(), st.sampled_from(Rounding))
def test_rounding_keeps_order(one: Fraction, other: Fraction, rounding: Rounding) -> None:
    low, high = sorted((one, other))
    assert round_fen(low, rounding) <= round_fen(high, rounding)


def test_rounding_ignores_the_decimal_context() -> None:
    with localcontext() as context:
        context.prec = 2
        assert round_fen(Decimal("123456789.5")) == 123_456_790


def test_a_ratio_rounds_half_up_unless_told() -> None:
    assert round_ratio(5, 2) == 3


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any),
)
def test_a_split_loses_nothing_and_gives_each_its_share(total: int, weights: list[int]) -> None:
    parts = split_fen(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


def test_equal_remainders_are_served_in_the_order_given() -> None:
    assert split_fen(100, (1, 1, 1)) == (34, 33, 33)
    assert split_fen(10, (Decimal("0.7"), Decimal("0.3"))) == (7, 3)


@pytest.mark.parametrize("weights", [(0, 0), (2, -1), ()])
def test_a_split_without_sound_weights_is_refused(weights: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"^weights must not be negative, and at least one must be positive$"
    ):
        split_fen(100, weights)


def test_yuan_has_two_decimals_and_thousands() -> None:
    assert [yuan(fen) for fen in (0, 5, 123_456, -100_000_001)] == [
        "0.00",
        "0.05",
        "1,234.56",
        "-1,000,000.01",
    ]


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("1234.5", 123_450), ("-0.01", -1), (" 10 ", 1000), (Decimal("1E2"), 10_000)],
)
def test_yuan_is_read_exactly(text: str | Decimal, fen: int) -> None:
    assert fen_of(text) == fen


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "1.2.3", "1-2", "1e9", "ten", "0.001", "9" * 40, Decimal("NaN"), "Infinity"],
)
def test_what_is_no_amount_of_yuan_is_refused(text: str | Decimal) -> None:
    with pytest.raises(
        ValueError, match=r"^(not a finite|not a decimal) amount$|^finer than a fen$"
    ):
        fen_of(text)


def test_the_longest_amounts_are_read_whole() -> None:
    assert fen_of("-999999999999999.99") == -99_999_999_999_999_999
    with pytest.raises(ValueError, match=r"^not a decimal amount$"):
        fen_of("-9999999999999999.99")


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角"),
        (55, "伍角伍分"),
        (100, "壹元整"),
        (1_000, "壹拾元整"),
        (1_005, "壹拾元零伍分"),
        (123_456, "壹仟贰佰叁拾肆元伍角陆分"),
        (100_550, "壹仟零伍元伍角"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (10_700_053, "壹拾万柒仟元伍角叁分"),
        (10_000_500, "壹拾万零伍元整"),
        (100_000_000_000, "壹拾亿元整"),
        (1_000_000_010_000, "壹佰亿零壹佰元整"),
        (1_100_000, "壹万壹仟元整"),
        (10_000_100_000, "壹亿零壹仟元整"),
        (100_000_000_000_000, "壹万亿元整"),
        (100_000_000_000_100, "壹万亿零壹元整"),
        (100_010_000_000_000, "壹万零壹亿元整"),
        (-100, "负壹元整"),
    ],
)
def test_amounts_are_written_in_capital_characters(fen: int, text: str) -> None:
    assert capitals(fen) == text


def test_an_amount_too_large_to_write_out_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^too large to write out$"):
        capitals(10**18)
