"""What was counted and timed is shown beside budget, goal and floor, to people and machines."""

import pytest

from app.commands.benches.budgets import budgets
from app.commands.benches.frames import Counted
from app.commands.benches.http2.speaking import Counts
from app.commands.benches.link.lanes import PROFILES
from app.commands.benches.link.timing import Measured, Timed
from app.commands.benches.measuring import Spread
from app.commands.benches.screens import SCREENS
from app.commands.benches.ways import WAYS
from app.commands.benches.wire_tables import (
    counts_as_json,
    link_as_json,
    over_budget,
    show_counts,
    show_link,
)

CHEAP = Counted(trips=1, up=3, down=4, body_up=0, body_down=0)
DEAR = Counted(trips=1, up=123_456, down=4, body_up=0, body_down=0)


def test_what_is_over_its_budget_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    counted = {way.code: {screen.code: CHEAP for screen in SCREENS} for way in WAYS}
    assert not any(over_budget(counted, budgets()).values())
    counted[budgets()["plan"].way]["plan"] = DEAR
    most = budgets()["plan"].budget["up"]
    assert over_budget(counted, budgets())["plan"] == [f"up: 123456 for {most}"]
    told = counts_as_json(counted, budgets())["screens"]
    assert isinstance(told, dict)
    assert [code for code, one in told.items() if one["exceeded"]] == ["plan"]
    assert told["repay"]["goal"]["body_down"] == 60
    show_counts(counted, budgets())
    printed = capsys.readouterr().out
    assert printed.count("exceeded") == 1
    assert "123,456" in printed


def test_a_link_is_told_at_the_median(capsys: pytest.CaptureFixture[str]) -> None:
    timed = [Timed(seconds=one, ip=Counts(100, 1_000), trips=2) for one in (1.0, 9.0, 2.0)]
    walks = {way.code: {screen.code: timed for screen in SCREENS} for way in WAYS}
    measured = Measured(floor=Spread.of([0.5]), walks=walks)
    told = link_as_json(PROFILES["2g"], measured, budgets(), 3)["screens"]
    assert isinstance(told, dict)
    seen = told["apply"]["measured"]["usual"]
    assert (seen["seconds"]["median"], seen["ip_bytes"], seen["trips"]) == (2.0, 1_100, 2)
    show_link(PROFILES["2g"], measured, budgets(), 3)
    printed = capsys.readouterr().out
    assert "1.00–9.00" in printed
    assert "4.0" in printed, "of the floor"
    assert "The floor, one datagram up and one down: 0.500 s." in printed
