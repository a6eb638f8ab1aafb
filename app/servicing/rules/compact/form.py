"""
What each byte of a compact plan is.

Whole numbers are unsigned LEB128 (seven bits a byte, the least first, the high bit set on all but
the last): `u`. Below zero they are zigzagged first (0, -1, 1, -2 … are 0, 1, 2, 3 …): `s`.

    byte 0   bits 7-6 version, 0; 5-4 shape; 3-1 weights; 0 a day that a month lacks is the
             first of the next month, instead of the last of this
    byte 1   which optional parts are there, from bit 0: PAID, DUE, SHIFTS, DEVIATIONS, EACH_FEE,
             FEE_RATE, DOWN_PAYMENT; bit 7: periods are counted in days, not months
    byte 2   bits 7-5 rounding, 4-1 decimals of the rates, 0 none
    byte 3   bits 7-3 the nominal day of the month (0 where periods are days); 2-0 how many months
             or days a period lasts, 0 where that follows
    u        months or days of a period, if more than seven
    u        rows, a down payment's among them
    u        the balance they begin with, in fen
    u        the yearly rate, without its decimal point
    u        the day interest starts, in days since 1 January 2020
    u        days from there to the first nominal due date
    u        the part: of LEVEL each row's principal and interest, of EVEN and FLAT its principal;
             END has none
    u        EACH_FEE: the fee of each row
    u        FEE_RATE: the yearly rate of a fee on the balance, with the rate's decimals
    u        DOWN_PAYMENT: the first row's principal; it falls due on the first day
    u        PAID: how many rows from the first are paid in full
    u u      DUE: the number of the last row that is due, and of the last that is overdue
    u …      SHIFTS: how many rows are due on another day than the nominal one, then for each
             32 × (rows since the last one, less one) + zigzagged days, which are -15 to 15
    u u s …  DEVIATIONS: how many, then for each 32 × (rows since the last one) + what deviates, and
             by how much; see `Deviation`
    4 bytes  CRC-32 of the rows, the high byte first
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, IntFlag

PLAN_BYTES_MAX = 160
"""A plan that would take more travels whole."""
ROWS_MAX = 4001
DAY_ZERO = date(2020, 1, 1)
DECIMALS_MAX = 15
EVERY_MAX = 7
SHIFT_DAYS_MAX = 15
PERIOD_MAX = 366
CRC_BYTES = 4
_NUMBER_BYTES_MAX = 10
_STEP = 32
_SEVEN_BITS = 0x7F
_MORE = 0x80


class PlanUnreadable(Exception):
    """These bytes are no plan of this version, or their check sum is another one: ask anew."""


class Shape(IntEnum):
    """How principal comes back."""

    LEVEL = 0
    """Principal and interest together are the part, the last row takes the rest."""
    EVEN = 1
    """Principal is the part, the last row takes the rest."""
    FLAT = 2
    """The same, with the interest on the first balance each time."""
    END = 3
    """The last row takes all of it."""


class Weights(IntEnum):
    """Which part of a year a period is."""

    MONTHS = 0
    """Its months over twelve."""
    ACT_360 = 1
    ACT_365 = 2
    ACT_364 = 3
    THIRTY_360 = 4
    """Months of thirty days; every 31st is a 30th."""


class Round(IntEnum):
    """Where an amount between two fen goes; none here is below zero."""

    HALF_UP = 0
    HALF_EVEN = 1
    UP = 2
    DOWN = 3


class Parts(IntFlag):
    """The optional parts."""

    PAID = 1
    DUE = 2
    SHIFTS = 4
    DEVIATIONS = 8
    EACH_FEE = 16
    FEE_RATE = 32
    DOWN_PAYMENT = 64
    IN_DAYS = 128


class Deviation(IntEnum):
    """
    What a row has otherwise than it follows; 0 to 10 are its amounts, in the order of `Row`.

    Those above 10 count from this row on, and come before it is worked out.
    """

    PART = 11
    """The part, by so much."""
    RATE = 12
    """The yearly rate without its decimal point, by so much."""
    DAYS = 13
    """The nominal due date, by so many days; the next ones are counted from it."""
    DAY = 14
    """The same, and its day of the month is the nominal one from now on."""
    NO_PRINCIPAL = 15
    """So many rows from this one have no principal."""
    NOTHING = 16
    """So many rows from this one have neither principal nor interest."""
    STATUS = 17
    """This row's status, by its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A compact plan, taken apart; see the module for each figure."""

    shape: Shape
    weights: Weights
    rounding: Round
    decimals: int
    rolls: bool
    in_days: bool
    day: int
    every: int
    count: int
    balance_fen: int
    rate: int
    start: date
    first_after: int
    part_fen: int = 0
    each_fee_fen: int = 0
    fee_rate: int = 0
    down_fen: int = 0
    paid: int = 0
    due: int = 0
    overdue: int = 0
    shifts: Mapping[int, int] = field(default_factory=dict[int, int])
    """Days by which a row is due later than its nominal date, by its number."""
    deviations: Mapping[int, Sequence[tuple[int, int]]] = field(
        default_factory=dict[int, Sequence[tuple[int, int]]]
    )
    """What a row has otherwise, by its number: what, and by how much."""


