"""Processes that a test starts, races and kills: `python programs.py TASK URL KEYRING …`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tortoise.transactions import in_transaction

from app.adapters.kms import FileKms
from app.foundation import idempotency, outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, Transaction, current, transaction
from app.foundation.database.migrating import migrate
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.models import RevisionRow
from app.foundation.outbox import Fact, Subscription, announce
from app.foundation.revision import revise
from app.foundation.sealing import Vault, install_vault

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sown(Fact):
    """A field was sown."""

    field_id: str
    row: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """A command that counts one more, once per key."""

    caller_id: str = "br1"
    idempotency_key: str = "first"


def say(words: object) -> None:
    """Tell the test."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


async def add(command: Add) -> int:
    """Carry out a command, as every operation does."""
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["revision"]
        revision = await revise(tx, "br1")
        await claim.settle(tx, {"revision": revision})
        return revision


async def count(times: str) -> None:
    """Read a number and write the next one, many times; say how often it could not."""
    failures = 0
    for _ in range(int(times)):
        try:
            async with transaction():
                row = await RevisionRow.filter(subject_id="br1").select_for_update().get()
                await asyncio.sleep(0)
                row.revision += 1
                await row.save()
        except TemporarilyUnavailable:
            failures += 1
    say(failures)


async def add_many(times: str) -> None:
    """Send the same command many times at once; say which answers came."""
    answers = await asyncio.gather(*(add(Add()) for _ in range(int(times))))
    say(sorted(set(answers)))


async def add_and_hang() -> None:
    """Do all of a command but commit it."""
    async with transaction() as tx:
        claim = await idempotency.claim(tx, Add())
        await claim.settle(tx, {"revision": await revise(tx, "br1")})
        say("written")
        await asyncio.sleep(600)


async def sow(times: str) -> None:
    """Announce that many facts."""
    for row in range(int(times)):
        async with transaction() as tx:
            await announce(tx, Sown(field_id="fd1", row=row))
    say("sown")


async def deliver(seconds_later: str) -> None:
    """Deliver what is due at that moment."""
    clock = current().clock
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(seconds=int(seconds_later)))
    say(await outbox.drain())


async def deliver_and_hang() -> None:
    """Take effects that never end."""
    outbox.subscribe([local(hang), outside(carry_and_hang)])
    await outbox.drain()


async def upgrade() -> None:
    """Bring the schema up to date; say what was applied."""
    say(await migrate(current()))


async def begin() -> None:
    """Be among the first to open a file."""
    async with in_transaction() as connection:
        await connection.execute_script("CREATE TABLE IF NOT EXISTS beginning (id INTEGER)")
    say("begun")


async def take(tx: Transaction, fact: Sown) -> None:
    """Take effect in our own database."""
    await revise(tx, fact.field_id)


async def carry(fact: Sown, delivery_id: str) -> None:
    """Take effect outside: here, a count of calls and one of deliveries told apart."""
    assert fact.field_id
    async with transaction() as tx:
        await revise(tx, "calls")
        await revise(tx, delivery_id)


async def hang(tx: Transaction, fact: Sown) -> None:
    """Take effect, and never commit it."""
    await take(tx, fact)
    say("taken")
    await asyncio.sleep(600)


async def carry_and_hang(fact: Sown, delivery_id: str) -> None:
    """Take effect outside, and never come back to say so."""
    await carry(fact, delivery_id)
    say("carried")
    await asyncio.sleep(600)


def local(effect: Callable[[Transaction, Sown], Awaitable[None]]) -> Subscription:
    """Subscribe an effect of our own."""
    return Subscription(fact_type=Sown, consumer="take", local=effect)


def outside(effect: Callable[[Sown, str], Awaitable[None]]) -> Subscription:
    """Subscribe a call to an outside system."""
    return Subscription(fact_type=Sown, consumer="carry", outside=effect)


TASKS: dict[str, Callable[..., Awaitable[None]]] = {
    "count": count,
    "add_many": add_many,
    "add_and_hang": add_and_hang,
    "sow": sow,
    "deliver": deliver,
    "deliver_and_hang": deliver_and_hang,
    "upgrade": upgrade,
    "begin": begin,
}


async def main(task: str, url: str, keyring: str, migrations: str, *arguments: str) -> None:
    """Open the database as every process of the app does, and do one task."""
    database = Database(url=url, clock=FixedClock(START), migrations=migrations)
    await database.open()
    install_vault(Vault(FileKms(Path(keyring))))
    outbox.subscribe([local(take), outside(carry)])
    try:
        await TASKS[task](*arguments)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
