"""Complaints over both graphs, by our own documents; the words are the rules' words."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.catalog.queries import policy_book, products_for
from app.foundation.caller import BorrowerCaller, Caller, StaffCaller, StaffRole
from app.foundation.clock import FixedClock, local_date
from app.foundation.graphql import Context
from app.foundation.text import LANGUAGES, text
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.messaging.operations import NewsState
from app.support import operations
from app.support.graphql import words
from app.support.graphql.campaigns import NewsStanding
from app.support.graphql.exporting import ExportKind, ExportStanding
from app.support.queries.history import LineKind
from app.support.rules import complaints, exports
from tests.conftest import START
from tests.support.conftest import bring_up, enroll

OPERATIONS = Path(__file__).parents[2] / "fixtures" / "operations"


def test_every_word_of_the_schema_is_one_of_the_rules_and_can_be_said() -> None:
    pairs: list[tuple[Any, Any]] = [
        (words.TicketSubcategory, complaints.Subcategory),
        (words.ComplaintOutcome, complaints.Outcome),
        (words.ComplaintRootCause, complaints.RootCause),
        (words.ExtensionKind, complaints.Extension),
        (words.ExtensionStanding, complaints.ExtensionState),
        (words.TicketStepKind, complaints.Happened),
        (words.TimelineKind, LineKind),
        (ExportKind, exports.ExportKind),
        (ExportStanding, exports.ExportState),
        (NewsStanding, NewsState),
    ]
    for shown, meant in pairs:
        assert [one.value for one in shown] == list(meant), shown
    visits = [one.value for one in words.VisitOutcome]
    assert visits == list(complaints.VisitState)[1:]
    for language in LANGUAGES:
        for route in words.RouteKind:
            assert text(f"support.elsewhere.{route.value.lower()}", language)


async def run(name: str, caller: Caller, clock: FixedClock, **variables: object) -> Any:  # noqa: ANN401 - an answer
    is_staff = isinstance(caller, StaffCaller)
    side, schema = ("staff", STAFF_SCHEMA) if is_staff else ("borrower", BORROWER_SCHEMA)
    document = (OPERATIONS / side / f"{name}.graphql").read_text(encoding="utf-8")
    now = clock.now()
    context = Context(caller=caller, language="zh-Hans", now=now, today=local_date(now))
    result = await schema.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return next(iter(result.data.values()))


WISH: dict[str, object] = {
    "category": "COMPLAINT",
    "subcategory": "FEES",
    "text": "收费😠\x00",
    "idempotencyKey": "open",
}


def caller_of(borrower_id: str) -> BorrowerCaller:
    return BorrowerCaller(borrower_id=borrower_id, session_id="ss00000000000000")


def keys_of(ticket_id: str) -> Callable[..., dict[str, object]]:
    def keyed(key: str, **more: object) -> dict[str, object]:
        return {"ticketId": ticket_id, "idempotencyKey": key, **more}

    return keyed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_complaint_says_where_else_to_turn_and_takes_longer_for_a_reason(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    me, director = caller_of(mei), await enroll(StaffRole.DIRECTOR)
    too_long = await run("open_ticket", me, clock, input=WISH | {"text": "长" * 5_001})
    assert (too_long["code"], too_long["field"]) == ("INVALID_INPUT", "input.text")
    ticket_id = (await run("open_ticket", me, clock, input=WISH))["ticket"]["id"]
    mine = await run("complaint", me, clock, id=ticket_id)
    assert mine["messages"][0]["text"] == WISH["text"]
    routes = (await policy_book(START.date())).table("complaint_routes")
    assert {one["kind"].lower(): one["phone"] for one in mine["elsewhere"]} == routes
    assert all(one["phone"] in one["how"] for one in mine["elsewhere"])
    question = await bring_up(mei, key="question")
    nothing = await run("complaint", me, clock, id=question.ticket_id)
    assert (nothing["elsewhere"], nothing["pictures"]) == ([], [])
    keyed = keys_of(ticket_id)
    taken = await run("take_ticket", agent, clock, input=keyed("take"))
    assert taken["ticket"]["assigneeName"] == "li.agent"
    more = keyed("more", kind="COMPLEX", reason="要查记录")
    longer = await run("extend_ticket", agent, clock, input=more)
    assert longer["extension"]["state"] == "GRANTED"
    most = keyed("most", kind="SPECIAL", reason="合作方还没回话")
    asked = (await run("extend_ticket", agent, clock, input=most))["extension"]
    waiting = await run("extensions_asked", director, clock)
    assert [one["id"] for one in waiting] == [asked["id"]]
    answer = {"extensionId": asked["id"], "isGranted": False, "idempotencyKey": "no"}
    refused = await run("decide_extension", director, clock, input=answer)
    assert refused["extension"]["state"] == "REFUSED"
    for of, found in (
        ({"category": "COMPLAINT", "isMine": True}, [ticket_id]),
        ({"category": "COMPLAINT", "isMine": False}, []),
        ({"subcategory": "COLLECTION"}, []),
        ({"hoursLeftMax": 24 * 4}, [question.ticket_id]),
        ({"hoursLeftMax": 24 * 31}, [question.ticket_id, ticket_id]),
    ):
        page = await run("complaint_queue", agent, clock, of=of, first=5)
        assert [edge["node"]["id"] for edge in page["edges"]] == found, of


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_news_names_a_product_that_there_is(policies: None, clock: FixedClock) -> None:
    assert policies is None
    chief = await enroll(StaffRole.SUPERVISOR)
    product = (await products_for("610629", local_date(START)))[0]
    wish = {"why": "春耕", "idempotencyKey": "a", "versionId": product.version_id}
    proposed = await run("propose_news", chief, clock, input=wish)
    assert proposed["news"]["state"] == "ASKED"
    for number, (wrong, code) in enumerate(
        (("x" * 64, "INVALID_INPUT"), (product.version_id[:2] + "0" * 14, "NOT_FOUND"))
    ):
        other = wish | {"versionId": wrong, "idempotencyKey": f"b{number}"}
        refused = await run("propose_news", chief, clock, input=other)
        assert (refused["code"], refused["field"]) == (code, "input.versionId")
    (listed,) = await run("news", chief, clock)
    assert (listed["versionId"], listed["told"]) == (product.version_id, 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_complaint_is_closed_with_its_cause_and_opened_again_after_the_visit(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    me, chief = caller_of(mei), await enroll(StaffRole.SUPERVISOR)
    ticket_id = (await run("open_ticket", me, clock, input=WISH))["ticket"]["id"]
    keyed = keys_of(ticket_id)
    given = keyed("answer", text="钱退给您了")
    await run("answer_ticket", agent, clock, input=given)
    bare = await run("close_ticket", agent, clock, input=keyed("bare", outcome="PUT_RIGHT"))
    assert (bare["code"], bare["field"]) == ("CLOSING_INCOMPLETE", "input.rootCause")
    found = keyed("close", outcome="PUT_RIGHT", rootCause="WRONG_FIGURE")
    await run("close_ticket", agent, clock, input=found)
    rating = keyed("rate", score=2, text="拖了太久")
    await run("rate_ticket", me, clock, input=rating)
    clock.advance(timedelta(days=7))
    (due,) = (await run("visits_due", chief, clock, first=5))["edges"]
    visited = {
        "visitId": due["node"]["id"],
        "outcome": "DISSATISFIED",
        "text": "她说钱没到账",
        "idempotencyKey": "visit",
    }
    again = await run("record_visit", chief, clock, input=visited)
    assert (again["ticket"]["state"], again["ticket"]["round"]) == ("REOPENED", 2)
    handed = keyed("assign", staffId=agent.staff_id)
    conflict = await run("assign_ticket", chief, clock, input=handed)
    assert conflict["code"] == "ASSIGNEE_HAS_INTEREST"
    mine = await run("complaint", me, clock, id=ticket_id)
    said = [(one["author"], one["text"]) for one in mine["messages"]]
    assert ("BORROWER", "拖了太久") in said
    assert said[-1] == ("STAFF", "她说钱没到账")
    today = local_date(clock.now()).isoformat()
    figures = await run("complaint_figures", chief, clock, since="2026-11-01", until=today)
    total = figures["total"]
    assert (total["opened"], total["answered"], total["inTime"], total["reopened"]) == (1, 1, 1, 1)
    assert (total["daysToAnswer"], total["satisfaction"]) == ("0.0", "2.0")
    assert [one["name"] for one in figures["bySubcategory"]] == ["FEES"]
    opened = await operations.open_ticket_at_desk(agent, ticket_id)
    assert opened.ticket.escalated_at is None
