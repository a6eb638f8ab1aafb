"""The amounts of each type that can be asked for their explanation."""

from enum import Enum
from typing import Annotated

import strawberry

from app.loanmath.explain import Figure
from app.servicing.graphql.figures import described


@strawberry.enum(description="An amount of a loan.")
class LoanAmount(Enum):
    """Amounts of `Loan`."""

    LENT = described("LENT", "`lent`")
    PRINCIPAL = described("PRINCIPAL", "`principal`")
    BALANCE = described("BALANCE", "`balance`")
    DUE_NOW = described("DUE_NOW", "`dueNow`")
    OVERDUE = described("OVERDUE", "`overdue`")
    PENALTY = described("PENALTY", "`penalty`")
    UNAPPLIED = described("UNAPPLIED", "`unapplied`")
    REFUNDABLE = described("REFUNDABLE", "`refundable`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        is_held = self is LoanAmount.REFUNDABLE
        return Figure.LOAN_UNAPPLIED if is_held else Figure(f"LOAN_{self.name}")


@strawberry.enum(description="An amount of an installment.")
class InstallmentAmount(Enum):
    """Amounts of `Installment`."""

    TOTAL = described("TOTAL", "`total`")
    PAID = described("PAID", "`paid`")
    LEFT = described("LEFT", "`left`")
    PRINCIPAL = described("PRINCIPAL", "`principal`")
    INTEREST = described("INTEREST", "`interest`")
    FEE = described("FEE", "`fee`")
    COST = described("COST", "`cost`")
    PENALTY = described("PENALTY", "`penalty`")
    WAIVED = described("WAIVED", "`waived`")
    PAID_BY_OTHERS = described("PAID_BY_OTHERS", "`paidByOthers`")
    PAID_PRINCIPAL = described("PAID_PRINCIPAL", "`paidPrincipal`")
    PAID_INTEREST = described("PAID_INTEREST", "`paidInterest`")
    PAID_FEE = described("PAID_FEE", "`paidFee`")
    PAID_COST = described("PAID_COST", "`paidCost`")
    PAID_PENALTY = described("PAID_PENALTY", "`paidPenalty`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        if self is InstallmentAmount.PAID_BY_OTHERS:
            return Figure.COUPON
        is_part_paid = self.name.startswith("PAID_")
        return Figure(self.name if is_part_paid else f"INSTALLMENT_{self.name}")


@strawberry.enum(description="An amount of a payoff.")
class PayoffAmount(Enum):
    """Amounts of `Payoff`."""

    AMOUNT = described("AMOUNT", "`amount`")
    PRINCIPAL = described("PRINCIPAL", "`principal`")
    INTEREST = described("INTEREST", "`interest`")
    FEE = described("FEE", "`fee`")
    COST = described("COST", "`cost`")
    PENALTY = described("PENALTY", "`penalty`")
    CREDIT = described("CREDIT", "`credit`")
    SAVED = described("SAVED", "`saved`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        return Figure(f"PAYOFF_{self.name}")


@strawberry.enum(description="An amount of a payoff quote.")
class PayoffQuoteAmount(Enum):
    """Amounts of `PayoffQuote`."""

    AMOUNT = described("AMOUNT", "`amount`")
    PRINCIPAL = described("PRINCIPAL", "`principal`")
    INTEREST = described("INTEREST", "`interest`")
    FEE = described("FEE", "`fee`")
    COST = described("COST", "`cost`")
    PENALTY = described("PENALTY", "`penalty`")
    CREDIT = described("CREDIT", "`credit`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        return Figure(f"PAYOFF_{self.name}")


@strawberry.enum(description="An amount of what a repayment would do.")
class PaymentPreviewAmount(Enum):
    """Amounts of `PaymentPreview`."""

    AMOUNT = described("AMOUNT", "`amount`")
    PRINCIPAL = described("PRINCIPAL", "`principal`")
    INTEREST = described("INTEREST", "`interest`")
    FEE = described("FEE", "`fee`")
    COST = described("COST", "`cost`")
    PENALTY = described("PENALTY", "`penalty`")
    UNAPPLIED = described("UNAPPLIED", "`unapplied`")
    BALANCE_AFTER = described("BALANCE_AFTER", "`balanceAfter`")
    DUE_NOW_AFTER = described("DUE_NOW_AFTER", "`dueNowAfter`")
    INTEREST_SAVED = described("INTEREST_SAVED", "`interestSaved`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        if self is PaymentPreviewAmount.INTEREST_SAVED:
            return Figure.INTEREST_SAVED
        if self.name.endswith("_AFTER"):
            return Figure(f"LOAN_{self.name.removesuffix('_AFTER')}")
        return Figure(f"REPAYMENT_{self.name}")


@strawberry.enum(description="An amount of a receipt.")
class ReceiptAmount(Enum):
    """Amounts of `Receipt`."""

    AMOUNT = described("AMOUNT", "`amount`")
    PRINCIPAL = described("PRINCIPAL", "`principal`")
    INTEREST = described("INTEREST", "`interest`")
    FEE = described("FEE", "`fee`")
    COST = described("COST", "`cost`")
    PENALTY = described("PENALTY", "`penalty`")
    UNAPPLIED = described("UNAPPLIED", "`unapplied`")
    BALANCE = described("BALANCE", "`balance`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        is_balance = self is ReceiptAmount.BALANCE
        return Figure.LOAN_BALANCE if is_balance else Figure(f"REPAYMENT_{self.name}")


@strawberry.enum(description="An amount of an offer.")
class OfferAmount(Enum):
    """Amounts of `Offer`."""

    AMOUNT = described("AMOUNT", "`amount`")
    FIRST_PAYMENT = described("FIRST_PAYMENT", "`firstPayment`")
    LARGEST_PAYMENT = described("LARGEST_PAYMENT", "`largestPayment`")
    TOTAL_INTEREST = described("TOTAL_INTEREST", "`totalInterest`")
    TOTAL_FEES = described("TOTAL_FEES", "`totalFees`")
    TOTAL = described("TOTAL", "`total`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        return {
            OfferAmount.AMOUNT: Figure.LOAN_LENT,
            OfferAmount.FIRST_PAYMENT: Figure.INSTALLMENT_TOTAL,
            OfferAmount.LARGEST_PAYMENT: Figure.INSTALLMENT_TOTAL,
            OfferAmount.TOTAL_INTEREST: Figure.LOAN_INTEREST,
            OfferAmount.TOTAL_FEES: Figure.LOAN_FEE,
            OfferAmount.TOTAL: Figure.LOAN_TOTAL,
        }[self]


@strawberry.enum(description="An amount of an offered installment.")
class OfferInstallmentAmount(Enum):
    """Amounts of `OfferInstallment`."""

    PRINCIPAL = described("PRINCIPAL", "`principal`")
    INTEREST = described("INTEREST", "`interest`")
    FEES = described("FEES", "`fees`")
    TOTAL = described("TOTAL", "`total`")
    PAID_BY_OTHERS = described("PAID_BY_OTHERS", "`paidByOthers`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        if self is OfferInstallmentAmount.PAID_BY_OTHERS:
            return Figure.COUPON
        return Figure(f"INSTALLMENT_{self.name.removesuffix('S')}")


@strawberry.enum(description="An amount of an arrangement that could be made.")
class HardshipOptionAmount(Enum):
    """Amounts of `HardshipOption`."""

    NEXT_AMOUNT = described("NEXT_AMOUNT", "`nextAmount`")
    HIGHEST_INSTALLMENT = described("HIGHEST_INSTALLMENT", "`highestInstallment`")
    TO_PAY = described("TO_PAY", "`toPay`")
    DIFFERENCE = described("DIFFERENCE", "`difference`")
    INTEREST_DIFFERENCE = described("INTEREST_DIFFERENCE", "`interestDifference`")
    WAIVED = described("WAIVED", "`waived`")
    SHORTFALL = described("SHORTFALL", "`shortfall`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        return {
            HardshipOptionAmount.NEXT_AMOUNT: Figure.LOAN_NEXT_TO_PAY,
            HardshipOptionAmount.HIGHEST_INSTALLMENT: Figure.INSTALLMENT_LEFT,
            HardshipOptionAmount.TO_PAY: Figure.LOAN_TO_PAY,
            HardshipOptionAmount.DIFFERENCE: Figure.CHANGE_TO_PAY,
            HardshipOptionAmount.INTEREST_DIFFERENCE: Figure.CHANGE_INTEREST,
            HardshipOptionAmount.WAIVED: Figure.CHANGE_WAIVED,
            HardshipOptionAmount.SHORTFALL: Figure.SHORTFALL,
        }[self]


@strawberry.enum(description="An amount of a loan's figures around a correction.")
class CorrectionAmount(Enum):
    """Amounts of `CorrectionFigures`."""

    PRINCIPAL = described("PRINCIPAL", "`principal`")
    INTEREST = described("INTEREST", "`interest`")
    FEE = described("FEE", "`fee`")
    COST = described("COST", "`cost`")
    PENALTY = described("PENALTY", "`penalty`")
    BALANCE = described("BALANCE", "`balance`")
    DUE_NOW = described("DUE_NOW", "`dueNow`")
    OVERDUE = described("OVERDUE", "`overdue`")
    UNAPPLIED = described("UNAPPLIED", "`unapplied`")
    WAIVED = described("WAIVED", "`waived`")
    PAYOFF = described("PAYOFF", "`payoff`")
    NEXT_AMOUNT = described("NEXT_AMOUNT", "`nextAmount`")

    @property
    def figure(self) -> Figure:
        """Which figure it is."""
        left = {"INTEREST", "FEE", "COST", "PENALTY"}
        return {
            CorrectionAmount.PAYOFF: Figure.PAYOFF_AMOUNT,
            CorrectionAmount.NEXT_AMOUNT: Figure.LOAN_NEXT,
        }.get(self) or Figure(f"LOAN_{self.name}{'_LEFT' if self.name in left else ''}")


OfLoan = Annotated[LoanAmount, strawberry.argument(description="Which amount.")]
OfCorrection = Annotated[CorrectionAmount, strawberry.argument(description="Which amount.")]
OfHardshipOption = Annotated[HardshipOptionAmount, strawberry.argument(description="Which amount.")]
OfInstallment = Annotated[InstallmentAmount, strawberry.argument(description="Which amount.")]
OfOffer = Annotated[OfferAmount, strawberry.argument(description="Which amount.")]
OfOfferInstallment = Annotated[
    OfferInstallmentAmount, strawberry.argument(description="Which amount.")
]
OfPayoff = Annotated[PayoffAmount, strawberry.argument(description="Which amount.")]
OfPayoffQuote = Annotated[PayoffQuoteAmount, strawberry.argument(description="Which amount.")]
OfPreview = Annotated[PaymentPreviewAmount, strawberry.argument(description="Which amount.")]
OfReceipt = Annotated[ReceiptAmount, strawberry.argument(description="Which amount.")]
