"""The journey's command shows each step, and ends with 1 and the reason when anything is off."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Self

import pytest

from app.commands import journeying
from app.commands.journeying import Journey, Step
from app.commands.own_server import NotReady, OwnServer
from app.commands.personas import desk
from app.commands.phoning import PhoneError
from tests.commands.conftest import Run
from tests.commands.test_story import ScriptedPhone, story_of, success

STEP = Step(step="sign in", sees="登录成功", bytes_up=10, bytes_down=20, milliseconds=3)


class NoServer(OwnServer):
    """A server that is never started; its commands end as they are told to."""

    ending = (0, "balanced: 3 postings, chain intact")

    async def __aenter__(self) -> Self:
        return self

    async def command(self, *arguments: str) -> tuple[int, str]:
        assert arguments
        return self.ending


class BrokenServer(NoServer):
    ending = (1, "le1: altered")


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Play one step instead of the story, then whatever goes wrong."""
    wrong: list[Exception] = []

    async def play(journey: Journey) -> None:
        journey.steps.append(STEP)
        journey.say(STEP)
        for one in wrong:
            raise one

    monkeypatch.setattr(Journey, "play", play)
    monkeypatch.setattr(journeying, "OwnServer", NoServer)
    return wrong


def test_a_person_sees_each_step_and_the_totals(run: Run, played: list[Exception]) -> None:
    assert played == []
    result = run("journey")
    assert result.exit_code == 0
    first, last = result.stdout.splitlines()[:2]
    assert first.split()[:2] == ["sign", "in"]
    assert "登录成功" in first
    assert "'ok': True" in last


@pytest.mark.parametrize("wrong", [PhoneError("no code arrived"), NotReady("it stopped")])
def test_a_machine_gets_a_line_a_step_and_the_reason_last(
    run: Run, played: list[Exception], wrong: Exception
) -> None:
    played.append(wrong)
    result = run("journey", "--json")
    assert result.exit_code == 1
    step, last = map(json.loads, result.stdout.splitlines())
    assert step["sees"] == "登录成功"
    assert (last["ok"], last["steps"], last["problem"]) == (False, 1, str(wrong))
    assert (last["bytes_up"], last["bytes_down"]) == (10, 20)


def journey_on(server: OwnServer) -> Journey:
    return Journey(server, say=lambda _step: None)


CARD = {"id": "br1"}
SEEN = {"name": "张*", "phone": "199****0004"}


@pytest.mark.parametrize(
    ("by_tail", "seen", "says"),
    [
        ([], SEEN, "do not find the borrower"),
        ([CARD], {**SEEN, "phone": "19900000004"}, "sees what it must not"),
    ],
)
async def test_a_desk_that_finds_nobody_or_sees_too_much_is_off(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by_tail: list[object],
    seen: Mapping[str, str],
    says: str,
) -> None:
    answers: dict[str, list[Any]] = {
        "staff_sign_in": [success(accessToken="t")],
        "find_by_phone": [[CARD]],
        "find_by_last_four": [by_tail],
        "borrower_view": [seen],
    }

    def scripted(address: str, **_rest: object) -> ScriptedPhone:
        return ScriptedPhone(address, answers=answers)

    monkeypatch.setattr(journeying, "Phone", scripted)
    serve = journey_on(NoServer(tmp_path))._serve_at_desk  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the whole story would have to be told for one step
    with pytest.raises(PhoneError, match=says):
        await serve(story_of(), desk()[0])


async def test_a_command_that_fails_on_the_way_is_told(tmp_path: Path) -> None:
    journey = journey_on(BrokenServer(tmp_path))
    with pytest.raises(PhoneError, match="close-day: le1: altered"):
        await journey._let_days_pass(date(2026, 12, 27))  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the same
    with pytest.raises(PhoneError, match="ledger verify: le1: altered"):
        await journey._verify_ledger()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the same
