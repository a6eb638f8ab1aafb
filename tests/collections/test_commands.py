"""Commands sent twice happen once, refusals are answered as problems, and lists come in pages."""

from datetime import timedelta

import pytest

from app.collections import queries
from app.collections.operations import (
    AdvanceCase,
    AssignCase,
    DecideMark,
    MarkCase,
    Promised,
    PromiseToPay,
    RecordAttempt,
    advance_case,
    assign_case,
    decide_mark,
    hold,
    mark_case,
    promise_to_pay,
    record_attempt,
    record_offer,
    release,
)
from app.collections.queries import BreachKind
from app.collections.rules import (
    CaseState,
    ContactOutcome,
    ContactPurpose,
    HoldReason,
    NextStep,
    OfferedBy,
    Stage,
)
from app.foundation.clock import local_date
from app.foundation.database import fetch, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.paging import PageAsk
from tests.collections.conftest import LATE, Desk, close_to, everything
from tests.collections.test_graphql import ask


async def test_each_command_happens_once_per_key(desk: Desk) -> None:
    case_id = (await desk.case()).case_id
    leader = desk.leader.staff_id
    assign = AssignCase(
        caller_id=leader,
        case_id=case_id,
        to_staff=desk.agent.staff_id,
        to_agency=None,
        idempotency_key="assign",
    )
    stage = AdvanceCase(
        caller_id=leader, case_id=case_id, stage=Stage.CARE, idempotency_key="stage"
    )
    mark = MarkCase(
        caller_id=leader,
        case_id=case_id,
        reason=HoldReason.STAFF_PAUSE,
        until_on=None,
        idempotency_key="mark",
    )
    for _ in range(2):
        assert (await assign_case(desk.leader, assign)).assigned_to == desk.agent.staff_id
        assert (await advance_case(desk.leader, stage)).stage is Stage.CARE
        await mark_case(desk.leader, mark)
    (held,) = await queries.holds_of(desk.mei, LATE)
    end = DecideMark(
        caller_id=leader, hold_id=held.hold_id, is_confirmed=False, idempotency_key="end"
    )
    assert await decide_mark(desk.leader, end) == await decide_mark(desk.leader, end)
    record = RecordAttempt(
        caller_id=desk.agent.staff_id,
        permit_id=(await desk.ask()).permit_id,
        outcome=ContactOutcome.REFUSED,
        began_at=desk.clock.now(),
        offered_relief=True,
        promised=None,
        note=None,
        idempotency_key="record",
    )
    assert await record_attempt(desk.agent, record) == await record_attempt(desk.agent, record)
    rows = await fetch("SELECT kind FROM audit_entry WHERE kind LIKE 'collections.%'")
    kinds = [row["kind"].removeprefix("collections.") for row in rows]
    assert sorted(kinds) == [
        "advanced",
        "assigned",
        "contacted",
        "held",
        "permitted",
        "released",
    ]
    async with transaction() as tx:
        again = await record_offer(
            tx, borrower_id=desk.mei, loan_id=desk.loan.loan_id, by=OfferedBy.VOICE
        )
        assert not again, "the first offer counts"


