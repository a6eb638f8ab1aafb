"""What is wrong with a scorecard."""

from collections.abc import Iterator

from app.catalog.rules.consistency.parts import about, language_problems, repeated
from app.catalog.rules.policy import PolicyBook
from app.catalog.rules.scorecard import Condition, Scorecard


def scorecard_problems(card: Scorecard, book: PolicyBook) -> Iterator[str]:
    """Name what is wrong with a scorecard, given the policy of its first day."""
    yield from language_problems("about", card.about)
    features = {feature.name for feature in (*card.features, *card.rule_features)}
    yield from repeated(
        "feature", (feature.name for feature in (*card.features, *card.rule_features))
    )
    for feature in card.features:
        bounds = [bin_.below for bin_ in feature.bins]
        rising = [bound for bound in bounds[:-1] if bound is not None]
        if bounds[-1:] != [None] or len(rising) != len(bounds) - 1 or rising != sorted(set(rising)):
            yield f"the bins of {feature.name} do not cover every value once"
    for rule in card.hard_rules:
        for condition in rule.when:
            yield from about(rule.code, _condition_problems(condition, features, book))
    for name, steps in (
        ("outcomes", [step.score_from for step in card.outcomes]),
        ("tiers", [step.score_from for step in card.tiers]),
    ):
        if steps[-1:] != [0] or steps != sorted(set(steps), reverse=True):
            yield f"{name} do not fall to a score of 0"
    used = {rule.reason for rule in card.hard_rules} | {
        place.reason
        for feature in card.features
        for place in (feature.missing, *feature.bins)
        if place.reason is not None
    }
    for code in sorted(used - set(card.reasons)):
        yield f"there are no words for the reason {code}"
    for code, reason in card.reasons.items():
        yield from language_problems(f"reasons.{code}", reason.words)
        yield from language_problems(f"reasons.{code}", reason.what_would_change_it)


def _condition_problems(
    condition: Condition, features: set[str], book: PolicyBook
) -> Iterator[str]:
    if condition.feature not in features:
        yield f"there is no feature {condition.feature}"
    if (condition.value is None) == (condition.policy is None):
        yield "a condition compares with a figure or with a policy value"
    if condition.policy is not None and condition.policy not in book.values:
        yield f"there is no policy value {condition.policy}"
