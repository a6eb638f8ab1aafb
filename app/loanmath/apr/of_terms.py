"""The annualized rates of a loan's terms, on the flows its plan makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from app.loanmath.apr.conventions import eu_apr, irr_effective, irr_nominal, us_actuarial
from app.loanmath.apr.equation import CONTEXT
from app.loanmath.apr.series import Flow
from app.loanmath.apr.timed import RATE_DECIMALS
from app.loanmath.schedule.plan import Installment, amortize
from app.loanmath.schedule.terms import Terms


@dataclass(frozen=True, slots=True)
class AnnualRates:
    """Four annualized costs of one plan; 0.144 is 14.4 %."""

    irr_nominal: Decimal
    irr_effective: Decimal
    eu: Decimal
    us: Decimal


@dataclass(frozen=True, slots=True)
class DailyReadings:
    """What a daily rate says for a year, under its three readings."""

    times_360: Decimal
    times_365: Decimal
    compounded: Decimal


def rates(terms: Terms) -> AnnualRates:
    """
    Return the annualized rates of the plan these terms make, fees included.

    Raises:
        NoRate: No rate makes the flows worth nothing.
        SeveralRates: More than one does.
        TermsRefused: The terms make no plan.
    """
    return rates_of(flows_of(terms, amortize(terms)))


def rates_of(flows: Sequence[Flow]) -> AnnualRates:
    """Return the annualized rates of flows."""
    return AnnualRates(
        irr_nominal=irr_nominal(flows),
        irr_effective=irr_effective(flows),
        eu=eu_apr(flows),
        us=us_actuarial(flows),
    )


def flows_of(terms: Terms, plan: Sequence[Installment]) -> list[Flow]:
    """Return what the borrower gets and pays: the principal in, each installment out."""
    lent = [(terms.disbursed_on, terms.principal_fen)]
    return lent + [(row.due_on, -row.total_fen) for row in plan if row.total_fen]


def daily_readings(daily_rate: Decimal) -> DailyReadings:
    """Return the year of a daily rate: 360 times, 365 times, and compounded over 365 days."""
    with localcontext(CONTEXT):
        compounded = (1 + daily_rate) ** 365 - 1
        return DailyReadings(
            times_360=daily_rate * 360,
            times_365=daily_rate * 365,
            compounded=compounded.quantize(RATE_DECIMALS, rounding=ROUND_HALF_EVEN),
        )
