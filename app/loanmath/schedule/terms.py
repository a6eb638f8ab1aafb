"""What lender and borrower signed: every convention a loan's figures depend on."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from app.loanmath.calendar import MONTHS_PER_YEAR, BusinessDays, MonthEnd
from app.loanmath.errors import TermsRefused
from app.loanmath.interest import BANK_YEAR_DAYS, BY_THE_MONTH, DayCount
from app.loanmath.money import Rounding
from app.loanmath.schedule.choices import (
    EarlyFeeOn,
    EarlyInterest,
    FeeBase,
    FeeTiming,
    FirstInstallment,
    FirstPeriod,
    InterestStep,
    Method,
    Moratorium,
    PenaltyStart,
    Prepayment,
    Residual,
    Unit,
)
from app.loanmath.waterfall import LEGAL, Waterfall

FEN_MAX = 10**15
COUNT_MAX = 4000
RATE_MAX = 100
RATE_DECIMALS = 12
YEAR_DAYS = (360, 364, 365)
ODD_DAY_YEARS = (360, 372)
YEAR_END = 9000
"""Absurd figures are refused before anything is computed with them."""

_PUTS_OFF = frozenset({Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """
    A charge beside interest, by the code under which the cost certificate names it.

    Attributes:
        code: Which charge this is.
        timing: When it falls due; up front is refused.
        base: Whether `amount_fen` or `rate` says how much.
        amount_fen: The amount, for a fixed fee.
        rate: The part of the principal, or the yearly part of the balance.
        owed_in_full: Whether an early payoff still owes the installments of it not yet due.
    """

    code: str
    timing: FeeTiming = FeeTiming.EACH
    base: FeeBase = FeeBase.FIXED
    amount_fen: int = 0
    rate: Decimal = Decimal(0)
    owed_in_full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyFee:
    """
    What repaying principal ahead of plan costs, beside the interest.

    Attributes:
        code: Which charge this is in the cost certificate.
        rate: The part of the principal repaid early.
        amount_fen: A fixed amount on top, each time.
        on: Which early repayments it is asked for.
        periods: Only while one of the first so many periods is running; always, unless said.
    """

    code: str = "EARLY_REPAYMENT"
    rate: Decimal = Decimal(0)
    amount_fen: int = 0
    on: EarlyFeeOn = EarlyFeeOn.ANY
    periods: int | None = None


class Drawdown(NamedTuple):
    """A part of the principal, and the day it is to be lent."""

    on: date
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    The immutable terms of one loan.

    Attributes:
        principal_fen: The sum lent, with the down payment and all drawdowns; for a revolving line,
            the most that may be drawn at once.
        annual_rate: The contract rate for a year: 0.144 is 14.4 %.
        method: How principal and interest come back.
        disbursed_on: The day interest starts.
        count: How many periods there are.
        due_day: The nominal day of the month; the day of disbursement unless said.
        every: Periods last so many of `unit`.
        unit: What due dates are counted in.
        month_end: Where a due day goes that a month does not have.
        first_due_on: The first due date, where it is agreed by itself.
        first_period: Where it lies otherwise.
        due_dates: All due dates, handed in; then `every` to `first_period` say nothing.
        business_days: Where due dates on non-working days are seen; interest keeps to the nominal.
        day_count: Which fraction of a year a period is.
        odd_day_year: The year that odd days beside whole months count against: 360 to 372.
        interest_rounding: How interest becomes whole fen.
        interest_step: When it does.
        season_weights: Seasonal only: the share of principal in each installment.
        month_weights: Seasonal only, instead: the share in each calendar month, January first.
        installment_fen: The level installment, where it is handed in.
        installment_rounding: How the level installment, or an equal part of principal, is rounded.
        installment_unit_fen: To what: 1 is whole fen, 100 whole yuan.
        first_installment: What a first period of another length does to it.
        residual: Where the last row's rounding goes.
        moratorium: What the first `moratorium_periods` periods leave out.
        moratorium_periods: How many they are.
        down_payment_fen: The part of the principal that is due the day it is lent, in a first
            installment of its own beside the `count` others.
        drawdowns: The parts in which the principal is to be lent, the first on `disbursed_on`; all
            at once, unless said. Each later one solves the installments to come anew.
        negative_amortization: Whether an installment may lie below its interest; what it leaves of
            it is added to principal on the due date.
        fees: Charges beside interest.
        grace_days: Days past due before any penalty.
        penalty_start: From which day it counts after that.
        penalty_factor: Overdue principal bears the contract rate times this, for each day; the sum
            of the days is rounded once, half up, for each installment.
        penalty_year_days: The days of the year the penalty's daily rate divides by.
        penalty_cap: The most penalty on an installment, as a part of its principal, rounded half
            up.
        overdue_bears_interest: Whether overdue principal bears contract interest beside penalty,
            each day over the day count's own year (`odd_day_year`, where months are counted).
        waterfall: Where a repayment goes.
        prepayment: What money beyond the dues does, unless the repayment says.
        early_interest: How much of the current period's interest an early settlement pays.
        early_fee: What repaying principal early costs; nothing, unless said.
    """

    principal_fen: int
    annual_rate: Decimal
    method: Method
    disbursed_on: date
    count: int
    due_day: int | None = None
    every: int = 1
    unit: Unit = Unit.MONTH
    month_end: MonthEnd = MonthEnd.CLAMP
    first_due_on: date | None = None
    first_period: FirstPeriod = FirstPeriod.NEXT
    due_dates: tuple[date, ...] = ()
    business_days: BusinessDays = BusinessDays.AS_IS
    day_count: DayCount = DayCount.MONTHS_12
    odd_day_year: int = BANK_YEAR_DAYS
    interest_rounding: Rounding = Rounding.HALF_UP
    interest_step: InterestStep = InterestStep.PER_PERIOD
    season_weights: tuple[int, ...] = ()
    month_weights: tuple[int, ...] = ()
    installment_fen: int | None = None
    installment_rounding: Rounding = Rounding.HALF_UP
    installment_unit_fen: int = 1
    first_installment: FirstInstallment = FirstInstallment.RESOLVED
    residual: Residual = Residual.LAST_PRINCIPAL
    moratorium: Moratorium = Moratorium.NONE
    moratorium_periods: int = 0
    down_payment_fen: int = 0
    drawdowns: tuple[Drawdown, ...] = ()
    negative_amortization: bool = False
    fees: tuple[Fee, ...] = ()
    grace_days: int = 3
    penalty_start: PenaltyStart = PenaltyStart.AFTER_GRACE
    penalty_factor: Decimal = Decimal("1.5")
    penalty_year_days: int = BANK_YEAR_DAYS
    penalty_cap: Decimal | None = None
    overdue_bears_interest: bool = False
    waterfall: Waterfall = LEGAL
    prepayment: Prepayment = Prepayment.REDUCE_INSTALLMENT
    early_interest: EarlyInterest = EarlyInterest.TO_THE_DAY
    early_fee: EarlyFee | None = None

    def __post_init__(self) -> None:
        """
        Refuse terms that make no loan.

        Raises:
            TermsRefused: A term is impossible or unlawful; it is named.
        """
        _check_sums(self)
        _check_dates(self)
        _check_method(self)
        _check_lending(self)
        _check_lateness(self)
        if self.early_fee is not None:
            _check_early_fee(self.early_fee)
        for place, fee in enumerate(self.fees):
            _check_fee(fee, f"fees[{place}]")


