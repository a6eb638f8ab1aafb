"""Data are put right, and decisions looked at by people: in time, and only one's own."""

from dataclasses import replace
from datetime import date
from typing import Any

from app.foundation import outbox
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import fetch, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.outbox import Subscription
from app.identity import queries as borrowers
from app.identity.errors import ResidentIdTaken
from app.identity.events import StaffEnded
from app.identity.rules.correcting import ProfileField
from app.origination import queries as origination
from app.privacy.errors import (
    CorrectionNotOpen,
    CorrectionWaits,
    NothingToCorrect,
    OwnProposal,
    ReviewAsked,
    ReviewNotPossible,
)
from app.privacy.events import DataCorrectionAsked
from app.privacy.operations import withdraw_proposals
from app.privacy.operations.correcting import (
    DecideAnswer,
    ProposeAnswer,
    RequestCorrection,
    request_correction,
)
from app.privacy.operations.reviewing import RequestHumanReview, request_human_review
from app.support.operations import bring_correction_to_staff, rights
from tests.desk import sit_down
from tests.origination.conftest import World, refused
from tests.privacy.conftest import Ask
from tests.support.conftest import enroll as enroll_at_desk

JUN = "br00000jklmnopqr"


async def enroll(name: str, role: StaffRole) -> StaffCaller:
    return await enroll_at_desk(role, name=name)


def wish(borrower_id: str, which: ProfileField, value: str, key: str = "w") -> RequestCorrection:
    return RequestCorrection(
        caller_id=borrower_id, which=which, value=value, reason="写错了", idempotency_key=key
    )


async def test_what_a_borrower_knows_best_is_right_at_once(world: World, phone: Ask) -> None:
    borrower_id = await world.borrower()
    told = await phone(
        "request_correction",
        borrower_id,
        input={"field": "INCOME", "value": "612300", "reason": "涨了", "idempotencyKey": "a"},
    )
    assert (told["request"]["state"], told["sentence"]) == ("MADE", "已经改好了。")
    assert (await borrowers.own_profile_of(borrower_id)).income_fen == 612_300
    await refused(
        NothingToCorrect,
        request_correction(wish(borrower_id, ProfileField.INCOME, "612300", "b")),
    )
    for which, value in (
        (ProfileField.INCOME, "六千"),
        (ProfileField.LANGUAGE, "xx"),
        (ProfileField.RESIDENT_ID, "612629198003120015"),
        (ProfileField.NAME, "1"),
    ):
        refusal = await refused(
            InvalidInput, request_correction(wish(borrower_id, which, value, "c"))
        )
        assert refusal.field == "input.value"


async def test_a_name_is_put_right_by_two_people_and_the_borrower_is_told(
    world: World, phone: Ask, desk: Ask
) -> None:
    borrower_id = await world.borrower()
    agent = await enroll("li.agent", StaffRole.AGENT)
    chief = await enroll("wang.chief", StaffRole.SUPERVISOR)
    view = await request_correction(wish(borrower_id, ProfileField.NAME, "高满仓"))
    assert view.due_on == date(2026, 12, 11)
    await refused(
        CorrectionWaits, request_correction(wish(borrower_id, ProfileField.NAME, "高粮仓", "x"))
    )
    was = await borrowers.name_of(borrower_id)

    queue = await desk("data_corrections", agent)
    assert [edge["node"]["id"] for edge in queue["edges"]] == [view.request_id]
    assert "高满仓" not in str(queue)
    opened = await desk("data_correction", agent, id=view.request_id)
    assert opened["value"] == "高满仓"
    looks = await phone("who_looked_at_me", borrower_id, first=5)
    assert [edge["node"]["what"] for edge in looks["edges"]] == ["RIGHTS_REQUEST"]

    decide = DecideAnswer(
        caller_id=chief.staff_id,
        request_id=view.request_id,
        is_confirmed=True,
        answer="户口本核对过了",
        idempotency_key="d",
    )
    await refused(CorrectionNotOpen, rights.decide_data_correction(chief, decide))
    propose = ProposeAnswer(
        caller_id=chief.staff_id,
        request_id=view.request_id,
        is_right=True,
        note="户口本一致",
        idempotency_key="p",
    )
    await rights.propose_data_correction(chief, propose)
    await refused(OwnProposal, rights.decide_data_correction(chief, decide))
    await refused(Forbidden, rights.decide_data_correction(agent, decide))
    assert await borrowers.name_of(borrower_id) == was

    second = await enroll("zhao.chief", StaffRole.SUPERVISOR)
    made = replace(decide, caller_id=second.staff_id)
    assert (await rights.decide_data_correction(second, made)).state == "MADE"
    assert (await rights.decide_data_correction(second, made)).state == "MADE"
    assert await borrowers.name_of(borrower_id) == "高满仓"
    mine = await phone("my_correction_requests", borrower_id)
    assert [edge["node"]["answer"] for edge in mine["edges"]] == ["户口本核对过了"]
    told = await fetch("SELECT kind FROM notification WHERE borrower_id = ?", [borrower_id])
    assert [row["kind"] for row in told] == ["DATA_CORRECTED"]
    stranger = await phone("my_correction_requests", JUN)
    assert stranger["edges"] == []


