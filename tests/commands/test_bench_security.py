"""`bench security`: every budget has its line, its goal and its primitive."""

import json

from tests.commands.conftest import Run

GOALS_US = {
    "token-check": 10.0,
    "otp-verify": 200.0,
    "device-login": None,
    "sealed-read": 60.0,
    "reveal": 1_000.0,
    "rewrap": 20.0,
    "re-encrypt": 10.0,
}
"""50,000 keys and 100,000 fields a second are 20 and 10 microseconds each."""


def test_every_budget_is_measured_against_its_goal(run: Run) -> None:
    result = run("bench", "security", "--json", "--rounds", "5")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    works = {work["name"]: work for work in answer["works"]}
    assert {name: works[name]["goal_us"] for name in GOALS_US} == GOALS_US
    assert works["device-login"]["goal_ratio"] == 5
    assert all(works[name]["is_met"] is not None for name in GOALS_US)
    assert all(work["primitive"] in answer["primitives_us"] for work in works.values())
    assert answer["request"]["goal_bytes"] == 190
    assert answer["request"]["is_met"]
