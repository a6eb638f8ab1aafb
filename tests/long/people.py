"""A database with many people in it, whose rows the app's own operations wrote."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.adapters.kms import FileKms
from app.foundation import outbox
from app.foundation.clock import SystemClock
from app.foundation.database import Database, Transaction, transaction
from app.foundation.database.migrating import migrate
from app.foundation.sealing import Vault, blind_index, install_vault, seal
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.borrower_rows import keep_row
from app.identity.queries.borrowers import phone_index, phone_tail_index

PER_TRANSACTION = 200
COLUMNS = ("phone", "name", "resident_id", "bank_card", "income")


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Database]:
    """Open a migrated database with keys in a file beside it."""
    database = Database(url=url, clock=SystemClock())
    await database.open()
    install_vault(Vault(FileKms(folder / "keyring.json")))
    outbox.subscribe([])
    try:
        await migrate(database)
        yield database
    finally:
        install_vault(None)
        await database.close()


def values_of(number: int) -> dict[str, str]:
    """Return what a person says, different for each number."""
    return {
        "phone": f"+86139{number:08d}",
        "name": f"石宝塬{number:06d}",
        "resident_id": f"61262919800312{number % 10000:04d}-{number}",
        "bank_card": f"6200{number:012d}",
        "income": str(100_000 + number),
    }


async def join_many(count: int) -> list[str]:
    """Let so many people join with five sealed values each; return their ids."""
    ids: list[str] = []
    while len(ids) < count:
        async with transaction() as tx:
            most = min(count, len(ids) + PER_TRANSACTION)
            ids += [await _join(tx, number) for number in range(len(ids), most)]
    return ids


async def _join(tx: Transaction, number: int) -> str:
    said = values_of(number)
    borrower_id = tx.new_id("br")
    sealed = {
        column: await seal(tx, borrower_cell(borrower_id, column), said[column])
        for column in COLUMNS
    }
    row = BorrowerRow(
        id=borrower_id,
        **sealed,
        phone_index=phone_index(said["phone"]),
        phone_tail_index=phone_tail_index(said["phone"]),
        resident_id_index=blind_index("borrower.resident_id", said["resident_id"]),
        bank_card_index=blind_index("borrower.bank_card", said["bank_card"]),
        language="zh-Hans",
        joined_at=0,
    )
    await keep_row(tx, row, is_new=True)
    return borrower_id


def say(words: str) -> None:
    """Tell whoever watches."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
