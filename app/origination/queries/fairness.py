"""Every decision as a case without a person, for the fairness report."""

from collections.abc import AsyncIterator, Sequence
from datetime import date

from app.catalog.rules import Outcome, province_code
from app.foundation.sealing import Forgotten
from app.origination.models import ApplicationRow, DecisionRow
from app.origination.queries.seen import seen_of
from app.origination.rules.fairness import Case

BATCH_MAX = 200


async def decided_cases(since: date, until: date) -> AsyncIterator[Case]:
    """
    Give every decision from one day up to and including another as a case.

    What a person settled counts as settled. Whoever was forgotten counts no more.
    """
    after = ""
    while True:
        rows = DecisionRow.filter(id__gt=after, decided_on__gte=since, decided_on__lte=until)
        batch = await rows.order_by("id").limit(BATCH_MAX)
        for one in await _cases(batch):
            yield one
        if len(batch) < BATCH_MAX:
            return
        after = batch[-1].id


async def _cases(rows: Sequence[DecisionRow]) -> list[Case]:
    found = ApplicationRow.filter(id__in=[row.application_id for row in rows])
    regions = {one.id: one.region_code for one in await found}
    cases: list[Case] = []
    for row in rows:
        try:
            snapshot, verdict = await seen_of(row)
        except Forgotten:
            continue
        cases.append(
            Case(
                region=province_code(regions[row.application_id]),
                age=snapshot.age_on(snapshot.decided_on),
                outcome=Outcome(row.reviewed_outcome or row.outcome),
                limit_fen=verdict.limit_fen,
                annual_rate=snapshot.offered.tiers[verdict.tier],
            )
        )
    return cases
