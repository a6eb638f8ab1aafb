"""Going over every contact again: which had no permit, or was not as the law wants it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.catalog.queries import policy_book
from app.collections.models import (
    CollectionCaseRow,
    CollectionHoldRow,
    ContactAttemptRow,
    ContactPermitRow,
)
from app.collections.rules import (
    EFFECTIVE,
    ContactChannel,
    ContactOutcome,
    ContactPurpose,
    HoldReason,
    limits_of,
)
from app.foundation.clock import local_date, milliseconds, moment_of
from app.foundation.paging import PageAsk
from app.servicing import queries as servicing

BATCH_MAX = 500
_DAY = timedelta(days=1)


class BreachKind(StrEnum):
    """What was wrong with a contact."""

    NO_PERMIT = "NO_PERMIT"
    OUTSIDE_PERMIT = "OUTSIDE_PERMIT"
    AT_NIGHT = "AT_NIGHT"
    TOO_MANY_CALLS = "TOO_MANY_CALLS"
    WHILE_HELD = "WHILE_HELD"
    NOT_OFFERED_FIRST = "NOT_OFFERED_FIRST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One contact that should not have been, or not so."""

    attempt_id: str
    borrower_id: str
    case_id: str
    kind: BreachKind
    began_at: datetime


async def breaches(begins: datetime, ends: datetime) -> list[Breach]:
    """
    Look again at every contact that began from one moment until before another.

    Nothing that gave permits is asked: rows are compared with rows, hours and calls of each day
    with its policy. That a borrower had named hours of their own, the permit says.
    """
    found: list[Breach] = []
    calls: Counter[tuple[str, date]] = Counter()
    after = ""
    while True:
        rows = (
            await ContactAttemptRow.filter(
                began_at__gte=milliseconds(begins), began_at__lt=milliseconds(ends), id__gt=after
            )
            .order_by("id")
            .limit(BATCH_MAX)
        )
        found += await _looked_at(rows, calls)
        if len(rows) < BATCH_MAX:
            return sorted(found, key=lambda one: (one.began_at, one.attempt_id, one.kind))
        after = rows[-1].id


async def overdue_without_offer() -> list[str]:
    """Return the loans, by id, that are past due and whose borrower was not offered relief."""
    missing: list[str] = []
    ask = PageAsk(first=BATCH_MAX)
    while True:
        page = await servicing.overdue_loans(ask)
        late = {loan.ref.loan_id for _, loan in page.items}
        offered = await CollectionCaseRow.filter(
            open_key__in=list(late), offered_at__not_isnull=True
        ).values_list("loan_id", flat=True)
        missing += sorted(late.difference(map(str, offered)))
        if not page.has_more:
            return missing
        ask = PageAsk(first=BATCH_MAX, after=page.items[-1][0])


async def permitted_messages(message_ids: Sequence[str]) -> frozenset[str]:
    """Return which reminders had leave to go out; for whoever goes over messages."""
    rows = await ContactPermitRow.filter(
        message_id__in=list(message_ids), reasons="", used_at__not_isnull=True
    )
    return frozenset(str(row.message_id) for row in rows)


async def _looked_at(
    rows: Sequence[ContactAttemptRow], calls: Counter[tuple[str, date]]
) -> list[Breach]:
    people = sorted({row.borrower_id for row in rows})
    permits = {
        row.id: row for row in await ContactPermitRow.filter(id__in=[one.permit_id for one in rows])
    }
    cases = {
        row.id: row for row in await CollectionCaseRow.filter(id__in=[one.case_id for one in rows])
    }
    holds: defaultdict[str, list[CollectionHoldRow]] = defaultdict(list)
    for one in await CollectionHoldRow.filter(borrower_id__in=people):
        holds[one.borrower_id].append(one)
    found: list[Breach] = []
    for row in rows:
        permit = permits.get(row.permit_id)
        wrong = [
            *_about_permit(row, permit),
            *_about_holds(row, holds[row.borrower_id]),
            *await _about_day(row, permit, calls),
        ]
        case = cases.get(row.case_id)
        is_firm = row.purpose == ContactPurpose.FIRM_NOTICE.value or row.agency is not None
        if is_firm and (case is None or (case.offered_at or row.began_at) >= row.began_at):
            wrong.append(BreachKind.NOT_OFFERED_FIRST)
        found += [_breach(row, kind) for kind in wrong]
    return found


def _about_permit(row: ContactAttemptRow, permit: ContactPermitRow | None) -> Iterable[BreachKind]:
    if permit is None or permit.reasons or permit.used_at is None:
        yield BreachKind.NO_PERMIT
        return
    is_same = (permit.borrower_id, permit.channel, permit.purpose) == (
        row.borrower_id,
        row.channel,
        row.purpose,
    )
    # A hold ends permits early, and what began before it was within its time.
    if not is_same or not permit.asked_at <= row.began_at <= permit.expires_at:
        yield BreachKind.OUTSIDE_PERMIT


def _about_holds(
    row: ContactAttemptRow, holds: Sequence[CollectionHoldRow]
) -> Iterable[BreachKind]:
    for one in holds:
        until = None if one.until_on is None else date.fromisoformat(one.until_on)
        has_ended = one.released_at is not None and one.released_at <= row.began_at
        is_over = until is not None and local_date(moment_of(row.began_at)) > until
        is_estate = (
            one.reason == HoldReason.DEATH.value and row.purpose == ContactPurpose.ESTATE.value
        )
        if one.placed_at < row.began_at and not has_ended and not is_over and not is_estate:
            yield BreachKind.WHILE_HELD
            return


async def _about_day(
    row: ContactAttemptRow,
    permit: ContactPermitRow | None,
    calls: Counter[tuple[str, date]],
) -> list[BreachKind]:
    began = moment_of(row.began_at)
    limits = limits_of(await policy_book(local_date(began)))
    wrong: list[BreachKind] = []
    is_agreed = permit is not None and permit.by_agreement
    if limits.night.covers(began) and row.channel != ContactChannel.LETTER.value and not is_agreed:
        wrong.append(BreachKind.AT_NIGHT)
    if row.channel == ContactChannel.VOICE.value and ContactOutcome(row.outcome) in EFFECTIVE:
        place = row.borrower_id, local_date(began)
        calls[place] += 1
        if calls[place] > limits.calls_max:
            wrong.append(BreachKind.TOO_MANY_CALLS)
    return wrong


def _breach(row: ContactAttemptRow, kind: BreachKind) -> Breach:
    return Breach(
        attempt_id=row.id,
        borrower_id=row.borrower_id,
        case_id=row.case_id,
        kind=kind,
        began_at=moment_of(row.began_at),
    )
