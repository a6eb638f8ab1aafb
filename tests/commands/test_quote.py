"""`quote` shows a loan's whole cost to a person or a machine, and refuses in one line."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.loanmath import quote as quoting
from app.loanmath.calendar import WorkingDays
from tests.commands.conftest import Run, refusal_of

PLAIN = (
    "quote",
    *("--principal", "10000"),
    *("--rate", "14.4"),
    *("--installments", "12"),
    *("--method", "equal-installment"),
    *("--disbursed-on", "2026-01-31"),
)
TERMS: dict[str, Any] = {
    "principal": "10000.00",
    "rate": "14.4",
    "installments": 12,
    "method": "EQUAL_INSTALLMENT",
    "disbursed_on": "2026-01-31",
    "due_day": 31,
}
LIFE: list[dict[str, Any]] = [
    {"event": "Disbursed", "effective_on": "2026-01-31", "amount": "10000.00"},
    {"event": "RepaymentReceived", "effective_on": "2026-02-28", "amount": "899.75", "id": "first"},
    {"event": "RepaymentReversed", "effective_on": "2026-03-02", "reverses": "first"},
]


def saved(path: Path, content: object) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_a_person_sees_the_plan_its_totals_and_the_rates(run: Run) -> None:
    result = run(*PLAIN)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    first = next(line for line in lines if "2026-02-28" in line)
    assert "899.75" in first
    total = next(line for line in lines if "total" in line)
    assert "10,797.05" in total
    assert any("14.40" in line for line in lines)


def test_a_machine_gets_whole_fen_and_iso_dates(run: Run) -> None:
    quoted = json.loads(run(*PLAIN, "--json").stdout)
    assert len(quoted["rows"]) == 12
    assert quoted["rows"][0]["due_on"] == "2026-02-28"
    assert quoted["rows"][0]["total_fen"] == 89_975
    assert sum(row["principal_fen"] for row in quoted["rows"]) == 1_000_000


def test_a_file_says_the_same_as_the_options_and_options_win(run: Run, tmp_path: Path) -> None:
    file = saved(tmp_path / "terms.json", TERMS)
    by_file = json.loads(run("quote", "--file", file, "--json").stdout)
    by_options = json.loads(run(*PLAIN, "--due-day", "31", "--json").stdout)
    assert by_file == by_options
    shorter = json.loads(run("quote", "--file", file, "--installments", "6", "--json").stdout)
    assert len(shorter["rows"]) == 6
    typed = run("quote", "--file", "-", "--json", typed=json.dumps(TERMS))
    assert json.loads(typed.stdout) == by_file


def test_a_daily_rate_is_read_as_a_years_in_each_way(run: Run) -> None:
    result = run(
        "quote",
        *("--principal", "1000"),
        *("--daily-rate", "0.05"),
        *("--installments", "3"),
        *("--method", "equal-installment"),
    )
    assert result.exit_code == 0, result.output
    assert "the daily rate as a year's" in result.stdout
    assert "18.25" in result.stdout


def test_flows_without_a_rate_are_shown_without_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote_of = quoting.quote_of

    def without_rates(
        document: Mapping[str, object], working: WorkingDays | None = None
    ) -> quoting.Quote:
        return replace(quote_of(document, working), rates=None)

    monkeypatch.setattr(quoting, "quote_of", without_rates)
    assert "no single annualized rate" in run(*PLAIN).stdout


def test_the_examples_of_the_help_work(run: Run) -> None:
    told = run("quote", "--help").stdout
    examples = re.findall(r"^    ([\[{].*?[\]}])$", told, re.MULTILINE | re.DOTALL)
    terms, events, *_ = map(json.loads, examples[:2])
    assert (terms, events) == (TERMS, LIFE)
    command = re.search(r"python -m app (quote --principal 10000 .*\n.*)", told)
    assert command is not None
    assert run(*command[1].replace("\\", "").split()).exit_code == 0


def test_thirty_years_come_out_as_banks_publish_them(run: Run) -> None:
    asked = "quote --principal 1000000 --rate 4.9 --installments 360 --method equal-installment"
    result = run(*asked.split(), *("--day-count", "months/12"), *("--disbursed-on", "2026-11-21"))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    first = next(line for line in lines if "2026-12-21" in line)
    last = next(line for line in lines if "2056-11-21" in line)
    total = next(line for line in lines if "total" in line)
    assert "5,307.27" in first
    assert "5,305.19" in last
    assert "1,000,000.00" in total
    assert "910,615.12" in total


def test_an_installment_its_step_and_its_first_day_are_options_too(run: Run) -> None:
    asked = "quote --principal 1000 --rate 0 --installments 3 --method equal-installment --json"
    steps = "--installment 400 --every 2 --unit week --first-due-on 2026-02-10 --day-count act/364"
    quoted = json.loads(run(*asked.split(), *steps.split(), "--disbursed-on", "2026-01-31").stdout)
    assert [(row["due_on"], row["total_fen"]) for row in quoted["rows"]] == [
        ("2026-02-10", 40_000),
        ("2026-02-24", 40_000),
        ("2026-03-10", 20_000),
    ]


def test_a_due_date_moved_to_a_working_day_is_shown_beside_the_nominal_one(
    run: Run, tmp_path: Path
) -> None:
    listed = {"business_days": "next", "working_days": {"holidays": ["2026-03-02"]}}
    file = saved(tmp_path / "terms.json", TERMS | listed)
    shown = run("quote", "--file", file).stdout
    assert "2026-03-03 (2026-02-28)" in shown  # a Saturday, then Sunday, then a day off


def test_drawdowns_and_a_down_payment_are_quoted(run: Run, tmp_path: Path) -> None:
    parts = [{"on": "2026-01-31", "amount": "6000"}, {"on": "2026-03-31", "amount": "4000"}]
    file = saved(
        tmp_path / "terms.json", TERMS | {"drawdowns": parts, "down_payment": "1000", "rate": "0"}
    )
    quoted = json.loads(run("quote", "--file", file, "--json").stdout)
    assert quoted["rows"][0]["total_fen"] == 100_000
    assert sum(row["principal_fen"] for row in quoted["rows"]) == 1_000_000
    assert [row["balance_fen"] for row in quoted["rows"][:4]] == [
        500_000,
        458_333,
        816_666,
        734_999,
    ]


def test_numbers_with_a_point_are_read_as_they_are_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "terms.json"
    path.write_text(json.dumps(TERMS).replace('"14.4"', "14.4"), encoding="utf-8")
    written = json.loads(run("quote", "--file", str(path), "--json").stdout)
    assert written == json.loads(run("quote", "--file", saved(path, TERMS), "--json").stdout)
    assert written["terms"]["annual_rate"] == "0.144"


def test_events_are_replayed_to_a_day(run: Run, tmp_path: Path) -> None:
    terms = saved(tmp_path / "terms.json", TERMS)
    events = saved(tmp_path / "events.json", LIFE[:2])
    given = ("quote", "--file", terms, "--events", events, "--on", "2026-03-01")
    state = json.loads(run(*given, "--json").stdout)
    assert state["rows"][0]["status"] == "PAID"
    shown = run(*given)
    assert json.loads(shown.stdout) == state
    assert len(shown.stdout.splitlines()) > 1, "a person gets lines"
    saved(tmp_path / "events.json", LIFE)
    assert json.loads(run(*given, "--json").stdout)["rows"][0]["status"] == "OVERDUE"


@pytest.mark.parametrize(
    ("files", "on", "says"),
    [
        ({"file": TERMS, "events": LIFE}, None, "--events needs --on DATE"),
        ({"file": TERMS, "events": LIFE}, "soon", "--on: not an ISO date"),
        ({"file": TERMS, "events": {}}, "2026-03-01", "the events file holds no JSON list"),
        ({"file": TERMS, "events": [{"event": "Rain"}]}, "2026-03-01", "event"),
        ({"file": TERMS, "events": LIFE[1:2]}, "2026-03-01", "before disbursement"),
        ({"file": []}, None, "the terms file holds no JSON object"),
        ({"file": TERMS | {"rate": "cheap"}}, None, "rate"),
        ({"file": TERMS | {"principal": "0"}}, None, "principal"),
        ({"file": TERMS | {"methods": "BULLET"}}, None, "methods"),
        ({"file": TERMS | {"working_days": {"weekend": 6}}}, None, "working_days.weekend"),
        ({"file": TERMS | {"disbursed_on": "soon"}}, None, "disbursed_on: not an iso date"),
        ({"file": TERMS | {"principal": "-1"}}, None, "principal_fen: out of range"),
        ({"file": TERMS | {"installment": "1"}}, None, "installment_fen: installment below"),
        (
            {"file": TERMS | {"fees": [{"code": "x", "amount": "5", "timing": "UP_FRONT"}]}},
            None,
            "fees[0].timing: taken up front",
        ),
        (
            {"file": TERMS, "events": [*LIFE[:1], {"event": "Refunded"}]},
            "2026-03-01",
            "event #2: effective_on: missing",
        ),
    ],
)
def test_what_cannot_be_quoted_is_refused_in_one_line(
    run: Run, tmp_path: Path, files: dict[str, object], on: str | None, says: str
) -> None:
    options = [] if on is None else ["--on", on]
    for name, content in files.items():
        options += [f"--{name}", saved(tmp_path / f"{name}.json", content)]
    assert says in refusal_of(run("quote", *options))


@pytest.mark.parametrize("content", [b"", b"{", b"\xed\xa0\x80"])
def test_a_file_that_is_no_json_is_refused_by_name(
    run: Run, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "terms.json"
    path.write_bytes(content)
    assert refusal_of(run("quote", "--file", str(path))) == "terms.json is not JSON"


def test_an_option_out_of_range_is_clicks_to_refuse(run: Run) -> None:
    result = run("quote", "--installments", "0")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_figure_of_a_plan_is_explained_in_words_and_for_machines(run: Run) -> None:
    chinese, english = run(*PLAIN, "--explain", "installment-interest:3").stdout.splitlines()
    assert "101.17 元" in chinese
    assert "14.4%" in chinese
    assert "¥101.17" in english
    said = json.loads(run(*PLAIN, "--explain", "LEVEL_INSTALLMENT", "--json").stdout)
    assert (said["figure"], said["result_fen"]) == ("LEVEL_INSTALLMENT", 89_975)


def test_a_figure_of_a_life_is_explained_on_its_day(run: Run, tmp_path: Path) -> None:
    terms, events = saved(tmp_path / "terms.json", TERMS), saved(tmp_path / "events.json", LIFE)
    given = ("quote", "--file", terms, "--events", events, "--on", "2026-03-01")
    state = json.loads(run(*given, "--json").stdout)
    said = json.loads(run(*given, "--explain", "payoff-amount", "--json").stdout)
    assert said["result_fen"] == state["payoff_fen"]
    assert len(run(*given, "--explain", "payoff-amount").stdout.splitlines()) == 2


@pytest.mark.parametrize("figure", ["nonsense", "installment-interest:99", "installment-interest"])
def test_what_is_no_figure_is_not_explained(run: Run, figure: str) -> None:
    assert f"{figure} is no figure" in refusal_of(run(*PLAIN, "--explain", figure))
