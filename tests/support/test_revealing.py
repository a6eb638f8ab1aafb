"""Staff see a value in clear only stepped up, counted and on record; threat 21 in full."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation import audit
from app.foundation.audit import Sought
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock, milliseconds
from app.foundation.database import fetch, transaction
from app.foundation.errors import Forbidden, IdempotencyConflict, NotFound, RateLimited
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.foundation.paging import PageAsk
from app.identity import operations as identity
from app.identity.errors import StepUpNeeded
from app.messaging.queries import inbox_of
from app.messaging.rules import Kind
from app.privacy.errors import (
    OwnRevealRequest,
    RevealOver,
    RevealRequestNotOpen,
    SecondPersonNeeded,
    TicketNeeded,
)
from app.privacy.operations import looks as looking
from app.privacy.operations.reveals import DecideReveal
from app.privacy.queries import looks_at
from app.privacy.rules import Reason, What
from app.privacy.rules.reveals import PER_DAY_MAX, PER_HOUR_MAX, REVEALS, Field
from app.support import operations
from app.support.errors import TicketClosed
from app.support.graphql import StaffAuditQuery, StaffRevealMutation, StaffRevealQuery
from app.support.operations import CloseTicket, RequestReveal, Revealed, RevealValue, close_ticket
from app.support.operations.revealing import COLUMNS
from app.support.rules import BORROWERS_PER_HOUR_MAX
from tests.conftest import START
from tests.desk import step_up_everybody
from tests.identity.conftest import PROFILE
from tests.messaging.conftest import MEI_PHONE, join
from tests.support.conftest import answer, bring_up, enroll


def wish(staff: StaffCaller, borrower_id: str, **changes: Any) -> RevealValue:  # noqa: ANN401 - of any field
    command = RevealValue(
        staff_id=staff.staff_id,
        borrower_id=borrower_id,
        field=Field.PHONE,
        reason=Reason.BORROWER_ASKED,
        ticket_id=None,
        idempotency_key="see",
    )
    return replace(command, **changes)


async def see(staff: StaffCaller, borrower_id: str, **changes: Any) -> Revealed:  # noqa: ANN401 - of any field
    revealed = await operations.reveal(staff, wish(staff, borrower_id, **changes))
    assert isinstance(revealed, Revealed)
    return revealed


async def refused(staff: StaffCaller, borrower_id: str, **changes: Any) -> bool:  # noqa: ANN401 - of any field
    outcome = await operations.reveal(staff, wish(staff, borrower_id, **changes))
    return isinstance(outcome, SecondPersonNeeded)


async def complete(borrower_id: str) -> None:
    await identity.complete_profile(replace(PROFILE, borrower_id=borrower_id))


async def ask_second(staff: StaffCaller, borrower_id: str, field: Field, key: str = "ask") -> str:
    command = RequestReveal(
        staff_id=staff.staff_id,
        borrower_id=borrower_id,
        field=field,
        reason=Reason.BORROWER_ASKED,
        ticket_id=None,
        idempotency_key=key,
    )
    return (await operations.request_reveal(staff, command)).request_id


async def decide(
    staff: StaffCaller, request_id: str, *, is_approved: bool = True, key: str = "yes"
) -> None:
    command = DecideReveal(
        approver_id=staff.staff_id,
        request_id=request_id,
        is_approved=is_approved,
        idempotency_key=key,
    )
    await operations.decide_reveal(staff, command)


async def looked_at(borrower_id: str) -> list[What]:
    return [seen.what for _, seen in (await looks_at(borrower_id, PageAsk(first=100))).items]


async def kinds(prefix: str = "") -> list[str]:
    page = await audit.entries(Sought(), PageAsk(first=100))
    return [entry.kind for _, entry in page.items if entry.kind.startswith(prefix)]


async def test_a_reveal_shows_the_value_and_the_borrower_knows_at_once(
    mei: str, agent: StaffCaller
) -> None:
    revealed = await see(agent, mei)
    assert revealed.value == MEI_PHONE
    assert MEI_PHONE not in repr(revealed)
    assert await looked_at(mei) == [What.PHONE_CLEAR]
    assert await kinds("desk.") == ["desk.revealed"]
    told = [one.kind for _, one in (await inbox_of(mei, PageAsk())).items]
    assert told == [Kind.DATA_REVEALED]
    everything = await fetch("SELECT about FROM audit_entry")
    assert all(MEI_PHONE[3:] not in row["about"] for row in everything)


async def test_the_same_key_shows_it_again_for_a_while_and_counts_once(
    mei: str, jun: str, agent: StaffCaller, clock: FixedClock
) -> None:
    first = await see(agent, mei)
    assert await see(agent, mei) == first
    assert await looked_at(mei) == [What.PHONE_CLEAR]
    with pytest.raises(IdempotencyConflict):
        await see(agent, jun)
    clock.advance(timedelta(minutes=16))
    await step_up_everybody()
    with pytest.raises(RevealOver):
        await see(agent, mei)
    assert await looked_at(mei) == [What.PHONE_CLEAR]


async def test_somebody_elses_step_up_opens_nothing(mei: str, agent: StaffCaller) -> None:
    other = await enroll(StaffRole.AGENT, name="li.other", is_stepped_up=False)
    with pytest.raises(StepUpNeeded):
        await see(replace(other, session_id=agent.session_id), mei)
    assert await looked_at(mei) == []


async def test_nothing_is_shown_without_a_fresh_step_up(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    idle = await enroll(StaffRole.SUPERVISOR, is_stepped_up=False)
    with pytest.raises(StepUpNeeded):
        await see(idle, mei)
    clock.advance(timedelta(minutes=5))
    with pytest.raises(StepUpNeeded):
        await see(agent, mei)
    assert (await looked_at(mei), await kinds("desk.")) == ([], [])


@pytest.mark.parametrize("role", [StaffRole.AUDITOR, StaffRole.CONTENT_EDITOR, StaffRole.DIRECTOR])
async def test_roles_that_serve_no_borrowers_see_nothing_in_clear(
    mei: str, role: StaffRole
) -> None:
    with pytest.raises(Forbidden):
        await see(await enroll(role), mei)
    assert await looked_at(mei) == []


async def test_some_values_take_an_open_ticket_of_the_borrowers(
    mei: str, jun: str, agent: StaffCaller
) -> None:
    await complete(mei)
    mine, theirs = await bring_up(mei), await bring_up(jun)
    for field in (Field.RESIDENT_ID, Field.INCOME):
        with pytest.raises(TicketNeeded):
            await see(agent, mei, field=field, idempotency_key=f"{field}1")
        with pytest.raises(NotFound):
            await see(
                agent, mei, field=field, ticket_id=theirs.ticket_id, idempotency_key=f"{field}2"
            )
        assert (
            await see(
                agent, mei, field=field, ticket_id=mine.ticket_id, idempotency_key=f"{field}3"
            )
        ).value
    await answer(agent, mine.ticket_id)
    command = CloseTicket(
        caller_id=agent.staff_id, ticket_id=mine.ticket_id, idempotency_key="close"
    )
    await close_ticket(agent, command)
    with pytest.raises(TicketClosed):
        await see(
            agent, mei, field=Field.RESIDENT_ID, ticket_id=mine.ticket_id, idempotency_key="late"
        )
    assert set(await looked_at(mei)) == {What.INCOME_CLEAR, What.ID_CLEAR}


async def test_a_value_never_given_is_not_found_and_nothing_is_recorded(
    mei: str, agent: StaffCaller
) -> None:
    with pytest.raises(NotFound) as missing:
        await see(agent, mei, field=Field.NAME)
    assert missing.value.field == "input.field"
    with pytest.raises(NotFound) as missing:
        await see(agent, "br00000abcdefghi", idempotency_key="nobody")
    assert missing.value.field == "input.borrowerId"
    assert (await looked_at(mei), await fetch("SELECT id FROM reveal")) == ([], [])


async def test_a_bank_card_takes_a_second_person_and_is_read_once(
    mei: str, agent: StaffCaller
) -> None:
    await complete(mei)
    assert await refused(agent, mei, field=Field.BANK_CARD)
    boss = await enroll(StaffRole.SUPERVISOR)
    request_id = await ask_second(agent, mei, Field.BANK_CARD)
    assert await refused(agent, mei, field=Field.BANK_CARD, idempotency_key="early")
    await decide(boss, request_id)
    revealed = await see(agent, mei, field=Field.BANK_CARD, idempotency_key="now")
    assert revealed.value == PROFILE.bank_card
    assert await refused(agent, mei, field=Field.BANK_CARD, idempotency_key="twice")
    assert await looked_at(mei) == [What.CARD_CLEAR]

    assert await kinds("reveal.") == ["reveal.approved", "reveal.requested"]


async def test_an_approval_is_for_its_asker_its_value_and_fifteen_minutes(
    mei: str, agent: StaffCaller
) -> None:
    await complete(mei)
    boss = await enroll(StaffRole.SUPERVISOR)
    await decide(boss, await ask_second(agent, mei, Field.BANK_CARD))
    assert await refused(boss, mei, field=Field.BANK_CARD)
    async with transaction() as tx:
        await tx.run("UPDATE reveal_request SET decided_at = decided_at - 900000")
    assert await refused(agent, mei, field=Field.BANK_CARD, idempotency_key="late")
    assert await looked_at(mei) == []


async def test_nobody_is_their_own_second_person_and_a_request_is_decided_once(mei: str) -> None:
    first = await enroll(StaffRole.SUPERVISOR)
    second = await enroll(StaffRole.DIRECTOR)
    agent = await enroll(StaffRole.AGENT)
    await complete(mei)
    request_id = await ask_second(first, mei, Field.BANK_CARD)
    with pytest.raises(OwnRevealRequest):
        await decide(first, request_id)
    with pytest.raises(Forbidden):
        await decide(agent, request_id)
    await decide(second, request_id, is_approved=False)
    with pytest.raises(RevealRequestNotOpen):
        await decide(second, request_id, key="again")
    assert await refused(first, mei, field=Field.BANK_CARD)


async def test_many_reveals_at_once_are_twenty_an_hour_and_the_auditor_hears(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    outcomes = await asyncio.gather(
        *(
            operations.reveal(agent, wish(agent, mei, idempotency_key=f"k{number}"))
            for number in range(PER_HOUR_MAX + 10)
        )
    )
    shown = [one for one in outcomes if isinstance(one, Revealed)]
    assert (len(shown), len(await looked_at(mei))) == (PER_HOUR_MAX, PER_HOUR_MAX)
    assert await kinds("alarm.") == ["alarm.reveal_limit"]

    boss = await enroll(StaffRole.SUPERVISOR)
    await decide(boss, await ask_second(agent, mei, Field.PHONE))
    assert (await see(agent, mei, idempotency_key="with-two")).value == MEI_PHONE
    assert await refused(agent, mei, idempotency_key="alone")

    clock.advance(timedelta(hours=1, seconds=1))
    await step_up_everybody()
    assert not await refused(agent, mei, idempotency_key="an-hour-later")


async def test_sixty_reveals_a_day_are_enough_for_one_person(
    mei: str, agent: StaffCaller, clock: FixedClock
) -> None:
    async with transaction() as tx:
        for number in range(PER_DAY_MAX):
            at = milliseconds(tx.now) - number * 20 * 60 * 1000
            await tx.run(
                "INSERT INTO reveal (id, staff_id, borrower_id, field, look_id, revealed_at)"
                " VALUES (?, ?, ?, 'PHONE', '', ?)",
                [f"rv{number:014}", agent.staff_id, mei, at],
            )
    assert await refused(agent, mei)
    clock.advance(timedelta(hours=8))
    await step_up_everybody()
    assert not await refused(agent, mei, idempotency_key="tomorrow")


async def test_going_through_borrowers_is_refused_and_the_auditor_hears_once(
    mei: str, agent: StaffCaller
) -> None:
    async with transaction() as tx:
        for number in range(BORROWERS_PER_HOUR_MAX):
            await tx.run(
                "INSERT INTO look (id, borrower_id, staff_id, staff_role, staff_name, what,"
                " reason, looked_at) VALUES (?, ?, ?, 'AGENT', 'li', 'WHOLE_VIEW', 'AUDIT', ?)",
                [f"lk{number:014}", f"br{number:014}", agent.staff_id, tx.now],
            )
    for key in ("one", "two"):
        with pytest.raises(RateLimited):
            await see(agent, mei, idempotency_key=key)
        with pytest.raises(RateLimited):
            await operations.open_borrower(agent, mei, reason=Reason.AUDIT, ticket_id=None)
    assert await looked_at(mei) == []
    assert await kinds("alarm.") == ["alarm.browsing"]


async def test_whoever_looks_at_a_canary_sets_off_an_alarm_and_is_told_nothing(
    mei: str, agent: StaffCaller
) -> None:
    await looking.set_canary(mei, is_on=True)
    await operations.open_borrower(agent, mei, reason=Reason.BORROWER_ASKED, ticket_id=None)
    await see(agent, mei)
    page = await audit.entries(Sought(kind="alarm."), PageAsk())
    alarms = [(entry.kind, entry.subject_id, entry.actor) for _, entry in page.items]
    assert alarms == [("alarm.canary_looked_at", mei, agent.staff_id)] * 2
    await looking.set_canary(mei, is_on=False)
    await operations.open_borrower(agent, mei, reason=Reason.BORROWER_ASKED, ticket_id=None)
    assert len(await kinds("alarm.")) == 2


async def test_of_all_that_a_search_finds_the_canary_alone_sets_off_an_alarm(
    mei: str, agent: StaffCaller
) -> None:
    twin = await join(f"+8613900{MEI_PHONE[-6:]}")
    await looking.set_canary(twin, is_on=True)
    tail = MEI_PHONE[-4:]
    found = await operations.find_borrowers(
        agent, phone=None, last_four=tail, reason=Reason.BORROWER_ASKED
    )
    assert {one.borrower_id for one in found} == {mei, twin}
    for one in (mei, twin):
        assert await looked_at(one) == [What.SEARCH_RESULT]
    page = await audit.entries(Sought(kind="alarm."), PageAsk())
    assert [entry.subject_id for _, entry in page.items] == [twin]
    assert (await audit.verify(None)).problems == ()


async def test_what_is_written_in_a_ticket_is_hidden_without_a_step_up(mei: str) -> None:
    idle = await enroll(StaffRole.AGENT, is_stepped_up=False)
    ticket = await bring_up(mei)
    opened = await operations.open_ticket_at_desk(idle, ticket.ticket_id)
    assert opened.messages is None
    assert await looked_at(mei) == [What.SEARCH_RESULT]


def test_every_value_stands_in_the_table_and_no_key_or_pin_is_one() -> None:
    assert (
        set(REVEALS)
        == set(Field)
        == set(COLUMNS)
        | {
            Field.DECISION_DATA,
            Field.DOCUMENTS,
            Field.TICKET_PICTURES,
        }
    )
    hidden = {"verifier", "duress", "public_key", "proof_key", "totp_secret", "secret"}
    assert hidden.isdisjoint(COLUMNS.values())


@strawberry.type
class DeskQuery(StaffRevealQuery, StaffAuditQuery):
    """What the desk reads here."""


DESK = strawberry.Schema(
    query=DeskQuery,
    mutation=StaffRevealMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)


async def run(caller: StaffCaller, document: str, **variables: object) -> dict[str, Any]:
    context = Context(caller=caller, language="zh-Hans", now=START, today=START.date())
    result = await DESK.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def test_the_graph_reveals_asks_approves_and_lets_the_auditor_search(
    mei: str, agent: StaffCaller
) -> None:
    await complete(mei)
    reveal = """
      mutation($input: RevealInput!) {
        reveal(input: $input) {
          ... on RevealSuccess { value revealedAt } ... on Problem { code field message }
        }
      }"""
    card = {"subject": mei, "field": "BANK_CARD", "reason": "BORROWER_ASKED"}
    told = await run(agent, reveal, input={**card, "idempotencyKey": "a"})
    assert told["reveal"]["code"] == "SECOND_PERSON_NEEDED"
    asked = await run(
        agent,
        "mutation($input: RequestRevealInput!) { requestReveal(input: $input) {"
        " ... on RequestRevealSuccess { request { id state } } ... on Problem { code } } }",
        input={**card, "idempotencyKey": "b"},
    )
    request_id = asked["requestReveal"]["request"]["id"]
    boss = await enroll(StaffRole.SUPERVISOR)
    waiting = await run(
        boss, "{ revealRequests { edges { node { id subject field reason askedBy state } } } }"
    )
    assert waiting["revealRequests"]["edges"][0]["node"] == {
        "id": request_id, "subject": mei, "field": "BANK_CARD", "reason": "BORROWER_ASKED",
        "askedBy": "li.agent", "state": "ASKED",
    }  # fmt: skip
    decided = await run(
        boss,
        "mutation($input: DecideRevealInput!) { decideReveal(input: $input) {"
        " ... on DecideRevealSuccess { request { state } } ... on Problem { code } } }",
        input={"requestId": request_id, "isApproved": True, "idempotencyKey": "c"},
    )
    assert decided["decideReveal"]["request"]["state"] == "APPROVED"
    shown = await run(agent, reveal, input={**card, "idempotencyKey": "d"})
    assert shown["reveal"]["value"] == PROFILE.bank_card

    auditor = await enroll(StaffRole.AUDITOR)
    search = """
      query($where: AuditFilter, $after: String) {
        auditEntries(where: $where, first: 2, after: $after) {
          edges { node { seq kind subject actor about recordedAt hash } }
          pageInfo { hasNextPage endCursor }
        }
      }"""
    where = {"subject": mei, "kind": "reveal.", "since": "2026-11-21T00:00:00"}
    found = await run(auditor, search, where=where)
    assert [edge["node"]["kind"] for edge in found["auditEntries"]["edges"]] == [
        "reveal.approved",
        "reveal.requested",
    ]
    by_agent = await run(auditor, search, where={"actor": agent.staff_id})
    rest = await run(
        auditor,
        search,
        where={"actor": agent.staff_id},
        after=by_agent["auditEntries"]["pageInfo"]["endCursor"],
    )
    seen = [
        edge["node"]["kind"] for page in (by_agent, rest) for edge in page["auditEntries"]["edges"]
    ]
    assert seen == ["desk.revealed", "reveal.requested"]
    assert (await run(auditor, "{ alarms { edges { node { seq } } } }"))["alarms"]["edges"] == []


async def test_only_auditors_search_the_chain(agent: StaffCaller) -> None:
    context = Context(caller=agent, language="zh-Hans", now=START, today=START.date())
    result = await DESK.execute("{ auditEntries { edges { node { seq } } } }",
                                context_value=context)  # fmt: skip
    assert result.errors is not None
    assert isinstance(result.errors[0].original_error, Forbidden)
