"""What happened around a borrower comes page by page, and no page loses a line."""

from datetime import timedelta

from app.collections.rules import ContactOutcome
from app.foundation.paging import PageAsk
from app.support.queries import LineKind, history_of
from tests.collections.conftest import Desk, desk

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
