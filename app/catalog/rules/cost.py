"""What a product costs in all: its terms for an amount, the plan they make, the yearly rate."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from app.catalog.rules.offered import OfferedProduct
from app.catalog.rules.policy import PolicyBook
from app.loanmath import apr
from app.loanmath.calendar import add_months
from app.loanmath.money import round_ratio
from app.loanmath.schedule import Fee, Installment, Method, Terms, amortize


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCost:
    """Everything a borrower pays for an amount, if every payment is on time."""

    amount_fen: int
    months: int
    annual_rate: Decimal
    """The yearly contract rate it was reckoned with."""
    monthly_payment_fen: int
    """The whole repayment divided by the months: what to put aside each month."""
    first_payment_fen: int
    largest_payment_fen: int
    total_interest_fen: int
    total_fees_fen: int
    total_fen: int
    """Principal, interest and fees together."""
    annual_cost: Decimal
    """
    All of it as a yearly rate, the monthly cost times twelve; never shown below the contract rate,
    which a single repayment at the end would otherwise undercut.
    """
    annual_cost_effective: Decimal
    """All of it as a yearly rate with compounding: what is compared with the cap."""
    installments: tuple[Installment, ...]


def loan_terms(
    offered: OfferedProduct,
    book: PolicyBook,
    *,
    amount_fen: int,
    months: int,
    annual_rate: Decimal,
    disbursed_on: date,
    due_day: int | None = None,
) -> Terms:
    """
    Return the terms of a loan of an offered product.

    The first due date is the first due day far enough away, as the policy says, so that nobody
    pays within days of getting the money.

    Raises:
        TermsRefused: These terms cannot make a loan.
        PolicyValueMissing: A policy value the product refers to does not hold on the day.
    """
    product = offered.product
    return Terms(
        principal_fen=amount_fen,
        annual_rate=annual_rate,
        method=product.method,
        disbursed_on=disbursed_on,
        count=months,
        due_day=due_day,
        first_due_on=None if due_day is None else _first_due(disbursed_on, due_day, book),
        day_count=product.day_count,
        month_weights=offered.month_weights if product.method is Method.SEASONAL else (),
        fees=tuple(
            Fee(
                code=fee.code,
                base=fee.base,
                timing=fee.timing,
                amount_fen=fee.amount_fen,
                rate=fee.rate,
            )
            for fee in product.fees
        ),
        grace_days=book.whole(product.grace_policy),
        penalty_factor=book.rate(product.penalty_policy),
    )


@lru_cache(maxsize=4_096)
def whole_cost(terms: Terms) -> WholeCost:
    """
    Reckon the whole cost of a loan on its terms, paid on time; what was reckoned is kept.

    Raises:
        TermsRefused: The terms make no plan.
    """
    plan = amortize(terms)
    flows = apr.flows_of(terms, plan)
    total_fen = sum(installment.total_fen for installment in plan)
    return WholeCost(
        amount_fen=terms.principal_fen,
        months=terms.count,
        annual_rate=terms.annual_rate,
        monthly_payment_fen=round_ratio(total_fen, terms.count),
        first_payment_fen=plan[0].total_fen,
        largest_payment_fen=max(installment.total_fen for installment in plan),
        total_interest_fen=sum(installment.interest_fen for installment in plan),
        total_fees_fen=sum(installment.fee_fen for installment in plan),
        total_fen=total_fen,
        annual_cost=max(apr.irr_nominal(flows), terms.annual_rate),
        annual_cost_effective=apr.irr_effective(flows),
        installments=plan,
    )


def usual_cost(
    offered: OfferedProduct, book: PolicyBook, *, amount_fen: int, months: int
) -> WholeCost:
    """
    Reckon the whole cost at the rate most borrowers pay, borrowed today.

    Raises:
        TermsRefused: The terms make no plan.
    """
    terms = loan_terms(
        offered,
        book,
        amount_fen=amount_fen,
        months=months,
        annual_rate=offered.annual_rate,
        disbursed_on=book.on,
    )
    return whole_cost(terms)


def typical_cost(offered: OfferedProduct, book: PolicyBook) -> WholeCost:
    """Reckon the whole cost of the typical amount and months, borrowed today."""
    return usual_cost(
        offered, book, amount_fen=offered.amount.typical_fen, months=offered.terms.typical
    )


def _first_due(disbursed_on: date, due_day: int, book: PolicyBook) -> date:
    earliest = disbursed_on + timedelta(days=book.whole("first_due_days_min"))
    due_on = add_months(earliest, 0, due_day)
    return due_on if due_on >= earliest else add_months(earliest, 1, due_day)