async def test_what_somebody_made_of_the_evidence_who_left_is_looked_at_anew(world: World) -> None:
    borrower_id = await world.borrower()
    was = await borrowers.name_of(borrower_id)
    leaver, one, other = [
        await enroll(f"{name}.chief", StaffRole.SUPERVISOR) for name in ("li", "wang", "zhao")
    ]
    view = await request_correction(wish(borrower_id, ProfileField.NAME, "高满仓"))

    async def propose(staff: StaffCaller) -> None:
        command = ProposeAnswer(
            caller_id=staff.staff_id,
            request_id=view.request_id,
            is_right=True,
            note="户口本一致",
            idempotency_key="p",
        )
        await rights.propose_data_correction(staff, command)

    await propose(leaver)
    async with transaction() as tx:
        await withdraw_proposals(tx, StaffEnded(staff_id=leaver.staff_id))
    decide = DecideAnswer(
        caller_id=one.staff_id,
        request_id=view.request_id,
        is_confirmed=True,
        answer="户口本核对过了",
        idempotency_key="d",
    )
    await refused(CorrectionNotOpen, rights.decide_data_correction(one, decide))
    assert await borrowers.name_of(borrower_id) == was
    await propose(other)
    assert (await rights.decide_data_correction(one, decide)).state == "MADE"


async def test_a_wish_opens_a_ticket_for_the_evidence(world: World, phone: Ask) -> None:
    borrower_id = await world.borrower()
    outbox.subscribe(
        [
            Subscription(
                fact_type=DataCorrectionAsked,
                consumer="support.data_correction",
                local=bring_correction_to_staff,
            )
        ]
    )
    view = await request_correction(wish(borrower_id, ProfileField.NAME, "高满仓"))
    await outbox.drain()
    tickets = await phone("my_tickets", borrower_id, first=5)
    (ticket,) = [edge["node"] for edge in tickets["edges"]]
    assert ticket["category"] == "CORRECTION"
    assert view.request_id in str(tickets)


async def test_a_resident_id_of_somebody_else_is_never_taken_over(world: World) -> None:
    borrower_id = await world.borrower()
    other = await world.borrower("washing_machine_family")
    theirs = (await borrowers.party_of(other)).resident_id
    agent = await enroll("li.agent", StaffRole.AGENT)
    chief = await enroll("wang.chief", StaffRole.SUPERVISOR)
    view = await request_correction(wish(borrower_id, ProfileField.RESIDENT_ID, theirs))
    propose = ProposeAnswer(
        caller_id=agent.staff_id,
        request_id=view.request_id,
        is_right=True,
        note="看了",
        idempotency_key="p",
    )
    await rights.propose_data_correction(agent, propose)
    decide = DecideAnswer(
        caller_id=chief.staff_id,
        request_id=view.request_id,
        is_confirmed=True,
        answer="好了",
        idempotency_key="d",
    )
    await refused(ResidentIdTaken, rights.decide_data_correction(chief, decide))
    handed_back = replace(decide, is_confirmed=False, idempotency_key="e")
    assert (await rights.decide_data_correction(chief, handed_back)).state == "WAITING"


async def test_a_person_looks_at_a_decline_once_in_time_and_answers(
    world: World, phone: Ask, desk: Ask
) -> None:
    borrower_id, application_id = await world.decide("over_indebted")
    assert await world.state(application_id) == "REJECTED"
    approved, theirs = await world.decide()
    ask = RequestHumanReview(
        caller_id=borrower_id,
        application_id=application_id,
        reason="去年的欠款已经还清了",
        idempotency_key="r",
    )
    missing = await refused(
        NotFound, request_human_review(replace(ask, application_id="ap00000000000000"))
    )
    not_mine = await refused(NotFound, request_human_review(replace(ask, application_id=theirs)))
    assert (str(missing), missing.field) == (str(not_mine), not_mine.field)
    good = replace(ask, caller_id=approved, application_id=theirs)
    await refused(ReviewNotPossible, request_human_review(good))

    told = await phone(
        "request_human_review",
        borrower_id,
        input={"applicationId": application_id, "reason": ask.reason, "idempotencyKey": "r"},
    )
    review_id = told["review"]["id"]
    await refused(ReviewAsked, request_human_review(replace(ask, idempotency_key="s")))

    risk = await enroll("zhou.risk", StaffRole.RISK)
    queue = await desk("human_reviews", risk)
    assert [edge["node"]["id"] for edge in queue["edges"]] == [review_id]
    assert (await desk("human_review", risk, id=review_id))["reason"] == ask.reason
    assert (await phone("my_human_reviews", approved))["edges"] == []


