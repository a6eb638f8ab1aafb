"""A case's life by what happens to its loan: offered first, promised, relieved, contested."""

from collections import Counter
from datetime import date, timedelta

import pytest

from app.collections import operations, queries
from app.collections.errors import (
    AgencyNotListed,
    AlreadyContested,
    CaseOver,
    CaseStepOutOfOrder,
    ConflictOfInterest,
    HardshipNotOffered,
    OwnMark,
    StageTooEarly,
)
from app.collections.operations import (
    AdvanceCase,
    AssignCase,
    ContestContact,
    DecideMark,
    MarkCase,
    Promised,
    PromiseToPay,
    advance_case,
    assign_case,
    contest_contact,
    decide_mark,
    mark_case,
    promise_to_pay,
)
from app.collections.operations.following import end_relief, hold_for_relief
from app.collections.rules import (
    CaseState,
    ContactChannel,
    ContactOutcome,
    ContactPurpose,
    ContestReason,
    HoldReason,
    NextStep,
    OfferedBy,
    PermitRefusal,
    PromiseState,
    Stage,
)
from app.foundation import outbox
from app.foundation.clock import local_date
from app.foundation.database import fetch, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.paging import PageAsk
from app.foundation.revision import CATALOG, revise
from app.messaging.queries import inbox_of
from app.messaging.rules import Kind
from app.servicing.events import HardshipReferred, LoanCorrected
from app.servicing.rules import LoanRef
from app.support.rules import Category
from tests.collections.conftest import FIRST_DUE, LATE, Desk, close_to, everything, stand_on
from tests.messaging.conftest import join
from tests.rewards.test_waiting import meet
from tests.support.conftest import bring_up

FIRST_INSTALLMENT = 110_000
"""Above what one installment of the fixture's loan asks."""


async def told(borrower_id: str) -> list[Kind]:
    return [one.kind for _, one in (await inbox_of(borrower_id, PageAsk())).items]


async def advance(desk: Desk, stage: Stage) -> Stage:
    command = AdvanceCase(
        caller_id=desk.leader.staff_id,
        case_id=(await desk.case()).case_id,
        stage=stage,
        idempotency_key=desk.key(),
    )
    return (await advance_case(desk.leader, command)).stage


async def to_agency(desk: Desk, code: str = "zhenghe_service") -> str | None:
    command = AssignCase(
        caller_id=desk.leader.staff_id,
        case_id=(await desk.case()).case_id,
        to_staff=None,
        to_agency=code,
        idempotency_key=desk.key(),
    )
    return (await assign_case(desk.leader, command)).assigned_to


async def mark(desk: Desk, reason: HoldReason, until_on: date | None = None) -> str:
    case = await desk.case()
    command = MarkCase(
        caller_id=desk.leader.staff_id,
        case_id=case.case_id,
        reason=reason,
        until_on=until_on,
        idempotency_key=desk.key(),
    )
    await mark_case(desk.leader, command)
    (held,) = await queries.holds_of(desk.mei, local_date(desk.clock.now()))
    return held.hold_id


async def test_the_first_notice_offers_relief_and_is_the_offer(desk: Desk) -> None:
    case = await desk.case()
    assert (case.state, case.stage, case.opened_on) == (CaseState.OPEN, Stage.CARE, LATE)
    assert case.offered_by is OfferedBy.INBOX
    assert Kind.OVERDUE in await told(desk.mei)
    assert await queries.overdue_without_offer() == []
    queued = await queries.queued_case(case, LATE)
    assert queued.next_step is NextStep.CALL
    await outbox.drain()
    await close_to(LATE + timedelta(days=8))
    assert (await desk.case()).case_id == case.case_id, "one case, however often it is told"
    assert (await desk.case()).bucket == "DAYS_8_30"

    await desk.pay(FIRST_INSTALLMENT, on=LATE + timedelta(days=8))
    ended = await desk.case()
    assert (ended.state, ended.is_over) == (CaseState.RESOLVED, True)
    page = await queries.queue(PageAsk(), LATE)
    assert page.items == ()
    with pytest.raises(CaseOver):
        await desk.assign(desk.agent)
    soon, before = LATE + timedelta(days=10), await everything()
    for amount_fen, due_on, why in (
        (0, soon, InvalidInput),
        (100, LATE, InvalidInput),
        (100, soon, CaseOver),
    ):
        with pytest.raises(why):
            await promise_to_pay(promised(desk, amount_fen, due_on, desk.key()))
    assert await everything() == before