def is_rate(value: object, *, most: int) -> bool:
    """Say whether this is a finite decimal from 0 to `most` that `RATE_DECIMALS` can hold."""
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= most:
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -RATE_DECIMALS


def _require(field: str, reason: str, *, that: bool) -> None:
    if not that:
        raise TermsRefused(field, reason)


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _check_sums(terms: Terms) -> None:
    _require("principal_fen", "out_of_range", that=_is_whole(terms.principal_fen, 1, FEN_MAX))
    _require("annual_rate", "out_of_range", that=is_rate(terms.annual_rate, most=RATE_MAX))
    _require("count", "out_of_range", that=_is_whole(terms.count, 1, COUNT_MAX))
    handed_in = terms.installment_fen
    if handed_in is not None:
        _require("installment_fen", "out_of_range", that=_is_whole(handed_in, 1, FEN_MAX))
        _require(
            "installment_fen",
            "needs_equal_installment",
            that=terms.method is Method.EQUAL_INSTALLMENT,
        )
    _require(
        "installment_unit_fen", "out_of_range", that=_is_whole(terms.installment_unit_fen, 1, 10**6)
    )


def _check_dates(terms: Terms) -> None:
    if terms.due_day is not None:
        _require("due_day", "out_of_range", that=_is_whole(terms.due_day, 1, 31))
        _require("due_day", "needs_months", that=terms.unit is Unit.MONTH)
    _require("every", "out_of_range", that=_is_whole(terms.every, 1, 366))
    if terms.unit is not Unit.MONTH:
        _require("day_count", "needs_months", that=terms.day_count not in BY_THE_MONTH)
    if terms.first_due_on is not None:
        _require(
            "first_due_on", "not_after_disbursement", that=terms.first_due_on > terms.disbursed_on
        )
    if terms.due_dates:
        days = (terms.disbursed_on, *terms.due_dates)
        _require("due_dates", "out_of_order", that=all(a < b for a, b in pairwise(days)))
        _require("due_dates", "not_as_many_as_count", that=len(terms.due_dates) == terms.count)
    _require("odd_day_year", "out_of_range", that=_is_whole(terms.odd_day_year, *ODD_DAY_YEARS))
    months = terms.count * terms.every  # days and weeks are shorter, so this holds for them too
    _require("count", "beyond_the_calendar", that=terms.disbursed_on.year + months // 12 < YEAR_END)


def _check_method(terms: Terms) -> None:
    weights = terms.season_weights
    months = terms.month_weights
    if terms.method is Method.SEASONAL:
        _require("season_weights", "one_of_two_needed", that=bool(weights) != bool(months))
        _require("season_weights", "not_as_many_as_count", that=len(weights) in {0, terms.count})
        _require("month_weights", "not_twelve", that=len(months) in {0, MONTHS_PER_YEAR})
        for field, given in (("season_weights", weights), ("month_weights", months)):
            is_weight = [_is_whole(weight, 0, FEN_MAX) for weight in given]
            _require(field, "out_of_range", that=all(is_weight) and (not given or any(given)))
    else:
        _require("season_weights", "needs_seasonal", that=not weights)
        _require("month_weights", "needs_seasonal", that=not months)
    if terms.moratorium is Moratorium.NONE:
        _require("moratorium_periods", "needs_moratorium", that=terms.moratorium_periods == 0)
    else:
        _require("moratorium", "not_with_method", that=terms.method in _PUTS_OFF)
        _require(
            "moratorium_periods",
            "out_of_range",
            that=_is_whole(terms.moratorium_periods, 1, terms.count - 1),
        )


def _check_lending(terms: Terms) -> None:
    first_fen = terms.principal_fen
    if terms.drawdowns:
        days = [drawdown.on for drawdown in terms.drawdowns]
        amounts = [drawdown.amount_fen for drawdown in terms.drawdowns]
        first_fen = amounts[0]
        _require("drawdowns", "not_with_method", that=terms.method is not Method.REVOLVING)
        _require("drawdowns", "out_of_order", that=all(a < b for a, b in pairwise(days)))
        _require("drawdowns", "first_not_on_disbursement", that=days[0] == terms.disbursed_on)
        in_range = all(_is_whole(amount, 1, FEN_MAX) for amount in amounts)
        _require("drawdowns", "out_of_range", that=in_range)
        _require("drawdowns", "not_the_principal", that=sum(amounts) == terms.principal_fen)
    if terms.down_payment_fen:
        most = first_fen - 1
        _require(
            "down_payment_fen", "out_of_range", that=_is_whole(terms.down_payment_fen, 0, most)
        )
        has_plan = terms.method is not Method.REVOLVING
        _require("down_payment_fen", "not_with_method", that=has_plan)
    if terms.negative_amortization:
        is_level = terms.method is Method.EQUAL_INSTALLMENT
        _require("negative_amortization", "needs_equal_installment", that=is_level)


def _check_early_fee(fee: EarlyFee) -> None:
    _require("early_fee.code", "empty", that=bool(fee.code.strip()))
    _require("early_fee.rate", "out_of_range", that=is_rate(fee.rate, most=1))
    _require("early_fee.amount_fen", "out_of_range", that=_is_whole(fee.amount_fen, 0, FEN_MAX))
    if fee.periods is not None:
        _require("early_fee.periods", "out_of_range", that=_is_whole(fee.periods, 1, COUNT_MAX))


def _check_lateness(terms: Terms) -> None:
    _require("grace_days", "out_of_range", that=_is_whole(terms.grace_days, 0, 366))
    _require("penalty_factor", "out_of_range", that=is_rate(terms.penalty_factor, most=RATE_MAX))
    _require("penalty_year_days", "out_of_range", that=terms.penalty_year_days in YEAR_DAYS)
    if terms.penalty_cap is not None:
        _require("penalty_cap", "out_of_range", that=is_rate(terms.penalty_cap, most=RATE_MAX))
    _require("waterfall", "incomplete", that=terms.waterfall.is_complete)


def _check_fee(fee: Fee, path: str) -> None:
    _require(f"{path}.timing", "taken_up_front", that=fee.timing is not FeeTiming.UP_FRONT)
    _require(f"{path}.code", "empty", that=bool(fee.code.strip()))
    _require(f"{path}.amount_fen", "out_of_range", that=_is_whole(fee.amount_fen, 0, FEN_MAX))
    _require(f"{path}.rate", "out_of_range", that=is_rate(fee.rate, most=1))
    match fee.base:
        case FeeBase.FIXED:
            _require(f"{path}.rate", "needs_base", that=fee.rate == 0)
        case FeeBase.PRINCIPAL:
            _require(f"{path}.amount_fen", "needs_fixed", that=fee.amount_fen == 0)
        case FeeBase.BALANCE:
            _require(f"{path}.amount_fen", "needs_fixed", that=fee.amount_fen == 0)
            _require(f"{path}.timing", "needs_each", that=fee.timing is FeeTiming.EACH)
            _require(f"{path}.owed_in_full", "accrues_by_day", that=not fee.owed_in_full)
