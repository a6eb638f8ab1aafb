"""A list leaves the desk masked, by two people, on record of everybody on it; and the history."""

import asyncio
import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock, local_date
from app.foundation.database import fetch
from app.foundation.errors import InvalidInput, NotFound, Refusal
from app.foundation.graphql import Context
from app.foundation.paging import PageAsk
from app.gateway.schema import STAFF_SCHEMA
from app.identity import queries as identity
from app.messaging import operations as messaging
from app.messaging.errors import NewsNotOpen
from app.messaging.operations import DecideNews, NewsState, ProposeNews
from app.messaging.queries import inbox_of
from app.payments import operations as payments
from app.privacy.queries import borrowers_looked_at, looks_at
from app.privacy.rules import Reason, What
from app.support import operations
from app.support.errors import ExportNotOpen, ExportOver, OwnExport, TooManyWait
from app.support.operations import campaigns
from app.support.operations.exporting import (
    AskExport,
    DecideExport,
    DownloadExport,
    ask_export,
    decide_export,
    download_export,
)
from app.support.queries.exports import desk_export
from app.support.queries.history import LineKind, history_of
from app.support.rules import Category
from app.support.rules.exports import ExportKind, ExportState, Listed, csv_of
from tests.conftest import START
from tests.desk import step_up_everybody
from tests.messaging.conftest import MEI_PHONE
from tests.support.conftest import answer, bring_up, enroll, lend
from tests.support.test_revealing import complete


async def ask(
    staff: StaffCaller,
    kind: ExportKind,
    *,
    key: str = "ask",
    days: int = 7,
    until: date | None = None,
) -> str:
    today = until or local_date(START)
    command = AskExport(
        caller_id=staff.staff_id,
        kind=kind,
        since=today - timedelta(days=days),
        until=today,
        county=None,
        reason=Reason.COMPLAINT,
        why="监管要求上报",
        idempotency_key=key,
    )
    return (await ask_export(staff, command)).export_id


async def let_go(staff: StaffCaller, export_id: str, *, key: str = "yes") -> None:
    command = DecideExport(
        caller_id=staff.staff_id, export_id=export_id, is_approved=True, idempotency_key=key
    )
    await decide_export(staff, command)


async def take_away(staff: StaffCaller, export_id: str, *, key: str = "take") -> Listed:
    command = DownloadExport(caller_id=staff.staff_id, export_id=export_id, idempotency_key=key)
    return await download_export(staff, command)


