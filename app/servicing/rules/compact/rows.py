"""The rows that a plan's few bytes stand for, and their check sum."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from zlib import crc32

from app.loanmath.life import InstallmentStatus
from app.servicing.rules.values import PlanLine

STATUSES = (
    InstallmentStatus.NOT_YET_DUE,
    InstallmentStatus.DUE,
    InstallmentStatus.OVERDUE,
    InstallmentStatus.PAID,
)
"""In the order of their numbers on the way."""


class Row(NamedTuple):
    """
    One installment as the borrower is shown it.

    `amounts` are whole fen: principal, interest, fee, cost and penalty asked; waived; and what is
    paid of principal, interest, fee, cost and penalty.
    """

    number: int
    due_on: date
    status: InstallmentStatus
    amounts: tuple[int, ...]


ASKED = 5
"""The first so many amounts are asked; the one after them was waived."""
PAID = 6
"""Where the paid amounts begin, in the order of those asked."""
AMOUNTS = ASKED + 1 + ASKED
PRINCIPAL, INTEREST, FEE = range(3)


def rows_of(lines: Iterable[PlanLine]) -> tuple[Row, ...]:
    """Return the rows of a plan as servicing keeps it."""
    return tuple(
        Row(
            line.number,
            line.payable_on,
            line.status,
            (
                line.principal_fen,
                line.interest_fen,
                line.fee_fen,
                line.cost_fen,
                line.penalty_fen,
                line.waived_fen,
                line.paid_principal_fen,
                line.paid_interest_fen,
                line.paid_fee_fen,
                line.paid_cost_fen,
                line.paid_penalty_fen,
            ),
        )
        for line in lines
    )


def check_sum(rows: Iterable[Row]) -> int:
    """
    Return the CRC-32 (that of zlib and PNG) of the rows written out in ASCII.

    A row is its number, ISO date, status and amounts, commas between them and a line break at the
    end: `1,2026-12-22,NOT_YET_DUE,39144,1700,0,0,0,0,0,0,0,0,0`.
    """
    lines = (
        f"{row.number},{row.due_on},{row.status.value},{','.join(map(str, row.amounts))}\n"
        for row in rows
    )
    return crc32("".join(lines).encode("ascii"))
