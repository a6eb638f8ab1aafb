"""What credit costs in a year: four annualized rates of the flows a borrower sees."""

from app.loanmath.apr.conventions import (
    eu_apr,
    irr_effective,
    irr_nominal,
    present_value,
    us_actuarial,
)
from app.loanmath.apr.of_terms import AnnualRates, DailyReadings, daily_readings, flows_of, rates
from app.loanmath.apr.series import Flow
from app.loanmath.apr.units import Interval, UnitPeriod, UnitTime
from app.loanmath.errors import NoRate, SeveralRates

__all__ = [
    "AnnualRates",
    "DailyReadings",
    "Flow",
    "Interval",
    "NoRate",
    "SeveralRates",
    "UnitPeriod",
    "UnitTime",
    "daily_readings",
    "eu_apr",
    "flows_of",
    "irr_effective",
    "irr_nominal",
    "present_value",
    "rates",
    "us_actuarial",
]
