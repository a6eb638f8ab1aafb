"""The monthly look at everybody with a loan: limits for new draws, and early warnings."""

from collections.abc import Sequence
from datetime import date
from functools import partial

import orjson

from app.catalog import queries as catalog
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import Forgotten, SealBroken, seal
from app.origination.events import DrawLimitLowered
from app.origination.models import (
    DrawLimitRow,
    EarlyWarningRow,
    MonthlyRunRow,
    MonthlyScoreRow,
    score_cell,
)
from app.origination.queries import commitments_of
from app.origination.queries.seen import newest_approval, seen_of
from app.origination.rules.decision import Verdict
from app.origination.rules.monitoring import MonthsLook, Standing, WarningKind, look_again
from app.origination.rules.snapshot import Snapshot
from app.servicing import queries as servicing

log = logger(__name__)

BATCH_MAX = 50
"""Borrowers looked at in one transaction."""


async def monitor_month(today: date) -> int:
    """
    Look once this month at every borrower who owes something; return at how many.

    Some at a time, each a transaction of its own that also keeps how far it is: stopped at any
    point and run again, it goes on there. When the month is done, its other days have nothing to
    do. Nobody is looked at twice in a month.
    """
    looked = 0
    while True:
        async with transaction() as tx:
            run = await _run_of(f"{today:%Y-%m}")
            if run.done_at is not None:
                return looked
            ids = await servicing.borrowers_owing(run.after, BATCH_MAX)
            count = await _look_at(tx, ids, today)
            looked += count
            run.looked += count
            if ids:
                run.after = ids[-1]
            else:
                run.done_at = milliseconds(tx.now)
            await run.save()


async def _run_of(month: str) -> MonthlyRunRow:
    """Return how far a month's look is, held; the first to ask begins it."""
    await MonthlyRunRow.bulk_create(
        [MonthlyRunRow(month=month, after="", looked=0)], ignore_conflicts=True
    )
    return await MonthlyRunRow.select_for_update().get(month=month)


async def _look_at(tx: Transaction, borrower_ids: Sequence[str], today: date) -> int:
    keys = {one: f"{one}:{today:%Y-%m}" for one in borrower_ids}
    seen = MonthlyScoreRow.filter(month_key__in=list(keys.values()))
    done = {str(key) for key in await seen.values_list("month_key", flat=True)}
    count = 0
    for borrower_id, key in keys.items():
        found = None if key in done else await _decided(borrower_id, today)
        if found is not None:
            await _look_at_one(tx, borrower_id, key, *found)
            count += 1
    return count


async def _look_at_one(
    tx: Transaction, borrower_id: str, month_key: str, decided: Snapshot, verdict: Verdict
) -> None:
    card, book = await catalog.scorecard(tx.today), await catalog.policy_book(tx.today)
    sha256 = await catalog.scorecard_sha256(card.version)
    standing = await _standing(borrower_id, book.on)
    look = look_again(decided, verdict, standing, (card, sha256), book)
    score_id = tx.new_id("mo")
    cell = partial(score_cell, score_id, borrower_id)
    await MonthlyScoreRow.create(
        id=score_id,
        month_key=month_key,
        borrower_id=borrower_id,
        model_version=look.verdict.model_version,
        snapshot=await seal(tx, cell("snapshot"), look.snapshot.as_json()),
        verdict=await seal(tx, cell("verdict"), look.verdict.as_json()),
        seen_on=book.on,
    )
    decided_fen = verdict.limit_fen + decided.exposure_fen
    await _keep_limit(tx, borrower_id, score_id, look, decided_fen=decided_fen)
    await _keep_warnings(tx, borrower_id, look.warnings)


async def _decided(borrower_id: str, on: date) -> tuple[Snapshot, Verdict] | None:
    """Return the newest decision of an earlier month that led to a loan; None without one."""
    row = await newest_approval(borrower_id, before=on.replace(day=1))
    if row is None:
        return None
    try:
        return await seen_of(row)
    except Forgotten:
        return None
    except SealBroken:
        # One altered row must not keep everybody else from being looked at; `privacy verify` and
        # whoever opens it next sound the alarm.
        log.warning("look_impossible", decision_id=row.id)
        return None


async def _standing(borrower_id: str, on: date) -> Standing:
    owed = await commitments_of(borrower_id, apart_from="", on=on)
    late = EarlyWarningRow.filter(borrower_id=borrower_id, kind=WarningKind.LATE.value)
    return Standing(
        owed_fen=owed.principal_fen,
        monthly_fen=owed.monthly_fen,
        days_past_due=owed.days_past_due,
        misses_first=any(loan.days_past_due and loan.next_number == 1 for loan in owed.loans),
        late_months=await late.count(),
    )


async def _keep_limit(
    tx: Transaction, borrower_id: str, score_id: str, look: MonthsLook, *, decided_fen: int
) -> None:
    """Lower the limit for what is drawn anew, or give back what was taken, and tell of a fall."""
    row = await DrawLimitRow.get_or_none(borrower_id=borrower_id)
    before_fen = decided_fen if row is None else min(row.limit_fen, decided_fen)
    if look.limit_fen == before_fen:
        return
    if look.limit_fen >= decided_fen:
        await DrawLimitRow.filter(borrower_id=borrower_id).delete()
        await revise(tx, borrower_id)
        return
    values = {
        "limit_fen": look.limit_fen,
        "reasons": orjson.dumps(list(look.reasons)).decode(),
        "score_id": score_id,
        "set_on": tx.today,
    }
    await DrawLimitRow.update_or_create(defaults=values, borrower_id=borrower_id)
    await revise(tx, borrower_id)
    if look.limit_fen < before_fen:
        log.info("draw_limit_lowered", borrower_id=borrower_id)
        await announce(
            tx,
            DrawLimitLowered(
                borrower_id=borrower_id, limit_fen=look.limit_fen, set_on=tx.today.isoformat()
            ),
        )


async def _keep_warnings(
    tx: Transaction, borrower_id: str, warnings: frozenset[WarningKind]
) -> None:
    """Raise what is new, once; end what is no longer so."""
    standing = EarlyWarningRow.filter(borrower_id=borrower_id, live_key__not_isnull=True)
    raised = {row.kind: row for row in await standing}
    for kind in sorted(warnings):
        if kind.value not in raised:
            await EarlyWarningRow.create(
                id=tx.new_id("ew"),
                borrower_id=borrower_id,
                kind=kind.value,
                live_key=f"{borrower_id}:{kind.value}",
                raised_on=tx.today,
            )
    for kind, row in raised.items():
        if WarningKind(kind) not in warnings:
            row.live_key, row.ended_on = None, tx.today
            await row.save()
