"""Published and hand-checked figures from `fixtures/worked`, each with its source."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.loanmath.apr import Interval, daily_readings
from app.loanmath.apr.answers import answer
from app.loanmath.apr.counting import european_years
from app.loanmath.flows import flows_from_json
from app.loanmath.money import fen_of
from app.loanmath.quote import quote_of, replay

WORKED = Path(__file__).parents[2] / "fixtures" / "worked"

Example = Mapping[str, Any]


def examples_of(file: str, key: str = "example") -> list[Example]:
    return tomllib.loads((WORKED / f"{file}.toml").read_text(encoding="utf-8"))[key]


def name_of(example: Example) -> str:
    return example["name"]


def to_places(rate: Decimal, published: str) -> str:
    return str((rate * 100).quantize(Decimal(published)))


RATES = [
    "eu_annex_iii",
    "eu_proposal_2005",
    "eu_standard_year",
    "reg_z_appendix_j",
    "reg_z_others",
    "spreadsheets",
]


def rate_examples() -> Iterator[Example]:
    """Yield each published rate, its convention with it."""
    for file in RATES:
        whole = tomllib.loads((WORKED / f"{file}.toml").read_text(encoding="utf-8"))
        assert whole["source"]
        convention = {"convention": whole["convention"]} if "convention" in whole else {}
        for example in whole["example"]:
            yield {**convention, **example, "name": f"{file}: {example['name']}"}


@pytest.mark.parametrize("example", list(rate_examples()), ids=name_of)
def test_rates_come_out_as_published(example: Example) -> None:
    expected = {"percent", "within", "unit"}
    document = {name: value for name, value in example.items() if name not in expected}
    flows, convention = flows_from_json(document)
    assert convention is not None
    found = answer(flows, convention)
    assert found.rate is not None
    if "within" in example:
        assert abs(found.rate * 100 - Decimal(example["percent"])) <= Decimal(example["within"])
    else:
        assert to_places(found.rate, example["percent"]) == example["percent"]
    assert example.get("unit", found.unit) == found.unit


@pytest.mark.parametrize("example", examples_of("eu_intervals", "interval"), ids=str)
def test_european_intervals_come_out_as_published(example: Example) -> None:
    found = {
        "months": (Interval.MONTH, 12),
        "years": (Interval.YEAR, 1),
        "weeks": (Interval.WEEK, 52),
    }
    unit = next(name for name in found if name in example)
    interval, per_year = found[unit]
    expected = Fraction(example[unit], per_year) + Fraction(example["days"])
    assert european_years(example["from"], example["to"], interval) == expected


PLANS = [*examples_of("plans", "plan"), *examples_of("schedules", "plan")]


@pytest.mark.parametrize("plan", PLANS, ids=name_of)
def test_worked_plans_come_out_to_the_fen(plan: Example) -> None:
    assert plan["source"]
    quoted = quote_of(plan["terms"])
    first, last = quoted.rows[0], quoted.rows[-1]
    figures = {
        "first": first.total_fen,
        "first_principal": first.principal_fen,
        "first_interest": first.interest_fen,
        "level": first.total_fen,
        "last": last.total_fen,
        "interest": quoted.interest_fen,
    }
    published = {name: fen_of(plan[name]) for name in figures if name in plan}
    assert published == {name: figures[name] for name in published}
    assert sum(row.principal_fen for row in quoted.rows) == quoted.terms.principal_fen
    assert last.balance_fen == 0
    known = {"name", "source", "terms", "rows", "due_on", "interest_between", "principal_between"}
    assert set(plan) <= known | set(figures), "every figure of an example is checked"


@pytest.mark.parametrize("plan", [plan for plan in PLANS if "rows" in plan], ids=name_of)
def test_worked_plans_come_out_row_by_row(plan: Example) -> None:
    published = [tuple(map(fen_of, row.split())) for row in plan["rows"]]
    rows = quote_of(plan["terms"]).rows
    assert [(row.principal_fen, row.interest_fen) for row in rows] == published
    due_on = [row.due_on.isoformat() for row in rows]
    assert plan.get("due_on", due_on) == due_on


@pytest.mark.parametrize("part", ["interest", "principal"])
def test_worked_plans_sum_up_over_some_rows(part: str) -> None:
    found = 0
    for plan in PLANS:
        between = plan.get(f"{part}_between")
        if between is None:
            continue
        rows = quote_of(plan["terms"]).rows[between["from"] - 1 : between["to"]]
        sum_fen = sum(getattr(row, f"{part}_fen") for row in rows)
        assert abs(sum_fen - fen_of(between[part])) <= fen_of(between["within"])
        found += 1
    assert found


LIVES = examples_of("lives", "life")


@pytest.mark.parametrize("life", LIVES, ids=name_of)
def test_worked_lives_stand_as_they_should(life: Example) -> None:
    assert life["source"]
    state = replay(life["terms"], life["events"], date.fromisoformat(life["on"]))
    figures = {
        "payoff": state.payoff_fen,
        "principal": state.principal_fen,
        "accrued_interest": state.accrued_interest_fen,
        "penalty": state.penalty_fen,
        "due_now": state.due_now_fen,
    }
    published = {name: fen_of(life[name]) for name in figures if name in life}
    assert published == {name: figures[name] for name in published}
    assert life.get("days_past_due", state.days_past_due) == state.days_past_due
    assert life.get("count", len(state.rows)) == len(state.rows)
    if "rows" in life:
        rows = [(row.principal_fen, row.interest_fen) for row in state.rows]
        assert rows == [tuple(map(fen_of, row.split())) for row in life["rows"]]
    known = {"name", "source", "terms", "events", "on", "rows", "days_past_due", "count"}
    assert set(life) <= known | set(figures), "every figure of an example is checked"


def test_a_daily_rate_has_three_readings() -> None:
    readings = daily_readings(Decimal("0.0005"))
    assert to_places(readings.times_360, "1.00") == "18.00"
    assert to_places(readings.times_365, "1.00") == "18.25"
    assert to_places(readings.compounded, "1.00") == "20.02"