async def test_what_staff_cannot_do_changes_nothing(desk: Desk) -> None:
    case_id = (await desk.case()).case_id
    async with transaction() as tx:
        await hold(tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk1")
        await hold(
            tx, borrower_id=desk.mei, reason=HoldReason.HARDSHIP, reference=desk.loan.loan_id
        )
    standing = {one.reason: one.hold_id for one in await queries.holds_of(desk.mei, LATE)}
    before = await everything()

    def decide(hold_id: str, *, is_confirmed: bool = False) -> DecideMark:
        return DecideMark(
            caller_id=desk.leader.staff_id,
            hold_id=hold_id,
            is_confirmed=is_confirmed,
            idempotency_key=desk.key(),
        )

    with pytest.raises(Forbidden):
        await decide_mark(desk.leader, decide(standing[HoldReason.COMPLAINT]))
    with pytest.raises(NotFound):
        await decide_mark(desk.leader, decide("hd00000000000000"))
    with pytest.raises(InvalidInput):
        await mark_case(
            desk.agent,
            MarkCase(
                caller_id=desk.agent.staff_id,
                case_id=case_id,
                reason=HoldReason.STAFF_PAUSE,
                until_on=LATE - timedelta(days=1),
                idempotency_key="late",
            ),
        )
    both = {"toStaff": desk.agent.staff_id, "toAgency": "zhenghe_service"}
    for name, variables, code in (
        ("assign_collection_case", {"caseId": case_id, **both}, "INVALID_INPUT"),
        ("assign_collection_case", {"caseId": case_id, "toStaff": "st0000000000none"}, "NOT_FOUND"),
        (
            "mark_collection_case",
            {"caseId": "cc00000000000000", "reason": "DEATH"},
            "NOT_FOUND",
        ),
        (
            "decide_collection_mark",
            {"holdId": "hd00000000000000", "isConfirmed": True},
            "NOT_FOUND",
        ),
        (
            "request_contact_permit",
            {"caseId": "cc00000000000000", "channel": "VOICE", "purpose": "REMIND"},
            "NOT_FOUND",
        ),
        (
            "record_contact",
            {
                "permitId": "pe00000000000000",
                "outcome": "REACHED",
                "beganAt": "2026-12-21T02:00:00Z",
                "offeredRelief": True,
            },
            "NOT_FOUND",
        ),
    ):
        given = {**variables, "idempotencyKey": desk.key()}
        assert (await ask(desk, desk.leader, name, input=given))["code"] == code
    assert await everything() == before
    await decide_mark(desk.second, decide(standing[HoldReason.HARDSHIP]))
    (left,) = await queries.holds_of(desk.mei, LATE)
    assert left.reason is HoldReason.COMPLAINT


async def test_a_follow_up_names_what_was_promised(desk: Desk) -> None:
    await desk.assign(desk.agent)
    promise = Promised(amount_fen=12_300, due_on=LATE + timedelta(days=2))
    first = await desk.ask(purpose=ContactPurpose.FOLLOW_PROMISE)
    plain = await queries.script(first, "en", LATE)
    assert "1,035" in plain[1], "without a promise it is a reminder"
    await desk.record(first, ContactOutcome.PROMISED, promised=promise)
    second = await desk.ask(purpose=ContactPurpose.FOLLOW_PROMISE)
    assert "123.00" in (await queries.script(second, "en", LATE))[1]
    queued = await queries.queued_case(await desk.case(), LATE)
    assert queued.next_step is NextStep.AWAIT_PROMISE
    async with transaction() as tx:
        await tx.run("UPDATE collection_case SET offered_at = NULL, state = 'IN_PROGRESS'")
    queued = await queries.queued_case(await desk.case(), LATE)
    assert queued.next_step is NextStep.OFFER_RELIEF


async def test_a_loan_paid_off_closes_its_case_and_all_that_hung_on_it(desk: Desk) -> None:
    await desk.assign(desk.agent)
    due = LATE + timedelta(days=2)
    await promise_to_pay(
        PromiseToPay(loan=desk.loan, amount_fen=500, due_on=due, idempotency_key="promise")
    )
    permit = await desk.ask()
    await desk.pay(700_000, on=LATE)
    case = await desk.case()
    assert case.state is CaseState.CLOSED
    queued = await queries.queued_case(case, LATE)
    assert queued.next_step is NextStep.NOTHING
    refused = await desk.ask()
    assert "CASE_OVER" in refused.reasons
    ended = await queries.permit(permit.permit_id)
    assert ended.expires_at <= desk.clock.now()
    await close_to(due + timedelta(days=1))
    (promise,) = await queries.promises_of_case(case.case_id)
    assert promise.state == "KEPT"


async def test_contacts_and_cases_come_in_pages(desk: Desk) -> None:
    await desk.assign(desk.agent)
    for _ in range(3):
        await desk.record(await desk.ask(), ContactOutcome.NO_ANSWER)
        desk.clock.advance(timedelta(minutes=1))
    page = await queries.attempts_of(desk.mei, PageAsk(first=2))
    assert page.has_more
    rest = await queries.attempts_of(desk.mei, PageAsk(first=2, after=page.items[-1][0]))
    seen = [one.began_at for _, one in (*page.items, *rest.items)]
    assert len(seen) == 3
    assert seen == sorted(seen, reverse=True)
    cases = await queries.queue(PageAsk(), LATE, assigned_to=desk.agent.staff_id, stage=Stage.CARE)
    assert len(cases.items) == 1
    after = await queries.queue(PageAsk(after=cases.items[0][0]), LATE)
    assert after.items == ()


async def test_contacts_while_held_and_a_fourth_call_are_named(desk: Desk) -> None:
    await desk.assign(desk.agent)
    began = desk.clock.now()
    for _ in range(3):
        await desk.record(await desk.ask())
    async with transaction() as tx:
        await hold(tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk1")
    desk.clock.advance(timedelta(minutes=5))
    async with transaction() as tx:
        await release(tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk1")
        now = int(desk.clock.now().timestamp() * 1000)
        await tx.run(
            "INSERT INTO contact_attempt (id, borrower_id, case_id, loan_id, permit_id, channel,"
            " purpose, outcome, began_at, recorded_at) SELECT 'zz00000000000001', borrower_id,"
            " case_id, loan_id, 'none', channel, purpose, outcome, ?, ? FROM contact_attempt"
            " LIMIT 1",
            [now - 60_000, now],
        )
    found = await queries.breaches(began, desk.clock.now())
    assert {one.attempt_id for one in found} == {"zz00000000000001"}
    assert {one.kind for one in found} == {
        BreachKind.NO_PERMIT,
        BreachKind.WHILE_HELD,
        BreachKind.TOO_MANY_CALLS,
    }
    assert local_date(began) == LATE
