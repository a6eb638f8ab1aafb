"""Laying principal and interest out over the periods that are left of a loan."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from app.loanmath.money import round_fen, round_ratio
from app.loanmath.schedule.choices import InterestStep, Moratorium, Residual
from app.loanmath.schedule.terms import Terms

_EXACT_STEPS = frozenset({InterestStep.CARRIED, InterestStep.UNROUNDED})


class Laid(NamedTuple):
    """What one row asks of principal and interest."""

    principal_fen: int
    interest_fen: int


@dataclass(slots=True, kw_only=True)
class Stretch:
    """
    The part of a loan still to be laid out.

    Interest of row i is balance × weights[i] / scale; the first row, which may have begun long
    ago under another balance or rate, bears `pending` plus balance × first instead.
    """

    terms: Terms
    balance_fen: int
    weights: Sequence[int]
    scale: int
    first: Fraction
    pending: Fraction = Fraction(0)
    flat_base: Fraction | None = None
    """What interest is figured on instead of the balance, where it is flat."""
    skips: Sequence[Moratorium] = ()
    """What each row leaves out; nothing, where this is empty."""
    ahead: Sequence[int] = ()
    """Principal of each row already paid ahead of its day; a row never asks for less."""
    settled: Sequence[int] = ()
    """Interest of each row already paid; only the rest of it may be added to principal."""
    first_regular: Fraction | None = None
    """The interest part that decides the first row's principal, if not its own."""
    _nothing: Moratorium = field(default=Moratorium.NONE, init=False)

    def skip(self, place: int) -> Moratorium:
        """Say what a row leaves out."""
        return self.skips[place] if self.skips else self._nothing

    @property
    def is_plain(self) -> bool:
        """Whether rows after the first ask the interest of their own period and nothing else."""
        return not (
            self.skips
            or any(self.ahead[1:])
            or self.flat_base is not None
            or self.terms.negative_amortization
            or self.terms.interest_step in _EXACT_STEPS
        )

    def least(self, place: int, interest: int | Fraction) -> int | Fraction:
        """Return the least principal of a row: below zero where its interest may add to it."""
        if not self.terms.negative_amortization:
            return 0
        settled = self.settled[place] if self.settled else 0
        return min(settled - interest, 0)


def solve_level(stretch: Stretch) -> Fraction:
    """
    Return the exact installment that repays the stretch: P·Π(1+rᵢ) / ΣₖΠⱼ>ₖ(1+rⱼ).

    Rows that leave out principal pay their interest beside it; interest that rows leave out waits,
    uncompounded, for the next row that pays.
    """
    waiting = stretch.pending + stretch.balance_fen * stretch.first
    scale, run, unit, bottom = stretch.scale, 0, 1, 0
    top: int | None = None
    for place, weight in enumerate(stretch.weights):
        if place:
            run += weight
        match stretch.skip(place):
            case Moratorium.PRINCIPAL_AND_INTEREST:
                continue
            case Moratorium.PRINCIPAL:
                waiting, run = Fraction(0), 0
                continue
            case Moratorium.NONE:
                pass
        if top is None:
            owed = stretch.balance_fen + waiting + Fraction(stretch.balance_fen * run, scale)
            top, bottom = owed.numerator, owed.denominator
            unit = bottom
        else:
            unit *= scale
            top *= scale + run
            bottom = bottom * (scale + run) + unit
        run = 0
    assert top is not None, "some row pays principal"
    return Fraction(top, bottom)


def level_installment(stretch: Stretch) -> int | Fraction:
    """Return the level installment as the terms round it, smoothed if they say so."""
    terms = stretch.terms
    unit = terms.installment_unit_fen
    exact = solve_level(stretch)
    if terms.interest_step is InterestStep.UNROUNDED:
        return exact
    level = unit * round_fen(exact / unit, terms.installment_rounding)
    if terms.residual is not Residual.SMOOTHED:
        return level
    return min(smooth_levels(stretch, level), key=lambda one: (abs(gap_of(stretch, one)), one))


def smooth_levels(stretch: Stretch, level: int) -> list[int]:
    """Return the levels near the rounded one of which smoothing takes one."""
    unit = stretch.terms.installment_unit_fen
    gap, gap_after = gap_of(stretch, level), gap_of(stretch, level + unit)
    guess = round_ratio(gap, gap - gap_after) if gap > gap_after else 0
    # At a rate near zero the rounded level may repay all before the last row, where the last row
    # tells nothing of how far off it is: the steps beside it are tried too.
    steps = {-2, -1, 0, 1, guess - 1, guess, guess + 1}
    return [level + unit * step for step in steps if level + unit * step >= 0]


def gap_of(stretch: Stretch, level: int) -> int:
    """Return by how much the last row's total would exceed the level."""
    return sum(lay_out_level(stretch, level)[-1]) - level


def lay_out_level(stretch: Stretch, level: int | Fraction, *, trim: bool = False) -> list[Laid]:
    """Lay out rows of one level total; with `trim`, stop at the row that repays the rest."""
    return _shown(stretch, level_rows(stretch, level, trim=trim))


def lay_out_targets(
    stretch: Stretch, targets: Sequence[int | Fraction], *, trim: bool = False
) -> list[Laid]:
    """Lay out rows of given principal, as far as the balance goes; the last takes the rest."""
    return _shown(stretch, target_rows(stretch, targets, trim=trim))


Rows: TypeAlias = list[tuple[int | Fraction, int | Fraction]]
"""Principal and interest of rows before they are shown in whole fen."""


