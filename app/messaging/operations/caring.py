"""Greetings: for whoever agreed to news, seldom, and never to somebody in trouble."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from app.catalog.queries import policy_book
from app.collections.queries import holds_by_borrower
from app.foundation.audit import Met, sound_broken_seals
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound, TemporarilyUnavailable
from app.foundation.rekeying.shredding import is_forgotten
from app.foundation.sealing import SealBroken
from app.identity.queries import has_consent, is_number_stopped
from app.identity.queries.greeting import birth_month_of, ever_agreed_to
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
    held = await holds_by_borrower(people, today)
    greeted = 0
    for borrower_id, holds in zip(people, held, strict=True):
        # Whoever complains, asked for relief, or may have died is not wished a happy anything.
        if holds or not await _wants(borrower_id, occasion, today):
            continue
        if not limits.allows(await _greeted(tx, borrower_id), tx.now):
            continue
        data: Mapping[str, str | int] = {"occasion": occasion.occasion} if occasion.occasion else {}
        told = Notify(
            borrower_id=borrower_id,
            kind=occasion.kind,
            data=dict(data),
            dedupe_key=occasion.key,
        )
        greeted += await notify(tx, told) is not None
    return greeted


async def _wants(borrower_id: str, occasion: CareRound, today: date) -> bool:
    """Tell whether somebody agreed to be greeted, and it is their month or their harvest."""
    if await is_forgotten(borrower_id) or await is_number_stopped(borrower_id):
        return False
    if not await has_consent(borrower_id, MARKETING):
        return False
    if occasion.kind is Kind.CARE_HOLIDAY:
        return True
    if not (await queries.wishes_of(borrower_id)).is_news_personal:
        return False  # what is chosen for one person is for those who wish that
    if occasion.kind is Kind.CARE_BIRTHDAY_MONTH:
        return await _has_birthday(borrower_id, today)
    return await _harvest_is_near(borrower_id, today)


async def _has_birthday(borrower_id: str, today: date) -> bool:
    try:
        return await birth_month_of(borrower_id) == today.month
    except SealBroken as broken:  # one altered row must not keep everybody else from their greeting
        await sound_broken_seals(broken, Met.WORKER)
        return False


async def _harvest_is_near(borrower_id: str, today: date) -> bool:
    """Tell whether a crop that repays a running loan of theirs is sold from next month on."""
    begins = today.replace(day=1) - timedelta(days=1)
    for loan in await servicing.loans_of(borrower_id):
        if loan.closed_on is not None:
            continue
        try:
            application = await origination.application(borrower_id, loan.application_id)
        except NotFound:
            continue
        weights = application.offered.month_weights
        near = next_harvest_news(weights, since=begins, until=loan.closes_on)
        if near is not None and (near.year, near.month) == (today.year, today.month):
            return True
    return False


async def _greeted(tx: Transaction, borrower_id: str) -> list[datetime]:
    """Return when somebody was greeted within the year."""
    rows = NotificationRow.filter(
        borrower_id=borrower_id, kind__in=CARE, created_at__gt=tx.now - YEAR
    )
    return [row.created_at for row in await rows]