async def test_a_case_never_goes_further_un_offered(desk: Desk) -> None:
    await stand_on(FIRST_DUE + timedelta(days=60))
    await close_to(FIRST_DUE + timedelta(days=62))
    async with transaction() as tx:
        await tx.run("UPDATE collection_case SET offered_at = NULL, offered_by = NULL")
    desk.clock.advance(timedelta(days=61))
    await desk.assign(desk.agent)
    before = await everything()
    for stage in (Stage.FIRM_NOTICE, Stage.AGENCY):
        with pytest.raises(HardshipNotOffered):
            await advance(desk, stage)
    with pytest.raises(HardshipNotOffered):
        await to_agency(desk)
    assert await everything() == before
    firm = await desk.ask(channel=ContactChannel.LETTER, purpose=ContactPurpose.FIRM_NOTICE)
    assert set(firm.reasons) == {PermitRefusal.NOT_OFFERED, PermitRefusal.TOO_FIRM}

    await desk.record(await desk.ask(), offered_relief=True)
    assert (await desk.case()).offered_by is OfferedBy.VOICE
    assert await advance(desk, Stage.FIRM_NOTICE) is Stage.FIRM_NOTICE
    with pytest.raises(InvalidInput):
        await to_agency(desk)
    assert await advance(desk, Stage.AGENCY) is Stage.AGENCY
    with pytest.raises(AgencyNotListed):
        await to_agency(desk, "hechuan_bank")
    assert await to_agency(desk) == "zhenghe_service"
    assert (await desk.ask()).reasons == (PermitRefusal.NOT_ASSIGNED,)
    assert (await desk.ask(agency="zhenghe_service")).is_given


async def test_firmer_steps_wait_for_their_days(desk: Desk) -> None:
    with pytest.raises(StageTooEarly):
        await advance(desk, Stage.FIRM_NOTICE)
    with pytest.raises(Forbidden):
        await advance_case(
            desk.agent,
            AdvanceCase(
                caller_id=desk.agent.staff_id,
                case_id=(await desk.case()).case_id,
                stage=Stage.CARE,
                idempotency_key="agent",
            ),
        )


def promised(desk: Desk, amount_fen: int, due_on: date, key: str) -> PromiseToPay:
    return PromiseToPay(loan=desk.loan, amount_fen=amount_fen, due_on=due_on, idempotency_key=key)


