"""Reading contacts: what was permitted, what was tried, and what the borrower is shown of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from tortoise.expressions import Q

from app.collections.models import (
    ContactAgreementRow,
    ContactAttemptRow,
    ContactPermitRow,
    note_cell,
)
from app.collections.rules import (
    Attempt,
    Call,
    ContactChannel,
    ContactOutcome,
    ContactPurpose,
    ContestReason,
    PermitRefusal,
)
from app.foundation.clock import moment_of
from app.foundation.day_hours import DayHours, day_hours
from app.foundation.errors import NotFound
from app.foundation.paging import Page, PageAsk
from app.foundation.sealing import Sealed, unseal_left


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Leave to get in touch once, or the record that there was none."""

    permit_id: str
    borrower_id: str
    case_id: str
    channel: ContactChannel
    purpose: ContactPurpose
    asked_by: str | None
    agency: str | None
    reasons: tuple[PermitRefusal, ...]
    asked_at: datetime
    expires_at: datetime
    used_at: datetime | None

    @property
    def is_given(self) -> bool:
        """Whether the contact was permitted."""
        return not self.reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a borrower agreed to about being contacted; nothing of it unless they said so."""

    hours: DayHours | None = None
    """When they want to be contacted about late money, instead of the law's day."""
    agrees_to_visits: bool = False


async def agreement_of(borrower_id: str) -> Agreement:
    """Return what a borrower agreed to."""
    row = await ContactAgreementRow.get_or_none(borrower_id=borrower_id)
    if row is None:
        return Agreement()
    hours = None
    if row.hours_from is not None and row.hours_to is not None:
        hours = day_hours(row.hours_from, row.hours_to)
    return Agreement(hours=hours, agrees_to_visits=bool(row.agrees_to_visits))


async def calls_of_day(borrower_id: str, day: str) -> list[Call]:
    """Return the voice permits that a borrower's day has, whoever asked for them."""
    rows = await ContactPermitRow.filter(
        borrower_id=borrower_id, on_date=day, channel=ContactChannel.VOICE.value, reasons=""
    )
    return [
        Call(is_effective=row.is_effective, counts_until=moment_of(row.record_until))
        for row in rows
    ]


async def attempts_of(borrower_id: str, ask: PageAsk) -> Page[Attempt]:
    """Return a page of every contact with a borrower about late money, newest first."""
    found = ContactAttemptRow.filter(borrower_id=borrower_id)
    if ask.after is not None:
        at, last_id = int(ask.after[0]), str(ask.after[1])
        found = found.filter(Q(began_at__lt=at) | Q(began_at=at, id__lt=last_id))
    rows = await found.order_by("-began_at", "-id").limit(ask.first + 1)
    attempts = await _opened(rows)
    keys = [(row.began_at, row.id) for row in rows]
    return Page[Attempt].cut(list(zip(keys, attempts, strict=True)), ask)


async def attempts_of_case(case_id: str, *, most: int) -> list[Attempt]:
    """Return the newest contacts of a case."""
    found = ContactAttemptRow.filter(case_id=case_id).order_by("-began_at", "-id")
    return await _opened(await found.limit(most))


async def recorded_attempt(borrower_id: str, attempt_id: str) -> Attempt:
    """
    Return one contact with a borrower.

    Raises:
        NotFound: There is none of this id, or it was with somebody else.
    """
    row = await ContactAttemptRow.get_or_none(id=attempt_id, borrower_id=borrower_id)
    if row is None:
        raise NotFound("input.attemptId")
    return (await _opened([row]))[0]


async def permit(permit_id: str) -> Permit:
    """
    Return a permit, given or refused.

    Raises:
        NotFound: There is none of this id.
    """
    row = await ContactPermitRow.get_or_none(id=permit_id)
    if row is None:
        raise NotFound("input.permitId")
    return permit_from(row)


async def permits_of_case(case_id: str, *, most: int) -> list[Permit]:
    """Return the newest permits of a case, refused ones too."""
    rows = await ContactPermitRow.filter(case_id=case_id).order_by("-asked_at", "-id").limit(most)
    return [permit_from(row) for row in rows]


def permit_from(row: ContactPermitRow) -> Permit:
    """Turn a row into the value that leaves the room."""
    return Permit(
        permit_id=row.id,
        borrower_id=row.borrower_id,
        case_id=row.case_id,
        channel=ContactChannel(row.channel),
        purpose=ContactPurpose(row.purpose),
        asked_by=row.asked_by,
        agency=row.agency,
        reasons=tuple(PermitRefusal(one) for one in row.reasons.split(",") if one),
        asked_at=moment_of(row.asked_at),
        expires_at=moment_of(row.expires_at),
        used_at=None if row.used_at is None else moment_of(row.used_at),
    )


def attempt_from(row: ContactAttemptRow, note: str | None) -> Attempt:
    """Turn a row into the value that leaves the room."""
    return Attempt(
        attempt_id=row.id,
        borrower_id=row.borrower_id,
        case_id=row.case_id,
        loan_id=row.loan_id,
        permit_id=row.permit_id,
        channel=ContactChannel(row.channel),
        purpose=ContactPurpose(row.purpose),
        outcome=ContactOutcome(row.outcome),
        by_staff=row.by_staff,
        agency=row.agency,
        note=note,
        began_at=moment_of(row.began_at),
        recorded_at=moment_of(row.recorded_at),
        contested_at=None if row.contested_at is None else moment_of(row.contested_at),
        contested_why=None if row.contested_why is None else ContestReason(row.contested_why),
    )


async def _opened(rows: Sequence[ContactAttemptRow]) -> list[Attempt]:
    """Open the notes with one query for keys; those of the forgotten are gone."""
    noted = [(row, note) for row in rows if (note := cast("Sealed | None", row.note)) is not None]
    texts = await unseal_left([(note_cell(row.id, row.borrower_id), note) for row, note in noted])
    notes = {row.id: text for (row, _), text in zip(noted, texts, strict=True)}
    return [attempt_from(row, notes.get(row.id)) for row in rows]
