"""What somebody proposed who has left waits for no second person, and the audit chain says so."""

import json
from datetime import timedelta

import pytest

from app.catalog import queries as catalog
from app.foundation import outbox
from app.foundation.audit.searching import Sought, entries
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import business_date
from app.foundation.paging import PageAsk
from app.identity import operations as identity
from app.identity.events import StaffEnded
from app.identity.rules.staffing import Signers
from app.literacy import operations as literacy
from app.messaging.errors import NewsNotOpen
from app.messaging.operations import DecideNews, ProposeNews
from app.servicing.rules import LoanRef
from app.support import queries
from app.support.errors import ExportNotOpen, ExtensionNotOpen
from app.support.operations import campaigns
from app.support.queries.exports import desk_export
from app.support.rules.complaints import Extension
from app.support.rules.exports import ExportKind, ExportState
from app.worker import subscriptions
from tests.support.conftest import enroll
from tests.support.test_complaints import complain, extend
from tests.support.test_complaints import decide as decide_extension
from tests.support.test_corrections import decide as decide_correction
from tests.support.test_corrections import loan, refused, waive
from tests.support.test_exporting import ask as ask_list
from tests.support.test_exporting import let_go
from tests.support.test_publishing import WAITING, ask, desk, shop
from tests.support.test_publishing import decide as decide_version
from tests.support.test_publishing import propose as propose_version
from tests.test_worker import nobody

__all__ = ["desk", "loan"]

COURSE = """mutation ($input: ProposeCourseInput!) {
  proposeCourse(input: $input) {
    ... on ProposeCourseSuccess { version { id version state } } ... on Problem { code } } }"""
DECIDE_COURSE = """mutation ($input: DecideCourseInput!) {
  decideCourse(input: $input) {
    ... on DecideCourseSuccess { version { state } } ... on Problem { code } } }"""


async def leave(name: str, *signers: StaffCaller) -> None:
    """Take somebody's place away, and let every room hear of it."""
    outbox.subscribe([one for one in subscriptions(nobody()) if one.fact_type is StaffEnded])
    first, second = signers
    await identity.end_staff(name, Signers(first_id=first.staff_id, second_id=second.staff_id))
    await outbox.drain()


async def withdrawn(staff_id: str) -> set[str]:
    """Return the ids of what was withdrawn for somebody, by the audit chain."""
    found = await entries(Sought(kind="staff.proposal_withdrawn"), PageAsk(first=50))
    about = [json.loads(one.about) for _, one in found.items]
    assert {one["staff"] for one in about} <= {staff_id}
    return {str(one["proposal"]) for one in about}


async def test_corrections_lists_news_and_extensions_of_who_left_are_withdrawn(
    jun: str, loan: LoanRef, agent: StaffCaller
) -> None:
    leaver = await enroll(StaffRole.SUPERVISOR)
    chief, second = (
        await enroll(StaffRole.DIRECTOR),
        await enroll(StaffRole.SUPERVISOR, name="wu.chief"),
    )
    correction = (await waive(leaver, loan, key="theirs"))["correction"]["id"]
    other = (await waive(agent, loan, 1_000, key="other"))["correction"]["id"]
    listed = await ask_list(leaver, ExportKind.LOANS)
    news = ProposeNews(caller_id=leaver.staff_id, version_id=None, why="春耕", idempotency_key="n")
    news_id = (await campaigns.propose_news(leaver, news)).news_id
    ticket = await complain(jun)
    await extend(leaver, ticket.ticket_id, Extension.COMPLEX, key="complex")
    asked = (await extend(leaver, ticket.ticket_id, Extension.SPECIAL, key="more")).extension_id
    assert [one.extension_id for one in await queries.extensions_asked()] == [asked]

    await leave("li.supervisor", chief, second)
    assert await withdrawn(leaver.staff_id) == {correction, listed, news_id, asked}
    problem = await refused(decide_correction(chief, correction, key="late"))
    assert (problem["code"], problem["state"]) == ("CORRECTION_STEP_REFUSED", "WITHDRAWN")
    with pytest.raises(ExportNotOpen):
        await let_go(chief, listed)
    assert (await desk_export(listed)).state is ExportState.REFUSED
    with pytest.raises(NewsNotOpen):
        await campaigns.decide_news(
            chief,
            DecideNews(
                caller_id=chief.staff_id, news_id=news_id, is_approved=True, idempotency_key="go"
            ),
        )
    with pytest.raises(ExtensionNotOpen):
        await decide_extension(chief, asked)
    assert await queries.extensions_asked() == []
    await decide_correction(chief, other, key="still")


async def test_versions_and_courses_of_who_left_may_be_proposed_anew(
    desk: tuple[StaffCaller, StaffCaller],
) -> None:
    leaver, director = desk
    second, risk = (
        await enroll(StaffRole.DIRECTOR, name="wu.chief"),
        await enroll(StaffRole.RISK, name="qian.risk"),
    )
    day = await business_date() + timedelta(days=1)
    document = shop(day, **{"typical = 12": "typical = 18"})
    version = (await propose_version(leaver, document))["proposal"]
    course = (await ask(leaver, COURSE, input={"idempotencyKey": "c"}))["version"]
    assert [one["id"] for one in await ask(director, WAITING)] == [version["id"]]

    await leave("li.risk", director, second)
    assert await withdrawn(leaver.staff_id) == {version["id"], course["id"]}
    assert await ask(director, WAITING) == []
    late = await decide_version(director, version)
    assert late["code"] == "VERSION_PROPOSAL_NOT_OPEN"
    given = {"courseVersionId": course["id"], "version": course["version"], "isApproved": True}
    late = await ask(director, DECIDE_COURSE, input={**given, "idempotencyKey": "d"})
    assert late["code"] == "COURSE_PROPOSAL_NOT_OPEN"
    assert literacy.read_course().version == course["version"]

    anew = (await propose_version(risk, document, key="anew"))["proposal"]
    published = await decide_version(director, anew, key="yes")
    assert published["proposal"]["state"] == "PUBLISHED"
    assert (await catalog.offered_product("small_shop", "320830", day)).terms.typical == 18
    course = (await ask(risk, COURSE, input={"idempotencyKey": "again"}))["version"]
    assert course["state"] == "WAITING"