def level_rows(stretch: Stretch, level: int | Fraction, *, trim: bool = False) -> Rows:
    """Return the rows of `lay_out_level`; under `InterestStep.UNROUNDED` they are exact."""
    laid: Rows = []
    balance: int | Fraction = stretch.balance_fen
    last = len(stretch.weights) - 1
    held_back = sum(stretch.ahead)
    accrual = _Accrual(stretch)
    is_plain = stretch.is_plain and isinstance(level, int)
    weights, scale, rounding = stretch.weights, stretch.scale, accrual.rounding
    for place in range(last + 1):
        if is_plain and 0 < place < last:  # most rows of most loans: the general case, cut short
            assert isinstance(balance, int), "only exact steps leave a part of a fen"
            assert isinstance(level, int), "the same"
            interest = round_ratio(balance * weights[place], scale, rounding)
            principal = min(max(level - interest, 0), balance)
            balance -= principal
            laid.append(Laid(principal, interest))
            if trim and balance == 0:
                break
            continue
        floor = stretch.ahead[place] if stretch.ahead else 0
        held_back -= floor
        skip = stretch.skip(place)
        interest, regular = accrual.charge(place, balance, skip)
        if place == last:
            principal = balance
            if keeps_level(stretch, level, principal, interest):
                interest = level - principal
        elif skip is not Moratorium.NONE:
            principal = floor
        else:
            least = floor or stretch.least(place, interest)
            principal = max(least, min(level - regular, balance - held_back))
        balance -= principal
        laid.append((principal, interest))
        if trim and balance == 0:
            break
    return laid


def keeps_level(
    stretch: Stretch, level: int | Fraction, principal: int | Fraction, interest: int | Fraction
) -> bool:
    """
    Say whether the last row's interest is what the level leaves beside its principal.

    It is only where rounding alone, of the level and of each row, can have made the difference:
    what is more is principal that was repaid at another pace, and no interest.
    """
    if stretch.terms.residual is not Residual.LAST_INTEREST or interest <= 0 or level < principal:
        return False
    reach, past = 0, stretch.terms.count - len(stretch.weights)
    # Rows already past were rounded too; each bore about what the first of these does.
    for weight in (*[stretch.weights[0]] * past, *stretch.weights):
        reach += 1 - (-reach * weight // stretch.scale)
    return abs(level - principal - interest) <= reach * (stretch.terms.installment_unit_fen + 1)


def target_rows(stretch: Stretch, targets: Sequence[int | Fraction], *, trim: bool = False) -> Rows:
    """Return the rows of `lay_out_targets`; under `InterestStep.UNROUNDED` they are exact."""
    laid: Rows = []
    balance: int | Fraction = stretch.balance_fen
    last = len(stretch.weights) - 1
    held_back = sum(stretch.ahead)
    accrual = _Accrual(stretch)
    for place in range(last + 1):
        floor = stretch.ahead[place] if stretch.ahead else 0
        held_back -= floor
        interest, _ = accrual.charge(place, balance, stretch.skip(place))
        wanted = balance if place == last else min(targets[place], balance - held_back)
        principal = max(floor, wanted)
        balance -= principal
        laid.append((principal, interest))
        if trim and balance == 0:
            break
    return laid


def _shown(stretch: Stretch, laid: Sequence[tuple[int | Fraction, int | Fraction]]) -> list[Laid]:
    """
    Return rows in whole fen.

    An exact row shows its own interest rounded, and the principal between the rounded balances
    before and after it: no balance is more than half a fen off, and principal sums to what was
    lent.
    """
    if stretch.terms.interest_step is not InterestStep.UNROUNDED:
        return [row if isinstance(row, Laid) else Laid(*row) for row in laid]  # pyright: ignore[reportArgumentType] - whole already
    rounding = stretch.terms.interest_rounding
    balance: int | Fraction = stretch.balance_fen
    rows: list[Laid] = []
    for principal, interest in laid:
        repaid_fen = round_fen(balance, rounding) - round_fen(balance - principal, rounding)
        rows.append(Laid(repaid_fen, max(round_fen(interest, rounding), 0)))
        balance -= principal
    return rows


class _Accrual:
    """Interest row by row, carrying over what a row leaves out or rounds away."""

    def __init__(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self.rounding = stretch.terms.interest_rounding
        self._step = stretch.terms.interest_step
        self._waiting = stretch.pending

    def charge(
        self, place: int, balance: int | Fraction, skip: Moratorium
    ) -> tuple[int | Fraction, int | Fraction]:
        """Return a row's interest, and the interest its principal is figured from."""
        stretch, flat = self._stretch, self._stretch.flat_base
        is_plain = place and not self._waiting and flat is None and self._step not in _EXACT_STEPS
        if is_plain and skip is not Moratorium.PRINCIPAL_AND_INTEREST:
            assert isinstance(balance, int), "only exact steps leave a part of a fen"
            charged = round_ratio(balance * stretch.weights[place], stretch.scale, self.rounding)
            return charged, charged
        base = balance if flat is None else flat
        part = Fraction(stretch.weights[place], stretch.scale) if place else stretch.first
        exact = self._waiting + base * part
        if skip is Moratorium.PRINCIPAL_AND_INTEREST:
            self._waiting = exact
            return 0, 0
        if self._step is InterestStep.UNROUNDED:
            self._waiting = Fraction(0)
            regular = stretch.first_regular if place == 0 else None
            return exact, exact if regular is None else base * regular
        charged = max(round_fen(exact, self.rounding), 0)
        self._waiting = exact - charged if self._step is InterestStep.CARRIED else Fraction(0)
        if place == 0 and stretch.first_regular is not None:
            return charged, round_fen(base * stretch.first_regular, self.rounding)
        return charged, charged
