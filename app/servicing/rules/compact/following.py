"""What follows from a compact plan's figures, row by row."""

from datetime import date, timedelta
from typing import NamedTuple

from app.loanmath.calendar import MONTHS_PER_YEAR, MonthEnd, add_months
from app.loanmath.life import InstallmentStatus
from app.servicing.rules.compact.form import Deviation, Form, Round, Shape, Weights

_YEAR_DAYS = {Weights.ACT_360: 360, Weights.ACT_365: 365, Weights.ACT_364: 364}
_MONTH_DAYS = 30


class Anchor(NamedTuple):
    """What nominal due dates are counted from: one of them, and its row's number."""

    day: date
    number: int
    of_month: int


class Follower:
    """
    One plan while its rows are worked out: what a row has is told back before the next is asked.

    `begin` comes first for each row, then `change` for what counts from it on, then what it
    follows to be, then `end` with what it has.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.balance_fen = form.balance_fen
        self.part_fen = form.part_fen
        self.rate = form.rate
        self.number = 0
        self.due_on = form.start
        """The nominal due date of the row that has begun."""
        self._since = form.start
        self._no_principal = self._nothing = 0
        first = form.start + timedelta(days=form.first_after)
        self._anchor = Anchor(first, 1 + bool(form.down_fen), form.day)

    @property
    def is_down_payment(self) -> bool:
        """Whether the row that has begun is a down payment."""
        return self.number == 1 and self.form.down_fen > 0

    @property
    def is_last(self) -> bool:
        """Whether it is the last one."""
        return self.number == self.form.count

    def begin(self) -> None:
        """Go on to the next row."""
        self._since = self.due_on
        self.number += 1
        if not self.is_down_payment:
            self.due_on = self.nominal(self._anchor, self.number)

    def nominal(self, anchor: Anchor, number: int) -> date:
        """Return the nominal due date of a row."""
        form, away = self.form, (number - anchor.number) * self.form.every
        if away == 0:
            return anchor.day
        if form.in_days:
            return anchor.day + timedelta(days=away)
        month_end = MonthEnd.ROLL if form.rolls else MonthEnd.CLAMP
        return add_months(anchor.day, away, anchor.of_month, month_end)

    def moved(self, what: Deviation, days: int) -> Anchor:
        """Return what due dates are counted from if this row's is moved by so many days."""
        day = self.due_on + timedelta(days=days)
        of_month = day.day if what is Deviation.DAY else self._anchor.of_month
        return Anchor(day, self.number, of_month)

    def change(self, what: int, by: int) -> None:
        """Change what counts from the row that has begun on."""
        match what:
            case Deviation.PART:
                self.part_fen += by
            case Deviation.RATE:
                self.rate += by
            case Deviation.DAYS | Deviation.DAY:
                self._anchor = self.moved(Deviation(what), by)
                self.due_on = self._anchor.day
            case Deviation.NO_PRINCIPAL:
                self._no_principal = by
            case Deviation.NOTHING:
                self._nothing = by
            case _:
                raise ValueError("no such deviation")

    def interest_fen(self) -> int:
        """Return the interest that the row follows to have."""
        if self.is_down_payment or self._nothing > 0:
            return 0
        form = self.form
        base_fen = form.balance_fen - form.down_fen if form.shape is Shape.FLAT else None
        return self._yearly(self.rate, self.balance_fen if base_fen is None else base_fen)

    def principal_fen(self, interest_fen: int) -> int:
        """Return the principal that it follows to have beside this interest."""
        if self.is_down_payment:
            return self.form.down_fen
        if self.is_last:
            return self.balance_fen
        if self._nothing > 0 or self._no_principal > 0:
            return 0
        match self.form.shape:
            case Shape.LEVEL:
                return min(max(self.part_fen - interest_fen, 0), self.balance_fen)
            case Shape.EVEN | Shape.FLAT:
                return min(self.part_fen, self.balance_fen)
            case Shape.END:
                return 0

    def fee_fen(self) -> int:
        """Return the fee that it follows to have."""
        if self.is_down_payment:
            return 0
        of_balance_fen = self._yearly(self.form.fee_rate, self.balance_fen)
        return of_balance_fen + (self.form.each_fee_fen if self.balance_fen else 0)

    def status(self, left_fen: int, total_fen: int) -> InstallmentStatus:
        """Return the status that it follows to have, of what it asks so much being left."""
        is_due = self.number <= self.form.due
        if left_fen == 0 and (is_due or total_fen > 0):
            return InstallmentStatus.PAID
        if not is_due:
            return InstallmentStatus.NOT_YET_DUE
        is_late = self.number <= self.form.overdue
        return InstallmentStatus.OVERDUE if is_late else InstallmentStatus.DUE

    def end(self, principal_fen: int) -> None:
        """Take the principal that the row has off the balance."""
        self.balance_fen -= principal_fen
        self._no_principal = max(self._no_principal - 1, 0)
        self._nothing = max(self._nothing - 1, 0)

    def _yearly(self, rate: int, base_fen: int) -> int:
        """Return what a yearly rate bears on an amount over the row's period, in whole fen."""
        parts, year = self._part_of_year()
        numerator = max(base_fen, 0) * rate * parts
        whole, rest = divmod(numerator, denominator := year * 10**self.form.decimals)
        match self.form.rounding:
            case Round.HALF_UP:
                return whole + (2 * rest >= denominator)
            case Round.HALF_EVEN:
                return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2))
            case Round.UP:
                return whole + (rest > 0)
            case Round.DOWN:
                return whole

    def _part_of_year(self) -> tuple[int, int]:
        since, due_on = self._since, self.due_on
        match self.form.weights:
            case Weights.MONTHS:
                return self.form.every, MONTHS_PER_YEAR
            case Weights.ACT_360 | Weights.ACT_365 | Weights.ACT_364:
                return (due_on - since).days, _YEAR_DAYS[self.form.weights]
            case Weights.THIRTY_360:
                months = (due_on.year - since.year) * MONTHS_PER_YEAR + due_on.month - since.month
                days = min(due_on.day, _MONTH_DAYS) - min(since.day, _MONTH_DAYS)
                return months * _MONTH_DAYS + days, MONTHS_PER_YEAR * _MONTH_DAYS
