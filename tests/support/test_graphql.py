"""Both graphs: what a phone does about its tickets, and what the desk sees and answers."""

from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.catalog import queries as catalog
from app.foundation.caller import Anonymous, BorrowerCaller, Caller, StaffCaller
from app.foundation.database import fetch
from app.foundation.errors import Refusal
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.origination import operations as origination
from app.origination.rules.commands import StartApplication
from app.privacy.graphql import PrivacyQuery
from app.support.graphql import (
    NODES,
    StaffSupportMutation,
    StaffSupportQuery,
    SupportMutation,
    SupportQuery,
)
from app.support.queries import Ticket as TicketValue
from tests.conftest import START
from tests.messaging.conftest import MEI_PHONE
from tests.support.conftest import ANSWER, WORDS, answer, bring_up, lend


@strawberry.type
class BorrowerQuery(SupportQuery, PrivacyQuery):
    """What a phone reads here."""


PHONE = strawberry.Schema(
    query=BorrowerQuery,
    mutation=SupportMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)
DESK = strawberry.Schema(
    query=StaffSupportQuery,
    mutation=StaffSupportMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)
TICKET = """
  id category state loanId openedAt answerDueAt answeredAt closedAt score
  messages { id author staffName text writtenAt }
"""
OPEN = f"""
mutation Open($input: OpenTicketInput!) {{
  openTicket(input: $input) {{
    ... on OpenTicketSuccess {{ ticket {{ {TICKET} }} }}
    ... on Problem {{ code field message }}
  }}
}}
"""
REPLY = f"""
mutation Reply($input: ReplyToTicketInput!) {{
  replyToTicket(input: $input) {{
    ... on ReplyToTicketSuccess {{ ticket {{ {TICKET} }} }}
    ... on Problem {{ code field message }}
  }}
}}
"""
RATE = f"""
mutation Rate($input: RateTicketInput!) {{
  rateTicket(input: $input) {{
    ... on RateTicketSuccess {{ ticket {{ {TICKET} }} }}
    ... on Problem {{ code field message }}
  }}
}}
"""
MINE = f"""
query Mine($first: Int, $after: String) {{
  myTickets(first: $first, after: $after) {{
    edges {{ node {{ {TICKET} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
FIND = """
query Find($phone: String, $lastFour: String, $reason: LookReason! = BORROWER_ASKED) {
  findBorrowers(phone: $phone, lastFour: $lastFour, reason: $reason) {
    id name phone regionCode joinedAt
  }
}
"""
VIEW = """
query View($id: ID!, $ticketId: ID) {
  borrowerView(borrowerId: $id, reason: HARDSHIP, ticketId: $ticketId) {
    id name phone residentId bankCardTail regionCode language isProfileComplete joinedAt
    loans { id balance status installments { number total status } }
    applications(first: 5) {
      edges {
        node {
          id productName state regionCode amount months loanId startedAt submittedAt
          decision { outcome }
        }
      }
    }
    timeline(first: 10) { at kind text loanId ticketId sms }
    tickets(first: 5) { edges { node { id state } } }
  }
}
"""
QUEUE = """
query Queue($state: TicketState, $first: Int, $after: String) {
  tickets(state: $state, first: $first, after: $after) {
    edges {
      node { id borrowerId category state loanId openedAt answerDueAt isLate answeredAt closedAt
             score }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
READ = """
query Read($id: ID!) {
  ticket(id: $id) { ticket { id state } borrower { id phone } messages { author text } }
}
"""
ANSWERING = """
mutation Answer($input: AnswerTicketInput!) {
  answerTicket(input: $input) {
    ... on AnswerTicketSuccess { ticket { id state answeredAt } }
    ... on Problem { code field message }
  }
}
"""
CLOSING = """
mutation Close($input: CloseTicketInput!) {
  closeTicket(input: $input) {
    ... on CloseTicketSuccess { ticket { id state closedAt } }
    ... on Problem { code field message }
  }
}
"""
LOGGING = """
mutation Log($input: LogTicketInput!) {
  logTicket(input: $input) {
    ... on LogTicketSuccess { ticket { id state category loanId } }
    ... on Problem { code field message }
  }
}
"""
LOOKS = "{ whoLookedAtMe { edges { node { what reason sentence } } } }"


def context_of(caller: Caller, language: str = "zh-Hans") -> Context:
    return Context(caller=caller, language=language, now=START, today=START.date())


def borrower(borrower_id: str) -> BorrowerCaller:
    return BorrowerCaller(borrower_id=borrower_id, session_id="ss00000abcdefghi")


async def run(
    document: str, caller: Caller, language: str = "zh-Hans", **variables: object
) -> dict[str, Any]:
    schema = PHONE if isinstance(caller, BorrowerCaller) else DESK
    result = await schema.execute(
        document, variable_values=variables, context_value=context_of(caller, language)
    )
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def refused(
    schema: strawberry.Schema, document: str, caller: Caller, **variables: object
) -> str:
    result = await schema.execute(
        document, variable_values=variables, context_value=context_of(caller)
    )
    assert result.errors is not None
    cause = result.errors[0].original_error
    assert isinstance(cause, Refusal)
    return cause.code


async def test_a_ticket_is_opened_answered_replied_to_rated_and_closed(
    mei: str, agent: StaffCaller
) -> None:
    loan = await lend(mei)
    me = borrower(mei)
    wish = {
        "category": "HARDSHIP",
        "text": f"  {WORDS}\x00 ",
        "loanId": loan.loan_id,
        "idempotencyKey": "open",
    }
    ticket = (await run(OPEN, me, input=wish))["openTicket"]["ticket"]
    assert ticket["state"] == "OPEN"
    assert ticket["loanId"] == loan.loan_id
    assert ticket["answerDueAt"] == "2026-11-24T02:00:00+00:00"
    assert [message["text"] for message in ticket["messages"]] == [wish["text"]]

    given = {"ticketId": ticket["id"], "text": ANSWER, "idempotencyKey": "answer"}
    answered = (await run(ANSWERING, agent, input=given))["answerTicket"]["ticket"]
    assert (answered["id"], answered["state"]) == (ticket["id"], "ANSWERED")

    more = {"ticketId": ticket["id"], "text": "谢谢", "idempotencyKey": "reply"}
    replied = (await run(REPLY, me, input=more))["replyToTicket"]["ticket"]
    assert replied["state"] == "REOPENED"
    assert [(one["author"], one["staffName"]) for one in replied["messages"]] == [
        ("BORROWER", None),
        ("STAFF", "li.agent"),
        ("BORROWER", None),
    ]

    await run(ANSWERING, agent, input=given | {"idempotencyKey": "again"})
    score = {"ticketId": ticket["id"], "score": 5, "idempotencyKey": "rate"}
    assert (await run(RATE, me, input=score))["rateTicket"]["ticket"]["score"] == 5
    end = {"ticketId": ticket["id"], "idempotencyKey": "close"}
    assert (await run(CLOSING, agent, input=end))["closeTicket"]["ticket"]["state"] == "CLOSED"


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"text": " \x00\n"}, "INVALID_INPUT", "input.text"),
        ({"text": "🌾" * 5_001}, "INVALID_INPUT", "input.text"),
        ({"text": "长" * 5_000 + "\x00"}, "INVALID_INPUT", "input.text"),
        ({"text": "半个\ud83c"}, "INVALID_INPUT", "input.text"),
        ({"loanId": "ap00000abcdefghi"}, "INVALID_INPUT", "input.loanId"),
        ({"loanId": "ln00000abcdefghi"}, "NOT_FOUND", "input.loanId"),
        ({"idempotencyKey": "two words"}, "INVALID_INPUT", "input.idempotencyKey"),
    ],
)
async def test_a_malformed_ticket_is_refused_and_none_is_opened(
    mei: str, changed: dict[str, object], code: str, field: str
) -> None:
    wish = {"category": "QUESTION", "text": WORDS, "idempotencyKey": "open"} | changed
    problem = (await run(OPEN, borrower(mei), input=wish))["openTicket"]
    assert (problem["code"], problem["field"]) == (code, field)
    assert problem["message"]
    assert await fetch("SELECT id FROM ticket") == []


