"""Settlements with partners: as kept of closed days, as they stand of a day not closed yet."""

from collections.abc import AsyncIterator, Collection
from datetime import date, timedelta

import orjson

from app.catalog import queries as catalog
from app.foundation.database import business_date
from app.foundation.errors import NotFound
from app.ledger import queries as ledger
from app.servicing.models import LoanRow, SettlementRow
from app.servicing.rules.settling import (
    DaySettlement,
    Parties,
    Tally,
    principal_in,
    problems_of,
    settlement_from,
    shares_of,
    totals_of,
)
from app.servicing.rules.values import OWN_BOOK

OWN = Parties(funders=shares_of([(OWN_BOOK, "1")]), collectors={})
"""Who has what is about no loan."""
POSTINGS_AT_ONCE = 500
"""Postings whose loans are looked up together: two statements, however many loans they are of."""
_Posting = list[ledger.PostedEntry]


async def settlement(on: date) -> DaySettlement:
    """
    Return what a day came to for every partner: as it was kept, or as it stands so far.

    Raises:
        NotFound: The day is still to come, or lies before the first posting.
    """
    row = await SettlementRow.get_or_none(on_date=on.isoformat())
    if row is not None:
        return settlement_from(row.content)
    first = await ledger.first_day()
    if first is None or not first <= on <= await business_date():
        raise NotFound("on")
    before = await last_kept()
    for day in await days_to_settle(on):
        before = await worked_out(day, before, is_final=False)
    assert before is not None, "the day is one of those"
    return before


async def last_kept(before: date | None = None) -> DaySettlement | None:
    """Return the newest settlement that is kept, or the newest before a day."""
    found = SettlementRow.all()
    if before is not None:
        found = found.filter(on_date__lt=before.isoformat())
    row = await found.order_by("-on_date").first()
    return None if row is None else settlement_from(row.content)


async def days_to_settle(until: date) -> list[date]:
    """Return the days up to one, oldest first, that have no settlement yet."""
    last, first = await last_kept(), await ledger.first_day()
    if first is None:
        return []
    start = first if last is None else date.fromisoformat(last.on_date) + timedelta(days=1)
    return [start + timedelta(days=day) for day in range((until - start).days + 1)]


async def worked_out(on: date, before: DaySettlement | None, *, is_final: bool) -> DaySettlement:
    """Work a day out of the postings behind those settled before, and hold it to the ledger."""
    after = 0 if before is None else before.through_number
    through = max(after, await ledger.last_number_for(on))
    return await _made(on.isoformat(), before, through=through, is_final=is_final)


async def check_settlements() -> tuple[int, list[str]]:
    """Work every settlement that is kept out again; return how many, and what differs or is off."""
    problems: list[str] = []
    rows = await SettlementRow.all().order_by("on_date")
    before: DaySettlement | None = None
    for row in rows:
        again = await _made(row.on_date, before, through=row.through_number, is_final=True)
        problems += [f"{row.on_date}: {problem}" for problem in again.problems]
        if again.as_json() != row.content:
            problems.append(f"{row.on_date}: what is kept is not what the ledger makes")
        before = again
    if before is not None:
        sums = await ledger.sums_between(0, before.through_number)
        problems += [
            f"{before.on_date}: {one.partner_code} closes with other principal than the ledger has"
            for one in before.statements
            if one.closing_fen != principal_in(sums, one.partner_code)
        ]
    return len(rows), problems


async def _made(
    on_date: str, before: DaySettlement | None, *, through: int, is_final: bool
) -> DaySettlement:
    after = 0 if before is None else before.through_number
    opening = () if before is None else before.statements
    tally = Tally({one.partner_code: one.closing_fen for one in opening})
    async for postings in _together(ledger.postings_between(after, through)):
        known = await _parties_by_loan({posting[0].about for posting in postings})
        for posting in postings:
            tally.add(posting, known.get(posting[0].about, OWN))
    moved = await ledger.sums_between(after, through) if after < through else {}
    statements, totals = tally.statements(), totals_of(moved)
    return DaySettlement(
        on_date=on_date,
        after_number=after,
        through_number=through,
        is_final=is_final,
        statements=statements,
        totals=totals,
        problems=problems_of(statements, totals, moved),
    )


async def _together(postings: AsyncIterator[_Posting]) -> AsyncIterator[list[_Posting]]:
    """Give postings in the same order, so many at once."""
    some: list[_Posting] = []
    async for posting in postings:
        some.append(posting)
        if len(some) == POSTINGS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


async def _parties_by_loan(loan_ids: Collection[str]) -> dict[str, Parties]:
    """Return who has which part of each loan; what is about no loan is left out."""
    found = LoanRow.filter(id__in=sorted(loan_ids))
    rows = await found.values_list("id", "funders", "product_version_id")
    version_ids = sorted({version_id for _, _, version_id in rows})
    versions = await catalog.product_versions(version_ids)
    collectors = {
        version_id: {fee.code: fee.collected_by for fee in version.product.fees}
        for version_id, version in zip(version_ids, versions, strict=True)
        if version is not None
    }
    return {
        loan_id: Parties(
            funders=shares_of(orjson.loads(funders)), collectors=collectors.get(version_id, {})
        )
        for loan_id, funders, version_id in rows
    }
