"""Whether people of one region or age get approved, how much and at which price beside others."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.catalog.rules import Outcome
from app.loanmath.money import round_ratio

BASIS_POINTS = 10_000
FOUR_FIFTHS_BP = 8_000
"""
A group approved at less than four fifths of the best group's rate is generally taken as evidence
of adverse impact: Uniform Guidelines on Employee Selection Procedures, 29 CFR § 1607.4(D). It is a
rule of thumb from employment, used in lending the same way, and proves nothing by itself.
"""
AGE_BANDS = ((18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 200))


class Cut(StrEnum):
    """What the decisions are grouped by."""

    REGION = "REGION"
    AGE = "AGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One decision as far as groups need it; nothing in it says whose it is."""

    region: str
    """The province's code."""
    age: int
    outcome: Outcome
    limit_fen: int
    annual_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """
    How one group fared.

    Attributes:
        name: The province's code, or the ages.
        decided: Decisions.
        approval_bp: Approved of them, in ten-thousandths.
        referred_bp: Left to a person and not settled, likewise.
        limit_median_fen: The middle limit of those approved; 0 without any.
        rate_mean: Their mean yearly contract rate; 0 without any.
        impact_bp: The approval rate over the best group's, in ten-thousandths.
        price_ratio_bp: The mean rate over the best group's lowest, likewise; 0 without any.
    """

    name: str
    decided: int
    approval_bp: int
    referred_bp: int
    limit_median_fen: int
    rate_mean: Decimal
    impact_bp: int
    price_ratio_bp: int

    @property
    def is_below_four_fifths(self) -> bool:
        """Whether the group calls for a look at why."""
        return self.impact_bp < FOUR_FIFTHS_BP


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """How groups fared beside each other; `hidden` are too small to be shown without names."""

    cut: Cut
    groups: tuple[Group, ...]
    hidden: int
    """How many groups were too small."""


def age_band(age: int) -> str:
    """Return the band of an age."""
    for low, high in AGE_BANDS:
        if low <= age <= high:
            return f"{low}-{high}" if high < AGE_BANDS[-1][1] else f"{low}+"
    return f"<{AGE_BANDS[0][0]}"


def fairness_of(cases: Iterable[Case], cut: Cut, *, at_least: int) -> Fairness:
    """
    Compare groups; one of fewer than `at_least` decisions is left out, and counted as left out.

    Minors are left out altogether: the law refuses them, no scorecard does.
    """
    by_name: defaultdict[str, list[Case]] = defaultdict(list)
    for one in cases:
        if one.age >= AGE_BANDS[0][0]:
            by_name[one.region if cut is Cut.REGION else age_band(one.age)].append(one)
    shown = {name: found for name, found in by_name.items() if len(found) >= at_least}
    best_bp = max((_share_bp(found, Outcome.APPROVE) for found in shown.values()), default=0)
    lowest = min((rate for found in shown.values() if (rate := _rate(found))), default=Decimal(0))
    return Fairness(
        cut=cut,
        groups=tuple(_group(name, found, best_bp, lowest) for name, found in sorted(shown.items())),
        hidden=len(by_name) - len(shown),
    )


def _group(name: str, found: list[Case], best_bp: int, lowest: Decimal) -> Group:
    approval_bp, rate = _share_bp(found, Outcome.APPROVE), _rate(found)
    limits = [one.limit_fen for one in found if one.outcome is Outcome.APPROVE]
    return Group(
        name=name,
        decided=len(found),
        approval_bp=approval_bp,
        referred_bp=_share_bp(found, Outcome.REFER),
        limit_median_fen=sorted(limits)[(len(limits) - 1) // 2] if limits else 0,
        rate_mean=rate,
        impact_bp=round_ratio(approval_bp * BASIS_POINTS, best_bp) if best_bp else BASIS_POINTS,
        price_ratio_bp=int(rate / lowest * BASIS_POINTS) if lowest else 0,
    )


def _share_bp(found: list[Case], outcome: Outcome) -> int:
    return round_ratio(sum(one.outcome is outcome for one in found) * BASIS_POINTS, len(found))


def _rate(found: list[Case]) -> Decimal:
    rates = [one.annual_rate for one in found if one.outcome is Outcome.APPROVE]
    if not rates:
        return Decimal(0)
    return (sum(rates, Decimal(0)) / len(rates)).quantize(Decimal("0.0001"))
