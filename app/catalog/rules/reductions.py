"""What somebody else pays of a loan's interest: a subsidy or a coupon, inside the yearly cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import msgspec

from app.catalog.rules.cost import WholeCost, whole_cost
from app.catalog.rules.policy import PolicyBook
from app.catalog.rules.product import Need, Payee
from app.loanmath import apr
from app.loanmath.money import round_ratio
from app.loanmath.schedule import Installment, Terms

STATE = "state"
"""The code of the state as a paying party."""
OURSELVES = "qingmiao"
"""Our own code, as the payer of a coupon."""
SUBSIDY_CODE = "INTEREST_SUBSIDY"
NOTHING_USED: Mapping[int, int] = MappingProxyType({})


class Reduction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What one party pays of a plan's interest instead of the borrower.

    Attributes:
        payer: The paying party's code: the state, or we ourselves for a coupon.
        code: What it is called among the loan's parts: INTEREST_SUBSIDY, or a coupon's own name.
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
            cut.append(msgspec.structs.replace(one, by_number=tuple(taken)))
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


def coupon(
    terms: Terms, amount_fen: int, *, payer: str, code: str, after: Sequence[Reduction] = ()
) -> Reduction:
    """Return a coupon: so many fen off the interest others leave, the earliest first."""
    left_fen = amount_fen
    taken: defaultdict[int, int] = defaultdict(int)
    for one in after:
        for number, fen in one.by_number:
            taken[number] += fen
    by_number: list[tuple[int, int]] = []
    for row in whole_cost(terms).installments:
        off_fen = min(left_fen, max(row.interest_fen - taken[row.number], 0))
        left_fen -= off_fen
        if off_fen:
            by_number.append((row.number, off_fen))
    return Reduction(payer=payer, code=code, by_number=tuple(by_number))


def campaign_coupon(
    terms: Terms, need: Need, book: PolicyBook, *, after: Sequence[Reduction] = ()
) -> Reduction | None:
    """
    Return the coupon that a campaign of ours gives on a day; None where none runs for the need.

    A campaign is dated policy (`interest_coupon`, `interest_coupon_needs`, `interest_coupon_until`)
    that staff publish by two. One person has a coupon of one name once; who had it is known when an
    offer is made.
    """
    names = {"interest_coupon", "interest_coupon_needs", "interest_coupon_until"}
    if not names <= set(book.values):
        return None
    table = book.table("interest_coupon")
    until = date.fromisoformat(str(book.value("interest_coupon_until").value))
    is_running = book.on <= until and need.value in book.words("interest_coupon_needs")
    if not is_running or not int(table["amount_fen"]):
        return None
    made = coupon(
        terms, int(table["amount_fen"]), payer=OURSELVES, code=str(table["code"]), after=after
    )
    return made if made.by_number else None


def is_use_proven(need: Need, payee: Payee, book: PolicyBook) -> bool:
    """
    Tell whether a loan surely qualifies for the subsidy: its need does, and its use is proven.

    Where the money goes straight to the seller, what it buys is known when it is lent; where the
    borrower is paid, the purchase has to be shown first.
    """
    if "interest_subsidy_payees" not in book.values:
        return False
    needs = book.words("interest_subsidy_needs")
    return need.value in needs and payee.value in book.words("interest_subsidy_payees")


def interest_subsidy(
    terms: Terms,
    need: Need,
    book: PolicyBook,
    *,
    used_by_year: Mapping[int, int] = NOTHING_USED,
) -> Reduction | None:
    """
    Return what the state pays of a qualifying loan's interest; None where it pays nothing.

    A rate a year on the balance, at most a share of the contract rate, for the days up to the
    policy's last one, and at most a sum per person and year, of which `used_by_year` is gone
    (财金〔2025〕80号). An installment counts for the year in which its period begins. What falls
    between fen stays with the borrower.
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
    used: defaultdict[int, int] = defaultdict(int, used_by_year)
    by_number: list[tuple[int, int]] = []
    since = terms.disbursed_on
    for row in whole_cost(terms).installments:
        left_fen = int(table["person_year_max_fen"]) - used[since.year]
        off_fen = min(_subsidized(row, since, until, share=rate / terms.annual_rate), left_fen)
        if off_fen > 0:
            by_number.append((row.number, off_fen))
            used[since.year] += off_fen
        since = row.due_on
    if not by_number:
        return None
    return Reduction(payer=STATE, code=SUBSIDY_CODE, by_number=tuple(by_number))


def years_of(terms: Terms) -> Mapping[int, int]:
    """Return for which year each installment counts: the one in which its period begins."""
    since, years = terms.disbursed_on, dict[int, int]()
    for row in whole_cost(terms).installments:
        years[row.number] = since.year
        since = row.due_on
    return years


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
