"""Groups are set beside each other, small ones hidden, and four fifths of the best is the line."""

from decimal import Decimal

from app.catalog.rules import Outcome
from app.origination.rules.fairness import Case, Cut, age_band, fairness_of


def cases(
    region: str, age: int, approved: int, declined: int, *, rate: str = "0.06", limit_fen: int = 100
) -> list[Case]:
    return [
        Case(
            region=region,
            age=age,
            outcome=outcome,
            limit_fen=limit_fen,
            annual_rate=Decimal(rate),
        )
        for outcome, count in ((Outcome.APPROVE, approved), (Outcome.DECLINE, declined))
        for _ in range(count)
    ]


def test_the_ratio_is_to_the_best_group_and_below_four_fifths_is_flagged() -> None:
    """The guidelines' own kind of example: 60 % beside 40 % is two thirds, so below four fifths."""
    seen = [
        *cases("610000", 30, 60, 40, limit_fen=500),
        *cases("410000", 50, 40, 60, rate="0.09", limit_fen=300),
        *cases("510000", 70, 48, 52),
    ]
    report = fairness_of(seen, Cut.REGION, at_least=10)
    by_name = {one.name: one for one in report.groups}
    best, worst, edge = by_name["610000"], by_name["410000"], by_name["510000"]
    assert (best.approval_bp, best.impact_bp, best.is_below_four_fifths) == (6_000, 10_000, False)
    assert (worst.approval_bp, worst.impact_bp, worst.is_below_four_fifths) == (4_000, 6_667, True)
    assert (edge.impact_bp, edge.is_below_four_fifths) == (8_000, False)
    assert (worst.limit_median_fen, worst.rate_mean) == (300, Decimal("0.0900"))
    assert worst.price_ratio_bp == 15_000
    ages = fairness_of(seen, Cut.AGE, at_least=10)
    assert [one.name for one in ages.groups] == ["25-34", "45-54", "65+"]


def test_a_group_that_could_name_somebody_is_hidden_and_minors_are_no_group() -> None:
    seen = [*cases("610000", 30, 10, 0), *cases("410000", 40, 0, 9), *cases("510000", 16, 0, 50)]
    report = fairness_of(seen, Cut.REGION, at_least=10)
    assert [one.name for one in report.groups] == ["610000"]
    assert report.hidden == 1
    assert fairness_of([], Cut.AGE, at_least=10).groups == ()
    nobody = fairness_of(cases("610000", 30, 0, 20), Cut.REGION, at_least=10)
    assert nobody.groups[0].impact_bp == 10_000
    assert nobody.groups[0].limit_median_fen == 0


def test_every_age_has_one_band() -> None:
    assert [age_band(age) for age in (17, 18, 24, 25, 64, 65, 99)] == [
        "<18",
        "18-24",
        "18-24",
        "25-34",
        "55-64",
        "65+",
        "65+",
    ]
