"""Taking up cells that were written before there was a chain, once."""

from pathlib import Path

from app.foundation.audit.cells import note_cells
from app.foundation.audit.checkpoints import witnessed
from app.foundation.database import Transaction, transaction
from app.foundation.sealing import Cell, SealedTable, declared

CHUNK = 500


async def adopt_cells(witness: Path | None) -> int:
    """
    Note every chained cell as it stands, if nothing was ever recorded; return how many.

    This trusts what is there, as a database of before deserves. One with a chain, or one that a
    witness knows to have had a chain, is not trusted: there a cell without a note stays broken.
    """
    if witness is not None and next(witnessed(witness), None) is not None:
        return 0
    async with transaction() as tx:
        if await tx.rows("SELECT 1 FROM audit_head UNION ALL SELECT 1 FROM audit_entry LIMIT 1"):
            return 0
        return sum([await _adopt(tx, one.seals) for one in declared() if one.seals.chained])


async def _adopt(tx: Transaction, seals: SealedTable) -> int:
    columns = ", ".join((f"{seals.row_id} AS row_id", f"{seals.subject} AS subject_id",
                         *seals.chained))  # fmt: skip
    last, adopted = "", 0
    while rows := await tx.rows(
        f"SELECT {columns} FROM {seals.table} WHERE {seals.row_id} > ?"
        f" ORDER BY {seals.row_id} LIMIT {CHUNK}",
        [last],
    ):
        last = rows[-1]["row_id"]
        found: list[tuple[Cell, bytes | None]] = [
            (seals.cell(column, row["row_id"], row["subject_id"]), bytes(row[column]))
            for row in rows
            for column in seals.chained
            if row[column] is not None
        ]
        await note_cells(tx, found)
        adopted += len(found)
    return adopted
