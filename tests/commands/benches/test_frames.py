"""
Frames, counted and cut: each screen keeps to its budget, and a broken line loses no money.

`python -m tests.long cuts` cuts at every byte.
"""

import random
import shutil
import subprocess
from typing import Any

import pytest

from app.commands.benches.budgets import PATH, Allowed, budgets, exceeded, loosened, read
from app.commands.benches.frames import count_ways
from app.commands.benches.scene import Scene
from app.commands.benches.screens import SCREENS
from app.commands.benches.ways import Plain, Synced
from tests.cutting import Applications, BadLine, Repayments, paid_so_far
from tests.long.cuts_run import spread

GIT = shutil.which("git") or ""
NOW: dict[str, Any] = {
    "on": "2026-11-22",
    "way": "plain",
    "trips": 1,
    "up": 5,
    "down": 9,
    "body_up": 4,
}


async def test_every_screen_keeps_to_its_budget_of_frames(set_scene: Scene) -> None:
    allowed = budgets()
    assert allowed.keys() == {screen.code for screen in SCREENS}
    counted = await count_ways(set_scene)
    for code, one in allowed.items():
        ours, usual = counted[one.way][code], counted["usual"][code]
        assert exceeded(one, ours.as_json()) == [], code
        assert ours.up > ours.body_up
        assert ours.down > ours.body_down
        assert 3 * (ours.up + ours.down) < usual.up + usual.down


async def test_what_is_cut_off_at_any_byte_is_done_once(set_scene: Scene) -> None:
    sent = await paid_so_far()
    for way in (Plain(), Synced()):
        line = BadLine(set_scene, way, random.Random(3))  # noqa: S311 - the weather
        repayments = Repayments(line, sent)
        await repayments.first()
        for place in spread(repayments.places, 10):
            await repayments.cut_at(place)
        await repayments.check()
        applications = Applications(line, (await set_scene.story.product())["id"])
        await applications.first()
        await applications.cut_at(line.chance.randrange(applications.places))
        assert line.cuts >= 2 * (10 + 2)
        await repayments.check()


def allowed(*budgets_: dict[str, object], **goal: int) -> dict[str, Allowed]:
    return {"home": Allowed(budgets_, goal)}


def cheaper(**figures: int) -> dict[str, object]:
    return {**NOW, "body_down": 8, **figures}


def test_whatever_is_let_go_is_named() -> None:
    before = allowed(cheaper(), trips=1)
    assert loosened(before, allowed(cheaper(), cheaper(down=8), trips=1)) == []
    assert loosened(before, {}) == ["home is gone"]
    assert loosened(before, allowed(cheaper(up=6), trips=1)) == [
        "home: a former budget was changed"
    ]
    assert loosened(before, allowed(cheaper(), cheaper(down=10), trips=1)) == [
        "home: down grew from 9 to 10 on 2026-11-22"
    ]
    assert loosened(before, allowed(cheaper(), trips=2)) == ["home: the goal for trips moved away"]
    assert loosened(before, allowed(cheaper())) == ["home: the goal for trips moved away"]
    assert exceeded(before["home"], {**NOW, "body_down": 8, "up": 6}) == ["up: 6 for 5"]


@pytest.mark.skipif(not GIT or not (PATH.parents[1] / ".git").exists(), reason="no history")
def test_no_budget_was_ever_loosened() -> None:
    root, name = PATH.parents[1], "fixtures/budgets.toml"

    def git(*arguments: str) -> str:
        return subprocess.run(  # noqa: S603 - git on our own history
            [GIT, *arguments], cwd=root, check=True, capture_output=True, text=True
        ).stdout

    now = budgets()
    assert loosened(now, now) == []
    for commit in git("log", "--format=%H", "--diff-filter=AM", "--", name).split():
        assert loosened(read(git("show", f"{commit}:{name}")), now) == [], commit
