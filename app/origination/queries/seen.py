"""What a decision saw and found, opened; a person's stands in the place of the machine's."""

from collections.abc import Sequence
from datetime import date

from tortoise.expressions import Q

from app.catalog.rules import Outcome
from app.foundation.sealing import Cell, unseal_all, unseal_left
from app.origination.models import DecisionRow, SecondDecisionRow
from app.origination.rules.decision import Verdict, verdict_from
from app.origination.rules.snapshot import Snapshot, snapshot_from


async def decided_on(application_id: str) -> tuple[Snapshot, Verdict] | None:
    """
    Return the decision that counts for an application; None where there is none.

    Raises:
        SealBroken, Forgotten: As `seen_of`.
    """
    row = await SecondDecisionRow.get_or_none(application_id=application_id)
    row = row or await DecisionRow.get_or_none(application_id=application_id)
    return None if row is None else await seen_of(row)


async def decided_by_application(
    application_ids: Sequence[str],
) -> dict[str, tuple[Snapshot, Verdict]]:
    """
    Return the decisions that count, by application, with two reads for any number.

    There is none for what was not decided, and none for whoever was forgotten.

    Raises:
        SealBroken: One was altered.
    """
    ids = list(application_ids)
    machine = await DecisionRow.filter(application_id__in=ids)
    people = await SecondDecisionRow.filter(application_id__in=ids)
    counting = {row.application_id: row for row in (*machine, *people)}
    opened = await unseal_left([cell for row in counting.values() for cell in _closed(row)])
    return {
        application_id: (snapshot_from(snapshot), verdict_from(verdict))
        for application_id, snapshot, verdict in zip(
            counting, opened[::2], opened[1::2], strict=True
        )
        if snapshot is not None and verdict is not None
    }


async def newest_approval(
    borrower_id: str, *, before: date
) -> DecisionRow | SecondDecisionRow | None:
    """Return the newest decision before a day that approved of a borrower, if there is one."""
    earlier = {"borrower_id": borrower_id, "decided_on__lt": before}
    referred = Q(reviewed_outcome=Outcome.APPROVE.value)
    at_once = Q(reviewed_outcome__isnull=True, outcome=Outcome.APPROVE.value)
    machine = await DecisionRow.filter(referred | at_once, **earlier).order_by("-id").first()
    person = SecondDecisionRow.filter(outcome=Outcome.APPROVE.value, **earlier)
    found = [one for one in (machine, await person.order_by("-id").first()) if one is not None]
    return max(found, key=lambda one: one.decided_at, default=None)


async def seen_of(row: DecisionRow | SecondDecisionRow) -> tuple[Snapshot, Verdict]:
    """
    Open one decision.

    Raises:
        SealBroken: It was altered.
        Forgotten: The borrower's data was deleted at their wish.
    """
    snapshot, verdict = await unseal_all(_closed(row))
    return snapshot_from(snapshot), verdict_from(verdict)


def _closed(row: DecisionRow | SecondDecisionRow) -> list[tuple[Cell, bytes]]:
    """Return what it saw and what it found, sealed."""
    return [
        (row.seals.cell(column, row.id, row.borrower_id), bytes(getattr(row, column)))
        for column in ("snapshot", "verdict")
    ]
