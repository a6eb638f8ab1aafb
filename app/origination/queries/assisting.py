"""Reads of assisted applications: for the agent, for whoever calls back, for the person."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.catalog import queries as catalog
from app.catalog.rules import OfferedProduct
from app.foundation.clock import beginning_of, local_date, milliseconds, moment_of
from app.foundation.database import business_date, current, fetch
from app.foundation.errors import NotFound
from app.foundation.sealing import Sealed, blind_indexes, unseal_all
from app.identity import queries as identity
from app.identity.rules import people
from app.origination.models import AssistedRow, assisted_cell
from app.origination.models.assisting import PHONE_LABEL
from app.origination.rules.assisting import SHOWN_MAX, AssistedState, Concentration


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistedView:
    """One assisted application; `phone` is masked, and gone once it is answered."""

    assisted_id: str
    agent_id: str
    phone: str | None = field(repr=False)
    product_id: str
    region_code: str
    amount_fen: int
    months: int
    state: AssistedState
    application_id: str | None
    started_at: datetime
    expires_at: datetime


async def assisted_by(agent_id: str) -> list[AssistedView]:
    """Return what an agent filled in, newest first, at most fifty; whatever became of it."""
    rows = AssistedRow.filter(agent_id=agent_id).order_by("-started_at", "-id")
    return await _views(await rows.limit(SHOWN_MAX))


async def assisted_view(assisted_id: str) -> AssistedView:
    """
    Return one assisted application, for whoever is at work on it.

    Raises:
        NotFound: There is none of this id.
    """
    row = await AssistedRow.get_or_none(id=assisted_id)
    if row is None:
        raise NotFound("input.assistedId")
    return (await _views([row]))[0]


async def assisted_to_call() -> list[AssistedView]:
    """Return what waits for its person, oldest first, at most fifty, for calling back."""
    waiting = AssistedRow.filter(
        state=AssistedState.ASKED.value, expires_at__gt=milliseconds(current().clock.now())
    )
    return await _views(await waiting.order_by("started_at", "id").limit(SHOWN_MAX))


async def assisted_for(borrower_id: str) -> list[AssistedView]:
    """Return what agents filled in for somebody's own number and still waits for their word."""
    return await _views(await assisted_rows_for(borrower_id))


async def assisted_rows_for(borrower_id: str, assisted_id: str | None = None) -> list[AssistedRow]:
    """Find what waits for the number that somebody has now."""
    phone = (await identity.contact_of(borrower_id)).phone
    one = {} if assisted_id is None else {"id": assisted_id}
    found = AssistedRow.filter(
        phone_index__in=blind_indexes(PHONE_LABEL, phone),
        state=AssistedState.ASKED.value,
        expires_at__gt=milliseconds(current().clock.now()),
        **one,
    )
    rows = await found.order_by("-started_at", "-id").limit(SHOWN_MAX)
    phones = await phones_of(rows)
    return [row for row, known in zip(rows, phones, strict=True) if known == phone]


async def phones_of(rows: Sequence[AssistedRow]) -> list[str | None]:
    """Open the numbers of rows, in their order; None where it was let go of."""
    held = {row.id: sealed for row in rows if (sealed := _sealed(row, "phone")) is not None}
    cells = [(assisted_cell(row_id, "phone"), sealed) for row_id, sealed in held.items()]
    opened = dict(zip(held, await unseal_all(cells), strict=True))
    return [opened.get(row.id) for row in rows]


def _sealed(row: AssistedRow, column: str) -> Sealed | None:
    value: object = getattr(row, column)
    return value if isinstance(value, Sealed) else None


async def product_of_assisted(view: AssistedView) -> OfferedProduct:
    """
    Return the product an assisted application is about, as it stands in its region.

    Raises:
        ProductNotOffered: It is no longer offered there.
    """
    return await catalog.offered_terms(view.product_id, view.region_code, await business_date())


async def agent_concentration_of(application_id: str) -> Concentration | None:
    """
    Return how much of its county's assisted applications the agent behind one filled in of late.

    None where nobody assisted. Whatever became of them counts: an agent who fills in for people
    who never confirm is a sign as well.
    """
    row = await AssistedRow.get_or_none(application_id=application_id)
    if row is None:
        return None
    book = await catalog.policy_book(await business_date())
    started = moment_of(row.started_at)
    since = started - timedelta(days=book.whole("agent_concentration_days"))
    day = beginning_of(local_date(started))
    county = await fetch(
        "SELECT COUNT(*) AS all_of_them, COALESCE(SUM(CASE WHEN agent_id = ? THEN 1 ELSE 0 END), 0)"
        " AS by_agent FROM assisted_application"
        " WHERE region_code = ? AND started_at > ? AND started_at <= ?",
        [row.agent_id, row.region_code, milliseconds(since), row.started_at],
    )
    that_day = await fetch(
        "SELECT COUNT(*) AS by_agent FROM assisted_application"
        " WHERE agent_id = ? AND started_at >= ? AND started_at < ?",
        [row.agent_id, milliseconds(day), milliseconds(day + timedelta(days=1))],
    )
    return Concentration(
        agent_id=row.agent_id,
        by_agent=int(county[0]["by_agent"]),
        in_county=int(county[0]["all_of_them"]),
        by_agent_that_day=int(that_day[0]["by_agent"]),
    )


async def _views(rows: Sequence[AssistedRow]) -> list[AssistedView]:
    phones = await phones_of(rows)
    return [
        AssistedView(
            assisted_id=row.id,
            agent_id=row.agent_id,
            phone=None if phone is None else people.masked_phone(phone),
            product_id=row.product_id,
            region_code=row.region_code,
            amount_fen=row.amount_fen,
            months=row.months,
            state=AssistedState(row.state),
            application_id=row.application_id,
            started_at=moment_of(row.started_at),
            expires_at=moment_of(row.expires_at),
        )
        for row, phone in zip(rows, phones, strict=True)
    ]