async def test_two_thousand_signs_fit(mei: str) -> None:
    wish = {"category": "COMPLAINT", "text": "🌾" * 2000, "idempotencyKey": "open"}
    ticket = (await run(OPEN, borrower(mei), input=wish))["openTicket"]["ticket"]
    assert ticket["messages"][0]["text"] == "🌾" * 2000


async def test_anothers_ticket_cannot_be_seen_or_touched(mei: str, jun: str) -> None:
    ticket = await bring_up(jun)
    me = borrower(mei)
    one = "query One($id: ID!) { ticket(id: $id) { id } }"
    assert (await run(one, me, id=ticket.ticket_id))["ticket"] is None
    assert (await run(one, borrower(jun), id=ticket.ticket_id))["ticket"] is not None
    assert (await run(MINE, me))["myTickets"]["edges"] == []
    more = {"ticketId": ticket.ticket_id, "text": "?", "idempotencyKey": "reply"}
    problem = (await run(REPLY, me, input=more))["replyToTicket"]
    assert (problem["code"], problem["field"]) == ("NOT_FOUND", "input.ticketId")
    score = {"ticketId": ticket.ticket_id, "score": 1, "idempotencyKey": "rate"}
    assert (await run(RATE, me, input=score))["rateTicket"]["code"] == "NOT_FOUND"


