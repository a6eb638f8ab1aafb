"""Proof of payments: each at the rail counts once here, and where it stands is what it did."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from app.foundation.database import fetch, transaction
from app.foundation.proof import PROBLEMS_MAX, Proof
from app.ledger import queries as ledger
from app.ledger.rules import rail_agent
from app.payments.models import RefundRow, RepaymentRow
from app.payments.rules import RepaymentStatus
from app.payments.rules.refunds import HELD_AGAIN, RefundStatus
from app.servicing.queries.proving import CausedEvent, caused_events, events_caused_by

R = TypeVar("R", RepaymentRow, RefundRow)
CHUNK = 500
UNDONE = frozenset({RepaymentStatus.REVERSED, RepaymentStatus.CHARGED_BACK})
COUNTED = UNDONE | {RepaymentStatus.ALLOCATED}
"""A repayment that is here has reached its loan; one that is elsewhere has not."""


async def check_once() -> Proof:
    """Prove that one payment at the rail is one repayment or refund, and reached its loan once."""
    problems: list[str] = []
    looked_at = 0
    for table in ("repayment", "refund"):
        shared = await fetch(
            f"SELECT provider_ref, COUNT(*) AS times FROM {table} WHERE provider_ref IS NOT NULL"
            f" GROUP BY provider_ref HAVING COUNT(*) > 1 LIMIT {PROBLEMS_MAX}"
        )
        problems += [f"{table}s {row['provider_ref']}: {row['times']} share it" for row in shared]
        count = await fetch(f"SELECT COUNT(*) AS rows FROM {table}")
        looked_at += count[0]["rows"]
    async with transaction() as tx:
        await ledger.hold_still(tx)  # a repayment that is being taken counts on both sides, or none
        counted = await RepaymentRow.filter(status__in=[one.value for one in COUNTED]).count()
        taken = await events_caused_by("repayment")
    if taken != counted:
        problems.append(f"repayments: {counted} reached loans, and loans took {taken}")
    promise = "one payment at the rail posts once"
    return Proof(promise=promise, looked_at=looked_at, problems=tuple(problems[:PROBLEMS_MAX]))


async def check_steps() -> Proof:
    """Prove that each repayment and refund stands where its effects on its loan put it."""
    repayments, wrong = await _walked(RepaymentRow, _differing_repayment)
    refunds, also_wrong = await _walked(RefundRow, _differing_refund)
    return Proof(
        promise="repayments and refunds stand where allowed steps lead",
        looked_at=repayments + refunds,
        problems=tuple([*wrong, *also_wrong][:PROBLEMS_MAX]),
    )


async def _walked(
    kind: type[R], differing: Callable[[R, Sequence[CausedEvent]], str | None]
) -> tuple[int, list[str]]:
    """Look at every row of a kind, some at a time, held still with what they did."""
    looked_at, problems, after = 0, list[str](), ""
    while True:
        async with transaction():
            found = kind.filter(id__gt=after).order_by("id").limit(CHUNK)
            rows = await found.select_for_update()
            effects = await _effects(rows)
        for row in rows:
            problem = differing(row, effects[row.id])
            if problem is not None:
                problems.append(f"{kind.Meta.table} {row.id}: {problem}")
        looked_at += len(rows)
        if len(rows) < CHUNK:
            return looked_at, problems
        after = rows[-1].id


async def _effects(
    rows: Sequence[RepaymentRow | RefundRow],
) -> defaultdict[str, list[CausedEvent]]:
    found: defaultdict[str, list[CausedEvent]] = defaultdict(list)
    for event in await caused_events(sorted({row.loan_id for row in rows})):
        found[event.about].append(event)
    return found


def _differing_repayment(row: RepaymentRow, effects: Sequence[CausedEvent]) -> str | None:
    if row.status not in set(RepaymentStatus):
        return f"no repayment is {row.status}"
    status = RepaymentStatus(row.status)
    times = Counter(one.cause for one in effects if one.loan_id == row.loan_id)
    expected = int(status in COUNTED), int(status in UNDONE)
    if (times["repayment"], times["reversal"]) != expected:
        return f"is {status}, was taken {times['repayment']} times and undone {times['reversal']}"
    if any(one.amount_fen != row.amount_fen for one in effects if one.cause == "repayment"):
        return f"is of {row.amount_fen} fen, and its loan took another amount"
    if (bool(row.receipt), bool(row.received_on)) != (status in COUNTED,) * 2:
        return f"is {status}, and its receipt says otherwise"
    return None


async def check_cash() -> Proof:
    """Prove that each partner owes us what its agents took and did not hand over, to the fen."""
    looked_at = await fetch("SELECT COUNT(*) AS rows FROM cash")
    async with transaction() as tx:
        await ledger.hold_still(tx)  # cash that is being booked counts on both sides, or none
        owed: defaultdict[str, int] = defaultdict(int)
        for sql in (
            "SELECT partner_code, amount_fen AS fen FROM cash WHERE state = 'RECEIVED'",
            "SELECT partner_code, -amount_fen AS fen FROM cash_handover WHERE state = 'CONFIRMED'",
        ):
            for row in await fetch(sql):
                owed[rail_agent(row["partner_code"])] += row["fen"]
        posted = await ledger.balances(rail_agent(""))
        astray = await fetch(
            "SELECT c.id, c.state, r.status FROM cash c LEFT JOIN repayment r"
            " ON r.id = c.repayment_id AND r.loan_id = c.loan_id AND r.amount_fen = c.amount_fen"
            " AND r.channel = 'AGENT_CASH' WHERE c.state <> 'COUNTED'"
            f" AND (r.status IS NULL OR (c.state = 'RECEIVED') <> (r.status = 'ALLOCATED'))"
            f" LIMIT {PROBLEMS_MAX}"
        )
    problems = [
        f"{account}: {posted.get(account, 0)} posted, {owed.get(account, 0)} not handed over"
        for account in sorted(posted.keys() | owed.keys())
        if posted.get(account, 0) != owed.get(account, 0)
    ]
    problems += [
        f"cash {row['id']} is {row['state']}, its repayment {row['status']}" for row in astray
    ]
    return Proof(
        promise="partners owe the cash their agents took",
        looked_at=looked_at[0]["rows"],
        problems=tuple(problems[:PROBLEMS_MAX]),
    )


def _differing_refund(row: RefundRow, effects: Sequence[CausedEvent]) -> str | None:
    if row.status not in set(RefundStatus):
        return f"no refund is {row.status}"
    status = RefundStatus(row.status)
    times = Counter(one.cause for one in effects if one.loan_id == row.loan_id)
    given, returned = times["refund"], times["refund_reversal"]
    if given - returned != int(status not in HELD_AGAIN):
        return f"is {status}, left its loan {given} times and came back {returned}"
    if any(one.amount_fen != row.amount_fen for one in effects if one.cause == "refund"):
        return f"is of {row.amount_fen} fen, and its loan gave another amount"
    return None