async def test_a_promise_is_reminded_of_once_and_kept_or_broken_for_nothing(desk: Desk) -> None:
    due = LATE + timedelta(days=3)
    before = await everything()
    wrong = {(10**9, due): "amount", (100, LATE - timedelta(days=1)): "dueOn", (0, due): "amount"}
    for (amount_fen, due_on), field in wrong.items():
        with pytest.raises(InvalidInput) as refused:
            await promise_to_pay(promised(desk, amount_fen, due_on, desk.key()))
        assert refused.value.field == f"input.{field}"
    stranger = await join("+8613900139000")
    theirs = LoanRef(borrower_id=stranger, loan_id=desk.loan.loan_id)
    with pytest.raises(NotFound):
        await promise_to_pay(
            PromiseToPay(loan=theirs, amount_fen=1, due_on=due, idempotency_key="theirs")
        )
    assert await everything() == before

    first = await promise_to_pay(promised(desk, 50_000, due, "p1"))
    assert await promise_to_pay(promised(desk, 50_000, due, "p1")) == first
    await desk.assign(desk.agent)
    said = Promised(amount_fen=30_000, due_on=due)
    await desk.record(await desk.ask(), ContactOutcome.PROMISED, promised=said)
    second = await promise_to_pay(promised(desk, 40_000, due, "p2"))
    assert (await desk.case()).state is CaseState.PROMISE
    assert Counter(
        (one.amount_fen, one.state) for one in await queries.promises_of_case(first.case_id)
    ) == {
        (50_000, PromiseState.CHANGED): 1,
        (30_000, PromiseState.CHANGED): 1,
        (40_000, PromiseState.OPEN): 1,
    }, "of all that the borrower and staff wrote down on one day, the last holds"
    again = await promise_to_pay(promised(desk, 50_000, due, "p1"))
    assert again.state is PromiseState.CHANGED, "told anew, it is told as it stands"
    await close_to(due - timedelta(days=1))
    await close_to(due - timedelta(days=1))
    assert (await told(desk.mei)).count(Kind.PROMISE_NEAR) == 1

    owed = await fetch("SELECT balance_fen FROM servicing_loan")
    await close_to(due + timedelta(days=1))
    assert (await desk.case()).state is CaseState.BROKEN_PROMISE
    charges = await fetch("SELECT kind FROM servicing_loan_event WHERE kind = 'Charged'")
    assert charges == []
    assert owed

    third = await promise_to_pay(promised(desk, 1_000, due + timedelta(days=2), "p3"))
    await desk.pay(1_000, on=due + timedelta(days=1))
    states = {one.promise_id: one.state for one in await queries.promises_of_case(first.case_id)}
    assert states[second.promise_id] is PromiseState.BROKEN
    assert states[third.promise_id] is PromiseState.KEPT
    assert (await desk.case()).state is CaseState.IN_PROGRESS
    await promise_to_pay(promised(desk, 1_000, due + timedelta(days=2), "p4"))
    await close_to(due + timedelta(days=2))
    assert (await told(desk.mei)).count(Kind.PROMISE_NEAR) == 1, "that day is not tomorrow"


def referred(desk: Desk) -> HardshipReferred:
    return HardshipReferred(
        request_id="hr00000000000001",
        loan_id=desk.loan.loan_id,
        borrower_id=desk.mei,
        kind="STRETCH",
        periods=12,
        difference_fen=0,
        ends_on="2027-12-20",
    )


async def test_whoever_asks_for_relief_is_left_in_peace(desk: Desk) -> None:
    await desk.assign(desk.agent)
    permit = await desk.ask()
    with pytest.raises(InvalidInput):
        await desk.record(permit, ContactOutcome.PROMISED)
    await desk.record(permit, ContactOutcome.ASKED_FOR_HARDSHIP)
    assert (await desk.case()).state is CaseState.HARDSHIP
    assert (await desk.ask()).reasons == (PermitRefusal.HARDSHIP_OPEN,)
    with pytest.raises(CaseStepOutOfOrder):
        await promise_to_pay(promised(desk, 100, LATE, "no"))
    await close_to(LATE + timedelta(days=7))
    assert (await desk.case()).state is CaseState.HARDSHIP
    await close_to(LATE + timedelta(days=8))
    assert (await desk.case()).state is CaseState.IN_PROGRESS, "they chose nothing in seven days"

    async with transaction() as tx:
        await outbox.announce(tx, referred(desk))
    await outbox.drain()
    await close_to(LATE + timedelta(days=30))
    desk.clock.advance(timedelta(days=30))
    assert (await desk.ask()).reasons == (PermitRefusal.HARDSHIP_OPEN,), "until we have answered"
    corrected = LoanCorrected(
        correction_id="co00000000000001",
        loan_id=desk.loan.loan_id,
        borrower_id=desk.mei,
        act="DEFERRAL",
        part="",
        reason="HARDSHIP",
        amount_fen=0,
        balance_fen=1,
        next_due_on="",
        next_amount_fen=0,
    )
    async with transaction() as tx:
        await end_relief(tx, corrected)
    assert (await desk.ask()).is_given


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_relief_asked_for_again_while_the_day_ends_still_holds(desk: Desk) -> None:
    await desk.assign(desk.agent)
    await desk.record(await desk.ask(), ContactOutcome.ASKED_FOR_HARDSHIP)
    over = LATE + timedelta(days=8)
    await stand_on(over)

    async def ask_again() -> None:
        async with transaction() as tx:
            await hold_for_relief(tx, referred(desk))

    await meet(desk.mei, ask_again, lambda: operations.tend_cases(over))
    assert (await desk.case()).state is CaseState.HARDSHIP
    assert (await desk.ask()).reasons == (PermitRefusal.HARDSHIP_OPEN,)


