"""An account of points: opened, held, and written to line by line."""

from dataclasses import dataclass
from datetime import date

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.rekeying.shredding import is_forgotten
from app.foundation.revision import revise
from app.foundation.sealing import Forgotten
from app.literacy import queries as literacy
from app.rewards.errors import PointsShort
from app.rewards.rules import CODE_LENGTH, PointsKind, PointsPolicy, code_from

CODE_TRIES = 8
"""Of 32 to the eighth codes one is taken; eight that are all taken mean that chance is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line to be added to an account; below zero where points go."""

    kind: PointsKind
    source: str
    points: int
    expires_on: date | None = None


async def hold_account(
    tx: Transaction, borrower_id: str, policy: PointsPolicy, *, device_mark: str | None = None
) -> int:
    """
    Hold a borrower's account until the transaction ends; return the points in it.

    Opened the first time, with all that they had earned by learning until then. Whatever writes to
    an account holds it first, so two never wait for each other in a circle.

    Raises:
        Forgotten: It was deleted with all of theirs, at their wish; what comes late opens none.
    """
    held = await tx.rows(
        "UPDATE reward_account SET points = points WHERE id = ? RETURNING points", [borrower_id]
    )
    if held:
        return int(held[0]["points"])
    await revise(tx, borrower_id)  # whoever forgets them waits for this, or is seen below
    if await is_forgotten(borrower_id):
        raise Forgotten
    await _open(tx, borrower_id, device_mark)
    for source, points in await literacy.points_earned(borrower_id):
        line = Line(
            kind=PointsKind.LEARNED,
            source=source,
            points=points,
            expires_on=policy.last_day_of(tx.today),
        )
        await add_line(tx, borrower_id, line)
    held = await tx.rows("SELECT points FROM reward_account WHERE id = ?", [borrower_id])
    return int(held[0]["points"])


async def add_line(tx: Transaction, borrower_id: str, line: Line) -> bool:
    """
    Add a line to an account that is held; tell whether it was new: a source counts once.

    Raises:
        PointsShort: More would go than there is.
    """
    added = await tx.rows(
        "INSERT INTO reward_points (id, entry_key, borrower_id, kind, source, points, made_at,"
        " expires_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (entry_key) DO NOTHING RETURNING id",
        [
            tx.new_id("pn"),
            f"{borrower_id}:{line.source}",
            borrower_id,
            line.kind.value,
            line.source,
            line.points,
            milliseconds(tx.now),
            None if line.expires_on is None else line.expires_on.isoformat(),
        ],
    )
    if not added:
        return False
    kept = await tx.rows(
        "UPDATE reward_account SET points = points + ? WHERE id = ? AND points + ? >= 0"
        " RETURNING points",
        [line.points, borrower_id, line.points],
    )
    if not kept:
        found = await tx.rows("SELECT points FROM reward_account WHERE id = ?", [borrower_id])
        raise PointsShort(points=int(found[0]["points"]), needed=-line.points)
    await revise(tx, borrower_id)
    return True


async def _open(tx: Transaction, borrower_id: str, device_mark: str | None) -> None:
    for _ in range(CODE_TRIES):
        # Another may open this account at once, or hold the same code: neither is a fault.
        await tx.run(
            "INSERT INTO reward_account (id, points, code, device_mark, opened_on)"
            " VALUES (?, 0, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                borrower_id,
                code_from(tx.random_bytes(CODE_LENGTH)),
                device_mark,
                tx.today.isoformat(),
            ],
        )
        if await tx.rows(
            "UPDATE reward_account SET points = points WHERE id = ? RETURNING id", [borrower_id]
        ):
            return
    raise AssertionError("a code that nobody has is found")
