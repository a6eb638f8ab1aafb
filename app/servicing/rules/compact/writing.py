"""A plan put into few bytes: the figures it follows from, and what does not follow."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from app.loanmath.calendar import MonthEnd
from app.loanmath.interest import DayCount, nominal_rate
from app.loanmath.life import InstallmentStatus
from app.loanmath.money import Rounding, round_ratio
from app.loanmath.schedule import FeeBase, Method, Terms, Unit
from app.servicing.rules.compact.following import Follower
from app.servicing.rules.compact.form import (
    DAY_ZERO,
    DECIMALS_MAX,
    PERIOD_MAX,
    PLAN_BYTES_MAX,
    ROWS_MAX,
    SHIFT_DAYS_MAX,
    Deviation,
    Form,
    Round,
    Shape,
    Weights,
    packed,
)
from app.servicing.rules.compact.reading import rows_by
from app.servicing.rules.compact.rows import (
    AMOUNTS,
    ASKED,
    FEE,
    INTEREST,
    PAID,
    PRINCIPAL,
    STATUSES,
    Row,
    check_sum,
    rows_of,
)
from app.servicing.rules.values import PlanLine

_SHAPES = {
    Method.EQUAL_INSTALLMENT: Shape.LEVEL,
    Method.EQUAL_PRINCIPAL: Shape.EVEN,
    Method.FLAT: Shape.FLAT,
    Method.INTEREST_ONLY: Shape.END,
    Method.BULLET: Shape.END,
    Method.REVOLVING: Shape.END,
    Method.SEASONAL: Shape.END,
}
_WEIGHTS = {
    DayCount.MONTHS_12: Weights.MONTHS,
    DayCount.EFFECTIVE: Weights.MONTHS,
    DayCount.THIRTY_360: Weights.THIRTY_360,
    DayCount.THIRTY_US_360: Weights.THIRTY_360,
    DayCount.THIRTY_E_360: Weights.THIRTY_360,
    DayCount.ACT_360: Weights.ACT_360,
    DayCount.ACT_364: Weights.ACT_364,
}
"""Days over 365 for every other one: what a leap year changes is written down beside it."""
_ROUNDINGS = {
    Rounding.HALF_UP: Round.HALF_UP,
    Rounding.HALF_EVEN: Round.HALF_EVEN,
    Rounding.UP: Round.UP,
    Rounding.CEILING: Round.UP,
    Rounding.DOWN: Round.DOWN,
    Rounding.FLOOR: Round.DOWN,
}
_WEEK_DAYS = 7
_EFFECTIVE_DECIMALS = 12


def compact_plan(
    lines: Sequence[PlanLine], terms: Terms, opened_on: date, annual_rate: Decimal
) -> bytes | None:
    """
    Return a plan in few bytes, or None where it cannot be told so.

    What is returned was worked out again and is exactly this plan.

    Args:
        lines: The plan as it stands, all of it.
        terms: The terms as signed.
        opened_on: The day the money arrived.
        annual_rate: The rate in force.
    """
    rows = rows_of(lines)
    numbers = [row.number for row in rows]
    is_told = 0 < len(rows) <= ROWS_MAX and numbers == list(range(1, len(rows) + 1))
    if not is_told or opened_on < DAY_ZERO or lines[0].due_on < opened_on:
        return None
    form = _whole(_outline(rows, lines, terms, opened_on), rows, lines, _rates(terms, annual_rate))
    if form is None:
        return None
    plan = packed(form, check_sum(rows))
    return plan if len(plan) <= PLAN_BYTES_MAX and rows_by(form) == rows else None


def _rates(terms: Terms, annual_rate: Decimal) -> tuple[Fraction, Fraction]:
    """Return the rate as signed and the one in force, as period fractions multiply them."""
    signed, now = (nominal_rate(one, terms.day_count) for one in (terms.annual_rate, annual_rate))
    return signed, now


def _scaled(rate: Fraction | Decimal, decimals: int) -> int:
    scaled = Fraction(rate) * 10**decimals
    return round_ratio(scaled.numerator, scaled.denominator)


def _decimals(rate: Decimal) -> int:
    exponent = rate.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "a rate is finite"
    return max(-exponent, 0)


def _outline(rows: Sequence[Row], lines: Sequence[PlanLine], terms: Terms, opened_on: date) -> Form:
    """Return what a plan follows from, before what is paid of it and what does not follow."""
    fee_rate = sum((fee.rate for fee in terms.fees if fee.base is FeeBase.BALANCE), Decimal(0))
    decimals = max(_decimals(terms.annual_rate), _decimals(fee_rate))
    if terms.day_count is DayCount.EFFECTIVE:
        decimals = _EFFECTIVE_DECIMALS
    in_days = terms.unit is not Unit.MONTH
    has_down = terms.down_payment_fen > 0 and len(rows) > 1 and lines[0].due_on == opened_on
    first = lines[1 if has_down else 0].due_on
    every = terms.every * (_WEEK_DAYS if terms.unit is Unit.WEEK else 1)
    if terms.method is Method.BULLET:
        every *= terms.count
    return Form(
        shape=_SHAPES[terms.method],
        weights=_WEIGHTS.get(terms.day_count, Weights.ACT_365),
        rounding=_ROUNDINGS[terms.interest_rounding],
        decimals=min(decimals, DECIMALS_MAX),
        rolls=terms.month_end is MonthEnd.ROLL,
        in_days=in_days,
        day=0 if in_days else terms.due_day or max(line.due_on.day for line in lines),
        every=min(every, PERIOD_MAX),
        count=len(rows),
        balance_fen=max(sum(row.amounts[PRINCIPAL] for row in rows), 0),
        rate=_scaled(nominal_rate(terms.annual_rate, terms.day_count), decimals),
        start=opened_on,
        first_after=(first - opened_on).days,
        part_fen=max(_part_of(rows, _SHAPES[terms.method], skip=int(has_down)), 0),
        each_fee_fen=0 if fee_rate else max(_commonest(row.amounts[FEE] for row in rows), 0),
        fee_rate=_scaled(fee_rate, decimals),
        down_fen=terms.down_payment_fen if has_down else 0,
        paid=_paid_through(rows),
        due=_last(rows, InstallmentStatus.DUE, InstallmentStatus.OVERDUE),
        overdue=_last(rows, InstallmentStatus.OVERDUE),
    )


def _part_of(rows: Sequence[Row], shape: Shape, *, skip: int) -> int:
    """Return what the first rows have alike: principal, and of a level plan interest with it."""
    amounts = [row.amounts for row in rows[skip:-1] or rows]
    if shape is Shape.LEVEL:
        return _first_twice([one[PRINCIPAL] + one[INTEREST] for one in amounts])
    return _first_twice([one[PRINCIPAL] for one in amounts])


def _first_twice(figures: Sequence[int]) -> int:
    """Return the first figure above zero that is there twice in a row, or else the commonest."""
    return next((one for one, other in pairwise(figures) if one == other > 0), _commonest(figures))


def _commonest(figures: Iterable[int]) -> int:
    return Counter(figures).most_common(1)[0][0]


def _paid_through(rows: Sequence[Row]) -> int:
    """Return how many rows from the first are paid to the fen, each part of each."""
    number = 0
    for row in rows:
        if row.amounts[PAID:] != row.amounts[:ASKED]:
            break
        number = row.number
    return number


def _last(rows: Sequence[Row], *statuses: InstallmentStatus) -> int:
    return max((row.number for row in rows if row.status in statuses), default=0)


def _whole(
    form: Form, rows: Sequence[Row], lines: Sequence[PlanLine], rates: tuple[Fraction, Fraction]
) -> Form | None:
    """Add to what a plan follows from what of it does not follow."""
    shifts = {line.number: (line.payable_on - line.due_on).days for line in lines}
    if any(abs(days) > SHIFT_DAYS_MAX for days in shifts.values()):
        return None
    comparing = _Comparing(form, rows, lines, _scaled(rates[1], form.decimals))
    return replace(
        form,
        shifts={number: days for number, days in shifts.items() if days},
        deviations=comparing.deviations(),
    )


class _Comparing:
    """A plan held against what follows, row by row."""

    def __init__(
        self, form: Form, rows: Sequence[Row], lines: Sequence[PlanLine], rate_now: int
    ) -> None:
        self._form = form
        self._rows = rows
        self._due_on = [line.due_on for line in lines]
        self._rate_now = rate_now
        self._follower = Follower(form)
        self._found: list[tuple[int, int]] = []

    def deviations(self) -> dict[int, list[tuple[int, int]]]:
        """Return what each row has otherwise than follows, by its number."""
        found: dict[int, list[tuple[int, int]]] = {}
        for row in self._rows:
            self._found = []
            self._follower.begin()
            self._compare(row)
            if self._found:
                found[row.number] = self._found
        return found

    def _compare(self, row: Row) -> None:
        follower, amounts = self._follower, row.amounts
        self._compare_day(row.number)
        self._compare_interest(row)
        self._compare_principal(row)
        for place, follows in ((INTEREST, follower.interest_fen()), (FEE, follower.fee_fen())):
            self._note(place, amounts[place] - follows)
        self._note(PRINCIPAL, amounts[PRINCIPAL] - follower.principal_fen(amounts[INTEREST]))
        for place in range(FEE + 1, PAID):
            self._note(place, amounts[place])
        for place in range(ASKED):
            paid_fen = amounts[place] if row.number <= self._form.paid else 0
            self._note(PAID + place, amounts[PAID + place] - paid_fen)
        total_fen = sum(amounts[:ASKED])
        if row.status is not follower.status(total_fen - sum(amounts[PAID:AMOUNTS]), total_fen):
            self._found.append((Deviation.STATUS, STATUSES.index(row.status)))
        follower.end(amounts[PRINCIPAL])

    def _note(self, what: int, by: int) -> None:
        if by:
            self._found.append((what, by))

    def _change(self, what: Deviation, by: int) -> None:
        self._follower.change(what, by)
        self._found.append((what, by))

    def _compare_day(self, number: int) -> None:
        """Move the nominal date; with its day of the month, where that brings the next one too."""
        follower = self._follower
        days = (self._due_on[number - 1] - follower.due_on).days
        if not days or follower.is_down_payment:
            return
        what = Deviation.DAYS
        if number < len(self._due_on) and not self._form.in_days:
            anchor = follower.moved(Deviation.DAY, days)
            if follower.nominal(anchor, number + 1) == self._due_on[number]:
                what = Deviation.DAY
        self._change(what, days)

    def _compare_interest(self, row: Row) -> None:
        """Take the rate in force from a row on whose interest follows from it."""
        follower, asked_fen = self._follower, row.amounts[INTEREST]
        if follower.interest_fen() == asked_fen:
            return
        if asked_fen == 0 == row.amounts[PRINCIPAL] and not follower.is_last:
            self._change(Deviation.NOTHING, self._run(row.number, PRINCIPAL, INTEREST))
        elif follower.rate != self._rate_now:
            before = follower.rate
            follower.change(Deviation.RATE, self._rate_now - before)
            if follower.interest_fen() == asked_fen:
                self._found.append((Deviation.RATE, self._rate_now - before))
            else:
                follower.change(Deviation.RATE, before - self._rate_now)

    def _compare_principal(self, row: Row) -> None:
        """Take another part from a row on, where the next row has it too."""
        follower, amounts = self._follower, row.amounts
        by = amounts[PRINCIPAL] - follower.principal_fen(amounts[INTEREST])
        if not by or follower.is_last or follower.is_down_payment:
            return
        if amounts[PRINCIPAL] == 0 and self._form.shape is not Shape.END:
            self._change(Deviation.NO_PRINCIPAL, self._run(row.number, PRINCIPAL))
            return
        following = self._rows[row.number].amounts
        is_level = self._form.shape is Shape.LEVEL
        part, next_part = (
            one[PRINCIPAL] + (one[INTEREST] if is_level else 0) for one in (amounts, following)
        )
        is_kept = row.number + 1 < len(self._rows) and part == next_part > 0
        if is_kept and self._form.shape is not Shape.END:
            self._change(Deviation.PART, part - follower.part_fen)

    def _run(self, number: int, *places: int) -> int:
        """Return how many rows from one on, the last one aside, have none of these amounts."""
        run = 0
        for row in self._rows[number - 1 : -1]:
            if any(row.amounts[place] for place in places):
                break
            run += 1
        return run