def packed(form: Form, check: int) -> bytes:
    """Write a plan."""
    parts = _parts(form)
    short = form.every if form.every <= EVERY_MAX else 0
    out = bytearray(
        (
            form.shape << 4 | form.weights << 1 | form.rolls,
            parts,
            form.rounding << 5 | form.decimals << 1,
            form.day << 3 | short,
        )
    )
    days = (form.start - DAY_ZERO).days
    figures = [] if short else [form.every]
    figures += [form.count, form.balance_fen, form.rate, days, form.first_after]
    figures += [] if form.shape is Shape.END else [form.part_fen]
    for part, several in (
        (Parts.EACH_FEE, (form.each_fee_fen,)),
        (Parts.FEE_RATE, (form.fee_rate,)),
        (Parts.DOWN_PAYMENT, (form.down_fen,)),
        (Parts.PAID, (form.paid,)),
        (Parts.DUE, (form.due, form.overdue)),
        (Parts.SHIFTS, _shift_figures(form.shifts)),
        (Parts.DEVIATIONS, _deviation_figures(form.deviations)),
    ):
        if part in parts:
            figures += several
    for figure in figures:
        _put(out, figure)
    return bytes(out) + check.to_bytes(CRC_BYTES)


def unpacked(packed_plan: bytes) -> tuple[Form, int]:
    """
    Take a plan apart; return it and its check sum.

    Raises:
        PlanUnreadable: They are no plan of this version.
    """
    try:
        return _unpacked(packed_plan)
    except (IndexError, ValueError, OverflowError) as failure:
        raise PlanUnreadable(str(failure)) from failure


def zigzag(value: int) -> int:
    """Make a whole number one that is not below zero."""
    return 2 * value if value >= 0 else -2 * value - 1


def _unzigzag(value: int) -> int:
    return value >> 1 if value % 2 == 0 else -(value + 1 >> 1)


def _parts(form: Form) -> Parts:
    there = {
        Parts.PAID: form.paid,
        Parts.DUE: form.due,
        Parts.SHIFTS: form.shifts,
        Parts.DEVIATIONS: form.deviations,
        Parts.EACH_FEE: form.each_fee_fen,
        Parts.FEE_RATE: form.fee_rate,
        Parts.DOWN_PAYMENT: form.down_fen,
        Parts.IN_DAYS: form.in_days,
    }
    parts = Parts(0)
    for part, given in there.items():
        parts |= part if given else Parts(0)
    return parts


def _shift_figures(shifts: Mapping[int, int]) -> Iterable[int]:
    yield len(shifts)
    before = 0
    for number, days in sorted(shifts.items()):
        yield _STEP * (number - before - 1) + zigzag(days)
        before = number