async def test_a_ticket_that_says_paying_is_hard_leaves_its_borrower_in_peace(desk: Desk) -> None:
    await desk.assign(desk.agent)
    await bring_up(desk.mei, category=Category.HARDSHIP)
    assert (await desk.ask()).reasons == (PermitRefusal.HARDSHIP_OPEN,)
    desk.clock.advance(timedelta(days=8))
    assert (await desk.ask()).is_given


async def test_a_contested_contact_rests_the_case_until_the_complaint_is_closed(
    desk: Desk,
) -> None:
    await desk.assign(desk.agent)
    attempt = await desk.record(await desk.ask())
    contest = ContestContact(
        borrower_id=desk.mei,
        attempt_id=attempt.attempt_id,
        why=ContestReason.RUDE,
        idempotency_key="two-taps",
    )
    stranger = await join("+8613900139000")
    before = await everything()
    with pytest.raises(NotFound):
        await contest_contact(
            ContestContact(
                borrower_id=stranger,
                attempt_id=attempt.attempt_id,
                why=ContestReason.RUDE,
                idempotency_key="theirs",
            )
        )
    assert await everything() == before
    contested = await contest_contact(contest)
    assert await contest_contact(contest) == contested
    assert contested.contested_why is ContestReason.RUDE
    assert (await desk.ask()).reasons == (PermitRefusal.CONTESTED,)
    await outbox.drain()
    assert (await desk.ask()).reasons == (PermitRefusal.COMPLAINT_OPEN,)
    tickets = await fetch("SELECT id, category, subcategory, loan_id FROM ticket")
    assert [(one["category"], one["subcategory"], one["loan_id"]) for one in tickets] == [
        ("COMPLAINT", "COLLECTION", desk.loan.loan_id)
    ]
    with pytest.raises(AlreadyContested):
        await contest_contact(
            ContestContact(
                borrower_id=desk.mei,
                attempt_id=attempt.attempt_id,
                why=ContestReason.OTHER,
                idempotency_key="again",
            )
        )
    with pytest.raises(ConflictOfInterest):
        await desk.assign(desk.agent)
    async with transaction() as tx:
        await operations.release(
            tx,
            borrower_id=desk.mei,
            reason=HoldReason.COMPLAINT,
            reference=str(tickets[0]["id"]),
        )
    assert (await desk.ask()).is_given


async def test_the_dead_are_left_in_peace_and_marks_need_two(desk: Desk) -> None:
    await desk.assign(desk.agent)
    hold_id = await mark(desk, HoldReason.DEATH)

    async def write() -> tuple[PermitRefusal, ...]:
        letter = await desk.ask(channel=ContactChannel.LETTER, purpose=ContactPurpose.ESTATE)
        return letter.reasons

    assert (await desk.ask()).reasons == (PermitRefusal.DEATH,)
    assert await write() == (PermitRefusal.DEATH,)

    def decide(*, is_confirmed: bool) -> DecideMark:
        return DecideMark(
            caller_id=desk.leader.staff_id,
            hold_id=hold_id,
            is_confirmed=is_confirmed,
            idempotency_key=desk.key(),
        )

    for is_confirmed in (True, False):
        with pytest.raises(OwnMark):
            await decide_mark(desk.leader, decide(is_confirmed=is_confirmed))
    await decide_mark(desk.second, decide(is_confirmed=True))
    assert await write() == ()
    assert (await desk.ask()).reasons == (PermitRefusal.DEATH,)
    await decide_mark(desk.second, decide(is_confirmed=False))
    assert (await desk.ask()).is_given
    with pytest.raises(NotFound):
        await decide_mark(desk.second, decide(is_confirmed=False))
    with pytest.raises(InvalidInput):
        await mark(desk, HoldReason.COMPLAINT)
    await mark(desk, HoldReason.STAFF_PAUSE, until_on=LATE)
    assert (await desk.ask()).reasons == (PermitRefusal.PAUSED,)
    desk.clock.advance(timedelta(days=1))
    assert (await desk.ask()).is_given


