"""Works a figure out again from nothing but what its explanation says, as JSON."""

import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

Said = Mapping[str, Any]


def replay(said: Said) -> int:
    """Return the figure that an explanation's own words lead to, by its rule."""
    return RULES[said["rule"]](said)


def number(text: str | int) -> Fraction:
    """Read an exact number, however long."""
    if isinstance(text, int):
        return Fraction(text)
    top, _, bottom = text.partition("/")
    return Fraction(whole(top), whole(bottom or "1"))


def whole(text: str) -> int:
    """Read a whole number longer than Python reads at once."""
    most = sys.get_int_max_str_digits() - 10
    if len(text) <= most:
        return int(text)
    sign = -1 if text.startswith("-") else 1
    digits, value = text.lstrip("-"), 0
    for start in range(0, len(digits), most):
        chunk = digits[start : start + most]
        value = value * 10 ** len(chunk) + int(chunk)
    return sign * value


def given(said: Said, name: str) -> Fraction:
    """Return an input."""
    (value,) = [one["value"] for one in said["inputs"] if one["name"] == name]
    return number(value)


def listed(said: Said, name: str) -> list[Fraction]:
    (value,) = [one["value"] for one in said["inputs"] if one["name"] == name]
    return [number(one) for one in value.split(",")]


def has(said: Said, name: str) -> bool:
    return any(one["name"] == name for one in said["inputs"])


def rounded(value: Fraction, mode: str) -> int:
    """Round to a whole number, by the mode's meaning and not by our code."""
    down = value.numerator // value.denominator
    rest = value - down
    up = {
        "FLOOR": False,
        "CEILING": rest > 0,
        "DOWN": rest > 0 and value < 0,
        "UP": rest > 0 and value > 0,
        "HALF_UP": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and value > 0),
        "HALF_EVEN": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and down % 2 == 1),
    }[mode]
    return down + up


def round_step(said: Said, exact: Fraction) -> int:
    """Round as the rounding step says, having checked that it is about this amount."""
    step = said["rounding"]
    before, since = number(step["before"]), number(step["since"])
    assert before - since == exact, (before, since, exact)
    unit = step["unit_fen"]
    after = unit * (rounded(before / unit, step["mode"]) - rounded(since / unit, step["mode"]))
    assert after == step["after_fen"]
    return after


def segments(said: Said) -> Fraction:
    total = Fraction(0)
    for one in said["segments"]:
        amount = number(one["balance"]) * number(one["rate"]) * number(one["fraction"])
        assert amount == number(one["amount"])
        total += amount if one["rounded_fen"] is None else one["rounded_fen"]
        if one["rounded_fen"] is not None:
            assert abs(amount - one["rounded_fen"]) < 1
    return total


def moves(said: Said) -> Fraction:
    return sum((number(one["amount"]) for one in said["moves"]), Fraction(0))


def parts(said: Said) -> int:
    return sum(one["sign"] * one["amount_fen"] for one in said["parts"])


def fees(said: Said) -> int:
    total = 0
    for one in said["fees"]:
        full = one["total_fen"]
        if one["rate"] is not None:
            assert full == rounded(one["principal_fen"] * Fraction(one["rate"]), "HALF_UP")
        share, over = divmod(full, one["count"])
        asked = {
            None: full,
            "EACH": full,
            "SPREAD": share + (one["place"] <= over),
            "FIRST": full * (one["place"] == 1),
            "LAST": full * (one["place"] == one["count"]),
        }[one["timing"]]
        assert asked == one["amount_fen"]
        total += asked
    return total


def a_sum(said: Said) -> int:
    return fen(parts(said) + moves(said))


def fen(value: Fraction | int) -> int:
    assert Fraction(value).denominator == 1, value
    return Fraction(value).numerator


def shown(said: Said, exact: Fraction) -> int:
    return fen(exact) if said["rounding"] is None else round_step(said, exact)


def principal_of(name: str) -> Callable[[Said], int]:
    def work_out(said: Said) -> int:
        wanted = given(said, name)
        if name == "LEVEL":
            wanted -= given(said, "INTEREST")
        most = given(said, "BALANCE") - given(said, "HELD_BACK")
        return shown(said, max(given(said, "LEAST"), min(wanted, most)))

    return work_out


def interest(said: Said) -> int:
    return max(round_step(said, segments(said) + moves(said)), fen(given(said, "LEAST")))


def interest_of_level(said: Said) -> int:
    left = max(given(said, "LEVEL") - given(said, "BALANCE"), Fraction(0))
    return max(shown(said, left), fen(given(said, "LEAST")))


def interest_closed(said: Said) -> int:
    accrued = round_step(said, segments(said) + moves(said))
    paid, coupons = fen(given(said, "PAID")), fen(given(said, "COUPONS"))
    unpaid = max(max(accrued - coupons, 0) - paid, 0)
    off = min(coupons, max(accrued - paid - unpaid, 0))
    return paid + unpaid + off


def interest_accrued(said: Said) -> int:
    accrued = round_step(said, segments(said) + moves(said))
    return fen(max(max(accrued - given(said, "COUPONS"), 0) - given(said, "PAID"), 0))


def late(said: Said) -> int:
    amount = round_step(said, segments(said))
    return min(amount, fen(given(said, "CAP"))) if has(said, "CAP") else amount


def early_fee(said: Said) -> int:
    part = given(said, "PRINCIPAL") * given_rate(said, "RATE")
    return fen(given(said, "AMOUNT")) + round_step(said, part)