def _deviation_figures(deviations: Mapping[int, Sequence[tuple[int, int]]]) -> Iterable[int]:
    yield sum(map(len, deviations.values()))
    before = 0
    for number, several in sorted(deviations.items()):
        for what, by in several:
            yield _STEP * (number - before) + what
            yield zigzag(by)
            before = number


def _put(out: bytearray, figure: int) -> None:
    while figure > _SEVEN_BITS:
        out.append(figure & _SEVEN_BITS | _MORE)
        figure >>= 7
    out.append(figure)


class _Figures:
    """The figures of a plan, one after another."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def byte(self) -> int:
        self._at += 1
        return self._body[self._at - 1]

    def next(self, most: int | None = None) -> int:
        figure = 0
        for place in range(_NUMBER_BYTES_MAX):
            byte = self.byte()
            figure |= (byte & _SEVEN_BITS) << 7 * place
            if byte < _MORE:
                break
        else:
            raise ValueError("a number without an end")
        if most is not None and figure > most:
            raise ValueError("a number beyond its bounds")
        return figure

    def end(self) -> None:
        if self._at != len(self._body):
            raise ValueError("bytes that say nothing")


def _unpacked(packed_plan: bytes) -> tuple[Form, int]:
    take = _Figures(packed_plan[:-CRC_BYTES])
    kind, parts, ways, day = take.byte(), Parts(take.byte()), take.byte(), take.byte()
    if kind >> 6:
        raise ValueError("another version")
    every = day & 7 or take.next(PERIOD_MAX)
    count, balance_fen, rate = take.next(ROWS_MAX), take.next(), take.next()
    start = date.fromordinal(DAY_ZERO.toordinal() + take.next(ROWS_MAX * PERIOD_MAX))
    first_after = take.next()
    shape = Shape(kind >> 4 & 3)
    part_fen = 0 if shape is Shape.END else take.next()
    each_fee_fen = take.next() if Parts.EACH_FEE in parts else 0
    fee_rate = take.next() if Parts.FEE_RATE in parts else 0
    down_fen = take.next() if Parts.DOWN_PAYMENT in parts else 0
    paid = take.next(count) if Parts.PAID in parts else 0
    due, overdue = (take.next(count), take.next(count)) if Parts.DUE in parts else (0, 0)
    shifts = _take_shifts(take, count) if Parts.SHIFTS in parts else {}
    deviations = _take_deviations(take, count) if Parts.DEVIATIONS in parts else {}
    take.end()
    form = Form(
        shape=shape,
        weights=Weights(kind >> 1 & 7),
        rounding=Round(ways >> 5),
        decimals=ways >> 1 & DECIMALS_MAX,
        rolls=bool(kind & 1),
        in_days=Parts.IN_DAYS in parts,
        day=day >> 3,
        every=every,
        count=count,
        balance_fen=balance_fen,
        rate=rate,
        start=start,
        first_after=first_after,
        part_fen=part_fen,
        each_fee_fen=each_fee_fen,
        fee_rate=fee_rate,
        down_fen=down_fen,
        paid=paid,
        due=due,
        overdue=overdue,
        shifts=shifts,
        deviations=deviations,
    )
    return form, int.from_bytes(packed_plan[-CRC_BYTES:])


def _take_shifts(take: _Figures, count: int) -> dict[int, int]:
    shifts: dict[int, int] = {}
    number = 0
    for _ in range(take.next(count)):
        rows, days = divmod(take.next(), _STEP)
        number += rows + 1
        shifts[number] = _unzigzag(days)
    return shifts


def _take_deviations(take: _Figures, count: int) -> dict[int, list[tuple[int, int]]]:
    deviations: dict[int, list[tuple[int, int]]] = {}
    number = 0
    for _ in range(take.next(count * len(Deviation) * 2)):
        rows, what = divmod(take.next(), _STEP)
        number += rows
        deviations.setdefault(number, []).append((what, _unzigzag(take.next())))
    return deviations