async def test_what_came_of_a_call_decides_what_follows(desk: Desk) -> None:
    await desk.assign(desk.agent)
    promise = Promised(amount_fen=1_000, due_on=LATE + timedelta(days=2))
    await desk.record(await desk.ask(), ContactOutcome.PROMISED, promised=promise)
    assert (await desk.case()).state is CaseState.PROMISE
    await desk.record(await desk.ask(), ContactOutcome.DISPUTED)
    assert PermitRefusal.CONTESTED in (await desk.ask()).reasons
    await outbox.drain()
    assert (await fetch("SELECT count(*) AS tickets FROM ticket"))[0]["tickets"] == 1


async def test_a_pause_that_was_over_is_whose_who_set_it_anew(desk: Desk) -> None:
    await mark(desk, HoldReason.STAFF_PAUSE, until_on=LATE)
    desk.clock.advance(timedelta(days=1))
    tomorrow = LATE + timedelta(days=1)
    command = MarkCase(
        caller_id=desk.agent.staff_id,
        case_id=(await desk.case()).case_id,
        reason=HoldReason.STAFF_PAUSE,
        until_on=tomorrow,
        idempotency_key="anew",
    )
    await mark_case(desk.agent, command)
    (held,) = await queries.holds_of(desk.mei, tomorrow)
    assert (held.placed_by, held.until_on) == (desk.agent.staff_id, tomorrow)


async def test_relief_is_offered_only_to_whoever_hears_of_it(desk: Desk) -> None:
    await desk.assign(desk.agent)
    async with transaction() as tx:
        await tx.run("UPDATE collection_case SET offered_at = NULL, offered_by = NULL")
    await desk.record(await desk.ask(), ContactOutcome.NO_ANSWER, offered_relief=True)
    assert (await desk.case()).offered_at is None
    await desk.record(await desk.ask(), ContactOutcome.REACHED, offered_relief=True)
    assert (await desk.case()).offered_by is OfferedBy.VOICE


async def test_a_wrong_number_rests(desk: Desk) -> None:
    await desk.assign(desk.agent)
    await desk.record(await desk.ask(), ContactOutcome.WRONG_PERSON, offered_relief=False)
    assert (await desk.ask()).reasons == (PermitRefusal.NUMBER_STOPPED,)


async def test_where_a_disaster_is_nobody_asks_and_relief_is_offered(desk: Desk) -> None:
    await desk.assign(desk.agent)
    content = (
        '{"name":"special_areas","effective_from":"2026-12-01","value":'
        '["610629 2026-12-01 2027-01-31"],"unit":"x","kind":"reading","source":"x",'
        '"meaning":{"zh-Hans":"x","en":"x"}}'
    )
    async with transaction() as tx:
        await tx.run(
            "INSERT INTO policy_value (id, version_key, code, effective_from, content, sha256,"
            " published_at) SELECT 'po00000000000001', 'special_areas@2026-12-01', code,"
            " '2026-12-01', ?, sha256, published_at FROM policy_value"
            " WHERE code = 'special_areas'",
            [content],
        )
        await revise(tx, CATALOG)
        await tx.run("UPDATE borrower SET region_code = '610629' WHERE id = ?", [desk.mei])
    assert (await desk.ask()).reasons == (PermitRefusal.SPECIAL_STATUS,)
    await close_to(LATE + timedelta(days=1))
    await close_to(LATE + timedelta(days=2))
    assert (await told(desk.mei)).count(Kind.RELIEF_OFFERED) == 1
    queued = await queries.queued_case(await desk.case(), LATE)
    assert (queued.next_step, queued.special_until) == (NextStep.WAIT, date(2027, 1, 31))
