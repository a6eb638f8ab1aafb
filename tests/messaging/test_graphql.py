"""The graph shows the inbox in the caller's language and only to its owner."""

from datetime import timedelta
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation.caller import Anonymous, BorrowerCaller, Caller, StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import transaction
from app.foundation.errors import Forbidden, Unauthenticated
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.messaging import queries
from app.messaging.graphql import (
    NODES,
    ContactMutation,
    MessagingMutation,
    MessagingQuery,
    StaffMessagingMutation,
    StaffMessagingQuery,
)
from app.messaging.operations import Notify, notify
from app.messaging.rules import Kind
from tests.conftest import START

pytestmark = pytest.mark.usefixtures("policies")

MEI = "br00000abcdefghi"
JUN = "br00000jklmnopqr"


@strawberry.type
class Everything(MessagingMutation, ContactMutation):
    """Both."""


SCHEMA = strawberry.Schema(
    query=MessagingQuery,
    mutation=Everything,
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
        "REWARDS": False,
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


CONTACT = """
mutation Contact($hours: SetQuietHoursInput!, $news: SetNewsPersonalInput!,
                 $push: RegisterPushInput!) {
  setQuietHours(input: $hours) {
    ... on SetQuietHoursSuccess { wishes { night { from to } ownHours { from to } } }
    ... on Problem { code field }
  }
  setNewsPersonal(input: $news) {
    ... on SetNewsPersonalSuccess { wishes { isNewsPersonal ownHours { from } } }
    ... on Problem { code field }
  }
  registerPush(input: $push) {
    ... on RegisterPushSuccess { targets { vendor isSealed isThisSession } }
    ... on Problem { code field message }
  }
}
"""
FORGET = """
mutation Forget($input: ForgetPushInput!) {
  forgetPush(input: $input) {
    ... on ForgetPushSuccess { targets { vendor } }
    ... on Problem { code field }
  }
}
"""


def contact(**push: str) -> dict[str, Any]:
    target = {"idempotencyKey": "push", "vendor": "HONOR", "token": "token-1", **push}
    hours = {"idempotencyKey": "hours", "hours": {"from": "20:30", "to": "07:00"}}
    return {
        "hours": hours,
        "news": {"idempotencyKey": "news", "isPersonal": True},
        "push": target,
    }


async def test_wishes_and_pushes_are_set_shown_and_taken_back() -> None:
    await tell()
    for _ in range(2):
        done = await run(CONTACT, **contact())
        assert done["setQuietHours"]["wishes"] == {
            "night": {"from": "22:00", "to": "08:00"},
            "ownHours": {"from": "20:30", "to": "07:00"},
        }
        assert done["setNewsPersonal"]["wishes"]["isNewsPersonal"] is True
        (target,) = done["registerPush"]["targets"]
        assert target == {"vendor": "HONOR", "isSealed": False, "isThisSession": True}
    wishes = "{ contactWishes { ownHours { to } } pushTargets { vendor } }"
    assert await run(wishes) == {
        "contactWishes": {"ownHours": {"to": "07:00"}},
        "pushTargets": [{"vendor": "HONOR"}],
    }
    theirs = await run(wishes, borrower(JUN))
    assert theirs == {"contactWishes": {"ownHours": None}, "pushTargets": []}
    forgotten = await run(FORGET, input={"idempotencyKey": "forget"})
    assert forgotten["forgetPush"]["targets"] == []


async def test_a_key_that_cannot_be_used_is_refused_and_nothing_is_registered() -> None:
    done = await run(CONTACT, **contact(boxKey="not base64!", boxSecret="AAAAAAAAAAAAAAAAAAAAAA"))
    assert done["registerPush"]["field"] == "input.boxKey"
    done = await run(CONTACT, **contact(token="a b", idempotencyKey="other"))
    assert done["registerPush"]["code"] == "INVALID_INPUT"
    assert (await run("{ pushTargets { vendor } }"))["pushTargets"] == []


async def test_the_inbox_tells_how_each_message_went_out() -> None:
    await tell()
    page = await run(
        "{ notifications { edges { node { sms deliveries"
        " { channel state reason queuedAt sentAt settledAt } } } } }"
    )
    assert page["notifications"]["edges"][0]["node"] == {
        "sms": "QUEUED",
        "deliveries": [
            {
                "channel": "SMS",
                "state": "QUEUED",
                "reason": None,
                "queuedAt": "2026-11-21T02:00:00+00:00",
                "sentAt": None,
                "settledAt": None,
            }
        ],
    }


STAFF = strawberry.Schema(
    query=StaffMessagingQuery,
    mutation=StaffMessagingMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)
DEAD = "{ deadLetters { edges { node { messageId tries carrier delivery { state reason } } } } }"
REPEAT = """
mutation Repeat($input: RepeatMessageInput!) {
  repeatMessage(input: $input) {
    ... on RepeatMessageSuccess { letter { delivery { state } } }
    ... on Problem { code field }
  }
}
"""


async def ask_staff(document: str, role: StaffRole, **variables: object) -> Any:  # noqa: ANN401
    caller = StaffCaller(staff_id="st00000abcdefghi", session_id="sx00000abcdefghi", role=role)
    result = await STAFF.execute(
        document, variable_values=variables, context_value=context_of(caller)
    )
    return result.data if result.errors is None else [one.original_error for one in result.errors]


async def test_staff_see_what_failed_for_reasons_of_ours_and_repeat_it() -> None:
    await tell()
    async with transaction() as tx:
        await tx.run(
            "UPDATE message_delivery SET state = 'FAILED', reason = 'OUT_OF_TRIES', attempts = 8,"
            " look_at = NULL, dead_at = 1, called_at = 1, settled_at = 1"
        )
    (edge,) = (await ask_staff(DEAD, StaffRole.SUPERVISOR))["deadLetters"]["edges"]
    letter = edge["node"]
    assert (letter["tries"], letter["delivery"]["reason"]) == (8, "OUT_OF_TRIES")
    assert isinstance((await ask_staff(DEAD, StaffRole.AGENT))[0], Forbidden)
    wanted = {"messageId": letter["messageId"], "idempotencyKey": "again"}
    done = await ask_staff(REPEAT, StaffRole.DIRECTOR, input=wanted)
    assert done["repeatMessage"]["letter"]["delivery"]["state"] == "QUEUED"
    refused = await ask_staff(
        REPEAT, StaffRole.DIRECTOR, input={**wanted, "idempotencyKey": "more"}
    )
    assert refused["repeatMessage"]["code"] == "CANNOT_REPEAT"
    missing = {"messageId": "ms00000000000000", "idempotencyKey": "missing"}
    refused = await ask_staff(REPEAT, StaffRole.DIRECTOR, input=missing)
    assert refused["repeatMessage"]["field"] == "input.messageId"