async def test_a_list_of_days_to_come_or_of_no_county_is_refused_by_its_field(mei: str) -> None:
    supervisor = await enroll(StaffRole.SUPERVISOR)
    today = local_date(START)
    plain = AskExport(
        caller_id=supervisor.staff_id,
        kind=ExportKind.LOANS,
        since=today,
        until=today,
        county=None,
        reason=Reason.COMPLAINT,
        why="监管要求上报",
        idempotency_key="there-is",
    )
    tomorrow = today + timedelta(days=1)
    for wrong, field in (
        (replace(plain, until=tomorrow), "input.until"),
        (replace(plain, since=tomorrow, until=tomorrow), "input.since"),
        (replace(plain, since=today, until=today - timedelta(days=1)), "input.until"),
        (replace(plain, since=today - timedelta(days=400)), "input.until"),
        (replace(plain, county="999999"), "input.regionCode"),
        (replace(plain, county="610000"), "input.regionCode"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await ask_export(supervisor, wrong)
        assert refused.value.field == field
    assert await fetch("SELECT id FROM desk_export") == []
    await complete(mei)
    lived_in = (await identity.profile_of(mei)).region_code
    for county in (lived_in, "610629"):
        key = f"county-{county}"
        await ask_export(supervisor, replace(plain, county=county, idempotency_key=key))


async def test_ten_lists_and_ten_news_of_one_person_wait_and_none_longer_than_a_week(
    mei: str, clock: FixedClock
) -> None:
    maker, chief = await enroll(StaffRole.SUPERVISOR), await enroll(StaffRole.DIRECTOR)

    async def news(key: str) -> str:
        command = ProposeNews(
            caller_id=maker.staff_id, version_id=None, why="春耕", idempotency_key=key
        )
        return (await campaigns.propose_news(maker, command)).news_id

    def send(news_id: str) -> DecideNews:
        return DecideNews(
            caller_id=chief.staff_id, news_id=news_id, is_approved=True, idempotency_key="send"
        )

    async def everything() -> list[list[dict[str, object]]]:
        tables = ("desk_export", "news_campaign", "audit_entry", "idempotency_claim")
        return [await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables]

    lists = [await ask(maker, ExportKind.LOANS, key=f"ask-{n}") for n in range(9)]
    told = [await news(f"news-{n}") for n in range(10)]
    at_once = await asyncio.gather(
        *(ask(maker, ExportKind.LOANS, key=f"last-{n}") for n in range(3)), return_exceptions=True
    )
    assert Counter(type(one) for one in at_once) == {str: 1, TooManyWait: 2}
    before = await everything()
    for another in (ask(maker, ExportKind.LOANS, key="another"), news("another")):
        with pytest.raises(TooManyWait):
            await another
    assert await everything() == before
    await ask(chief, ExportKind.LOANS, key="somebody-else")

    clock.advance(timedelta(days=7))
    await step_up_everybody()
    with pytest.raises(ExportNotOpen):
        await let_go(chief, lists[0])
    with pytest.raises(NewsNotOpen):
        await campaigns.decide_news(chief, send(told[0]))
    assert (await desk_export(lists[0])).state is ExportState.LAPSED
    assert {one.state for one in await messaging.newest_news()} == {NewsState.LAPSED}
    await let_go(chief, await ask(maker, ExportKind.LOANS, key="anew"))
    await campaigns.decide_news(chief, send(await news("news-anew")))
    assert mei


@pytest.mark.parametrize("kind", ExportKind)
async def test_a_list_has_no_unmasked_value_and_whoever_is_on_it_sees_that(
    mei: str, jun: str, kind: ExportKind
) -> None:
    supervisor, director = await enroll(StaffRole.SUPERVISOR), await enroll(StaffRole.DIRECTOR)
    await complete(mei)
    await bring_up(mei, "石先生的身份证是 612629198003120014", category=Category.COMPLAINT)
    await lend(mei)
    export_id = await ask(supervisor, kind)
    with pytest.raises(ExportOver):
        await take_away(supervisor, export_id, key="early")
    await let_go(director, export_id)
    listed = await take_away(supervisor, export_id)
    (row,) = csv.DictReader(io.StringIO(listed.content))
    profile = await identity.profile_of(mei)
    assert (row["borrower"], row["phone"]) == (profile.name, profile.phone)
    assert listed.rows == 1
    everything = await ask_for_all_that_is_sealed(mei)
    assert everything
    assert not [one for one in everything if one in listed.content]
    (seen,) = [one for _, one in (await looks_at(mei, PageAsk())).items]
    assert (seen.what, seen.reason) == (What.EXPORT, Reason.COMPLAINT)
    assert (await looks_at(jun, PageAsk())).items == ()
    assert await borrowers_looked_at(supervisor.staff_id, since=START) == 0
    chain = await fetch("SELECT kind FROM audit_entry WHERE kind LIKE 'export.%' ORDER BY seq")
    assert [one["kind"] for one in chain] == [
        "export.asked",
        "export.approved",
        "export.downloaded",
    ]


async def test_the_days_of_a_list_are_those_of_china(mei: str, clock: FixedClock) -> None:
    supervisor, director = await enroll(StaffRole.SUPERVISOR), await enroll(StaffRole.DIRECTOR)
    clock.advance(timedelta(hours=15))
    await step_up_everybody()
    ticket = await bring_up(mei)
    night = local_date(clock.now())
    assert night == local_date(START) + timedelta(days=1)
    found: list[tuple[date, str]] = []
    for day in (night - timedelta(days=1), night):
        export_id = await ask(supervisor, ExportKind.TICKETS, key=f"ask-{day}", days=0, until=day)
        await let_go(director, export_id, key=f"yes-{day}")
        listed = await take_away(supervisor, export_id, key=f"take-{day}")
        rows = csv.DictReader(io.StringIO(listed.content))
        found += [(day, row["ticket_id"]) for row in rows]
    assert found == [(night, ticket.ticket_id)]


async def ask_for_all_that_is_sealed(borrower_id: str) -> list[str]:
    """Return what stands sealed about a borrower, in clear."""
    columns = ("name", "resident_id", "phone", "address", "bank_card")
    found = [await identity.value_in_clear(borrower_id, column) for column in columns]
    return [one.removeprefix("+86") for one in found if one is not None]


async def test_a_list_leaves_three_times_for_a_day_by_whoever_asked_and_by_another(
    mei: str, clock: FixedClock
) -> None:
    assert mei
    supervisor, director = await enroll(StaffRole.SUPERVISOR), await enroll(StaffRole.DIRECTOR)
    with pytest.raises(InvalidInput):
        await ask(supervisor, ExportKind.TICKETS, days=400)
    own = await ask(director, ExportKind.TICKETS)
    with pytest.raises(OwnExport):
        await let_go(director, own)
    export_id = await ask(supervisor, ExportKind.TICKETS)
    await let_go(director, export_id, key="go")
    with pytest.raises(ExportNotOpen):
        await let_go(director, export_id, key="again")
    with pytest.raises(NotFound):
        await take_away(director, export_id)
    taken = await asyncio.gather(
        *(take_away(supervisor, export_id, key=f"take-{number}") for number in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Listed) for one in taken) == 3
    assert sum(isinstance(one, ExportOver) for one in taken) == 2
    assert await take_away(supervisor, export_id, key=done(taken)), "the same key counts once"
    clock.advance(timedelta(hours=25))
    await step_up_everybody()
    with pytest.raises(Refusal):
        await take_away(supervisor, export_id, key=done(taken))


def done(taken: list[Listed | BaseException]) -> str:
    return next(f"take-{n}" for n, one in enumerate(taken) if isinstance(one, Listed))


def test_what_a_spreadsheet_would_run_is_text() -> None:
    written = csv_of(("a", "b"), [("=1+1", 'say "hi",\nyou'), (None, "@x")])
    assert list(csv.reader(io.StringIO(written, newline=""))) == [
        ["a", "b"],
        ["'=1+1", 'say "hi",\nyou'],
        ["", "'@x"],
    ]


HISTORY = """
query ($id: ID!, $kinds: [TimelineKind!]) {
  borrowerView(borrowerId: $id, reason: BORROWER_ASKED) {
    history(kinds: $kinds, first: 100) { edges { node { kind text } } }
    loans { balance explain(of: BALANCE) { result } }
  }
}
"""


async def test_the_whole_history_comes_in_pages_and_each_line_once(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    loan = await lend(mei)
    await operations.find_borrowers(
        agent, phone=MEI_PHONE, last_four=None, reason=Reason.BORROWER_ASKED
    )
    for number in range(3):
        clock.advance(timedelta(minutes=5))
        ticket = await bring_up(mei, key=f"open-{number}")
        await answer(agent, ticket.ticket_id, key=f"answer-{number}")
        await payments.repay(
            payments.Repay(loan=loan, amount_fen=1_000, idempotency_key=f"repay-{number}")
        )
    whole = await history_of(mei, PageAsk(first=100))
    lines = [one for _, one in whole.items]
    assert [one.place for one in lines] == sorted((one.place for one in lines), reverse=True)
    assert len(lines) == len({one.place for one in lines})
    told = await inbox_of(mei, PageAsk(first=100))
    assert len(lines) == len(told.items) + 3 + 3 + 1 + 1
    for first in (1, 2, 5):
        paged, after = list(lines[:0]), None
        while True:
            page = await history_of(mei, PageAsk(first=first, after=after))
            paged += [one for _, one in page.items]
            if not page.has_more:
                break
            after = page.items[-1][0]
        assert paged == lines
    only = await history_of(mei, PageAsk(first=100), [LineKind.REPAYMENT])
    assert len(only.items) == 3
    context = Context(
        caller=agent, language="zh-Hans", now=clock.now(), today=local_date(clock.now())
    )
    shown = await STAFF_SCHEMA.execute(
        HISTORY, variable_values={"id": mei, "kinds": ["REPAYMENT", "LOOK"]}, context_value=context
    )
    assert shown.errors is None
    assert shown.data is not None
    view = shown.data["borrowerView"]
    kinds = [edge["node"]["kind"] for edge in view["history"]["edges"]]
    assert sorted(set(kinds)) == ["LOOK", "REPAYMENT"]
    (shown_loan,) = view["loans"]
    assert shown_loan["explain"]["result"] == shown_loan["balance"], "this yuan, explained"
    looks = [one.what for _, one in (await looks_at(mei, PageAsk())).items]
    assert What.WHOLE_VIEW in looks
