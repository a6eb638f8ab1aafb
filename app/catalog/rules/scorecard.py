"""The scorecard as data: features in bins with points, hard rules, outcomes, tiers, reasons."""

from datetime import date
from enum import StrEnum
from operator import ge, gt, lt
from typing import Annotated

import msgspec

from app.catalog.rules.wording import ByLanguage, Content

Points = Annotated[int, msgspec.Meta(ge=0)]


class Tier(StrEnum):
    """A price tier; A is the cheapest."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Outcome(StrEnum):
    """What a score or a hard rule leads to."""

    APPROVE = "APPROVE"
    REFER = "REFER"
    DECLINE = "DECLINE"


class Operator(StrEnum):
    """How a hard rule compares a feature with its figure."""

    BELOW = "BELOW"
    AT_LEAST = "AT_LEAST"
    ABOVE = "ABOVE"

    def holds(self, value: int, figure: int) -> bool:
        """Tell whether the comparison is true."""
        return _COMPARISONS[self](value, figure)


_COMPARISONS = {Operator.BELOW: lt, Operator.AT_LEAST: ge, Operator.ABOVE: gt}


class Bin(Content, frozen=True, kw_only=True):
    """Values below a bound (and not in an earlier bin); the last bin has no bound."""

    below: int | None
    points: Points
    reason: str | None


class Missing(Content, frozen=True, kw_only=True):
    """What counts when a feature has no value."""

    points: Points
    reason: str | None


class Feature(Content, frozen=True, kw_only=True):
    """One thing looked at, always a whole number."""

    name: str
    unit: str
    meaning: ByLanguage
    missing: Missing
    bins: tuple[Bin, ...]

    def place(self, value: int | None) -> Bin | Missing:
        """Return the bin a value falls into, or what counts when there is none."""
        if value is None:
            return self.missing
        return next(one for one in self.bins if one.below is None or value < one.below)

    @property
    def points_max(self) -> int:
        """Return the most points it can give."""
        return max(self.missing.points, *(bin_.points for bin_ in self.bins))


class RuleFeature(Content, frozen=True, kw_only=True):
    """One thing only hard rules look at."""

    name: str
    unit: str
    meaning: ByLanguage


class Condition(Content, frozen=True, kw_only=True):
    """A feature compared with a figure, which stands here or in the dated policy."""

    feature: str
    operator: Operator
    value: int | None = None
    policy: str | None = None


class HardRule(Content, frozen=True, kw_only=True):
    """When every condition holds, the outcome follows whatever the score."""

    code: str
    when: tuple[Condition, ...]
    outcome: Outcome
    reason: str


class Mitigation(Content, frozen=True, kw_only=True):
    """What stands behind a loan besides the borrower, and how much that counts for."""

    code: str
    points: Points
    """Added to the score; it never takes any away."""
    limit_bp: int
    """The limit by score, in ten-thousandths of what it is without."""
    meaning: ByLanguage


class OutcomeStep(Content, frozen=True, kw_only=True):
    """From this score on, this outcome."""

    score_from: int
    outcome: Outcome


class TierStep(Content, frozen=True, kw_only=True):
    """From this score on, this price tier, with its limits."""

    score_from: int
    tier: Tier
    income_multiple: int
    """The limit in monthly incomes."""
    limit_fen: int


class Reason(Content, frozen=True, kw_only=True):
    """A reason code's words, and what the borrower could do about it."""

    words: ByLanguage
    what_would_change_it: ByLanguage


class Scorecard(Content, frozen=True, kw_only=True):
    """One version of the scorecard; a decision names the version it was made with."""

    version: int
    effective_from: date
    about: ByLanguage
    base_points: int
    features: tuple[Feature, ...]
    rule_features: tuple[RuleFeature, ...]
    hard_rules: tuple[HardRule, ...]
    outcomes: tuple[OutcomeStep, ...]
    """Highest score first."""
    tiers: tuple[TierStep, ...]
    """Highest score first."""
    reasons_max: int
    reasons: dict[str, Reason]
    mitigations: tuple[Mitigation, ...] = ()
    """What lowers the risk; empty where the version looked at none."""

    @property
    def key(self) -> str:
        """Return what tells this version from every other."""
        return str(self.version)

    def outcome_of(self, score: int) -> Outcome:
        """Return what a score leads to when no hard rule speaks."""
        return next(step.outcome for step in self.outcomes if score >= step.score_from)

    def tier_of(self, score: int) -> TierStep:
        """Return a score's price tier and limits."""
        return next(step for step in self.tiers if score >= step.score_from)


def scorecard_from(content: object) -> Scorecard:
    """
    Read a scorecard.

    Raises:
        msgspec.ValidationError: Something is missing, misspelled or of the wrong kind.
    """
    return msgspec.convert(content, Scorecard)
