"""Reads of revolving lines: what the borrower may draw on again, and how much."""

from dataclasses import dataclass
from datetime import date

import orjson

from app.catalog import queries as catalog
from app.foundation.sealing import Forgotten
from app.loanmath.life import LoanStatus
from app.loanmath.record import terms_from_json
from app.origination.models import (
    ApplicationRow,
    DisbursementRow,
    OfferRow,
)
from app.origination.queries.exposure import ON_ITS_WAY, commitments_of
from app.origination.queries.monitoring import draw_limit_of
from app.origination.queries.seen import decided_on
from app.origination.rules.drawing import CreditLine, Use, is_line, line_of
from app.origination.rules.snapshot import Snapshot
from app.origination.rules.states import ApplicationState

LINES_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLine:
    """A line with the decision that opened it and what is used of it."""

    line: CreditLine
    decided: Snapshot
    use: Use


async def credit_lines_of(borrower_id: str, on: date) -> list[CreditLine]:
    """Return the lines a borrower may draw on, or might again, the newest first; at most five."""
    rows = ApplicationRow.filter(
        borrower_id=borrower_id, state=ApplicationState.BOOKED.value, line_id__isnull=True
    )
    found: list[CreditLine] = []
    for row in await rows.order_by("-id"):
        opened = await opened_line(row, on)
        if opened is not None and on <= opened.line.ends_on:
            found.append(opened.line)
        if len(found) == LINES_MAX:
            break
    return found


async def opened_line(row: ApplicationRow, on: date) -> OpenedLine | None:
    """Return the line an application's loan opened; None where it opened none."""
    if row.state != ApplicationState.BOOKED.value or row.line_id is not None:
        return None
    try:
        found = await decided_on(row.id)
    except Forgotten:
        return None
    if found is None or not is_line(found[0]):
        return None
    decided, verdict = found
    offer = await OfferRow.get(id=row.offer_id)
    lowered = await draw_limit_of(row.borrower_id)
    use = await _use(row, on)
    line = line_of(
        row.id,
        decided,
        verdict,
        use,
        await catalog.policy_book(on),
        signed_rate=terms_from_json(orjson.loads(offer.terms)).annual_rate,
        lowered_fen=None if lowered is None else lowered.limit_fen,
    )
    return OpenedLine(line=line, decided=decided, use=use)


async def _use(row: ApplicationRow, on: date) -> Use:
    draws = await ApplicationRow.filter(line_id=row.id)
    ids = {row.id, *(draw.id for draw in draws)}
    on_its_way = DisbursementRow.filter(application_id__in=sorted(ids), state__in=ON_ITS_WAY)
    sent = [int(str(fen)) for fen in await on_its_way.values_list("amount_fen", flat=True)]
    in_all = await commitments_of(row.borrower_id, apart_from="", on=on)
    on_line = [loan.principal_fen for loan in in_all.loans if loan.application_id in ids]
    return Use(
        on_line_fen=sum(on_line) + sum(sent),
        in_all_fen=in_all.principal_fen,
        monthly_fen=in_all.monthly_fen,
        days_past_due=in_all.days_past_due,
        is_arranged=any(loan.status is LoanStatus.RESTRUCTURED for loan in in_all.loans),
    )
