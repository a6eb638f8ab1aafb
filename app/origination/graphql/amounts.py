"""The amounts and yearly rates of offers and certificates that can be asked for an explanation."""

from enum import Enum
from typing import Annotated

import strawberry

from app.loanmath.explain import Figure, RateFigure
from app.servicing.graphql.figures import described


@strawberry.enum(description="An amount of a cost certificate.")
class CostCertificateAmount(Enum):
    """Amounts of `CostCertificate`."""

    PRINCIPAL = described("PRINCIPAL", "`principal`")
    TOTAL_COST = described("TOTAL_COST", "`totalCost`")
    TOTAL = described("TOTAL", "`total`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        return {
            CostCertificateAmount.PRINCIPAL: Figure.LOAN_LENT,
            CostCertificateAmount.TOTAL_COST: Figure.LOAN_CHARGES,
            CostCertificateAmount.TOTAL: Figure.LOAN_TOTAL,
        }[self]


@strawberry.enum(description="A yearly rate of a cost certificate.")
class CostCertificateRate(Enum):
    """Rates of `CostCertificate`."""

    CONTRACT_RATE = described("CONTRACT_RATE", "`contractRate`")
    ANNUALIZED_COST = described("ANNUALIZED_COST", "`annualizedCost`")
    ANNUALIZED_COST_COMPOUND = described("ANNUALIZED_COST_COMPOUND", "`annualizedCostCompound`")

    @property
    def figure(self) -> RateFigure:
        """Which rate it is."""
        return RateFigure(self.name)


@strawberry.enum(description="A yearly rate of an offer.")
class OfferRate(Enum):
    """Rates of `Offer`."""

    ANNUAL_RATE = described("ANNUAL_RATE", "`annualRate`")
    ANNUALIZED_COST = described("ANNUALIZED_COST", "`annualizedCost`")

    @property
    def figure(self) -> RateFigure:
        """Which rate it is."""
        is_contract = self is OfferRate.ANNUAL_RATE
        return RateFigure.CONTRACT_RATE if is_contract else RateFigure.ANNUALIZED_COST


OfCostCertificate = Annotated[
    CostCertificateAmount, strawberry.argument(description="Which amount.")
]
OfCostCertificateRate = Annotated[
    CostCertificateRate, strawberry.argument(description="Which rate.")
]
OfOfferRate = Annotated[OfferRate, strawberry.argument(description="Which rate.")]