async def test_a_borrowers_tickets_come_in_pages(mei: str) -> None:
    for number in range(3):
        await bring_up(mei, key=str(number))
    first = (await run(MINE, borrower(mei), first=2))["myTickets"]
    after = first["pageInfo"]["endCursor"]
    rest = (await run(MINE, borrower(mei), first=2, after=after))["myTickets"]
    seen = [edge["node"]["id"] for edge in [*first["edges"], *rest["edges"]]]
    assert len(set(seen)) == len(seen) == 3


async def test_refusals_speak_the_callers_language(mei: str) -> None:
    ticket = await bring_up(mei)
    score = {"ticketId": ticket.ticket_id, "score": 9, "idempotencyKey": "rate"}
    problem = (await run(RATE, borrower(mei), "en", input=score))["rateTicket"]
    assert problem["message"] == "Please give 1 to 5 points; 5 is best."


async def test_an_agent_finds_a_borrower_masked_and_the_borrower_knows(
    mei: str, agent: StaffCaller
) -> None:
    (card,) = (await run(FIND, agent, phone=MEI_PHONE))["findBorrowers"]
    assert (card["id"], card["phone"], card["name"]) == (mei, "138****8000", None)
    (edge,) = (await run(LOOKS, borrower(mei)))["whoLookedAtMe"]["edges"]
    assert edge["node"] == {
        "what": "SEARCH_RESULT",
        "reason": "BORROWER_ASKED",
        "sentence": "客服（li.agent）因为您来找我们，在查找时看到了您打了星号的姓名和号码。",
    }


async def test_an_agent_sees_what_the_borrower_sees_masked(mei: str, agent: StaffCaller) -> None:
    loan = await lend(mei)
    ticket = await bring_up(mei)
    await answer(agent, ticket.ticket_id)
    view = (await run(VIEW, agent, id=mei, ticketId=ticket.ticket_id))["borrowerView"]
    assert (view["phone"], view["language"], view["isProfileComplete"]) == (
        "138****8000",
        "ZH_HANS",
        False,
    )
    (shown,) = view["loans"]
    assert (shown["id"], len(shown["installments"])) == (loan.loan_id, 6)
    assert {line["kind"] for line in view["timeline"]} == {"NOTIFICATION", "LOAN_EVENT", "TICKET"}
    assert {line["sms"] for line in view["timeline"]} == {"QUEUED", None}
    assert [edge["node"]["id"] for edge in view["tickets"]["edges"]] == [ticket.ticket_id]
    (edge,) = (await run(LOOKS, borrower(mei)))["whoLookedAtMe"]["edges"]
    assert edge["node"]["reason"] == "HARDSHIP"


async def test_an_agent_sees_where_an_application_stands_and_nothing_that_was_stated(
    mei: str, agent: StaffCaller
) -> None:
    (choice, *_) = await catalog.products_for("410225", START.date())
    application_id = await origination.start_application(
        StartApplication(
            borrower_id=mei,
            product_id=choice.version_id,
            region_code="410225",
            idempotency_key="start",
        )
    )
    (edge,) = (await run(VIEW, agent, id=mei))["borrowerView"]["applications"]["edges"]
    assert edge["node"] == {
        "id": application_id,
        "productName": choice.wording["zh-Hans"].name,
        "state": "DRAFT",
        "regionCode": "410225",
        "amount": None,
        "months": None,
        "loanId": None,
        "startedAt": "2026-11-21T02:00:00+00:00",
        "submittedAt": None,
        "decision": None,
    }


async def test_a_borrower_or_ticket_that_is_missing_is_null(mei: str, agent: StaffCaller) -> None:
    assert (await run(VIEW, agent, id="br00000abcdefghi"))["borrowerView"] is None
    assert (await run(VIEW, agent, id=mei, ticketId="tk00000abcdefghi"))["borrowerView"] is None
    assert (await run(READ, agent, id="tk00000abcdefghi"))["ticket"] is None


