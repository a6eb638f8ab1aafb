"""Whoever writes about a person while that person is forgotten comes before it or after it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.foundation.database import Transaction, fetch, transaction
from app.foundation.rekeying.jobs.passing import make_versions
from app.foundation.rekeying.shredding import shred
from app.foundation.sealing import Forgotten, KeyClass, seal
from app.foundation.sealing.cells import Cell
from app.identity.models import borrower_cell
from app.identity.queries import borrower_ids_by_phone
from app.identity.queries.borrowers import phone_index
from tests.foundation.borrowers import Join

LATER = 2**53
PHONE = "+8613900000001"
Act = Callable[[Transaction], Awaitable[object]]


async def keys_of(subject_id: str) -> list[str]:
    rows = await fetch("SELECT id FROM data_key WHERE subject_id = ?", [subject_id])
    return [row["id"] for row in rows]


async def overlapping(first: Act, second: Act) -> list[object]:
    """Do the first in a transaction that ends only once the second has begun and must wait."""
    has_acted, has_begun = asyncio.Event(), asyncio.Event()

    async def one() -> object:
        async with transaction() as tx:
            done = await first(tx)
            has_acted.set()
            await asyncio.wait_for(has_begun.wait(), 10)
            await asyncio.sleep(0.1)  # the second is in the midst of it by now, or held up
            return done

    async def other() -> object:
        await has_acted.wait()
        has_begun.set()
        async with transaction() as tx:
            return await second(tx)

    return list(await asyncio.gather(one(), other(), return_exceptions=True))


async def test_what_was_written_before_a_person_is_forgotten_is_forgotten_too(join: Join) -> None:
    gone = await join()

    async def write(tx: Transaction) -> None:
        sealed = await seal(tx, borrower_cell(gone, "phone"), PHONE)
        await asyncio.sleep(0.2)  # whoever forgets could do all of it here, if they did not wait
        await tx.run(
            "UPDATE borrower SET phone = ?, phone_index = ? WHERE id = ?",
            [bytes(sealed), phone_index(PHONE), gone],
        )

    async def forget(tx: Transaction) -> None:
        await shred(tx, gone)

    has_sealed = asyncio.create_task(overlapping(write, forget))
    assert await has_sealed == [None, None]
    assert await keys_of(gone) == []
    assert await borrower_ids_by_phone(PHONE) == []
    blanks = await fetch("SELECT phone_index FROM borrower WHERE id = ?", [gone])
    assert blanks[0]["phone_index"] in {None, "", f"-{gone}"}


@pytest.mark.parametrize("is_rotating", [False, True])
async def test_no_key_is_made_for_somebody_who_is_being_forgotten(
    join: Join, *, is_rotating: bool
) -> None:
    gone = await join()
    note = Cell("ticket", "text", "ti00000000000001", gone, KeyClass.CONTENT)

    async def forget(tx: Transaction) -> None:
        await shred(tx, gone)

    async def make(tx: Transaction) -> object:
        if is_rotating:
            return (await make_versions(tx, "", 200, LATER)).changed
        return await seal(tx, note, "梅")

    _, made = await overlapping(forget, make)
    assert made == 0 if is_rotating else isinstance(made, Forgotten)
    assert await keys_of(gone) == []


async def test_a_key_made_while_a_person_is_being_forgotten_goes_with_the_others(
    join: Join,
) -> None:
    gone = await join()
    note = Cell("ticket", "text", "ti00000000000001", gone, KeyClass.CONTENT)

    async def make(tx: Transaction) -> None:
        await seal(tx, note, "梅")
        await make_versions(tx, "", 200, LATER)

    async def forget(tx: Transaction) -> None:
        await shred(tx, gone)

    assert await overlapping(make, forget) == [None, None]
    assert await keys_of(gone) == []
