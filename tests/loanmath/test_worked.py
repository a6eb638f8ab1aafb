"""Published and hand-checked figures from `fixtures/worked`, each with its source."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.loanmath.apr import daily_readings, eu_apr, irr_effective, us_actuarial
from app.loanmath.apr.series import Flow
from app.loanmath.calendar import add_months
from app.loanmath.money import fen_of
from app.loanmath.quote import quote_of

WORKED = Path(__file__).parents[2] / "fixtures" / "worked"

Example = Mapping[str, Any]


def examples_of(file: str, key: str = "example") -> list[Example]:
    return tomllib.loads((WORKED / f"{file}.toml").read_text(encoding="utf-8"))[key]


def name_of(example: Example) -> str:
    return example["name"]


def to_places(rate: Decimal, published: str) -> str:
    return str((rate * 100).quantize(Decimal(published)))


def regulation_z_flows(example: Example) -> Iterator[Flow]:
    yield example["advance"]["on"], example["advance"]["cents"]
    for run in example["payments"]:
        for place in range(run["times"]):
            yield step(run["from"], place, run), -run["cents"]


def step(first: date, place: int, run: Example) -> date:
    if "months" in run:
        return add_months(first, place * run["months"], first.day)
    return first + timedelta(days=place * run["days"])


def dated_flows(example: Example) -> list[Flow]:
    return [(flow["on"], flow["cents"]) for flow in example["flows"]]


@pytest.mark.parametrize("example", examples_of("reg_z_appendix_j"), ids=name_of)
def test_regulation_z_examples_come_out_as_published(example: Example) -> None:
    rate = us_actuarial(regulation_z_flows(example))
    assert to_places(rate, example["percent"]) == example["percent"]


@pytest.mark.parametrize("example", examples_of("eu_annex_iii"), ids=name_of)
def test_european_examples_on_a_calendar_basis_come_out_as_published(example: Example) -> None:
    rate = irr_effective(dated_flows(example))
    assert to_places(rate, example["percent"]) == example["percent"]


@pytest.mark.parametrize("example", examples_of("eu_standard_year"), ids=name_of)
def test_european_examples_on_a_standard_year_come_out_as_published(example: Example) -> None:
    rate = eu_apr(dated_flows(example))
    assert to_places(rate, example["percent"]) == example["percent"]


@pytest.mark.parametrize("plan", examples_of("plans", "plan"), ids=name_of)
def test_worked_plans_come_out_to_the_fen(plan: Example) -> None:
    quoted = quote_of(plan["terms"])
    figures = {
        "first": quoted.rows[0].total_fen,
        "level": quoted.rows[0].total_fen,
        "last": quoted.rows[-1].total_fen,
        "interest": quoted.interest_fen,
    }
    published = {name: fen_of(plan[name]) for name in figures if name in plan}
    assert published == {name: figures[name] for name in published}
    assert sum(row.principal_fen for row in quoted.rows) == quoted.terms.principal_fen
    assert quoted.rows[-1].balance_fen == 0


def test_a_daily_rate_has_three_readings() -> None:
    readings = daily_readings(Decimal("0.0005"))
    assert to_places(readings.times_360, "1.00") == "18.00"
    assert to_places(readings.times_365, "1.00") == "18.25"
    assert to_places(readings.compounded, "1.00") == "20.02"
