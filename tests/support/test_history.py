"""What happened around a borrower comes page by page, and no page loses a line."""

from datetime import timedelta

import pytest

from app.collections.rules import ContactOutcome
from app.foundation.paging import Key, PageAsk
from app.messaging.queries import Notification
from app.payments.rules import RepaymentView
from app.support.queries import LineKind, history_of
from app.support.queries.history import Line, LoanHappening
from app.support.queries.tickets import Ticket
from tests.collections.conftest import Desk, desk
from tests.gateway.test_sql_budgets import Life

__all__ = ["desk"]


async def test_a_contact_comes_after_a_page_that_ended_within_its_millisecond(desk: Desk) -> None:
    await desk.assign(desk.agent)
    await desk.record(await desk.ask(), ContactOutcome.NO_ANSWER)
    ((_, contact),) = (await history_of(desk.mei, PageAsk(), [LineKind.CONTACT])).items
    last = (contact.at + timedelta(microseconds=400)).isoformat(), "ap00000000000000"
    page = await history_of(desk.mei, PageAsk(after=last), [LineKind.CONTACT])
    assert [line for _, line in page.items] == [contact]
    after = contact.at.isoformat(), contact.line_id
    assert (await history_of(desk.mei, PageAsk(after=after), [LineKind.CONTACT])).items == ()


@pytest.mark.parametrize("size", [1, 3])
async def test_pages_over_several_loans_of_one_moment_are_the_whole_history(
    mei: str, size: int
) -> None:
    life = Life(mei)
    for _ in range(3):
        await life.go_on()
    whole = (await history_of(mei, PageAsk(first=100))).items
    kinds = {line.what.__class__ for _, line in whole}
    assert {LoanHappening, RepaymentView, Ticket, Notification} <= kinds
    assert len({line.place for _, line in whole}) == len(whole)
    paged: list[tuple[Key, Line]] = []
    has_more = True
    while has_more:
        after = paged[-1][0] if paged else None
        page = await history_of(mei, PageAsk(first=size, after=after))
        paged += page.items
        has_more = page.has_more
    assert tuple(paged) == whole
