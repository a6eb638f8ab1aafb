"""Reads of revolving lines: what the borrower may draw on again, and how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import orjson

from app.catalog import queries as catalog
from app.loanmath.life import LoanStatus
from app.loanmath.record import terms_from_json
from app.origination.models import (
    ApplicationRow,
    DisbursementRow,
    OfferRow,
)
from app.origination.queries.exposure import ON_ITS_WAY, commitments_of
from app.origination.queries.monitoring import draw_limit_of
from app.origination.queries.offered import offered_of
from app.origination.queries.seen import decided_by_application
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
    """
    Return the lines a borrower may draw on, or might again, the newest first; at most five.

    It takes as many reads for many lines as for one.
    """
    rows = await ApplicationRow.filter(
        borrower_id=borrower_id, state=ApplicationState.BOOKED.value, line_id__isnull=True
    ).order_by("-id")
    opened = await _opened_lines(borrower_id, rows, on)
    return [one.line for one in opened if on <= one.line.ends_on][:LINES_MAX]


async def opened_line(row: ApplicationRow, on: date) -> OpenedLine | None:
    """Return the line an application's loan opened; None where it opened none."""
    if row.state != ApplicationState.BOOKED.value or row.line_id is not None:
        return None
    opened = await _opened_lines(row.borrower_id, [row], on)
    return opened[0] if opened else None


async def _opened_lines(
    borrower_id: str, rows: Sequence[ApplicationRow], on: date
) -> list[OpenedLine]:
    """Return the lines that loans of a borrower's opened, in the order of their applications."""
    # What was decided is sealed, and so has the last word; the row spares opening most of it.
    ids = [row.id for row in rows if is_line(offered_of(row.offered))]
    if not ids:
        return []
    seen = await decided_by_application(ids)
    lines = [row for row in rows if row.id in seen and is_line(seen[row.id][0].offered)]
    rates = await _rates_signed(lines)
    lowered = await draw_limit_of(borrower_id)
    uses = await _uses(borrower_id, [row.id for row in lines], on)
    book = await catalog.policy_book(on)
    opened: list[OpenedLine] = []
    for row in lines:
        decided, verdict = seen[row.id]
        line = line_of(
            row.id,
            decided,
            verdict,
            uses[row.id],
            book,
            signed_rate=rates[row.id],
            lowered_fen=None if lowered is None else lowered.limit_fen,
        )
        opened.append(OpenedLine(line=line, decided=decided, use=uses[row.id]))
    return opened


async def _rates_signed(lines: Sequence[ApplicationRow]) -> dict[str, Decimal]:
    """Return the yearly rate that was signed for first, by line."""
    chosen = [row.offer_id for row in lines]
    return {
        offer.application_id: terms_from_json(orjson.loads(offer.terms)).annual_rate
        for offer in await OfferRow.filter(id__in=chosen)
    }


async def _uses(borrower_id: str, line_ids: Sequence[str], on: date) -> dict[str, Use]:
    """Return what is used of each line, draws included, and of all the borrower may owe."""
    draws = ApplicationRow.filter(borrower_id=borrower_id, line_id__in=list(line_ids))
    line_of_draw = {line_id: line_id for line_id in line_ids}
    line_of_draw |= {str(own): str(line) for own, line in await draws.values_list("id", "line_id")}
    used_fen = dict.fromkeys(line_ids, 0)
    on_its_way = DisbursementRow.filter(
        application_id__in=sorted(line_of_draw), state__in=ON_ITS_WAY
    )
    for draw_id, fen in await on_its_way.values_list("application_id", "amount_fen"):
        used_fen[line_of_draw[str(draw_id)]] += int(str(fen))
    in_all = await commitments_of(borrower_id, apart_from="", on=on)
    for loan in in_all.loans:
        if loan.application_id in line_of_draw:
            used_fen[line_of_draw[loan.application_id]] += loan.principal_fen
    is_arranged = any(loan.status is LoanStatus.RESTRUCTURED for loan in in_all.loans)
    return {
        line_id: Use(
            on_line_fen=fen,
            in_all_fen=in_all.principal_fen,
            monthly_fen=in_all.monthly_fen,
            days_past_due=in_all.days_past_due,
            is_arranged=is_arranged,
        )
        for line_id, fen in used_fen.items()
    }
