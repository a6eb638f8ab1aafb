"""What is wrong with a scorecard: in which field, and why."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from app.catalog.rules.consistency.faults import Fault, language_faults, repeated_faults
from app.catalog.rules.policy import PolicyBook
from app.catalog.rules.scorecard import (
    Bin,
    Condition,
    Outcome,
    Reason,
    Scorecard,
    Tier,
)

Part = TypeVar("Part")

POINTS_MAX = 10_000
"""Points of a base, a bin or a mitigation: far above any card's, far below any overflow."""
REASONS_MIN, REASONS_MAX = 1, 4
"""How many reasons a borrower is told: always one, and no more than can be read at a sitting."""
LIMIT_BP_MAX = 100_000
"""The most a limit may be stretched, in ten-thousandths: tenfold."""
LEAST_CARE = (Outcome.DECLINE, Outcome.REFER, Outcome.APPROVE)


def scorecard_faults(card: Scorecard, book: PolicyBook) -> Iterator[Fault]:
    """Name what is wrong with a scorecard, given the policy of its first day."""
    if card.version < 1:
        yield Fault("version", "version_not_counted")
    yield from language_faults("about", card.about)
    yield from _within("base_points", card.base_points, 0, POINTS_MAX)
    yield from _within("reasons_max", card.reasons_max, REASONS_MIN, REASONS_MAX)
    yield from _feature_faults(card)
    yield from _rule_faults(card, book)
    yield from _step_faults(card)
    yield from _mitigation_faults(card)
    yield from _reason_faults(card)


def _feature_faults(card: Scorecard) -> Iterator[Fault]:
    if not card.features:
        yield Fault("features", "card_scores_nothing")
    names = (feature.name for feature in (*card.features, *card.rule_features))
    yield from repeated_faults("features", names)
    for place, feature in _numbered("features", card.features):
        yield from language_faults(f"{place}.meaning", feature.meaning)
        if not _cover(feature.bins):
            yield Fault(f"{place}.bins", "bins_uncovered", {"name": feature.name})
        for spot, one in _numbered(f"{place}.bins", feature.bins):
            yield from _within(f"{spot}.points", one.points, 0, POINTS_MAX)
        yield from _within(f"{place}.missing.points", feature.missing.points, 0, POINTS_MAX)
    for place, feature in _numbered("rule_features", card.rule_features):
        yield from language_faults(f"{place}.meaning", feature.meaning)


def _cover(bins: Sequence[Bin]) -> bool:
    """Tell whether bounds rise to a last bin without one: then every value is in one bin."""
    bounds = [one.below for one in bins]
    rising = [bound for bound in bounds[:-1] if bound is not None]
    is_open_at_the_end = bounds[-1:] == [None] and len(rising) == len(bounds) - 1
    return is_open_at_the_end and rising == sorted(set(rising))


def _rule_faults(card: Scorecard, book: PolicyBook) -> Iterator[Fault]:
    features = {feature.name for feature in (*card.features, *card.rule_features)}
    yield from repeated_faults("hard_rules", (rule.code for rule in card.hard_rules))
    for place, rule in _numbered("hard_rules", card.hard_rules):
        if not rule.when:
            yield Fault(f"{place}.when", "rule_always_holds", {"code": rule.code})
        if rule.outcome is Outcome.APPROVE:
            yield Fault(f"{place}.outcome", "rule_approves", {"code": rule.code})
        for spot, condition in _numbered(f"{place}.when", rule.when):
            yield from _condition_faults(spot, condition, features, book)


def _condition_faults(
    place: str, condition: Condition, features: set[str], book: PolicyBook
) -> Iterator[Fault]:
    if condition.feature not in features:
        yield Fault(f"{place}.feature", "feature_unlisted", {"name": condition.feature})
    if (condition.value is None) == (condition.policy is None):
        yield Fault(place, "condition_without_figure")
    if condition.policy is None:
        return
    if condition.policy not in book.values:
        yield Fault(f"{place}.policy", "figure_missing", {"name": condition.policy})
    # A yes or no is an int to Python.
    elif type(book.values[condition.policy].value) is not int:
        yield Fault(f"{place}.policy", "figure_not_whole", {"name": condition.policy})


def _step_faults(card: Scorecard) -> Iterator[Fault]:
    for field, scores in (
        ("outcomes", [step.score_from for step in card.outcomes]),
        ("tiers", [step.score_from for step in card.tiers]),
    ):
        if scores[-1:] != [0] or scores != sorted(set(scores), reverse=True):
            yield Fault(field, "steps_do_not_fall", {"field": field})
    care = [LEAST_CARE.index(step.outcome) for step in card.outcomes]
    if not _fall(care):
        yield Fault("outcomes", "outcomes_out_of_order")
    if not _fall([-list(Tier).index(step.tier) for step in card.tiers]):
        yield Fault("tiers", "tiers_out_of_order")
    for place, step in _numbered("tiers", card.tiers):
        if step.income_multiple < 0 or step.limit_fen < 0:
            yield Fault(place, "limit_below_zero")
    for above, below in pairwise(card.tiers):
        if above.limit_fen < below.limit_fen or above.income_multiple < below.income_multiple:
            yield Fault("tiers", "limits_rise", {"tier": below.tier.value})


def _fall(places: Sequence[int]) -> bool:
    return list(places) == sorted(set(places), reverse=True)


def _mitigation_faults(card: Scorecard) -> Iterator[Fault]:
    yield from repeated_faults("mitigations", (one.code for one in card.mitigations))
    for place, one in _numbered("mitigations", card.mitigations):
        yield from language_faults(f"{place}.meaning", one.meaning)
        yield from _within(f"{place}.points", one.points, 0, POINTS_MAX)
        # What stands behind a loan never lowers what can be had.
        yield from _within(f"{place}.limit_bp", one.limit_bp, 10_000, LIMIT_BP_MAX)


def _reason_faults(card: Scorecard) -> Iterator[Fault]:
    used = {rule.reason for rule in card.hard_rules} | {
        place.reason
        for feature in card.features
        for place in (feature.missing, *feature.bins)
        if place.reason is not None
    }
    for code in sorted(used - set(card.reasons)):
        yield Fault("reasons", "reason_without_words", {"code": code})
    for code, reason in card.reasons.items():
        yield from _words_faults(f"reasons.{code}", reason)


def _words_faults(place: str, reason: Reason) -> Iterator[Fault]:
    yield from language_faults(f"{place}.words", reason.words)
    yield from language_faults(f"{place}.what_would_change_it", reason.what_would_change_it)


def _within(field: str, value: int, least: int, most: int) -> Iterator[Fault]:
    if not least <= value <= most:
        yield Fault(field, "number_out_of_bounds", {"least": least, "most": most})


def _numbered(path: str, parts: Sequence[Part]) -> Iterator[tuple[str, Part]]:
    """Give each part with its place in the document."""
    for number, part in enumerate(parts):
        yield f"{path}[{number}]", part
