"""Personas by command: who is played, a line each, and 1 where one ends otherwise than written."""

import json
from collections.abc import Iterable
from typing import Any, Self

import pytest

from app.commands import playbill
from app.commands.casting import Ended, Stage, Tell, play
from app.commands.own_server import NotReady, OwnServer
from app.commands.personas import Persona, persona, personas
from tests.commands.conftest import Run
from tests.commands.test_story import ScriptedPhone, problem


class NoServer(OwnServer):
    """A server that is never started."""

    settles = (0, "3 postings")

    async def __aenter__(self) -> Self:
        return self

    async def command(self, *arguments: str) -> tuple[int, str]:
        assert arguments == ("partners", "settle")
        return self.settles


@pytest.fixture
def endings(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Let people end as they are told to, else as written."""
    told: dict[str, str] = {}

    async def nothing(_server: OwnServer) -> None:
        if told.get("server"):
            raise NotReady(told["server"])

    async def played(_stage: Stage, people: Iterable[Persona], *, tell: Tell) -> list[Ended]:
        ended = [
            Ended(persona=one, ending=told.get(one.code, one.ending), sees="…") for one in people
        ]
        for one in ended:
            tell(one)
        return ended

    monkeypatch.setattr(playbill, "OwnServer", NoServer)
    monkeypatch.setattr(playbill, "_furnish", nothing)
    monkeypatch.setattr(playbill, "play_all", played)
    return told


def last_of(output: str) -> dict[str, Any]:
    return json.loads(output.splitlines()[-1])


def test_everybody_is_played_and_ends_as_written(run: Run, endings: dict[str, str]) -> None:
    assert endings == {}
    result = run("journey", "--persona", "all")
    assert result.exit_code == 0
    totals = last_of(result.stdout)
    assert (totals["ok"], totals["as_written"]) == (True, len(personas()))


def test_another_ending_is_named_and_fails(run: Run, endings: dict[str, str]) -> None:
    endings["minor"] = "BOOKED"
    result = run("journey", "--persona", "minor")
    assert result.exit_code == 1
    assert "✗ expected PROFILE_REFUSED: BOOKED" in result.stdout
    lines = run("journey", "--persona", "minor", "--json").stdout.splitlines()
    assert (json.loads(lines[0])["ok"], json.loads(lines[1])["as_written"]) == (False, 0)


def test_sums_over_partners_that_are_not_the_ledgers_fail(
    run: Run, endings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endings == {}
    monkeypatch.setattr(NoServer, "settles", (1, "net: -100 stated, -99 in the ledger"))
    result = run("journey", "--persona", "minor")
    assert (result.exit_code, last_of(result.stdout)["ok"]) == (1, False)
    assert "-99 in the ledger" in last_of(result.stdout)["problem"]


def test_one_persona_brings_their_scene_along(run: Run, endings: dict[str, str]) -> None:
    assert endings == {}
    assert last_of(run("journey", "--persona", "guaranteed_shop").stdout)["personas"] == 2
    assert run("journey", "--persona", "nobody").exit_code == 2


def test_a_server_that_does_not_start_fails(run: Run, endings: dict[str, str]) -> None:
    endings["server"] = "it took too long"
    result = run("journey", "--persona", "minor")
    assert (result.exit_code, last_of(result.stdout)["problem"]) == (1, "it took too long")


class NoInbox(ScriptedPhone):
    """A phone to which nothing was ever sent."""

    async def newest_code(self, phone: str) -> str:
        assert phone
        return ""


async def test_a_story_that_breaks_ends_as_broken_and_says_why() -> None:
    answers = {"request_otp": [problem("CODES_LOCKED")]}

    def scripted(_language: str = "") -> NoInbox:
        return NoInbox("http://nowhere", answers=answers)

    stage = Stage(phone=scripted, desk_phone=scripted, now=lambda: pytest.fail("nobody signs in"))
    told: list[Ended] = []
    await play(stage, [persona("minor")], told.append)
    assert [(one.ending, one.is_as_written) for one in told] == [("BROKEN", False)]
    assert "CODES_LOCKED" in told[0].sees
