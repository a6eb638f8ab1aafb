"""Reports on the book: sums by product, county and funder, held to the ledger to the fen."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from app.catalog.rules.cost import whole_cost
from app.foundation.anonymity import without_small_groups
from app.foundation.database import business_date
from app.identity.queries.regions import regions_by_borrower
from app.ledger import queries as ledger
from app.ledger.queries.books import given_up_between, loans_total
from app.loanmath.life import Bucket
from app.loanmath.money import split_fen
from app.loanmath.schedule import Terms
from app.origination.queries.regions import regions_by_application
from app.servicing.queries.portfolio import (
    BookedLoan,
    book_of,
    recovered_between,
)
from app.servicing.rules import Funder

UNKNOWN = "UNKNOWN"
"""The county of a loan whose borrower has named none."""

COST_BOUNDS = tuple(
    Decimal(one) for one in ("0.06", "0.08", "0.10", "0.12", "0.15", "0.18", "0.24")
)
"""Where the bands of annualized cost end; the last has no end."""
COSTS_CACHED = 10_000

Lateness = Mapping[Bucket, tuple[int, int]]
"""How many loans are so late, and their principal in fen."""


@dataclass(slots=True, kw_only=True)
class Group:
    """
    Loans that have something in common, summed up; amounts in fen.

    `lent` counts what was disbursed in the days of the report; all else is as the last one ended.
    `by_bucket` is empty for a day that is past: how late which loan was then, nobody keeps.
    """

    borrowers: set[str] = field(default_factory=set[str], repr=False)
    loans: int = 0
    outstanding_fen: int = 0
    written_off_fen: int = 0
    lent_loans: int = 0
    lent_fen: int = 0
    by_bucket: dict[Bucket, tuple[int, int]] = field(default_factory=dict[Bucket, tuple[int, int]])

    @property
    def people(self) -> int:
        """How many borrowers stand behind it."""
        return len(self.borrowers)

    @property
    def late_fen(self) -> int:
        """Principal of loans with something past due."""
        return sum(fen for one, (_, fen) in self.by_bucket.items() if one is not Bucket.CURRENT)

    @property
    def bad_fen(self) -> int:
        """Principal of loans more than ninety days late."""
        return self.by_bucket.get(Bucket.DAYS_OVER_90, (0, 0))[1]

    def add(self, loan: BookedLoan, *, since: date, principal_fen: int, given_up_fen: int) -> None:
        """Add a loan, or one funder's part of it."""
        self.borrowers.add(loan.borrower_id)
        if principal_fen:
            self.loans += 1
            self.outstanding_fen += principal_fen
            if loan.bucket is not None:
                loans, fen = self.by_bucket.get(loan.bucket, (0, 0))
                self.by_bucket[loan.bucket] = (loans + 1, fen + principal_fen)
        self.written_off_fen += given_up_fen
        if loan.opened_on >= since:
            self.lent_loans += 1

    def with_other(self, other: "Group") -> "Group":
        """Return both as one."""
        buckets = Counter[Bucket](), Counter[Bucket]()
        for one in (self, other):
            for bucket, values in one.by_bucket.items():
                for counted, value in zip(buckets, values, strict=True):
                    counted[bucket] += value
        return Group(
            borrowers=self.borrowers | other.borrowers,
            by_bucket={one: (buckets[0][one], buckets[1][one]) for one in buckets[0]},
            **{
                name: getattr(self, name) + getattr(other, name)
                for name in (
                    "loans", "outstanding_fen", "written_off_fen", "lent_loans", "lent_fen"
                )
            },
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBand:
    """Loans whose annualized cost lies below an end; the last band has none."""

    below: Decimal | None
    loans: int
    outstanding_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """
    The book as a day ended, and what happened in the days up to it; amounts in fen.

    Attributes:
        since: The first day of what happened.
        on: The last day, and the day of what stands.
        is_today: Whether the day is the business date, so that lateness is known loan by loan.
        whole: All loans.
        products: By product code.
        counties: By county; those of few borrowers stand together.
        funders: By funder, each with its part of every loan.
        costs: By annualized cost of what is outstanding.
        restructured_loans: Of the loans outstanding, those agreed anew or put off.
        restructured_fen: Their principal.
        given_up_fen: Principal given up in the days.
        recovered_fen: What came in on loans given up.
        closed_loans: Loans that ended in the days.
        closed_early_loans: Those of them that ended before their last due date as signed.
        closed_early_fen: What had been lent of those.
        problems: Each sum that is not the ledger's; none on a sound book.
    """

    since: date
    on: date
    is_today: bool
    whole: Group
    products: Mapping[str, Group]
    counties: Mapping[str, Group]
    funders: Mapping[str, Group]
    costs: tuple[CostBand, ...]
    restructured_loans: int
    restructured_fen: int
    given_up_fen: int
    recovered_fen: int
    closed_loans: int
    closed_early_loans: int
    closed_early_fen: int
    problems: tuple[str, ...]


async def portfolio(since: date, on: date) -> Portfolio:
    """Sum the book up as a day ended, and what happened from another day up to it."""
    sums = _Sums(since)
    async for loans in book_of(on):
        named = await regions_by_application([one.application_id for one in loans])
        lived = await regions_by_borrower(sorted({one.borrower_id for one in loans}))
        for loan in loans:
            county = named.get(loan.application_id) or lived.get(loan.borrower_id) or UNKNOWN
            sums.add(loan, county)
    before = await ledger.last_number_for(since - timedelta(days=1))
    through = await ledger.last_number_for(on)
    return Portfolio(
        since=since,
        on=on,
        is_today=on >= await business_date(),
        whole=sums.whole,
        products=_sorted(sums.products),
        counties=without_small_groups(
            _sorted(sums.counties),
            people=lambda one: one.people,
            together=lambda one, other: one.with_other(other),
        ),
        funders=_sorted(sums.funders),
        costs=sums.bands(),
        restructured_loans=sums.counts["restructured"],
        restructured_fen=sums.counts["restructured_fen"],
        given_up_fen=await given_up_between(before, through),
        recovered_fen=await recovered_between(since, on),
        closed_loans=sums.counts["closed"],
        closed_early_loans=sums.counts["closed_early"],
        closed_early_fen=sums.counts["closed_early_fen"],
        problems=tuple(await _problems(sums, through)),
    )


class _Sums:
    """Sums a book up, loan by loan."""

    def __init__(self, since: date) -> None:
        self.since = since
        self.whole = Group()
        self.products = defaultdict[str, Group](Group)
        self.counties = defaultdict[str, Group](Group)
        self.funders = defaultdict[str, Group](Group)
        self.counts = Counter[str]()
        self._bands = [[0, 0] for _ in (*COST_BOUNDS, None)]

    def add(self, loan: BookedLoan, county: str) -> None:
        """Add a loan of a county."""
        for group in (self.whole, self.products[loan.product_code], self.counties[county]):
            group.add(
                loan,
                since=self.since,
                principal_fen=loan.principal_fen,
                given_up_fen=loan.written_off_fen,
            )
            group.lent_fen += loan.disbursed_fen if loan.opened_on >= self.since else 0
        principal, given_up, lent = (
            _parts(fen, loan.funders)
            for fen in (loan.principal_fen, loan.written_off_fen, loan.disbursed_fen)
        )
        for funder, *parts in zip(loan.funders, principal, given_up, lent, strict=True):
            group = self.funders[funder.code]
            group.add(loan, since=self.since, principal_fen=parts[0], given_up_fen=parts[1])
            group.lent_fen += parts[2] if loan.opened_on >= self.since else 0
        self._count(loan)

    def _count(self, loan: BookedLoan) -> None:
        if loan.principal_fen:
            band = self._bands[_band_of(annual_cost(loan.terms))]
            band[0] += 1
            band[1] += loan.principal_fen
            if loan.was_restructured:
                self.counts["restructured"] += 1
                self.counts["restructured_fen"] += loan.principal_fen
        if loan.closed_on is not None and loan.closed_on >= self.since:
            self.counts["closed"] += 1
            if loan.closed_early:
                self.counts["closed_early"] += 1
                self.counts["closed_early_fen"] += loan.disbursed_fen

    def bands(self) -> tuple[CostBand, ...]:
        """Return the bands of annualized cost."""
        return tuple(
            CostBand(below=below, loans=loans, outstanding_fen=fen)
            for below, (loans, fen) in zip((*COST_BOUNDS, None), self._bands, strict=True)
        )


@lru_cache(COSTS_CACHED)
def annual_cost(terms: Terms) -> Decimal:
    """
    Return what a loan costs a year if every payment is on time, the monthly cost times twelve.

    Without fees that is the contract rate; only with fees has it to be worked out.
    """
    return whole_cost(terms).annual_cost if terms.fees else terms.annual_rate


def _band_of(cost: Decimal) -> int:
    return next((place for place, end in enumerate(COST_BOUNDS) if cost < end), len(COST_BOUNDS))


def _parts(amount_fen: int, funders: Sequence[Funder]) -> tuple[int, ...]:
    return split_fen(amount_fen, [one.share for one in funders])


def _sorted(groups: Mapping[str, Group]) -> dict[str, Group]:
    """Order groups by what is outstanding, most first."""
    names = sorted(groups, key=lambda name: (-groups[name].outstanding_fen, name))
    return {name: groups[name] for name in names}


async def _problems(sums: _Sums, through: int) -> list[str]:
    """Hold each sum to what the ledger's own accounts say."""
    whole = await loans_total(through=through)
    moved = await ledger.sums_between(0, through)
    pairs = [
        (f"{what} by {by}", sum(getattr(one, column) for one in groups.values()), posted_fen)
        for by, groups in (
            ("product", sums.products),
            ("county", sums.counties),
            ("funder", sums.funders),
        )
        for what, column, posted_fen in (
            ("outstanding", "outstanding_fen", whole.principal_fen),
            ("given up", "written_off_fen", whole.written_off_fen),
        )
    ]
    pairs += [
        (f"{what} of {code}", fen, -moved.get(f"funder:{code}:{account}", 0))
        for code, group in sums.funders.items()
        for what, account, fen in (
            ("outstanding", "principal", group.outstanding_fen),
            ("given up", "written_off", group.written_off_fen),
        )
    ]
    return [
        f"{name}: {summed} summed up, {posted} in the ledger"
        for name, summed, posted in pairs
        if summed != posted
    ]
