"""`bench loanmath`: it runs, sums up fairly, and says the same to people and machines."""

import json

import pytest

from app.commands.benches import loanmath, measuring
from app.commands.benches.measuring import Spread, Work, measure
from app.loanmath.life import fold
from app.loanmath.record import event_from_json, terms_from_json
from tests.commands.conftest import Run

NAMES = ["plan_36", "plan_360", "life_late", "life_ahead", "life_prepaid", "rebuild"]


def test_the_machines_answer_has_every_work_with_its_spread_and_goal(run: Run) -> None:
    result = run("bench", "loanmath", "--json", "--rounds", "5", "--loans", "3")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["rounds"] == 5
    assert answer["reference"]["steps"] == measuring.REFERENCE_STEPS
    assert [work["name"] for work in answer["works"]] == NAMES
    for work in answer["works"]:
        for spread in (work["ms"], work["ratio"], answer["reference"]["ms"]):
            assert 0 < spread["min"] <= spread["median"] <= spread["max"]
        is_met = None if work["goal_ms"] is None else work["ms"]["median"] <= work["goal_ms"]
        assert work["is_met"] is is_met
    assert {work["name"]: work["goal_ms"] for work in answer["works"]} == {
        "plan_36": 1.0,
        "plan_360": None,
        "life_late": 5.0,
        "life_ahead": 5.0,
        "life_prepaid": 5.0,
        "rebuild": 1.0,
    }
    rebuilt = answer["rebuild"]
    assert rebuilt["really"]["loans"] == 3
    assert rebuilt["loans_per_second"] > 0
    assert rebuilt["seconds_for_100000"] > 0


def test_a_person_reads_a_table(run: Run) -> None:
    result = run("bench", "loanmath", "--rounds", "5")
    assert result.exit_code == 0, result.output
    assert "a plan of 36 rows" in result.stdout
    assert "loans/s on one core, so 100,000 loans in" in result.stdout
    assert "really" not in result.stdout
    assert "really rebuilt: 2 loans" in run("bench", "loanmath", "--loans", "2").stdout


def test_too_few_rounds_for_a_middle_are_refused(run: Run) -> None:
    assert run("bench", "loanmath", "--rounds", "4").exit_code == 2


def once(work: Work) -> int:
    return len(work.name)


def test_works_take_turns_with_the_reference_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setattr(measuring, "reference", lambda: order.append("loop"))
    monkeypatch.setattr(measuring, "_calls", once)
    works = [Work(name=name, what=name, do=lambda n=name: order.append(n)) for name in "ab"]

    measure(works, 5)

    assert order == ["loop", "a", "loop", "b"] * 5


def test_a_spread_is_least_middle_and_most() -> None:
    assert Spread.of([5.0, 1.0, 2.0]) == Spread(1.0, 2.0, 5.0)


def test_the_recorded_loans_are_the_ordinary_ones_they_are_said_to_be() -> None:
    for number in range(40):
        terms, events, on = loanmath.record_of(number)
        assert (terms, events, on) == loanmath.record_of(number)
        read = terms_from_json(json.loads(terms))
        happened = [event_from_json(json.loads(event)) for event in events]
        assert 12 <= read.count <= 24
        assert len(happened) == 10
        assert all(event.effective_on <= on for event in happened)
        assert fold(read, happened, on).principal_fen > 0


def test_the_close_of_day_is_timed_by_what_the_day_brings(run: Run) -> None:
    result = run("bench", "closing", "--json", "--loans", "3")
    assert result.exit_code == 0, result.output
    days = json.loads(result.stdout)["days"]
    assert [(one["name"], one["loans"]) for one in days] == [
        ("quiet", 0), ("due_soon", 3), ("due_today", 3), ("overdue", 3), ("late", 3),
    ]  # fmt: skip
    assert [one["is_met"] is None for one in days] == [True, False, False, True, True]
