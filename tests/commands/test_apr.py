"""`apr` shows what cash flows cost in a year to a person or a machine, and refuses in one line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.commands import apr
from tests.commands.conftest import Run, refusal_of

LOAN: dict[str, Any] = {
    "flows": [
        {"advance": "5000", "on": "1978-01-10"},
        {"payment": "230", "on": "1978-02-10", "times": 24, "every": "1 month"},
    ]
}
ONCE = ("apr", "--file", "-")


def typed(document: object) -> str:
    return json.dumps(document)


def test_a_person_sees_every_rate_and_how_it_is_made(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "flows.json"
    path.write_text(typed(LOAN), encoding="utf-8")
    result = run("apr", "--file", str(path))
    assert result.exit_code == 0, result.output
    assert "25 flows · to the borrower 5,000.00 · by the borrower 5,520.00" in result.stdout
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line.split()}
    assert re.search(r" 9\.69 .* 9\.6857080623 .* 12 × 0\.807142 % a month", rows["irr"])
    assert "(found)" in rows["us-actuarial"]
    assert "actual days over 365" in rows["xirr"]
    assert "time in months and days" in rows["eu"]


def test_a_machine_gets_decimal_strings(run: Run) -> None:
    shown = json.loads(run(*ONCE, "--json", typed=typed(LOAN)).stdout)
    assert set(shown) == {"irr", "xirr", "eu", "us-actuarial"}
    us = shown["us-actuarial"]
    assert re.fullmatch(r"0\.09685\d{7}", us["rate"])
    assert us["percent"] == "9.6857080623"
    assert us["unit_period"] == "month"
    assert us["periods_per_year"] == "12"
    assert us["unit_period_found"] is True
    assert us["per_period"] == "0.008071423385"
    assert set(shown["xirr"]) == {"rate", "percent"}


def test_the_option_wins_over_the_file(run: Run) -> None:
    document = {**LOAN, "convention": "eu"}
    assert set(json.loads(run(*ONCE, "--json", typed=typed(document)).stdout)) == {"eu"}
    asked = run(*ONCE, "--json", "--convention", "us-actuarial", typed=typed(document))
    assert set(json.loads(asked.stdout)) == {"us-actuarial"}
    everything = run(*ONCE, "--json", "--convention", "all", typed=typed(document))
    assert len(json.loads(everything.stdout)) == 4


def test_a_convention_the_flows_do_not_allow_says_why(run: Run) -> None:
    document = {"periods_per_year": "365/30", "flows": ["1000", "-550", "-550"]}
    shown = json.loads(run(*ONCE, "--json", typed=typed(document)).stdout)
    assert shown["xirr"]["reason"] == "needs_dates"
    assert "unit_period" not in shown["irr"]
    assert shown["irr"]["periods_per_year"] == "73/6"
    table = run(*ONCE, typed=typed(document)).stdout
    assert "this convention counts days" in table
    assert "73/6 × " in table


def test_json_numbers_are_taken_as_they_are_written(run: Run) -> None:
    text = '{"unit_period": "year", "flows": [0.1, -0.11]}'
    assert json.loads(run(*ONCE, "--json", typed=text).stdout)["eu"]["rate"] == "0.100000000000"


def test_rates_of_nothing_and_below_are_shown(run: Run) -> None:
    for paid, percent in (("100", "0.0000000000"), ("50", "-50.0000000000")):
        document = {"unit_period": "year", "flows": ["100", f"-{paid}"]}
        shown = json.loads(run(*ONCE, "--json", typed=typed(document)).stdout)
        assert shown["eu"]["percent"] == percent
        assert percent in run(*ONCE, typed=typed(document)).stdout


def test_several_rates_in_one_convention_are_told_beside_the_others(run: Run) -> None:
    document = {
        "flows": [
            {"amount": "-1000", "on": "2026-01-01"},
            {"amount": "2300", "on": "2027-01-01"},
            {"amount": "-1320", "on": "2028-01-01"},
        ]
    }
    line = refusal_of(run(*ONCE, "--convention", "eu", typed=typed(document)))
    assert line == "eu: several rates make these flows worth nothing: 10.00 %, 20.00 %"
    told = apr.as_fields(
        apr.answer(apr.flows_from_json(document)[0], apr.Convention.EU),
    )
    assert told["rates"] == ["0.100000000000", "0.200000000000"]


def test_the_examples_of_the_help_work(run: Run) -> None:
    told = run("apr", "--help").stdout
    examples = re.findall(
        r"^    (\{\"(?:convention|unit_period)\".*?\]\})$", told, re.MULTILINE | re.DOTALL
    )
    assert len(examples) == 3
    for example in examples:
        result = run(*ONCE, typed=example)
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (
            {**LOAN, "flows": [*LOAN["flows"], {"amount": 1, "on": "x"}]},
            "flows[2].on: not an iso date",
        ),
        ({"unit_period": "month", "flows": [1, 1]}, "irr: no rate makes these flows worth nothing"),
        ({"unit_period": "month", "flows": [0, 0]}, "irr: no rate makes these flows worth nothing"),
        (
            {"unit_period": "month", "flows": [1, {"amount": -1, "times": 10**9}]},
            "flows[1].times: too many",
        ),
    ],
)
def test_what_has_no_answer_is_refused_in_one_line(run: Run, document: object, says: str) -> None:
    assert refusal_of(run(*ONCE, typed=typed(document))) == says
    assert refusal_of(run(*ONCE, "--json", typed=typed(document))) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('[{"amount": 1, "amount": 2}]', "amount: given twice"),
        ('[{"amount": 1e400, "on": "2026-01-01"}]', "flows[0].amount: not an amount"),
        ('[{"amount": Infinity, "on": "2026-01-01"}]', "flows[0].amount: not an amount"),
        (f'[{{"amount": {"9" * 5000}, "on": "2026-01-01"}}]', "flows[0].amount: not an amount"),
        (" " * (apr.FILE_BYTES_MAX + 1), "is larger than 8,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(run: Run, text: str, says: str) -> None:
    assert says in refusal_of(run(*ONCE, typed=text))


def test_a_file_that_is_no_text_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "flows.json"
    path.write_bytes(b"\xed\xa0\x80")
    assert refusal_of(run("apr", "--file", str(path))) == "flows.json: is not JSON"


def test_an_unknown_convention_is_named(run: Run) -> None:
    line = refusal_of(run(*ONCE, "--convention", "cheap", typed=typed(LOAN)))
    assert line == "--convention: not a convention"


def test_a_file_is_asked_for(run: Run) -> None:
    result = run("apr")
    assert result.exit_code == 2
    assert "--file" in result.stderr
