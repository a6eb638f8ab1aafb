"""The same key and command get the same answer; the same key with another is refused."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import pytest

from app.foundation import idempotency
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import IdempotencyConflict, InvalidInput, StillInFlight
from app.foundation.revision import revision_of
from tests.foundation import programs
from tests.foundation.conftest import Start


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """A command that adds to a counter."""

    caller_id: str = "br1"
    amount: int = 1
    phone: str = "13800138000"
    rate: Decimal = Decimal("0.144")
    idempotency_key: str = "first"


async def add(command: Add) -> int:
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["revision"]
        rows = await tx.rows(
            "INSERT INTO revision (subject_id, revision) VALUES ('br1', ?) ON CONFLICT (subject_id)"
            " DO UPDATE SET revision = revision.revision + excluded.revision RETURNING revision",
            [command.amount],
        )
        await claim.settle(tx, {"revision": rows[0]["revision"]})
        return rows[0]["revision"]


async def counted() -> int:
    rows = await fetch("SELECT revision FROM revision WHERE subject_id = 'br1'")
    return rows[0]["revision"] if rows else 0


@pytest.mark.usefixtures("database")
async def test_a_command_sent_again_gets_the_first_answer() -> None:
    assert await add(Add()) == 1
    assert await add(Add()) == 1
    assert await counted() == 1


@pytest.mark.usefixtures("database")
async def test_another_command_under_the_same_key_is_refused_and_changes_nothing() -> None:
    await add(Add())
    with pytest.raises(IdempotencyConflict):
        await add(Add(amount=5))
    assert await counted() == 1


@pytest.mark.usefixtures("database")
async def test_two_callers_may_use_the_same_key() -> None:
    await add(Add())
    await add(Add(caller_id="br2"))
    assert await counted() == 2


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("key", ["", "a" * 65, "sp ace", "密钥", "a\n"])
async def test_a_malformed_key_is_refused_and_changes_nothing(key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await add(Add(idempotency_key=key))
    assert refused.value.field == "input.idempotencyKey"
    assert await counted() == 0


@pytest.mark.usefixtures("database")
async def test_a_hundred_senders_at_once_get_one_effect_and_one_answer() -> None:
    answers = await asyncio.gather(*(add(Add()) for _ in range(100)))
    assert set(answers) == {1}
    assert await counted() == 1


async def test_the_claim_survives_a_restart(database: Database) -> None:
    await add(Add())
    await database.close()
    again = Database(url=database.url, clock=database.clock)
    await again.open()
    try:
        assert await add(Add()) == 1
        assert await counted() == 1
    finally:
        await again.close()


@pytest.mark.usefixtures("shared_keyring")
async def test_a_hundred_senders_in_four_processes_get_one_effect_and_one_answer(
    start: Start,
) -> None:
    sending = [await start("add_many", 25) for _ in range(4)]
    assert [(await one.communicate())[0] for one in sending] == [b"[1]\n"] * 4
    assert await revision_of("br1") == 1


@pytest.mark.usefixtures("shared_keyring")
async def test_a_process_killed_before_it_commits_leaves_the_key_free(start: Start) -> None:
    killed = await start("add_and_hang")
    assert killed.stdout is not None
    assert await killed.stdout.readline() == b"written\n"
    killed.kill()
    await killed.wait()
    assert await revision_of("br1") == 0
    async with asyncio.timeout(10):
        assert await programs.add(programs.Add()) == 1
        assert await programs.add(programs.Add()) == 1
    assert await revision_of("br1") == 1


@pytest.mark.usefixtures("database")
async def test_a_command_that_is_claimed_and_not_answered_is_undone() -> None:
    """Committed, it would keep its sender waiting for ever."""
    with pytest.raises(AssertionError, match="answered"):
        async with transaction() as tx:
            await idempotency.claim(tx, Add())
    assert await add(Add()) == 1


@pytest.mark.usefixtures("database")
async def test_a_claim_without_an_answer_asks_to_look_again() -> None:
    await add(Add())
    async with transaction() as tx:
        await tx.run("UPDATE idempotency_claim SET answer = NULL")
    with pytest.raises(StillInFlight):
        await add(Add())


@pytest.mark.usefixtures("database")
async def test_what_is_kept_of_a_command_tells_nothing_of_it() -> None:
    await add(Add())
    kept = str(await fetch("SELECT * FROM idempotency_claim"))
    assert "13800138000" not in kept
    assert "first" not in kept
    assert "br1" not in kept
