"""Both graphs: a member of staff asks, calls and records; the borrower reads it and contests it."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from strawberry.types.execution import PreExecutionError

from app.collections.operations import hold
from app.collections.rules import HoldReason
from app.foundation import outbox
from app.foundation.caller import BorrowerCaller, Caller, StaffRole
from app.foundation.database import business_date, fetch, transaction
from app.foundation.graphql import Context
from app.foundation.outbox import Subscription
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA
from app.messaging.operations import MessageQueued, deliver
from app.messaging.ports import Providers
from app.messaging.queries import reminders_without_leave
from tests.collections.conftest import Desk, close_to, everything, listeners, stand_on
from tests.messaging.conftest import Carrier
from tests.support.conftest import enroll

OPERATIONS = Path(__file__).parents[2] / "fixtures" / "operations"
SECOND_DUE = date(2027, 1, 20)


async def ask(desk: Desk, caller: Caller, name: str, **variables: Any) -> Any:  # noqa: ANN401 - an answer
    """Run a document of ours; no field may fail."""
    is_staff = not isinstance(caller, BorrowerCaller)
    side, schema = ("staff", STAFF_SCHEMA) if is_staff else ("borrower", BORROWER_SCHEMA)
    context = Context(
        caller=caller, language="zh-Hans", now=desk.clock.now(), today=await business_date()
    )
    document = (OPERATIONS / side / f"{name}.graphql").read_text("utf-8")
    answer = await schema.execute(document, variable_values=variables, context_value=context)
    assert not isinstance(answer, PreExecutionError)
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    return next(iter(answer.data.values()))


async def test_a_contact_from_the_desk_to_the_borrowers_two_taps(desk: Desk) -> None:
    mei = BorrowerCaller(borrower_id=desk.mei, session_id="ss00000abcdefghi")
    (edge,) = (await ask(desk, desk.leader, "collection_cases"))["edges"]
    case = edge["node"]
    assert (case["state"], case["nextStep"], case["offeredBy"]) == ("OPEN", "CALL", "INBOX")
    assigned = await ask(
        desk,
        desk.leader,
        "assign_collection_case",
        input={"caseId": case["id"], "toStaff": desk.agent.staff_id, "idempotencyKey": "assign"},
    )
    assert assigned["case"]["assignedTo"] == desk.agent.staff_id
    wanted = {"caseId": case["id"], "channel": "VOICE", "purpose": "REMIND"}
    permitted = await ask(
        desk,
        desk.agent,
        "request_contact_permit",
        input={**wanted, "phone": "13800138000", "idempotencyKey": "permit"},
    )
    assert permitted["script"][0].startswith("您好，请问您是这个号码的主人吗？")
    assert "是不是有困难" in permitted["script"][0]
    assert "1,035" in permitted["script"][1]
    recorded = await ask(
        desk,
        desk.agent,
        "record_contact",
        input={
            "permitId": permitted["permit"]["id"],
            "outcome": "REACHED",
            "beganAt": desk.clock.now().isoformat(),
            "offeredRelief": True,
            "note": "说月底还",
            "idempotencyKey": "record",
        },
    )
    (seen,) = (await ask(desk, mei, "contact_attempts"))["edges"]
    shown = seen["node"]
    assert shown["id"] == recorded["contact"]["id"]
    assert shown["words"].endswith("10:00，青苗打电话说晚还的那一期。和您说上了话。")
    assert shown["note"] == "说月底还"
    contested = await ask(
        desk,
        mei,
        "contest_contact",
        input={"attemptId": shown["id"], "why": "TOLD_OTHERS", "idempotencyKey": "taps"},
    )
    assert contested["attempt"]["contestedWhy"] == "TOLD_OTHERS"
    before = await everything()
    refused = await ask(
        desk, desk.agent, "request_contact_permit", input={**wanted, "idempotencyKey": "again"}
    )
    assert refused["reasons"] == ["CONTESTED"]
    assert refused["message"] == "现在不能联系这位借款人：借款人对上一次联系有意见。"
    after = await everything()
    assert [before[0], before[1], before[3]] == [after[0], after[1], after[3]]

    opened = await ask(desk, desk.agent, "collection_case", id=case["id"])
    assert opened["borrower"]["phone"] == "138****8000"
    assert sorted(one["reasons"] for one in opened["permits"]) == [[], ["CONTESTED"]]
    looks = await fetch("SELECT what, reason FROM look WHERE borrower_id = ?", [desk.mei])
    assert [(one["what"], one["reason"]) for one in looks] == [("COLLECTION_CASE", "LATE_PAYMENT")]


async def test_marks_promises_and_agreements_by_the_graphs(desk: Desk) -> None:
    mei = BorrowerCaller(borrower_id=desk.mei, session_id="ss00000abcdefghi")
    hours = {"from": "18:00", "to": "21:30"}
    agreed = await ask(
        desk,
        mei,
        "agree_to_contact",
        input={"hours": hours, "agreesToVisits": True, "idempotencyKey": "agree"},
    )
    assert agreed["agreement"]["hoursTo"] == "21:30"
    assert await ask(desk, mei, "contact_agreement") == {
        "hoursFrom": "18:00",
        "hoursTo": "21:30",
        "agreesToVisits": True,
    }
    no_times = {"hours": {"from": "x", "to": "y"}, "idempotencyKey": "bad"}
    bad = await ask(desk, mei, "agree_to_contact", input=no_times)
    assert bad["field"] == "input.hours"
    promise = {"loanId": desk.loan.loan_id, "amount": 1_000, "dueOn": "2026-12-24"}
    made = await ask(desk, mei, "promise_to_pay", input={**promise, "idempotencyKey": "promise"})
    assert made["promise"]["state"] == "OPEN"
    case_id = (await desk.case()).case_id
    marked = await ask(
        desk,
        desk.agent,
        "mark_collection_case",
        input={"caseId": case_id, "reason": "SPECIAL_CARE", "idempotencyKey": "mark"},
    )
    (held,) = marked["case"]["holds"]
    assert marked["case"]["nextStep"] == "WAIT"
    decide = {"holdId": held["id"], "isConfirmed": False}
    ended = await ask(
        desk, desk.leader, "decide_collection_mark", input={**decide, "idempotencyKey": "end"}
    )
    assert ended["hold"]["id"] == held["id"]
    early = {"caseId": case_id, "stage": "AGENCY", "idempotencyKey": "advance"}
    assert (await ask(desk, desk.leader, "advance_collection_case", input=early))["code"] == (
        "STAGE_TOO_EARLY"
    )
    auditor = await enroll(StaffRole.AUDITOR)
    assert (await ask(desk, auditor, "collection_cases", mine=True))["edges"] == []


def by_sms(providers: Providers) -> Subscription:
    """Wire what hands messages over to these providers."""
    return Subscription(
        fact_type=MessageQueued,
        consumer="messaging.deliver_sms",
        outside=partial(deliver, providers=providers),
    )


async def test_a_reminder_that_nobody_carries_is_no_contact(desk: Desk) -> None:
    outbox.subscribe([*listeners(), by_sms({})])
    await stand_on(SECOND_DUE)
    await close_to(SECOND_DUE.replace(day=21))
    await outbox.drain()
    states = {row["state"] for row in await fetch("SELECT state FROM message_delivery")}
    assert "FAILED" in states
    mei = BorrowerCaller(borrower_id=desk.mei, session_id="ss00000abcdefghi")
    assert (await ask(desk, mei, "contact_attempts"))["edges"] == []


async def test_no_reminder_of_late_money_goes_out_without_leave(desk: Desk) -> None:
    carrier = Carrier()
    outbox.subscribe([*listeners(), by_sms(carrier.providers)])
    await stand_on(SECOND_DUE)
    await close_to(SECOND_DUE.replace(day=21))
    await outbox.drain()
    assert sum("还没有还上" in one for one in carrier.texts) == 1
    mei = BorrowerCaller(borrower_id=desk.mei, session_id="ss00000abcdefghi")
    page = await ask(desk, mei, "contact_attempts")
    assert [edge["node"]["channel"] for edge in page["edges"]] == ["SMS"]

    span = (desk.clock.now(), desk.clock.now() + timedelta(days=1))
    assert await reminders_without_leave(*span) == []
    async with transaction() as tx:
        await tx.run("UPDATE contact_permit SET message_id = NULL")
    assert len(await reminders_without_leave(*span)) == 1
    async with transaction() as tx:
        await hold(tx, borrower_id=desk.mei, reason=HoldReason.COMPLAINT, reference="tk1")
    sent = len(carrier.texts)
    await stand_on(SECOND_DUE.replace(month=2))
    await close_to(SECOND_DUE.replace(month=2, day=21))
    await outbox.drain()
    assert len(carrier.texts) == sent
    rows = await fetch("SELECT reason FROM message_delivery WHERE reason = 'NOT_PERMITTED'")
    assert len(rows) == 1