async def test_the_queue_says_what_is_urgent_and_shows_no_words(
    mei: str, agent: StaffCaller
) -> None:
    ticket = await bring_up(mei)
    (edge,) = (await run(QUEUE, agent))["tickets"]["edges"]
    assert (edge["node"]["id"], edge["node"]["isLate"]) == (ticket.ticket_id, False)
    assert (await run(QUEUE, agent, state="CLOSED"))["tickets"]["edges"] == []
    assert await fetch("SELECT id FROM look") == []


async def test_a_ticket_is_read_on_the_desk_and_the_borrower_knows(
    mei: str, agent: StaffCaller
) -> None:
    ticket = await bring_up(mei)
    opened = (await run(READ, agent, id=ticket.ticket_id))["ticket"]
    assert opened == {
        "ticket": {"id": ticket.ticket_id, "state": "OPEN"},
        "borrower": {"id": mei, "phone": "138****8000"},
        "messages": [{"author": "BORROWER", "text": WORDS}],
    }
    (edge,) = (await run(LOOKS, borrower(mei)))["whoLookedAtMe"]["edges"]
    assert edge["node"]["what"] == "TICKET"


async def test_an_agent_writes_down_what_a_borrower_says(mei: str, agent: StaffCaller) -> None:
    loan = await lend(mei)
    said = {
        "borrowerId": mei,
        "category": "COMPLAINT",
        "text": WORDS,
        "loanId": loan.loan_id,
        "idempotencyKey": "log",
    }
    ticket = (await run(LOGGING, agent, input=said))["logTicket"]["ticket"]
    assert ticket | {"id": ""} == {
        "id": "",
        "state": "OPEN",
        "category": "COMPLAINT",
        "loanId": loan.loan_id,
    }
    (edge,) = (await run(MINE, borrower(mei)))["myTickets"]["edges"]
    assert edge["node"]["id"] == ticket["id"]
    problem = (await run(LOGGING, agent, input=said | {"loanId": None, "text": " "}))["logTicket"]
    assert (problem["code"], problem["field"]) == ("INVALID_INPUT", "input.text")


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (FIND, {"phone": MEI_PHONE}),
        (VIEW, {"id": "br00000abcdefghi"}),
        (QUEUE, {}),
        (READ, {"id": "tk00000abcdefghi"}),
    ],
)
@pytest.mark.usefixtures("policies")
async def test_the_desk_is_for_staff_only(document: str, variables: dict[str, str]) -> None:
    for caller in (Anonymous(), borrower("br00000abcdefghi")):
        assert await refused(DESK, document, caller, **variables) == "UNAUTHENTICATED"


@pytest.mark.usefixtures("policies")
async def test_answering_and_closing_are_for_staff_only() -> None:
    me = borrower("br00000abcdefghi")
    given = {"ticketId": "tk00000abcdefghi", "text": "x", "idempotencyKey": "k"}
    result = await DESK.execute(
        ANSWERING, variable_values={"input": given}, context_value=context_of(me)
    )
    assert result.data is not None
    assert result.data["answerTicket"]["code"] == "UNAUTHENTICATED"
    end = {"ticketId": "tk00000abcdefghi", "idempotencyKey": "k"}
    result = await DESK.execute(
        CLOSING, variable_values={"input": end}, context_value=context_of(me)
    )
    assert result.data is not None
    assert result.data["closeTicket"]["code"] == "UNAUTHENTICATED"


async def test_malformed_ids_and_searches_are_refused(agent: StaffCaller) -> None:
    assert await refused(DESK, FIND, agent) == "INVALID_INPUT"
    assert await refused(DESK, VIEW, agent, id="ln00000abcdefghi") == "INVALID_INPUT"
    assert await refused(DESK, READ, agent, id="tk") == "INVALID_INPUT"
    assert await refused(DESK, QUEUE, agent, first=101) == "INVALID_INPUT"


async def test_strangers_have_no_tickets() -> None:
    assert await refused(PHONE, MINE, Anonymous()) == "UNAUTHENTICATED"


async def test_a_ticket_is_a_node_for_its_borrower_only(mei: str, jun: str) -> None:
    class Asking:
        def __init__(self, caller: Caller) -> None:
            self.context = context_of(caller)

    ticket: TicketValue = await bring_up(mei)
    mine: Any = Asking(borrower(mei))
    theirs: Any = Asking(borrower(jun))
    assert (await NODES["tk"](mine, ticket.ticket_id)).id == ticket.ticket_id
    assert await NODES["tk"](theirs, ticket.ticket_id) is None
