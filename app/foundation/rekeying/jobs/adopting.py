"""Taking up rows from before there were row seals, once, when a migration brings them in."""

from app.foundation.audit import note_cells
from app.foundation.database import fetch, transaction
from app.foundation.rekeying.jobs.renewing import Change, rows_by_id, sealed_whole
from app.foundation.rekeying.jobs.writing import write_changes
from app.foundation.sealing.registry import declared

BATCH_ROWS = 200


async def adopt_rows() -> int:
    """
    Seal rows that have no row seal yet, and note in the audit chain what it knows of them.

    Only a migration calls this: at any other time a row without its seal was tampered with.
    """
    count = 0
    for one in declared():
        if not one.seals.has_row_seal:
            continue
        unsealed = (
            f"SELECT {one.seals.row_id} AS row_id FROM {one.seals.table} WHERE row_seal IS NULL"
            f" LIMIT {BATCH_ROWS}"
        )
        while found := await fetch(unsealed):
            rows = await rows_by_id(one, [row["row_id"] for row in found])
            changes = [Change(row, sealed_whole(row, {})) for row in rows]
            async with transaction() as tx:
                written = await write_changes(tx, one, changes)
                for change in changes:
                    if change.row.row_id in written:
                        await note_cells(tx, change.row.chained(change.values))
            count += len(written)
    return count
