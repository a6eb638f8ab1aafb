"""The terms of a loan and the plan they make."""

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
from app.loanmath.schedule.dates import due_dates
from app.loanmath.schedule.plan import Installment, amortize
from app.loanmath.schedule.terms import Drawdown, EarlyFee, Fee, Terms

__all__ = [
    "Drawdown",
    "EarlyFee",
    "EarlyFeeOn",
    "EarlyInterest",
    "Fee",
    "FeeBase",
    "FeeTiming",
    "FirstInstallment",
    "FirstPeriod",
    "Installment",
    "InterestStep",
    "Method",
    "Moratorium",
    "PenaltyStart",
    "Prepayment",
    "Residual",
    "Terms",
    "Unit",
    "amortize",
    "due_dates",
]
