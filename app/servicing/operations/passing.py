"""
Days that pass plainly: most of what a day's close does, by statements for many loans at once.

A loan that owes nothing yet and holds nothing, whose next installment nears or falls due, changes
in a few columns that its rows tell by themselves: nothing is folded, and nothing is posted. Any
other loan is worked out from its terms and events, as after everything that happens to it. The
proof of projections says the same of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.foundation.database import Parameter, Transaction
from app.foundation.database.stored import day_in
from app.foundation.outbox import announce_all
from app.loanmath.life import DUE_SOON_DAYS, Bucket, InstallmentStatus, LoanStatus
from app.servicing.events import InstallmentDueSoon, InstallmentDueToday
from app.servicing.models import installment_id

_DAY = timedelta(days=1)
_SOON = DUE_SOON_DAYS * _DAY
_APART = 2 * (_SOON + _DAY)
"""Installments so far apart never have anything to do on the same days."""

_PLAIN = (
    "SELECT l.id, l.borrower_id, i.number, i.payable_on, l.next_amount_fen"
    " FROM servicing_loan l JOIN servicing_installment i"
    " ON i.loan_id = l.id AND i.number = l.next_number"
    " WHERE l.next_event_on = ? AND l.told_on < ? AND l.as_of < ? AND l.closed_on IS NULL"
    " AND l.status = ? AND l.bucket = ? AND l.past_due_since IS NULL"
    " AND l.due_now_fen = 0 AND l.overdue_fen = 0 AND l.penalty_fen = 0 AND l.unapplied_fen = 0"
    " AND (l.awaits_year IS NULL OR l.awaits_year > ?)"
    " AND i.status = ? AND i.due_on = i.payable_on AND i.payable_on IN (?, ?)"
    " AND i.paid_by_others_fen = 0 AND i.waived_fen = 0 AND i.penalty_fen = 0"
    " AND NOT EXISTS (SELECT 1 FROM servicing_reduction r WHERE r.loan_id = l.id)"
    " AND NOT EXISTS (SELECT 1 FROM servicing_installment o WHERE o.loan_id = l.id"
    " AND (o.number < i.number AND (o.due_on >= ? OR o.payable_on >= ?)"
    " OR o.number > i.number AND (o.due_on <= ? OR o.payable_on <= ?)))"
    " AND l.id IN ({ids})"
)


@dataclass(frozen=True, slots=True)
class Passed:
    """What a day did to some loans that nothing else happened to."""

    loans: frozenset[str] = frozenset()
    borrowers: frozenset[str] = frozenset()
    """Whose loans they are: the caller counts the change for them, when all else is done."""
    due_soon: int = 0
    due_today: int = 0


async def pass_plainly(
    tx: Transaction, day: date, loan_ids: Sequence[str], *, published_until: int
) -> Passed:
    """Let a day pass for those of some held loans for which it is a plain one; leave the others."""
    if not loan_ids:
        return Passed()
    near = day + _APART
    sql = _PLAIN.format(ids=", ".join("?" for _ in loan_ids))
    asked: list[Parameter] = [
        day,
        day,
        day,
        LoanStatus.ACTIVE.value,
        Bucket.CURRENT.value,
        published_until,
        InstallmentStatus.NOT_YET_DUE.value,
        day,
        day + _SOON,
        day,
        day,
        near,
        near,
        *loan_ids,
    ]
    rows = await tx.rows(sql, asked)
    today = [row for row in rows if day_in(row["payable_on"]) == day]
    soon = [row for row in rows if day_in(row["payable_on"]) != day]
    if not rows:
        return Passed()
    await _near(tx, day, soon)
    await _fall_due(tx, day, today)
    await announce_all(
        tx,
        [InstallmentDueSoon(**_told(row, day + _SOON)) for row in soon]
        + [InstallmentDueToday(**_told(row, day)) for row in today],
    )
    return Passed(
        loans=frozenset(row["id"] for row in rows),
        borrowers=frozenset(row["borrower_id"] for row in rows),
        due_soon=len(soon),
        due_today=len(today),
    )


async def _near(tx: Transaction, day: date, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        places = ", ".join("?" for _ in rows)
        await tx.run(
            "UPDATE servicing_loan SET as_of = ?, told_on = ?, next_event_on = ?"
            f" WHERE id IN ({places})",
            [day, day, day + _SOON, *(row["id"] for row in rows)],
        )


async def _fall_due(tx: Transaction, day: date, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        places = ", ".join("?" for _ in rows)
        await tx.run(
            "UPDATE servicing_loan SET as_of = ?, told_on = ?, next_event_on = ?,"
            f" due_now_fen = next_amount_fen WHERE id IN ({places})",
            [day, day, day + _DAY, *(row["id"] for row in rows)],
        )
        lines = [installment_id(row["id"], row["number"]) for row in rows]
        await tx.run(
            f"UPDATE servicing_installment SET status = ? WHERE id IN ({places})",
            [InstallmentStatus.DUE.value, *lines],
        )


def _told(row: dict[str, Any], due_on: date) -> dict[str, Any]:
    return {
        "loan_id": row["id"],
        "borrower_id": row["borrower_id"],
        "number": row["number"],
        "due_on": due_on.isoformat(),
        "amount_fen": row["next_amount_fen"],
    }
