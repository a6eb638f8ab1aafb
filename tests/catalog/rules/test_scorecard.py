"""The scorecard as data: which bin, which outcome, which tier."""

import pytest

from app.catalog.rules import (
    CatalogContent,
    Feature,
    Missing,
    Operator,
    Outcome,
    Scorecard,
    Tier,
)


@pytest.fixture
def card(catalog: CatalogContent) -> Scorecard:
    return catalog.scorecards[0]


@pytest.fixture
def income(card: Scorecard) -> Feature:
    return card.features[0]


@pytest.mark.parametrize(
    ("value", "points"), [(0, 0), (79_999, 0), (80_000, 20), (599_999, 65), (600_000, 80)]
)
def test_a_bins_bound_belongs_to_the_next_bin(income: Feature, value: int, points: int) -> None:
    assert income.place(value).points == points


def test_a_missing_value_has_points_of_its_own(income: Feature) -> None:
    place = income.place(None)

    assert isinstance(place, Missing)
    assert place.reason == "INCOME_UNKNOWN"
    assert income.points_max == 80


def test_the_outcome_follows_the_score(card: Scorecard) -> None:
    assert [card.outcome_of(score) for score in (600, 599, 540, 539, 0)] == [
        Outcome.APPROVE,
        Outcome.REFER,
        Outcome.REFER,
        Outcome.DECLINE,
        Outcome.DECLINE,
    ]


def test_the_price_tier_follows_the_score(card: Scorecard) -> None:
    assert [card.tier_of(score).tier for score in (850, 760, 759, 700, 650, 600, 0)] == [
        Tier.A,
        Tier.A,
        Tier.B,
        Tier.B,
        Tier.C,
        Tier.D,
        Tier.D,
    ]


def test_a_rule_compares_strictly_or_not_as_it_says() -> None:
    assert Operator.BELOW.holds(17, 18)
    assert not Operator.BELOW.holds(18, 18)
    assert Operator.AT_LEAST.holds(18, 18)
    assert not Operator.ABOVE.holds(18, 18)
    assert Operator.ABOVE.holds(19, 18)


def test_every_reason_says_what_would_change_it(card: Scorecard) -> None:
    for reason in card.reasons.values():
        for language in ("zh-Hans", "en"):
            assert reason.words[language]
            assert reason.what_would_change_it[language]
