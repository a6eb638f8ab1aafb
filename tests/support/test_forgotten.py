"""At the desk somebody forgotten is gone: said in words, never as a fault, and no alarm sounds."""

from typing import Any

import pytest
from graphql import GraphQLError

from app.foundation.audit import Met, sound_broken_seals
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import business_date, fetch, transaction
from app.foundation.graphql import Context
from app.foundation.rekeying.shredding import shred
from app.gateway.masking import shown
from app.gateway.schema import STAFF_SCHEMA
from app.identity import operations as identity
from app.identity.rules.correcting import ProfileField
from app.privacy.operations.correcting import RequestCorrection, request_correction
from tests.messaging.conftest import MEI_PHONE
from tests.support.conftest import ANSWER, WORDS, answer, bring_up, enroll
from tests.support.test_revealing import complete

DELETED = "这位用户的资料已经按他的要求删除，谁也看不到了。"
TICKET = """query ($id: ID!) { it: ticket(id: $id) {
  ticket { id borrowerId } borrower { id } messages { author staffName text } } }"""
QUEUE = "{ it: tickets { edges { node { id } } } }"
WISHES = "{ it: dataCorrections(state: WAITING) { edges { node { id } } } }"
WISH = "query ($id: ID!) { it: dataCorrection(id: $id) { value } }"
FIND = """query ($whole: String, $tail: String) {
  it: findBorrowers(phone: $whole, lastFour: $tail) { id } }"""
VIEW = "query ($id: ID!) { it: borrowerView(borrowerId: $id, reason: BORROWER_ASKED) { id } }"
PROBLEM = "__typename ... on Problem { code message }"
ANSWERING = f"""mutation ($input: AnswerTicketInput!) {{
  it: answerTicket(input: $input) {{ {PROBLEM} }} }}"""
LOGGING = (
    f"""mutation ($input: LogTicketInput!) {{ it: logTicket(input: $input) {{ {PROBLEM} }} }}"""
)
PROPOSING = f"""mutation ($input: ProposeDataCorrectionInput!) {{
  it: proposeDataCorrection(input: $input) {{ {PROBLEM} }} }}"""
REVEALING = f"""mutation ($input: RevealInput!) {{ it: reveal(input: $input) {{ {PROBLEM} }} }}"""


class Desk:
    """The desk of one member of staff, and what the gateway would make of its failures."""

    def __init__(self, caller: StaffCaller, clock: FixedClock) -> None:
        self.caller = caller
        self._clock = clock

    async def ask(self, document: str, language: str = "zh-Hans", **variables: object) -> Any:  # noqa: ANN401 - an answer's data
        context = Context(
            caller=self.caller,
            language=language,
            now=self._clock.now(),
            today=await business_date(),
        )
        answer = await STAFF_SCHEMA.execute(
            document, variable_values=variables, context_value=context
        )
        for error in answer.errors or ():
            assert await sound_broken_seals(error, Met.GATEWAY) == 0
        if answer.errors:
            (error,) = answer.errors
            assert isinstance(error, GraphQLError)
            return shown(error, language)["extensions"]["code"]
        assert answer.data is not None
        return answer.data["it"]


async def forget(borrower_id: str) -> None:
    async with transaction() as tx:
        await identity.forget_ways_in(tx, borrower_id)
        await shred(tx, borrower_id)


@pytest.fixture
def desk(agent: StaffCaller, clock: FixedClock) -> Desk:
    return Desk(agent, clock)


async def test_a_ticket_of_somebody_forgotten_says_that_it_is_deleted(mei: str, desk: Desk) -> None:
    ticket = await bring_up(mei)
    await answer(desk.caller, ticket.ticket_id)
    read = await desk.ask(TICKET, id=ticket.ticket_id)
    assert [one["text"] for one in read["messages"]] == [WORDS, ANSWER]
    await forget(mei)
    read = await desk.ask(TICKET, id=ticket.ticket_id)
    assert read["ticket"] == {"id": ticket.ticket_id, "borrowerId": mei}
    assert read["borrower"] is None
    assert [one["text"] for one in read["messages"]] == [DELETED, DELETED]
    assert read["messages"][1]["staffName"] == "li.agent"
    english = await desk.ask(TICKET, "en", id=ticket.ticket_id)
    assert "deleted at their own wish" in english["messages"][0]["text"]


async def test_whoever_else_wrote_is_read_beside_somebody_forgotten(
    mei: str, jun: str, desk: Desk
) -> None:
    gone, there = await bring_up(mei), await bring_up(jun, "还款日是几号")
    assert len((await desk.ask(QUEUE))["edges"]) == 2
    await forget(mei)
    (edge,) = (await desk.ask(QUEUE))["edges"]
    assert edge["node"]["id"] == there.ticket_id
    read = await desk.ask(TICKET, id=there.ticket_id)
    assert [one["text"] for one in read["messages"]] == ["还款日是几号"]
    written = await fetch("SELECT COUNT(*) AS n FROM ticket_message")
    wish = {"ticketId": gone.ticket_id, "text": ANSWER, "idempotencyKey": "late"}
    told = await desk.ask(ANSWERING, input=wish)
    assert (told["code"], told["message"]) == ("DATA_DELETED", DELETED)
    assert await fetch("SELECT COUNT(*) AS n FROM ticket_message") == written


async def test_nobody_forgotten_is_found_viewed_written_for_or_revealed(
    mei: str, desk: Desk
) -> None:
    await forget(mei)
    assert await desk.ask(FIND, whole=MEI_PHONE) == []
    assert await desk.ask(FIND, tail=MEI_PHONE[-4:]) == []
    assert await desk.ask(VIEW, id=mei) is None
    logged = {"borrowerId": mei, "category": "QUESTION", "text": WORDS, "idempotencyKey": "l"}
    assert (await desk.ask(LOGGING, input=logged))["code"] == "NOT_FOUND"
    wish = {"subject": mei, "field": "PHONE", "reason": "BORROWER_ASKED", "idempotencyKey": "r"}
    assert (await desk.ask(REVEALING, input=wish))["code"] == "NOT_FOUND"
    assert await fetch("SELECT id FROM look") == []


async def test_a_correction_somebody_forgotten_asked_for_waits_no_more(
    mei: str, desk: Desk, clock: FixedClock
) -> None:
    await complete(mei)
    asked = await request_correction(
        RequestCorrection(
            caller_id=mei,
            which=ProfileField.NAME,
            value="高满仓",
            reason="写错了",
            idempotency_key="ask",
        )
    )
    assert len((await desk.ask(WISHES))["edges"]) == 1
    await forget(mei)
    assert (await desk.ask(WISHES))["edges"] == []
    assert await desk.ask(WISH, id=asked.request_id) == "DATA_DELETED"
    proposal = {"requestId": asked.request_id, "isRight": True, "note": "x", "idempotencyKey": "p"}
    assert (await desk.ask(PROPOSING, input=proposal))["code"] == "DATA_DELETED"
    chief = Desk(await enroll(StaffRole.SUPERVISOR), clock)
    assert await chief.ask(WISH, id=asked.request_id) == "DATA_DELETED"
    state = await fetch("SELECT state FROM correction_request")
    assert state == [{"state": "WAITING"}]
