"""Greetings: for whoever agreed to news, seldom, and never to somebody in trouble."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from app.catalog.queries import policy_book
from app.collections.queries import holds_by_borrower
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.rekeying.shredding import forgotten_among
from app.identity.queries.greeting import (
    agreeing_among,
    birth_months_of,
    ever_agreed_to,
    reached_among,
)
from app.literacy.rules import next_harvest_news
from app.messaging import queries
from app.messaging.models import CareRoundRow, NotificationRow
from app.messaging.operations.notifying import Notify, notify
from app.messaging.operations.wanting import MARKETING
from app.messaging.rules import Kind
from app.messaging.rules.caring import CARE, CareLimits, CareRound, rounds_on
from app.origination import queries as origination
from app.servicing import queries as servicing

BATCH_MAX = 100
YEAR = timedelta(days=365)


async def tend_care(today: date) -> int:
    """
    Greet everybody whom a day's occasions are for; return how many were.

    Some at a time, each batch in a transaction that also keeps how far it got: stopped at any point
    and run again, it goes on there, and greets nobody twice. Where policy names no occasions,
    nobody is greeted.

    Raises:
        TemporarilyUnavailable: Somebody's row could not be read; run again, it goes on there.
    """
    book = await policy_book(today)
    if "care_occasions" not in book.values:
        return 0
    table = book.table("care_occasions")
    holidays = {name: date.fromisoformat(str(day)) for name, day in table.items()}
    seldom = book.table("care_limits")
    limits = CareLimits(
        days_between=int(str(seldom["days_between"])),
        per_year_max=int(str(seldom["per_year_max"])),
    )
    greeted, away = 0, None
    for occasion in rounds_on(today, holidays):
        try:
            greeted += await _tend(occasion, today, limits)
        except TemporarilyUnavailable as failure:  # the other occasions are somebody else's
            away = failure
    if away is not None:
        raise away
    return greeted


async def _tend(occasion: CareRound, today: date, limits: CareLimits) -> int:
    greeted = 0
    while (told := await _tend_some(occasion, today, limits)) is not None:
        greeted += told
    return greeted


async def _tend_some(occasion: CareRound, today: date, limits: CareLimits) -> int | None:
    """Greet the next of an occasion; return how many were, None once it is over."""
    async with transaction() as tx:
        row = await _round(tx, occasion)
        if row.ended_at is not None:
            return None
        people = await ever_agreed_to(MARKETING, after=row.place, most=BATCH_MAX)
        told = await _greet(tx, people, occasion, today, limits)
        row.told += told
        row.place = people[-1] if people else row.place
        row.ended_at = milliseconds(tx.now) if len(people) < BATCH_MAX else None
        await row.save()
    return told


async def _round(tx: Transaction, occasion: CareRound) -> CareRoundRow:
    """Begin an occasion, or lock it where it is."""
    await tx.run(
        "INSERT INTO care_round (id, kind, place, told, begun_at, ends_on)"
        " VALUES (?, ?, '', 0, ?, ?) ON CONFLICT (id) DO NOTHING",
        [occasion.key, occasion.kind.removeprefix("CARE_"), milliseconds(tx.now), occasion.ends_on],
    )
    return await CareRoundRow.filter(id=occasion.key).select_for_update().get()


async def _greet(
    tx: Transaction,
    people: Sequence[str],
    occasion: CareRound,
    today: date,
    limits: CareLimits,
) -> int:
    # Whoever complains, asked for relief, or may have died is not wished a happy anything.
    held = await holds_by_borrower(people, today)
    free = [one for one, holds in zip(people, held, strict=True) if not holds]
    wanting = await _wanting(free, occasion, today)
    before = await _greeted(tx, wanting)
    data: Mapping[str, str | int] = {"occasion": occasion.occasion} if occasion.occasion else {}
    greeted = 0
    for borrower_id in wanting:
        if not limits.allows(before[borrower_id], tx.now):
            continue
        told = Notify(
            borrower_id=borrower_id,
            kind=occasion.kind,
            data=dict(data),
            dedupe_key=occasion.key,
        )
        greeted += await notify(tx, told) is not None
    return greeted


async def _wanting(people: Sequence[str], occasion: CareRound, today: date) -> list[str]:
    """
    Return who of some agreed to be greeted and can be, and has their month or harvest now.

    Each question is put once for all whom the one before has left.
    """
    forgotten = await forgotten_among(people)
    left = [one for one in people if one not in forgotten]
    left = _of(left, await reached_among(left))
    left = _of(left, await agreeing_among(left, MARKETING))
    if occasion.kind is Kind.CARE_HOLIDAY:
        return left
    wishes = await queries.wishes_by_borrower(left)
    # What is chosen for one person is for those who wish that.
    left = _of(left, {one for one, wish in wishes.items() if wish.is_news_personal})
    if occasion.kind is Kind.CARE_BIRTHDAY_MONTH:
        months = await birth_months_of(left)
        return _of(left, {one for one, month in months.items() if month == today.month})
    return _of(left, await _near_harvest(left, today))


def _of(people: Sequence[str], wanted: Collection[str]) -> list[str]:
    return [one for one in people if one in wanted]


async def _near_harvest(people: Sequence[str], today: date) -> set[str]:
    """Return of whom a crop that repays a running loan of theirs is sold from next month on."""
    begins = today.replace(day=1) - timedelta(days=1)
    loans = [
        loan
        for theirs in (await servicing.loans_by_borrower(people)).values()
        for loan in theirs
        if loan.closed_on is None
    ]
    applications = await origination.applications_by_id([one.application_id for one in loans])
    found: set[str] = set()
    for loan, application in zip(loans, applications, strict=True):
        if application is None or application.borrower_id != loan.ref.borrower_id:
            continue
        weights = application.offered.month_weights
        near = next_harvest_news(weights, since=begins, until=loan.closes_on)
        if near is not None and (near.year, near.month) == (today.year, today.month):
            found.add(loan.ref.borrower_id)
    return found


async def _greeted(tx: Transaction, people: Sequence[str]) -> dict[str, list[datetime]]:
    """Return when each was greeted within the year."""
    rows = await NotificationRow.filter(
        borrower_id__in=list(people), kind__in=CARE, created_at__gt=tx.now - YEAR
    )
    greeted: dict[str, list[datetime]] = {one: [] for one in people}
    for row in rows:
        greeted[row.borrower_id].append(row.created_at)
    return greeted
