"""Greetings and news: for whoever agreed, seldom, never in trouble, and news by two people."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import worker
from app.foundation import outbox
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import Database, set_business_date, transaction
from app.foundation.paging import PageAsk
from app.identity.rules.people import birth_date_of
from app.messaging import operations as messaging
from app.messaging.errors import NewsNotOpen, OwnNews
from app.messaging.operations import DecideNews, NewsState, ProposeNews
from app.messaging.operations.wishing import SetNewsPersonal, set_news_personal
from app.messaging.queries import inbox_of
from app.messaging.rules import Kind
from app.messaging.rules.caring import CareLimits, rounds_on
from app.origination import operations as origination
from app.support.operations import campaigns
from app.support.rules import Category
from tests.conftest import START
from tests.identity.conftest import PROFILE
from tests.messaging.conftest import join
from tests.messaging.test_wishing import consent
from tests.origination.conftest import World, small_catalog, world
from tests.support.conftest import bring_up, enroll
from tests.support.test_revealing import complete

__all__ = ["small_catalog", "world"]

NEW_YEAR = date(2027, 1, 1)
BIRTHDAY_MONTH = date(2027, 3, 2)


async def told(borrower_id: str) -> list[Kind]:
    page = await inbox_of(borrower_id, PageAsk(first=50))
    care = [one.kind for _, one in page.items if one.kind.startswith(("CARE", "PRODUCT"))]
    return care[::-1]


async def let_choose(borrower_id: str) -> None:
    await set_news_personal(
        SetNewsPersonal(caller_id=borrower_id, is_personal=True, idempotency_key="p")
    )


async def greet(today: date, clock: FixedClock) -> int:
    now = datetime(today.year, today.month, today.day, 2, tzinfo=START.tzinfo)
    clock.advance(now - clock.now())
    return await messaging.tend_care(today)


async def test_a_holiday_is_wished_once_to_whoever_agreed_and_is_not_in_trouble(
    mei: str, jun: str, clock: FixedClock
) -> None:
    assert await greet(NEW_YEAR, clock) == 0, "nobody agreed"
    for borrower_id in (mei, jun):
        await consent(borrower_id)
    await bring_up(jun, category=Category.COMPLAINT)
    spring = date(2027, 2, 6)
    assert await greet(spring, clock) == 1
    assert await greet(spring, clock) == 0
    assert (await told(mei), await told(jun)) == ([Kind.CARE_HOLIDAY], [])
    (line,) = (await inbox_of(mei, PageAsk(first=1))).items
    assert "团圆" in line[1].body("zh-Hans")
    assert "Spring Festival" in line[1].body("en")


async def test_a_birthdays_month_is_for_those_who_let_news_be_chosen_and_names_no_day(
    mei: str, jun: str, clock: FixedClock
) -> None:
    await complete(mei)
    for borrower_id in (mei, jun):
        await consent(borrower_id)
    assert await greet(BIRTHDAY_MONTH, clock) == 0, "nobody let anything be chosen for them"
    for borrower_id in (mei, jun):
        await let_choose(borrower_id)
    greeted = [month for month in range(1, 13) if await greet(date(2028, month, 2), clock)]
    assert len(greeted) == 1, "in one month of the year, and only whose birthday is known"
    assert await told(mei) == [Kind.CARE_BIRTHDAY_MONTH]
    assert await told(jun) == []
    (line,) = (await inbox_of(mei, PageAsk(first=1))).items
    assert line[1].data == {}


async def test_a_harvest_is_wished_once_to_those_whose_crop_is_near_and_who_let_it_be_chosen(
    world: World,
) -> None:
    farmer, application_id = await world.decide()
    await world.understand(farmer, application_id)
    await world.sign_now(farmer, application_id)
    await outbox.drain()
    await origination.accept_disbursement_notice(await world.notice(application_id))
    other = await world.borrower("young_migrant")
    for borrower_id in (farmer, other):
        await consent(borrower_id)
    assert await greet(date(2027, 8, 12), world.clock) == 0, "too early for apples"
    assert await greet(date(2027, 9, 9), world.clock) == 0, "a day too early"
    for borrower_id in (farmer, other):
        await let_choose(borrower_id)
    days = [await greet(date(2027, 9, day), world.clock) for day in (10, 11, 20, 21)]
    assert days == [1, 0, 0, 0]
    assert (await told(farmer), await told(other)) == ([Kind.CARE_HARVEST], [])
    assert await greet(date(2028, 9, 10), world.clock) == 0, "the loan ends before the next one"


async def test_news_goes_out_once_when_a_second_person_lets_it(
    mei: str, jun: str, agent: StaffCaller
) -> None:
    for borrower_id in (mei, jun):
        await consent(borrower_id)
    await bring_up(jun, category=Category.COMPLAINT)  # whoever complains is offered nothing
    maker, chief = await enroll(StaffRole.SUPERVISOR), await enroll(StaffRole.DIRECTOR)
    news = await campaigns.propose_news(
        maker,
        ProposeNews(
            caller_id=maker.staff_id, version_id=None, why="春耕产品", idempotency_key="propose"
        ),
    )

    def answer(staff: StaffCaller, key: str) -> DecideNews:
        return DecideNews(
            caller_id=staff.staff_id, news_id=news.news_id, is_approved=True, idempotency_key=key
        )

    assert await messaging.send_news() == 0
    own = await campaigns.propose_news(
        chief,
        ProposeNews(caller_id=chief.staff_id, version_id=None, why="自己", idempotency_key="own"),
    )
    with pytest.raises(OwnNews):
        await campaigns.decide_news(
            chief,
            DecideNews(
                caller_id=chief.staff_id,
                news_id=own.news_id,
                is_approved=True,
                idempotency_key="own-yes",
            ),
        )
    await campaigns.decide_news(chief, answer(chief, "yes"))
    with pytest.raises(NewsNotOpen):
        await campaigns.decide_news(chief, answer(chief, "again"))
    assert await messaging.send_news() == 1
    assert await messaging.send_news() == 0
    assert (await messaging.news(news.news_id)).state is NewsState.SENT
    assert (await told(mei), await told(jun)) == ([Kind.PRODUCT_NEWS], [])
    assert agent


@given(st.lists(st.integers(0, 800), max_size=40))
def test_however_many_occasions_there_are_nobody_is_greeted_often(days: list[int]) -> None:
    limits = CareLimits(days_between=7, per_year_max=8)
    greeted: list[datetime] = []
    for day in sorted(days):
        now = START + timedelta(days=day)
        if limits.allows(greeted, now):
            greeted.append(now)
    assert all(later - one >= timedelta(days=7) for one, later in pairwise(greeted))
    for one in greeted:
        assert sum(timedelta(0) <= other - one < timedelta(days=365) for other in greeted) <= 8


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_every_occasion_is_over_before_the_next_of_its_kind_begins(today: date) -> None:
    for one in rounds_on(today, {"new_year": NEW_YEAR}):
        assert today < one.ends_on <= today + timedelta(days=21)
        assert len(one.key) <= 48


async def test_a_holiday_is_wished_though_other_work_of_the_day_fails_and_that_is_done_later(
    mei: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await consent(mei)
    async with transaction() as tx:
        await set_business_date(tx, NEW_YEAR - timedelta(days=1))
    clock.advance(datetime(2027, 1, 1, 2, tzinfo=START.tzinfo) - clock.now())
    tried: list[str] = []

    def failing(name: str, times: int) -> Callable[[date], Awaitable[None]]:
        async def step(_today: date) -> None:
            tried.append(name)
            if tried.count(name) <= times:
                raise ConnectionError

        return step

    monkeypatch.setattr(worker.origination, "monitor_month", failing("monitor", 2))
    monkeypatch.setattr(worker.literacy, "tell_of_harvests", failing("harvests", 0))
    with pytest.raises(ConnectionError):
        await worker.close_past_days()
    assert await told(mei) == [Kind.CARE_HOLIDAY]
    with pytest.raises(ConnectionError):
        await worker.close_past_days()
    for _ in range(2):
        await worker.close_past_days()
    assert Counter(tried) == {"monitor": 3, "harvests": 1}, "until it is done, and what is done not"
    assert await told(mei) == [Kind.CARE_HOLIDAY]


def noting(plain: Callable[..., Awaitable[Any]], noted: list[str]) -> Callable[..., Awaitable[Any]]:
    async def execute(self: Any, query: str, *args: Any) -> Any:  # noqa: ANN401 - Tortoise's own
        noted.append(query)
        return await plain(self, query, *args)

    return execute


async def test_however_many_people_there_are_it_takes_as_many_reads_to_find_whom_to_greet(
    mei: str, clock: FixedClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    client: Any = type(database.connection())
    for name in ("execute_query_dict", "execute_query"):
        monkeypatch.setattr(client, name, noting(getattr(client, name), sent))
    month = birth_date_of(PROFILE.resident_id).month % 12 + 1

    async def reads(*years: int) -> list[int]:
        """Return how many statements a birthday month and a harvest take, once keys are known."""
        counts: list[int] = []
        for year in years:
            counts.clear()
            for day in (date(year, month, 2), date(year, 9, 10)):
                sent.clear()
                assert await greet(day, clock) == 0
                counts.append(len(sent))
        return counts

    others = [await join(f"+861390013901{number}") for number in range(4)]
    await complete(mei)
    await consent(mei)
    await let_choose(mei)
    few = await reads(2027, 2028)
    for borrower_id in others:
        await consent(borrower_id)
        await let_choose(borrower_id)
    assert await reads(2029, 2030) == few


async def test_whose_number_was_altered_is_not_greeted_and_keeps_nobody_else_from_it(
    mei: str, jun: str, clock: FixedClock
) -> None:
    for borrower_id in (mei, jun):
        await consent(borrower_id)
    async with transaction() as tx:
        await tx.run(
            "UPDATE borrower SET phone = (SELECT phone FROM borrower WHERE id = ?) WHERE id = ?",
            [jun, mei],
        )
    assert await greet(NEW_YEAR, clock) == 1
    assert (await told(mei), await told(jun)) == ([], [Kind.CARE_HOLIDAY])
