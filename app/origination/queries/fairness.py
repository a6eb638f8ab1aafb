"""Every decision as a case without a person, for the fairness report."""

from collections.abc import AsyncIterator, Sequence
from datetime import date

from app.catalog.rules import Outcome, province_code
from app.foundation.sealing import Forgotten
from app.origination.models import ApplicationRow, DecisionRow, SecondDecisionRow
from app.origination.queries.seen import seen_of
from app.origination.rules.fairness import Case

BATCH_MAX = 200


async def decided_cases(since: date, until: date) -> AsyncIterator[Case]:
    """
    Give every decision from one day up to and including another as a case.

    What a person settled counts as settled, and a decline they found not right as what they decided
    in its place, under the day of the decline. Whoever was forgotten counts no more.
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
    second = SecondDecisionRow.filter(decision_id__in=[row.id for row in rows])
    by_person = {one.decision_id: one for one in await second}
    cases: list[Case] = []
    for row in rows:
        holds = by_person.get(row.id)
        try:
            snapshot, verdict = await seen_of(holds or row)
        except Forgotten:
            continue
        outcome = row.reviewed_outcome or row.outcome if holds is None else holds.outcome
        cases.append(
            Case(
                region=province_code(regions[row.application_id]),
                age=snapshot.age_on(snapshot.decided_on),
                outcome=Outcome(outcome),
                limit_fen=verdict.limit_fen,
                annual_rate=snapshot.offered.tiers[verdict.tier],
            )
        )
    return cases
