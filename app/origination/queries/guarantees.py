"""Reads of guarantees: for the borrower who asked, for whoever is asked, and for the signature."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from app.catalog import queries as catalog
from app.foundation.clock import moment_of
from app.foundation.database import business_date
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.sealing import blind_indexes, unseal_all, unseal_left
from app.identity import queries as identity
from app.identity.rules import Profile, people
from app.origination.models import ApplicationRow, GuaranteeRow, guarantee_cell
from app.origination.models.guarantees import PHONE_LABEL
from app.origination.queries.offered import offered_of
from app.origination.queries.standing import weighed
from app.origination.rules.guarantees import (
    BEFORE_SIGNATURE,
    Guaranteed,
    GuaranteeState,
    is_guarantor_needed,
)
from app.origination.rules.states import ApplicationState

ASKED_MAX = 20
"""Guarantees shown to one person at once, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuarantorView:
    """The guarantor of an application, as its borrower sees them."""

    guarantee_id: str
    phone: str
    """Masked."""
    state: GuaranteeState
    amount_fen: int | None
    named_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeView:
    """A guarantee as whoever is asked for it sees it; the borrower is masked."""

    guarantee_id: str
    application_id: str
    state: GuaranteeState
    what: Guaranteed | None = field(repr=False)
    """None while the borrower has not said how much."""
    agreed_fen: int | None
    is_open: bool
    """Whether it may still be answered, or stepped back from."""
    named_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unguaranteed:
    """Which applications need a guarantor: any, or another one than they have."""

    lacking: frozenset[str] = frozenset()
    unsound: frozenset[str] = frozenset()


async def lacking_guarantor(rows: Sequence[ApplicationRow], on: date | None = None) -> Unguaranteed:
    """Return which of these applications need a guarantor and have none for all of the amount."""
    day = on or await business_date()
    book = await catalog.policy_book(day)
    wanting = [row for row in rows if is_guarantor_needed(book, row.product_code, row.amount_fen)]
    if not wanting:
        return Unguaranteed()
    live = GuaranteeRow.filter(
        live_key__in=[row.id for row in wanting], state=GuaranteeState.GIVEN.value
    )
    given = {row.application_id: row for row in await live}
    lacking = {
        row.id
        for row in wanting
        if row.id not in given or (given[row.id].amount_fen or 0) < (row.amount_fen or 0)
    }
    unsound = {
        row.id
        for row in wanting
        if row.id not in lacking and not await _is_sound(given[row.id], row.amount_fen or 0, day)
    }
    return Unguaranteed(lacking=frozenset(lacking), unsound=frozenset(unsound))


async def is_guaranteed(row: ApplicationRow, amount_fen: int, on: date) -> bool:
    """Tell whether an application has a sound guarantor for an amount, or needs none."""
    book = await catalog.policy_book(on)
    if not is_guarantor_needed(book, row.product_code, amount_fen):
        return True
    live = await GuaranteeRow.get_or_none(live_key=row.id, state=GuaranteeState.GIVEN.value)
    if live is None or (live.amount_fen or 0) < amount_fen:
        return False
    return await _is_sound(live, amount_fen, on)


async def _is_sound(given: GuaranteeRow, amount_fen: int, on: date) -> bool:
    """Tell whether whoever agreed can still carry it, beside all they owe and stand behind."""
    assert given.guarantor_id is not None, "a guarantee given has a guarantor"
    apart = given.application_id
    return await weighed(given.guarantor_id, amount_fen, on, apart_from=apart) is None


async def needs_guarantor(row: ApplicationRow, on: date) -> bool:
    """Tell whether an application is of a product that wants a guarantor."""
    return is_guarantor_needed(await catalog.policy_book(on), row.product_code, row.amount_fen)


