"""The graph shows the inbox in the caller's language and only to its owner."""

from datetime import timedelta
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation.caller import Anonymous, BorrowerCaller, Caller
from app.foundation.clock import FixedClock
from app.foundation.database import transaction
from app.foundation.errors import Unauthenticated
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.messaging import queries
from app.messaging.graphql import NODES, MessagingMutation, MessagingQuery
from app.messaging.operations import Notify, notify
from app.messaging.rules import Kind
from tests.conftest import START

pytestmark = pytest.mark.usefixtures("policies")

MEI = "br00000abcdefghi"
JUN = "br00000jklmnopqr"
SCHEMA = strawberry.Schema(
    query=MessagingQuery,
    mutation=MessagingMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)

INBOX = """
query Inbox($first: Int, $after: String) {
  unreadCount
  notifications(first: $first, after: $after) {
    edges {
      cursor
      node { id kind title body createdAt readAt loanId applicationId repaymentId ticketId
             lessonSlug sms }
    }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""
MARK = """
mutation Mark($input: MarkNotificationsReadInput!) {
  markNotificationsRead(input: $input) {
    ... on MarkNotificationsReadSuccess { markedCount unreadCount }
    ... on Problem { code field message }
  }
}
"""
CHOOSE = """
mutation Choose($input: SetNotificationPreferencesInput!) {
  setNotificationPreferences(input: $input) {
    ... on SetNotificationPreferencesSuccess { preferences { category isSmsOn canChange } }
    ... on Problem { code field message }
  }
}
"""


def context_of(caller: Caller, language: str = "zh-Hans") -> Context:
    return Context(caller=caller, language=language, now=START, today=START.date())


def borrower(borrower_id: str = MEI) -> BorrowerCaller:
    return BorrowerCaller(borrower_id=borrower_id, session_id="ss00000abcdefghi")


async def run(
    document: str, caller: Caller | None = None, language: str = "zh-Hans", **variables: object
) -> dict[str, Any]:
    result = await SCHEMA.execute(
        document,
        variable_values=variables,
        context_value=context_of(caller or borrower(), language),
    )
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def tell(borrower_id: str = MEI, *, key: str = "ln00000abcdefghi") -> str:
    told = Notify(
        borrower_id=borrower_id,
        kind=Kind.LOAN_DISBURSED,
        data={
            "loan_id": "ln00000abcdefghi",
            "application_id": "ap00000abcdefghi",
            "amount_fen": 600_000,
        },
        dedupe_key=key,
    )
    async with transaction() as tx:
        notification_id = await notify(tx, told)
    assert notification_id is not None
    return notification_id


async def test_the_inbox_tells_what_happened_and_where_a_tap_leads() -> None:
    notification_id = await tell()
    data = await run(INBOX)
    assert data["unreadCount"] == 1
    assert data["notifications"]["edges"][0]["node"] == {
        "id": notification_id,
        "kind": "LOAN_DISBURSED",
        "title": "钱到账了",
        "body": "6,000.00 元已经打到合同写的收款账户。点开可以看到每一期哪天还、还多少。",
        "createdAt": "2026-11-21T02:00:00+00:00",
        "readAt": None,
        "loanId": "ln00000abcdefghi",
        "applicationId": "ap00000abcdefghi",
        "repaymentId": None,
        "ticketId": None,
        "lessonSlug": None,
        "sms": "QUEUED",
    }


async def test_the_inbox_speaks_the_callers_language() -> None:
    await tell()
    data = await run(INBOX, language="en")
    assert data["notifications"]["edges"][0]["node"]["title"] == "The money is there"


async def test_nobody_sees_anothers_inbox() -> None:
    await tell(JUN)
    data = await run(INBOX)
    assert data["unreadCount"] == 0
    assert data["notifications"]["edges"] == []


async def test_pages_stay_whole_while_new_notifications_arrive(clock: FixedClock) -> None:
    told: list[str] = []
    for number in range(5):
        clock.advance(timedelta(seconds=1))
        told.append(await tell(key=str(number)))
    first = (await run(INBOX, first=2))["notifications"]
    clock.advance(timedelta(seconds=1))
    await tell(key="late")
    rest = (await run(INBOX, first=100, after=first["pageInfo"]["endCursor"]))["notifications"]

    seen = [edge["node"]["id"] for edge in [*first["edges"], *rest["edges"]]]
    assert seen == told[::-1]
    assert [first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]] == [True, True]


async def test_anothers_cursor_is_refused() -> None:
    await tell()
    cursor = (await run(INBOX))["notifications"]["pageInfo"]["endCursor"]
    result = await SCHEMA.execute(
        INBOX, variable_values={"after": cursor}, context_value=context_of(borrower(JUN))
    )
    assert result.errors is not None
    assert "cursor" in str(result.errors[0].original_error)


@pytest.mark.parametrize(
    "document", [INBOX, "{ unreadCount }", "{ notificationPreferences { isSmsOn } }"]
)
async def test_nothing_is_shown_to_strangers(document: str) -> None:
    result = await SCHEMA.execute(document, context_value=context_of(Anonymous()))
    assert result.errors is not None
    assert all(isinstance(error.original_error, Unauthenticated) for error in result.errors)


async def test_notifications_are_marked_as_read() -> None:
    first, _ = await tell(key="a"), await tell(key="b")
    some = {"idempotencyKey": "some", "ids": [first]}
    assert (await run(MARK, input=some))["markNotificationsRead"] == {
        "markedCount": 1,
        "unreadCount": 1,
    }
    rest = await run(MARK, input={"idempotencyKey": "rest"})
    assert rest["markNotificationsRead"] == {"markedCount": 1, "unreadCount": 0}
    nodes = [edge["node"] for edge in (await run(INBOX))["notifications"]["edges"]]
    assert all(node["readAt"] for node in nodes)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"ids": ["ln00000abcdefghi"]}, "INVALID_INPUT", "input.ids"),
        ({"ids": ["nt"]}, "INVALID_INPUT", "input.ids"),
        ({"ids": ["nt00000abcdefghi"] * 101}, "INVALID_INPUT", "input.ids"),
        ({"idempotencyKey": "two words"}, "INVALID_INPUT", "input.idempotencyKey"),
    ],
)
async def test_malformed_marking_is_refused_and_changes_nothing(
    changed: dict[str, object], code: str, field: str
) -> None:
    await tell()
    answer = (await run(MARK, input={"idempotencyKey": "mark"} | changed))["markNotificationsRead"]
    assert (answer["code"], answer["field"]) == (code, field)
    assert answer["message"]
    assert await queries.unread_count(MEI) == 1


async def test_marking_needs_a_session() -> None:
    answer = await run(MARK, Anonymous(), input={"idempotencyKey": "mark"})
    assert answer["markNotificationsRead"]["code"] == "UNAUTHENTICATED"


async def test_switches_are_shown_and_moved() -> None:
    wanted = [{"category": "REMINDERS", "isSmsOn": False}]
    answer = await run(CHOOSE, input={"idempotencyKey": "choose", "switches": wanted})
    shown = await run("{ notificationPreferences { category isSmsOn canChange } }")
    assert answer["setNotificationPreferences"]["preferences"] == shown["notificationPreferences"]
    assert {one["category"]: one["isSmsOn"] for one in shown["notificationPreferences"]} == {
        "DECISIONS": True,
        "MONEY": True,
        "REMINDERS": False,
        "LEARNING": False,
        "SUPPORT": True,
        "SAFETY": True,
        "MARKETING": True,
    }


async def test_safety_cannot_be_switched_off() -> None:
    wanted = [{"category": "SAFETY", "isSmsOn": False}]
    answer = await run(CHOOSE, input={"idempotencyKey": "choose", "switches": wanted})
    problem = answer["setNotificationPreferences"]
    assert (problem["code"], problem["field"]) == ("CATEGORY_ALWAYS_ON", "input.switches")
    assert "安全" in problem["message"]


async def test_a_notification_is_a_node_for_its_owner_only() -> None:
    class Asking:
        def __init__(self, caller: Caller) -> None:
            self.context = context_of(caller)

    notification_id = await tell()
    mine: Any = Asking(borrower(MEI))
    theirs: Any = Asking(borrower(JUN))
    assert (await NODES["nt"](mine, notification_id)).id == notification_id
    assert await NODES["nt"](theirs, notification_id) is None
    assert await NODES["nt"](mine, "nt00000abcdefghi") is None
