"""The same key and command get the same answer; the same key with another is refused."""

import asyncio
from dataclasses import dataclass

import pytest

from app.foundation import idempotency
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import IdempotencyConflict, InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """A command that adds to a counter."""

    caller_id: str = "br1"
    amount: int = 1
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
