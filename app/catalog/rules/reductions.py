"""What somebody else pays of a loan's interest: a subsidy or a coupon, inside the yearly cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.catalog.rules.cost import WholeCost, whole_cost
from app.catalog.rules.policy import PolicyBook
from app.catalog.rules.product import Need
from app.loanmath import apr
from app.loanmath.money import round_ratio
from app.loanmath.schedule import Installment, Terms

STATE = "state"
"""The code of the state as a paying party."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """
    What one party pays of a plan's interest instead of the borrower.

    Attributes:
        payer: The paying party's code: the state, a maker, we ourselves for a coupon.
        code: What it is called among the loan's parts, such as INTEREST_SUBSIDY or COUPON.
        by_number: Installment numbers with the fen taken off their interest.
    """

    payer: str
    code: str
    by_number: tuple[tuple[int, int], ...]

    @property
    def total_fen(self) -> int:
        """Return all of it."""
        return sum(fen for _, fen in self.by_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReducedCost:
    """What a borrower pays when others pay a part of the interest."""

    cost: WholeCost
    """Without any reduction: what the plan asks for, whoever pays it."""
    reductions: tuple[Reduction, ...]
    total_fen: int
    """What the borrower pays in all."""
    annual_cost: Decimal
    """The borrower's yearly cost, the monthly cost times twelve."""
    annual_cost_effective: Decimal

    @property
    def reduced_fen(self) -> int:
        """Return what all others pay together."""
        return sum(one.total_fen for one in self.reductions)


def reduced_cost(terms: Terms, reductions: Sequence[Reduction]) -> ReducedCost:
    """
    Reckon a loan's cost to the borrower with what others pay taken out of each installment.

    Nobody can pay more of an installment than the interest in it, all payers together; what is
    beyond that is cut, the later payer's first.

    Raises:
        TermsRefused: The terms make no plan.
    """
    cost = whole_cost(terms)
    left = {row.number: row.interest_fen for row in cost.installments}
    cut: list[Reduction] = []
    for one in reductions:
        taken: list[tuple[int, int]] = []
        for number, fen in one.by_number:
            off_fen = min(max(fen, 0), left.get(number, 0))
            if off_fen:
                left[number] -= off_fen
                taken.append((number, off_fen))
        if taken:
            cut.append(replace(one, by_number=tuple(taken)))
    off = {row.number: row.interest_fen - left[row.number] for row in cost.installments}
    flows = [(terms.disbursed_on, terms.principal_fen)]
    flows += [
        (row.due_on, off[row.number] - row.total_fen)
        for row in cost.installments
        if row.total_fen != off[row.number]
    ]
    is_reduced = any(off.values())
    return ReducedCost(
        cost=cost,
        reductions=tuple(cut),
        total_fen=cost.total_fen - sum(off.values()),
        annual_cost=apr.irr_nominal(flows) if is_reduced else cost.annual_cost,
        annual_cost_effective=apr.irr_effective(flows)
        if is_reduced
        else cost.annual_cost_effective,
    )


def coupon(terms: Terms, amount_fen: int, *, payer: str) -> Reduction:
    """Return a coupon: so many fen off the interest, the earliest installments first."""
    left_fen = amount_fen
    by_number: list[tuple[int, int]] = []
    for row in whole_cost(terms).installments:
        off_fen = min(left_fen, row.interest_fen)
        left_fen -= off_fen
        if off_fen:
            by_number.append((row.number, off_fen))
    return Reduction(payer=payer, code="COUPON", by_number=tuple(by_number))


def interest_subsidy(
    terms: Terms, need: Need, book: PolicyBook, *, used_fen: int = 0
) -> Reduction | None:
    """
    Return what the state pays of a qualifying loan's interest; None where it pays nothing.

    A rate a year on the balance, at most a share of the contract rate, for the days up to the
    policy's last one, and at most a sum per person and year, of which `used_fen` is gone
    (财金〔2025〕80号). What falls between fen stays with the borrower.
    """
    table = book.table("interest_subsidy")
    share_max = Decimal(str(table["share_of_rate_max"]))
    rate = min(Decimal(str(table["annual_rate"])), terms.annual_rate * share_max)
    names = {"interest_subsidy_until", "interest_subsidy_needs"}
    if not rate or not names <= set(book.values):
        return None
    if need.value not in book.words("interest_subsidy_needs"):
        return None
    until = date.fromisoformat(str(book.value("interest_subsidy_until").value))
    left_fen = int(table["person_year_max_fen"]) - used_fen
    by_number: list[tuple[int, int]] = []
    since = terms.disbursed_on
    for row in whole_cost(terms).installments:
        off_fen = min(_subsidized(row, since, until, share=rate / terms.annual_rate), left_fen)
        if off_fen > 0:
            by_number.append((row.number, off_fen))
            left_fen -= off_fen
        since = row.due_on
    if not by_number:
        return None
    return Reduction(payer=STATE, code="INTEREST_SUBSIDY", by_number=tuple(by_number))


def _subsidized(row: Installment, since: date, until: date, *, share: Decimal) -> int:
    """Return a part of a row's interest for those of its days on which the policy holds."""
    days = (row.due_on - since).days
    # The first day bears interest and the last does not, so the policy's last day still counts.
    held = min(max((until - since).days + 1, 0), days)
    if days <= 0 or held == 0:
        return 0
    numerator, denominator = (share * row.interest_fen * held).as_integer_ratio()
    exact = numerator // (denominator * days)
    assert exact <= round_ratio(row.interest_fen, 1), "nobody pays more than the interest"
    return exact
