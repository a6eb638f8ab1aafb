"""Taking up rows from before there were row seals, once, when a migration brings them in."""

from collections.abc import Collection
from contextlib import suppress

from app.foundation.audit import note_cells
from app.foundation.database import fetch, transaction
from app.foundation.rekeying.jobs.renewing import (
    Change,
    Keys,
    SealedRow,
    opened_under,
    rows_by_id,
    sealed_whole,
)
from app.foundation.rekeying.jobs.writing import write_changes
from app.foundation.sealing.cells import SealBroken
from app.foundation.sealing.indexes import blind_index
from app.foundation.sealing.registry import Index, declared

BATCH_ROWS = 200


async def adopt_rows(applied: Collection[str]) -> int:
    """
    Seal rows of tables whose row seals came with migrations just applied; return how many.

    What the audit chain is to know of them is noted with them.

    A blind index that came later than the values is made first: later it would be missed as one
    that was taken away. A value that does not open is left without, and is refused when read.

    Only the migration that brought a table's row seals calls for this: at any other time a row
    without its seal was tampered with.
    """
    count = 0
    for one in declared():
        if not one.seals.has_row_seal or one.seals.row_seal_since not in applied:
            continue
        unsealed = (
            f"SELECT {one.seals.row_id} AS row_id FROM {one.seals.table} WHERE row_seal IS NULL"
            f" LIMIT {BATCH_ROWS}"
        )
        while found := await fetch(unsealed):
            rows = await rows_by_id(one, [row["row_id"] for row in found])
            keys = await Keys.of({row.subject_id for row in rows})
            changes = [Change(row, sealed_whole(row, _new_indexes(row, keys))) for row in rows]
            async with transaction() as tx:
                written = await write_changes(tx, one, changes)
                for change in changes:
                    if change.row.row_id in written:
                        await note_cells(tx, change.row.chained(change.values))
            count += len(written)
    return count


def _new_indexes(row: SealedRow, keys: Keys) -> dict[str, str]:
    made: dict[str, str] = {}
    for index in row.seals.indexes:
        if row.values[index.column] is not None:
            continue
        with suppress(SealBroken):
            text = _text_of(row, index, keys)
            if text is not None:
                made[index.column] = blind_index(index.label, text, bits=index.bits)
    return made


def _text_of(row: SealedRow, index: Index, keys: Keys) -> str | None:
    texts: list[str] = []
    for name in index.of:
        sealed = row.values[name]
        if sealed is None:
            return None
        texts.append(opened_under(row.cell(name), bytes(sealed), keys)[0])
    return index.text_of(*texts)
