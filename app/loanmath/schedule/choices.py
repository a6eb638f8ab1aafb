"""The conventions terms can choose between."""

from enum import StrEnum


class Method(StrEnum):
    """How principal and interest come back."""

    EQUAL_INSTALLMENT = "EQUAL_INSTALLMENT"
    """等额本息: the same amount each time, ever less of it interest."""
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL"
    """等额本金: the same principal each time (rounded as a level installment is; the last takes
    the rest), with the interest on what is left."""
    INTEREST_ONLY = "INTEREST_ONLY"
    """先息后本: interest each time, the principal with the last."""
    BULLET = "BULLET"
    """一次还本付息: everything once, after `count` periods, which count as a single one."""
    FLAT = "FLAT"
    """等本等息: the same principal and the same interest, on the first principal, each time."""
    SEASONAL = "SEASONAL"
    """Principal by weights, zero in lean months, with the interest on what is left."""
    REVOLVING = "REVOLVING"
    """随借随还: interest by the day on what is drawn, principal at the end or at any time."""


class Unit(StrEnum):
    """What due dates are counted in."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class FirstPeriod(StrEnum):
    """Where the first due date lies when the due day is not the day of disbursement."""

    NEXT = "NEXT"
    """The due day one period's months after the month of disbursement."""
    LONG = "LONG"
    """The first due day at least one whole period away."""
    SHORT = "SHORT"
    """The first due day after disbursement."""


class FirstInstallment(StrEnum):
    """What a first period of another length does to level installments."""

    RESOLVED = "RESOLVED"
    """One level installment over the true periods."""
    ODD_DAYS_ADDED = "ODD_DAYS_ADDED"
    """The level of regular periods; the first installment bears the odd days' interest on top."""
    KEPT = "KEPT"
    """The level of regular periods; the first pays more interest out of it, the last settles."""
    WHOLE_PERIOD = "WHOLE_PERIOD"
    """The first period bears the interest of a regular one, whatever its length."""


class InterestStep(StrEnum):
    """When accrued interest becomes whole fen."""

    PER_PERIOD = "PER_PERIOD"
    """The whole interest of a period is rounded once, however often its balance changed."""
    PER_SEGMENT = "PER_SEGMENT"
    """Each stretch of unchanged balance and rate is rounded by itself."""
    AT_SETTLEMENT = "AT_SETTLEMENT"
    """It is rounded when an installment or an early repayment settles it, and starts anew."""
    CARRIED = "CARRIED"
    """What rounding takes from one installment goes into the next."""
    UNROUNDED = "UNROUNDED"
    """Nothing is rounded until it is shown: level, interest and balance stay exact in between. A
    row shows its own interest rounded, and the principal between two rounded balances."""


class Residual(StrEnum):
    """Where the last row's rounding goes in a plan of level installments."""

    LAST_PRINCIPAL = "LAST_PRINCIPAL"
    """The last row repays what is left, with its own interest: its total differs by some fen."""
    LAST_INTEREST = "LAST_INTEREST"
    """The last row's total is level, where rounding alone kept it from that, by its interest."""
    SMOOTHED = "SMOOTHED"
    """The level that brings the last row closest to it is taken instead of the rounded one."""


class Moratorium(StrEnum):
    """What the first periods leave out."""

    NONE = "NONE"
    PRINCIPAL = "PRINCIPAL"
    """Interest falls due, principal does not."""
    PRINCIPAL_AND_INTEREST = "PRINCIPAL_AND_INTEREST"
    """Nothing falls due; the interest, never compounded, falls due with the first row after."""


class PenaltyStart(StrEnum):
    """From which day penalty interest counts once the grace days are over."""

    AFTER_GRACE = "AFTER_GRACE"
    """From the end of the grace days."""
    DUE_DATE = "DUE_DATE"
    """Back from the due date."""


class Prepayment(StrEnum):
    """What money beyond the dues does."""

    REDUCE_TERM = "REDUCE_TERM"
    """Repays principal today, after the interest it has borne: the installment stays, the last ones
    fall away. What was paid of the running row's interest stands in it."""
    REDUCE_INSTALLMENT = "REDUCE_INSTALLMENT"
    """Repays principal today: the due dates stay, each installment is smaller."""
    PARK_AT_END = "PARK_AT_END"
    """Repays principal today: the last rows' principal is what it repays."""
    PAY_NEXT = "PAY_NEXT"
    """Pays the next installments as planned, their interest too, ahead of their day."""
    HOLD = "HOLD"
    """Is held, and pays dues as they fall due."""


class EarlyFeeOn(StrEnum):
    """Which early repayments a fee is asked for."""

    ANY = "ANY"
    """Every one that repays principal ahead of plan."""
    PAYOFF = "PAYOFF"
    """Only the one that closes the loan."""


class EarlyInterest(StrEnum):
    """How much of the current period's interest an early settlement pays."""

    TO_THE_DAY = "TO_THE_DAY"
    """What has accrued up to the day."""
    WHOLE_PERIOD = "WHOLE_PERIOD"
    """The whole period's."""


class FeeBase(StrEnum):
    """What a fee is a part of."""

    FIXED = "FIXED"
    """An amount."""
    PRINCIPAL = "PRINCIPAL"
    """A rate on the principal lent, for the whole loan or each installment as `timing` says."""
    BALANCE = "BALANCE"
    """A yearly rate on what is left, accruing like interest."""


class FeeTiming(StrEnum):
    """When a fee falls due."""

    EACH = "EACH"
    """Its amount with every installment."""
    SPREAD = "SPREAD"
    """Its amount in equal parts over all installments."""
    FIRST = "FIRST"
    """Its amount with the first installment."""
    LAST = "LAST"
    """Its amount with the last installment."""
    UP_FRONT = "UP_FRONT"
    """Out of the money lent. Civil Code art. 670 forbids it (砍头息): such terms are refused."""