def debit(said: Said) -> int:
    due, room = given(said, "DUE"), given(said, "CAP")
    if has(said, "CAP_PER_MONTH"):
        room = min(room, given(said, "CAP_PER_MONTH") - given(said, "TAKEN"))
    is_part = due > room > 0 and given(said, "TAKES_PART") == 1
    return fen(room if is_part else due)


def given_rate(said: Said, name: str) -> Fraction:
    (value,) = [one["value"] for one in said["inputs"] if one["name"] == name]
    return Fraction(value)


def solved(said: Said) -> Fraction:
    """Solve the level as the textbook does, row by row, on growth factors."""
    balance, waiting = given(said, "BALANCE"), given(said, "WAITING")
    # Interest that waits is no principal: it falls due whole with the first row that pays.
    periods: list[Fraction] = []
    at_first = waiting
    run = Fraction(0)
    for row in said["segments"]:
        run += number(row["amount"])
        if row["leaves_out"] == "PRINCIPAL_AND_INTEREST":
            continue
        if row["leaves_out"] == "PRINCIPAL":
            at_first, run = Fraction(0), Fraction(0)
            continue
        periods.append(run)
        run = Fraction(0)
    growth = Fraction(1)
    annuity = Fraction(0)
    for rate in reversed(periods):
        annuity += growth
        growth *= 1 + rate
    after_first = growth / (1 + periods[0])
    return (balance * growth + at_first * after_first) / annuity


def level_solved(said: Said) -> int:
    return round_step(said, solved(said))


def level_smoothed(said: Said) -> int:
    start = round_step(said, solved(said))
    levels, gaps = listed(said, "LEVELS"), listed(said, "GAPS")
    assert start in levels
    _, level = min((abs(gap), level) for level, gap in zip(levels, gaps, strict=True))
    return fen(level)


def share_equal(said: Said) -> int:
    balance, count, place = (given(said, name) for name in ("BALANCE", "COUNT", "PLACE"))
    share = round_step(said, balance / count)
    if place == 0:
        return 0
    if count > 1:
        share = min(share, fen(balance) // fen(count - 1))
    return fen(balance - share * (count - 1)) if place == count else share


def share_by_weight(said: Said) -> int:
    balance, place = given(said, "BALANCE"), fen(given(said, "PLACE"))
    weights = listed(said, "WEIGHTS")
    if not any(weights):
        weights = [Fraction(0)] * (len(weights) - 1) + [Fraction(1)]
    exact = [balance * weight / sum(weights) for weight in weights]
    if said["rounding"] is not None:
        return round_step(said, exact[place - 1])
    down = [rounded(one, "FLOOR") for one in exact]
    over = fen(balance) - sum(down)
    first = sorted(range(len(exact)), key=lambda i: (down[i] - exact[i], i))[:over]
    return down[place - 1] + (place - 1 in first)


RULES: Mapping[str, Callable[[Said], int]] = {
    "SUM": a_sum,
    "SUM_NOT_BELOW": lambda said: max(fen(given(said, "LEAST")), a_sum(said)),
    "AS_PAID": lambda said: fen(given(said, "PAID")),
    "AGREED": lambda said: fen(given(said, "AMOUNT")),
    "REFUND": lambda said: fen(min(given(said, "AMOUNT"), given(said, "HELD"))),
    "DEBIT": debit,
    "CHARGE": lambda said: fen(fees(said) + segments(said)),
    "DOWN_PAYMENT": lambda said: fen(given(said, "AMOUNT")),
    "RECEIVED": lambda said: fen(given(said, "AMOUNT")),
    "PRINCIPAL_OF_LEVEL": principal_of("LEVEL"),
    "PRINCIPAL_OF_SHARE": principal_of("SHARE"),
    "PRINCIPAL_REST": lambda said: (
        fen(given(said, "BALANCE"))
        if said["rounding"] is None
        else round_step(said, given(said, "BALANCE"))
    ),
    "PRINCIPAL_LEFT_OUT": lambda said: shown(said, given(said, "LEAST")),
    "PRINCIPAL_CLOSED": lambda said: fen(given(said, "BALANCE") - given(said, "HELD_BACK")),
    "INTEREST": interest,
    "INTEREST_OF_LEVEL": interest_of_level,
    "INTEREST_LEFT_OUT": lambda said: fen(given(said, "LEAST") + 0 * segments(said)),
    "INTEREST_CLOSED": interest_closed,
    "INTEREST_ACCRUED": interest_accrued,
    "COUPON": lambda said: fen(max(min(given(said, "COUPONS"), given(said, "ASKED")), 0)),
    "FEE": lambda said: fen(max(fees(said) + segments(said) + moves(said), given(said, "PAID"))),
    "FEE_TO_CLOSE": lambda said: fen(given(said, "OWED") + segments(said) + moves(said)),
    "FEE_OWED": lambda said: fen(max(given(said, "OWED") + moves(said), given(said, "PAID"))),
    "EARLY_FEE": early_fee,
    "LATE": late,
    "LEVEL_SOLVED": level_solved,
    "LEVEL_SMOOTHED": level_smoothed,
    "LEVEL_HANDED_IN": lambda said: rounded(given(said, "AMOUNT"), "HALF_UP"),
    "SHARE_EQUAL": share_equal,
    "SHARE_BY_WEIGHT": share_by_weight,
    "SHARE_AS_BEFORE": lambda said: (
        fen(given(said, "AMOUNT"))
        if said["rounding"] is None
        else round_step(said, given(said, "AMOUNT"))
    ),
}