async def test_a_decline_that_a_person_finds_wrong_is_decided_anew_and_offers_follow(
    world: World, phone: Ask, desk: Ask
) -> None:
    borrower_id, application_id = await world.decide("over_indebted")
    ask = {"applicationId": application_id, "reason": "去年的欠款已经还清了"}
    asked = await phone("request_human_review", borrower_id, input=ask | {"idempotencyKey": "r"})
    risk = await enroll("zhou.risk", StaffRole.RISK)
    answer: dict[str, Any] = {
        "reviewId": asked["review"]["id"],
        "isUpheld": False,
        "answer": "您说得对，已经改过来了。",
    }

    async def answered(key: str, new: dict[str, Any], caller: StaffCaller = risk) -> dict[str, Any]:
        given = answer | {"idempotencyKey": key}
        if new:
            given["newDecision"] = {"amount": 300_000, "reason": "结清证明看过了"} | new
        return await desk("answer_human_review", caller, input=given)

    agent = await enroll("li.agent", StaffRole.AGENT)
    not_proved = await sit_down(risk.staff_id, StaffRole.RISK, is_stepped_up=False)
    before = await fetch("SELECT * FROM decision ORDER BY id")
    right: dict[str, Any] = {"otherDebts": 20_000, "lateNowDays": 0}
    wrong: tuple[tuple[str, StaffCaller, dict[str, Any], str], ...] = (
        ("none", risk, {}, "INVALID_INPUT"),
        ("more", risk, right | {"amount": 1_000_001}, "INVALID_INPUT"),
        ("owes", risk, {"otherDebts": 260_000}, "RULE_STANDS"),
        ("late", risk, right | {"lateNowDays": 31}, "RULE_STANDS"),
        ("much", risk, right | {"otherDebts": 199_000}, "NOTHING_TO_OFFER"),
        ("less", risk, right | {"otherDebts": -1}, "INVALID_INPUT"),
        ("whom", agent, right, "FORBIDDEN"),
        ("when", not_proved, right, "STEP_UP_NEEDED"),
    )
    for key, caller, new, code in wrong:
        assert (await answered(key, new, caller))["code"] == code, key
    assert await world.state(application_id) == "REJECTED"
    assert await fetch("SELECT 1 FROM second_decision") == []
    assert (await answered("a", right))["task"]["state"] == "OVERTURNED"
    assert (await answered("a", right))["task"]["state"] == "OVERTURNED"
    assert (await answered("b", right))["code"] == "REVIEW_NOT_OPEN"

    assert await fetch("SELECT * FROM decision ORDER BY id") == before
    (made,) = await fetch("SELECT * FROM second_decision")
    assert (made["decided_by"], made["review_id"]) == (risk.staff_id, answer["reviewId"])
    decision = (await origination.decisions_by_application([application_id]))[0]
    assert decision is not None
    assert (decision.decision_id, decision.outcome) == (made["id"], "APPROVE")
    assert (decision.is_reviewed, decision.limit_fen) == (True, 300_000)
    assert await world.state(application_id) == "OFFERED"
    offers = (await origination.offers_by_application([application_id]))[0]
    assert offers[0].terms.principal_fen == 300_000
    await outbox.drain()
    mine = await phone("my_human_reviews", borrower_id)
    (node,) = [edge["node"] for edge in mine["edges"]]
    assert (node["state"], node["answer"]) == ("OVERTURNED", answer["answer"])
    told = await fetch("SELECT kind FROM notification WHERE borrower_id = ?", [borrower_id])
    assert "DECISION_OVERTURNED" in {row["kind"] for row in told}
    again = await phone("request_human_review", borrower_id, input=ask | {"idempotencyKey": "t"})
    assert again["code"] == "REVIEW_NOT_POSSIBLE"
    noted = await fetch("SELECT actor FROM audit_entry WHERE kind = 'decision.overturned'")
    assert [row["actor"] for row in noted] == [risk.staff_id]
    held = await origination.held_of(borrower_id)
    assert [one["reason"] for one in held["second_decisions"]] == ["结清证明看过了"]
