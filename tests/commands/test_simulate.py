"""A simulated world keeps every promise, and each promise broken on purpose is found and named."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

from app.commands.reports.page import as_html
from app.commands.simulation.breaking import BREACHES, NOT_IN_DATABASE, break_promise
from app.commands.simulation.passing import pass_days
from app.commands.simulation.populating import enroll, lending_of, populate, resident_id_of
from app.commands.simulation.proving import CHECKS, prove, wrong_message
from app.commands.simulation.telling import Outcome, messages_by_end, page_of
from app.commands.simulation.world import BEGINS_ON, World, world_in
from app.foundation.proof import Proof
from app.identity.rules.people import resident_id_of as checked
from tests.commands.conftest import Run, refusal_of

BORROWERS, DAYS = 28, 16


def test_a_small_world_keeps_every_promise_and_each_breach_is_found(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "qingmiao.sqlite3")
    asyncio.run(_live(tmp_path))


async def _live(folder: Path) -> None:
    async with world_in(folder, url=None, seed=3) as world:
        await enroll(world)
        lending = await lending_of(world)
        await populate(world, lending, BORROWERS)
        told = await pass_days(world, lending, DAYS, _nobody_looks)
        assert [one.on_date for one in told.reports][-1] == world.today
        assert (world.today - BEGINS_ON).days >= DAYS
        outcome = await _proved(world)
        assert outcome.breach is None
        assert {name for name, _ in outcome.proofs} == {*CHECKS, "money"}
        assert all(proof.looked_at for _, proof in outcome.proofs)
        for what in ("pay", "contact", "record a contact", "learn a lesson", "complain", "borrow"):
            assert world.done[what], what
        assert world.done["permit refused: QUIET_HOURS"]
        assert world.done["record a contact: PERMIT_NOT_USABLE"]
        page = as_html(await page_of(world, told, outcome, "zh-Hans"))
        assert page.count("<svg") >= 3
        await _break_each(world)


def _nobody_looks(what: str, done: int, total: int) -> None:
    assert what
    assert done <= total


async def _break_each(world: World) -> None:
    """Break one promise after the other: the check of its name finds it and names what shows it."""
    for name in ("money", *(one for one in (*BREACHES, *NOT_IN_DATABASE) if one != "money")):
        before = await _problems(world, name)
        assert not before, before
        await break_promise(world, name)
        assert await _problems(world, name), name
    outcome = await _proved(world)
    assert outcome.breach is not None
    assert outcome.breach.startswith("contacts: no contact outside the law: contact ")


async def _problems(world: World, name: str) -> tuple[str, ...]:
    if name in CHECKS:
        return (await CHECKS[name](world)).problems
    found = [proof async for label, proof in prove(world) if label == name]
    return tuple(problem for proof in found for problem in proof.problems)


async def _proved(world: World) -> Outcome:
    return Outcome(
        borrowers=BORROWERS,
        days=DAYS,
        seed=3,
        seconds=1,
        proofs=[one async for one in prove(world)],
        done=dict(world.done),
        messages=await messages_by_end(),
    )


def test_a_breach_ends_the_command_with_one_and_its_name(
    run: Run, sqlite_template: Path, tmp_path: Path
) -> None:
    database = tmp_path / "own.sqlite3"
    shutil.copy(sqlite_template, database)
    page = tmp_path / "page.html"
    result = run(
        "simulate", "--borrowers", "10", "--days", "1", "--database", f"sqlite:///{database}",
        "--out", str(page), "--breach", "faults", "--language", "en",
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    assert "BREACH faults: nothing ended in a fault: a fault made on purpose" in result.stderr
    assert "1 WRONG" in result.stdout
    assert "a fault made on purpose" in page.read_text(encoding="utf-8")
    again = run("simulate", "--borrowers", "10", "--database", f"sqlite:///{database}")
    assert refusal_of(again) == "the database is not empty; a simulation begins in a new one"


def test_what_is_said_of_a_message_is_held_to_what_the_carrier_did() -> None:
    def wrong(state: str, reason: str | None, taken: int, arrived: int) -> bool:
        row: Mapping[str, str | None] = {"id": "md1", "state": state, "reason": reason}
        return bool(wrong_message(row, taken, arrived))

    assert not wrong("DELIVERED", None, 1, 1)
    assert not wrong("FAILED", "UNDELIVERED", 1, 0)
    assert not wrong("FAILED", "EXPIRED", 0, 0)
    assert not wrong("SUPPRESSED", "NOT_PERMITTED", 0, 0)
    assert wrong("DELIVERED", None, 2, 2)
    assert wrong("DELIVERED", None, 1, 0)
    assert wrong("FAILED", "UNDELIVERED", 1, 1)
    assert wrong("FAILED", "EXPIRED", 1, 0)
    assert wrong("SUPPRESSED", None, 1, 1)
    assert wrong("QUEUED", None, 0, 0)


def test_a_first_problem_is_the_breach() -> None:
    sound = Proof(promise="sound", looked_at=1)
    broken = Proof(promise="broken", looked_at=1, problems=("first", "second"))
    outcome = Outcome(
        borrowers=1, days=1, seed=1, seconds=1, done={}, messages={},
        proofs=[("one", sound), ("two", broken)],
    )  # fmt: skip
    assert outcome.breach == "two: broken: first"


def test_everybody_made_up_has_a_resident_id_of_their_own() -> None:
    numbers = [*range(0, 14_000, 7), 13_439, 13_440]
    ids = {resident_id_of(number) for number in numbers}
    assert len(ids) == len(set(numbers))
    assert all(checked(one, BEGINS_ON) == one for one in ids)
