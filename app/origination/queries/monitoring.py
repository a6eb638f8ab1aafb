"""Reads of the monthly look: what may be drawn anew, and whom staff should ask about trouble."""

from dataclasses import dataclass
from datetime import date

import orjson

from app.catalog import queries as catalog
from app.catalog.rules import Reason
from app.foundation.paging import Page, PageAsk
from app.origination.models import DrawLimitRow, EarlyWarningRow
from app.origination.rules.monitoring import WarningKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawLimit:
    """A limit that a month's look lowered, with the reasons and what would change them."""

    limit_fen: int
    reasons: tuple[tuple[str, Reason], ...]
    set_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyWarning:
    """A sign of trouble ahead that stands."""

    warning_id: str
    borrower_id: str
    kind: WarningKind
    raised_on: date


async def draw_limit_of(borrower_id: str) -> DrawLimit | None:
    """
    Return the most a borrower may owe us with another draw; None where only the decision counts.

    Whoever lends anew under an agreement that stands asks this first. What is owed already is
    untouched by it, whatever it says.
    """
    row = await DrawLimitRow.get_or_none(borrower_id=borrower_id)
    if row is None:
        return None
    card = await catalog.scorecard(row.set_on)
    codes: list[str] = orjson.loads(row.reasons)
    return DrawLimit(
        limit_fen=row.limit_fen,
        reasons=tuple((code, card.reasons[code]) for code in codes if code in card.reasons),
        set_on=row.set_on,
    )


async def early_warnings(ask: PageAsk) -> Page[EarlyWarning]:
    """Return a page of the warnings that stand, oldest first."""
    rows = EarlyWarningRow.filter(live_key__not_isnull=True)
    if ask.after is not None:
        rows = rows.filter(id__gt=str(ask.after[0]))
    found = await rows.order_by("id").limit(ask.first + 1)
    return Page.cut([((row.id,), _warning(row)) for row in found], ask)


def _warning(row: EarlyWarningRow) -> EarlyWarning:
    return EarlyWarning(
        warning_id=row.id,
        borrower_id=row.borrower_id,
        kind=WarningKind(row.kind),
        raised_on=row.raised_on,
    )
