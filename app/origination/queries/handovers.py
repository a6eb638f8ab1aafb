"""Reads of hand-overs: for the borrower whose they are, and for staff, who see nothing personal."""

from dataclasses import dataclass, field
from datetime import datetime

import orjson

from app.catalog import queries as catalog
from app.catalog.rules import HandedField, Product
from app.foundation.clock import moment_of
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.paging import Page, PageAsk
from app.foundation.sealing import unseal_all
from app.origination.models import HandoverRow, handover_cell
from app.origination.rules.handovers import HandoverState, shown_of

SHOWN_MAX = 20
"""Hand-overs shown to their borrower, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverSeen:
    """One hand-over, without what was handed over."""

    handover_id: str
    product: Product
    state: HandoverState
    text_sha256: str | None
    """Of the words agreed to."""
    reason: str | None
    prepared_at: datetime
    consented_at: datetime | None
    sent_at: datetime | None
    answered_at: datetime | None
    recalled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHandover:
    """One hand-over as its borrower sees it."""

    seen: HandoverSeen
    handed: dict[HandedField, str] = field(repr=False)
    """What goes or went, masked where it names or reaches them."""


async def handovers_of(borrower_id: str) -> list[OwnHandover]:
    """Return a borrower's hand-overs, newest first, at most twenty."""
    rows = await HandoverRow.filter(borrower_id=borrower_id).order_by("-id").limit(SHOWN_MAX)
    return await _own(rows)


async def handover(borrower_id: str, handover_id: str) -> OwnHandover:
    """
    Return one hand-over.

    Raises:
        NotFound: There is none, or it is not this borrower's.
    """
    found = has_id_shape(handover_id, "ho")
    row = await HandoverRow.get_or_none(id=handover_id, borrower_id=borrower_id) if found else None
    if row is None:
        raise NotFound
    return (await _own([row]))[0]


async def handovers(ask: PageAsk) -> Page[HandoverSeen]:
    """Return a page of everybody's hand-overs, newest first; nothing in it names anybody."""
    found = HandoverRow.all()
    if ask.after is not None:
        found = found.filter(id__lt=str(ask.after[0]))
    rows = await found.order_by("-id").limit(ask.first + 1)
    seen = await _seen(rows)
    return Page[HandoverSeen].cut([((one.handover_id,), one) for one in seen], ask)


async def _own(rows: list[HandoverRow]) -> list[OwnHandover]:
    cells = [(handover_cell(row.id, row.borrower_id), bytes(row.handed)) for row in rows]
    written = [orjson.loads(one) for one in await unseal_all(cells)]
    handed = [{HandedField(name): value for name, value in one.items()} for one in written]
    return [
        OwnHandover(seen=seen, handed=shown_of(what))
        for seen, what in zip(await _seen(rows), handed, strict=True)
    ]


async def _seen(rows: list[HandoverRow]) -> list[HandoverSeen]:
    ids = sorted({row.product_version_id for row in rows})
    found = zip(ids, await catalog.product_versions(ids), strict=True)
    products = {one_id: version.product for one_id, version in found if version is not None}
    return [
        HandoverSeen(
            handover_id=row.id,
            product=products[row.product_version_id],
            state=HandoverState(row.state),
            text_sha256=row.text_sha256,
            reason=row.reason,
            prepared_at=moment_of(row.prepared_at),
            consented_at=_moment(row.consented_at),
            sent_at=_moment(row.sent_at),
            answered_at=_moment(row.answered_at),
            recalled_at=_moment(row.recalled_at),
        )
        for row in rows
    ]


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment_of(at)