async def guarantors_by_application(
    application_ids: Sequence[str],
) -> list[GuarantorView | None]:
    """Return whom borrowers asked last, in the order of the applications; two queries for any."""
    rows = await GuaranteeRow.filter(live_key__in=list(application_ids))
    cells = [(guarantee_cell(row.id, row.borrower_id), bytes(row.phone)) for row in rows]
    phones = await unseal_all(cells)
    found = {
        row.application_id: GuarantorView(
            guarantee_id=row.id,
            phone=people.masked_phone(phone),
            state=GuaranteeState(row.state),
            amount_fen=row.amount_fen,
            named_at=moment_of(row.named_at),
        )
        for row, phone in zip(rows, phones, strict=True)
    }
    return [found.get(application_id) for application_id in application_ids]


async def guarantees_asked(borrower_id: str) -> list[GuaranteeView]:
    """
    Return the guarantees somebody is asked for by their number, or has given; newest first.

    It takes as many reads for many as for one.
    """
    rows = [row for row in await _rows_for(borrower_id) if row.live_key is not None]
    applications = {
        row.id: row
        for row in await ApplicationRow.filter(id__in=[row.application_id for row in rows])
    }
    asked = [applications[row.application_id] for row in rows]
    return [
        _asked_view(row, application, what)
        for row, application, what in zip(rows, asked, await _guaranteed(asked), strict=True)
    ]


async def guarantee_for(borrower_id: str, guarantee_id: str) -> tuple[GuaranteeRow, GuaranteeView]:
    """
    Return a guarantee that somebody is asked for, or has given.

    Raises:
        NotFound: There is none of this id for them.
    """
    if has_id_shape(guarantee_id, "gt"):
        for row in await _rows_for(borrower_id, guarantee_id):
            application = await ApplicationRow.get(id=row.application_id)
            return row, _asked_view(row, application, await guaranteed(application))
    raise NotFound("input.guaranteeId")


async def _rows_for(borrower_id: str, guarantee_id: str | None = None) -> list[GuaranteeRow]:
    """Find by the number that somebody has now; what they answered stays theirs if it changes."""
    phone = (await identity.contact_of(borrower_id)).phone
    one = {} if guarantee_id is None else {"id": guarantee_id}
    named = GuaranteeRow.filter(
        phone_index__in=blind_indexes(PHONE_LABEL, phone), guarantor_id__isnull=True, **one
    )
    asked = await named.order_by("-id").limit(ASKED_MAX)
    cells = [(guarantee_cell(row.id, row.borrower_id), bytes(row.phone)) for row in asked]
    phones = await unseal_left(cells)
    meant = [row for row, known in zip(asked, phones, strict=True) if known == phone]
    answered = GuaranteeRow.filter(guarantor_id=borrower_id, **one)
    return [*meant, *await answered.order_by("-id").limit(ASKED_MAX)][:ASKED_MAX]


def _asked_view(
    row: GuaranteeRow, application: ApplicationRow, what: Guaranteed | None
) -> GuaranteeView:
    is_unsigned = ApplicationState(application.state) in BEFORE_SIGNATURE
    return GuaranteeView(
        guarantee_id=row.id,
        application_id=row.application_id,
        state=GuaranteeState(row.state),
        what=what,
        agreed_fen=row.amount_fen,
        is_open=row.live_key is not None and is_unsigned,
        named_at=moment_of(row.named_at),
    )


async def guaranteed(application: ApplicationRow) -> Guaranteed | None:
    """Return what a guarantor would stand behind; None before there is an amount."""
    return (await _guaranteed([application]))[0]


async def _guaranteed(applications: Sequence[ApplicationRow]) -> list[Guaranteed | None]:
    """Say it of some applications, in the order asked; None also where nobody is left."""
    ids = sorted({row.borrower_id for row in applications if row.amount_fen is not None})
    borrowers = dict(zip(ids, await identity.profiles_by_id(ids), strict=True)) if ids else {}
    return [_what(row, borrowers.get(row.borrower_id)) for row in applications]


def _what(application: ApplicationRow, borrower: Profile | None) -> Guaranteed | None:
    if application.amount_fen is None or borrower is None:
        return None
    return Guaranteed.of(
        offered_of(application.offered),
        name=borrower.name or "*",
        phone_tail=people.phone_tail(borrower.phone),
        amount_fen=application.amount_fen,
    )
