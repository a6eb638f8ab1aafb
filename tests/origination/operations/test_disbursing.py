"""Money goes out once and is booked once, whatever the rail says, how often and in which order."""

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from app.foundation import outbox
from app.foundation.database import fetch, transaction
from app.foundation.sealing import SealBroken
from app.ledger import queries as ledger
from app.loanmath.schedule import amortize
from app.origination import operations, queries
from app.origination.events import DisbursementFailed, DisbursementRequested, LoanDisbursed
from app.origination.models import DisbursementRow, RecallRow
from app.origination.operations import disbursing
from app.origination.operations.disbursing import start_disbursement
from app.payments.ports import FailureReason, OrderReport, RailStatus, RailUnavailable
from app.payments.rules import RailNotice, RailOrderKind
from app.servicing import queries as servicing
from app.servicing.rules import LoanSummary
from tests.origination.conftest import World, close_days, everything

OK, BAD, WAIT = RailStatus.SUCCEEDED, RailStatus.FAILED, RailStatus.PENDING


async def loans(borrower_id: str) -> int:
    return len(await servicing.loans_of(borrower_id))


async def told(name: str) -> int:
    return len(await fetch("SELECT id FROM outbox_fact WHERE name = ?", [name]))


async def request_of(application_id: str, borrower_id: str) -> DisbursementRequested:
    row = await DisbursementRow.get(application_id=application_id)
    return DisbursementRequested(
        disbursement_id=row.id,
        application_id=application_id,
        borrower_id=borrower_id,
        amount_fen=row.amount_fen,
    )


async def test_money_that_arrives_makes_the_loan_that_was_signed(world: World) -> None:
    borrower_id, application_id = await world.send()
    assert await world.state(application_id) == "DISBURSING"
    assert await loans(borrower_id) == 0
    await operations.accept_disbursement_notice(await world.notice(application_id))
    await outbox.drain()
    assert await world.state(application_id) == "BOOKED"
    view = await queries.application(borrower_id, application_id)
    (loan,) = await servicing.loans_of(borrower_id)
    certificate = await world.certificate(application_id)
    assert (loan.ref.loan_id, loan.principal_fen) == (view.loan_id, 1_500_000)
    assert loan.opened_on.isoformat() == "2026-11-21"
    (plan,) = await servicing.plans_by_loan([loan.ref.loan_id])
    assert [(line.number, line.due_on, line.total_fen) for line in plan] == [
        (number, due_on, principal + interest + fees)
        for number, due_on, principal, interest, fees in certificate.certificate.plan
    ]
    assert [(one.loan_id, one.amount_fen) for one in world.facts(LoanDisbursed)] == [
        (loan.ref.loan_id, 1_500_000)
    ]
    assert not (await ledger.verify()).problems


async def test_the_rail_is_asked_for_the_amount_and_the_payee_of_the_agreement(
    world: World,
) -> None:
    _, application_id = await world.send("washing_machine_family")
    disbursement = await world.disbursement(application_id)
    assert world.rail.orders == {disbursement.disbursement_id: (240_000, "3208300012345678")}
    row = await DisbursementRow.get(application_id=application_id)
    assert row.provider_ref == f"T-{row.id}"


async def test_asked_again_the_rail_pays_once(world: World) -> None:
    borrower_id, application_id = await world.sign()
    request = await request_of(application_id, borrower_id)
    await asyncio.gather(
        *(start_disbursement(request, f"dl{number}", rail=world.rail) for number in range(8))
    )
    assert len(world.rail.orders) == 1
    assert await world.state(application_id) == "DISBURSING"


async def test_a_lost_answer_is_asked_for_again_under_the_same_id(world: World) -> None:
    borrower_id, application_id = await world.sign()
    request = await request_of(application_id, borrower_id)
    world.rail.loses_answers = True
    with pytest.raises(RailUnavailable):
        await start_disbursement(request, "dl00000000000001", rail=world.rail)
    assert await world.state(application_id) == "DISBURSING"
    world.rail.loses_answers = False
    await start_disbursement(request, "dl00000000000001", rail=world.rail)
    assert len(world.rail.orders) == 1
    await operations.accept_disbursement_notice(await world.notice(application_id))
    await start_disbursement(request, "dl00000000000001", rail=world.rail)
    assert (await world.disbursement(application_id)).state.value == "SUCCEEDED"


async def test_what_the_rail_refuses_fails_and_is_told(world: World) -> None:
    world.rail.refuses = FailureReason.PAYEE_UNREACHABLE
    borrower_id, application_id = await world.send()
    await outbox.drain()
    assert await world.state(application_id) == "DISBURSEMENT_FAILED"
    (fact,) = world.facts(DisbursementFailed)
    assert fact.reason == "PAYEE_UNREACHABLE"
    disbursement = await world.disbursement(application_id)
    assert disbursement.failure_reason == "PAYEE_UNREACHABLE"
    assert await loans(borrower_id) == 0


async def test_a_failure_without_a_reason_says_so(world: World) -> None:
    _, application_id = await world.send()
    await operations.accept_disbursement_notice(await world.notice(application_id, BAD))
    assert (await world.disbursement(application_id)).failure_reason == "UNSTATED"


async def test_fifty_notices_at_once_open_one_loan(world: World) -> None:
    borrower_id, application_id = await world.send()
    notices = [await world.notice(application_id) for _ in range(50)]
    await asyncio.gather(*map(operations.accept_disbursement_notice, notices))
    assert await loans(borrower_id) == 1
    assert await told(LoanDisbursed.__name__) == 1
    assert not (await ledger.verify()).problems


@pytest.mark.parametrize("order", list(permutations(["pending", "failed", "succeeded"])))
async def test_the_order_of_notices_does_not_matter(world: World, order: tuple[str, ...]) -> None:
    borrower_id, application_id = await world.send()
    said = {
        "pending": await world.notice(application_id, WAIT),
        "failed": await world.notice(application_id, BAD, reason=FailureReason.DECLINED),
        "succeeded": await world.notice(application_id, OK),
    }
    for name in (*order, *order):
        await operations.accept_disbursement_notice(said[name])
    assert await world.state(application_id) == "BOOKED"
    assert await loans(borrower_id) == 1
    disbursement = await world.disbursement(application_id)
    assert (disbursement.state.value, disbursement.failure_reason) == ("SUCCEEDED", None)


async def test_another_amount_is_never_booked(world: World) -> None:
    borrower_id, application_id = await world.send()
    wrong = await world.notice(application_id, amount_fen=1_500_001)
    await operations.accept_disbursement_notice(wrong)
    row = await DisbursementRow.get(application_id=application_id)
    assert (row.state, row.disputed_fen) == ("DISPUTED", 1_500_001)
    assert await world.state(application_id) == "DISBURSING"
    assert await loans(borrower_id) == 0
    await operations.accept_disbursement_notice(await world.notice(application_id, BAD))
    assert (await world.disbursement(application_id)).state.value == "DISPUTED"
    await operations.accept_disbursement_notice(await world.notice(application_id))
    assert await world.state(application_id) == "BOOKED"


async def test_a_wrong_amount_after_the_right_one_changes_nothing(world: World) -> None:
    _, application_id = await world.send()
    await operations.accept_disbursement_notice(await world.notice(application_id))
    before = await everything()
    wrong = await world.notice(application_id, amount_fen=1)
    await operations.accept_disbursement_notice(wrong)
    assert await everything() == before


async def test_a_wrong_amount_after_a_failure_is_a_dispute(world: World) -> None:
    _, application_id = await world.send()
    await operations.accept_disbursement_notice(await world.notice(application_id, BAD))
    wrong = await world.notice(application_id, amount_fen=1)
    await operations.accept_disbursement_notice(wrong)
    assert (await world.disbursement(application_id)).state.value == "DISPUTED"
    assert await world.state(application_id) == "DISBURSEMENT_FAILED"


async def test_a_notice_about_nothing_of_ours_changes_nothing(world: World) -> None:
    _, application_id = await world.send()
    before = await everything()
    unknown = await world.notice(application_id, order_id="db00000000000000")
    await operations.accept_disbursement_notice(unknown)
    repayment = await world.notice(application_id, kind=RailOrderKind.COLLECTION)
    await operations.accept_disbursement_notice(repayment)
    assert await everything() == before


async def test_a_notice_about_money_never_sent_changes_nothing(world: World) -> None:
    borrower_id, application_id = await world.sign()
    before = await everything()
    await operations.accept_disbursement_notice(await world.notice(application_id))
    assert await everything() == before
    assert await loans(borrower_id) == 0


async def test_interest_begins_with_the_money(world: World) -> None:
    borrower_id, application_id = await world.send()
    await close_days(4)
    world.clock.advance(timedelta(days=4))
    await operations.accept_disbursement_notice(await world.notice(application_id))
    (loan,) = await servicing.loans_of(borrower_id)
    assert loan.opened_on.isoformat() == "2026-11-25"
    certificate = (await world.certificate(application_id)).certificate
    (plan,) = await servicing.plans_by_loan([loan.ref.loan_id])
    assert [line.due_on for line in plan] == [row[1] for row in certificate.plan]
    assert sum(line.total_fen for line in plan) < certificate.total_fen


async def test_money_that_arrives_weeks_late_still_makes_a_loan(world: World) -> None:
    borrower_id, application_id = await world.send()
    await close_days(25)
    await operations.accept_disbursement_notice(await world.notice(application_id))
    (loan,) = await servicing.loans_of(borrower_id)
    (plan,) = await servicing.plans_by_loan([loan.ref.loan_id])
    assert (plan[0].due_on - loan.opened_on).days >= 15


async def test_money_is_not_sent_too_close_to_the_first_due_date(world: World) -> None:
    _, application_id = await world.sign()
    await close_days(16)
    await outbox.drain()
    await outbox.drain()
    assert world.rail.orders == {}
    assert await world.state(application_id) == "DISBURSEMENT_FAILED"
    (fact,) = world.facts(DisbursementFailed)
    assert fact.reason == "TOO_LATE"
    assert (await world.disbursement(application_id)).state.value == "CANCELLED"


async def poll(world: World) -> int:
    world.clock.advance(timedelta(seconds=31))
    return await operations.poll_disbursements(world.rail)


async def test_a_lost_notice_is_found_by_asking(world: World) -> None:
    borrower_id, application_id = await world.send()
    assert await operations.poll_disbursements(world.rail) == 0
    disbursement_id = (await world.disbursement(application_id)).disbursement_id
    assert await poll(world) == 1
    assert await world.state(application_id) == "DISBURSING"
    world.rail.reports[disbursement_id] = OrderReport(status=OK, amount_fen=1_500_000)
    assert await poll(world) == 1
    assert await world.state(application_id) == "BOOKED"
    assert await loans(borrower_id) == 1
    assert await poll(world) == 0


async def test_asking_finds_failures_and_wrong_amounts_too(world: World) -> None:
    _, failed = await world.send()
    _, wrong = await world.send("washing_machine_family")
    _, silent = await world.send("noodle_shop_owner")
    for application_id, report in (
        (failed, OrderReport(status=BAD, reason=FailureReason.DECLINED)),
        (wrong, OrderReport(status=OK, amount_fen=240_001, provider_ref="X")),
        (silent, OrderReport(status=OK)),
    ):
        disbursement = await world.disbursement(application_id)
        world.rail.reports[disbursement.disbursement_id] = report
    assert await poll(world) == 3
    assert await world.state(failed) == "DISBURSEMENT_FAILED"
    assert (await world.disbursement(failed)).failure_reason == "DECLINED"
    assert (await world.disbursement(wrong)).state.value == "DISPUTED"
    # A success without its amount is no word: it waits for the notice.
    assert await world.state(silent) == "DISBURSING"


async def test_money_that_waits_to_be_accepted_holds_up_nobody_elses(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disbursing, "POLL_BATCH_MAX", 2)
    personas = ("orchard_farmer", "washing_machine_family", "noodle_shop_owner")
    sent = [(await world.send(one))[1] for one in personas]
    *waiting, newest = [(await world.disbursement(one)).disbursement_id for one in sent]
    for one in waiting:
        world.rail.reports[one] = OrderReport(status=WAIT, awaits_payee=True)
    world.rail.reports[newest] = OrderReport(status=OK, amount_fen=0)
    assert [await poll(world) for _ in range(2)] == [2, 2]
    assert (await world.disbursement(sent[-1])).state.value == "DISPUTED", "the rail was asked"

    for one in waiting:
        world.rail.reports[one] = OrderReport(status=BAD, reason=FailureReason.EXPIRED)
    assert [await poll(world) for _ in range(2)] == [2, 0]
    assert [await world.state(one) for one in sent[:-1]] == ["DISBURSEMENT_FAILED"] * 2


async def test_money_that_waits_for_a_person_holds_up_nobody_elses(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disbursing, "POLL_BATCH_MAX", 1)
    held_back, oldest = await world.sign()
    await RecallRow.create(
        id="rc00000000000001",
        application_id=oldest,
        borrower_id=held_back,
        live_key=oldest,
        people="{}",
        noted_at=0,
    )
    _, newest = await world.sign("noodle_shop_owner")
    for _ in range(2):
        await poll(world)
    assert [await world.state(one) for one in (oldest, newest)] == ["SIGNED", "DISBURSING"]


async def test_money_the_rail_has_never_heard_of_is_sent_again(world: World) -> None:
    borrower_id, application_id = await world.sign()
    request = await request_of(application_id, borrower_id)
    world.rail.is_down = True
    with pytest.raises(RailUnavailable):
        await start_disbursement(request, "dl00000000000001", rail=world.rail)
    assert await poll(world) == 1
    assert world.rail.orders == {}
    world.rail.is_down = False
    assert await poll(world) == 1
    assert len(world.rail.orders) == 1


async def test_reserved_money_whose_request_got_stuck_is_sent(world: World) -> None:
    _, application_id = await world.sign()
    assert await poll(world) == 1
    assert await world.state(application_id) == "DISBURSING"
    assert len(world.rail.orders) == 1


async def test_three_hundred_unruly_notices_leave_one_loan(world: World) -> None:
    borrower_id, application_id = await world.send()
    notices: list[RailNotice] = []
    for number in range(300):
        status = (OK, BAD, WAIT)[number % 3]
        amount_fen = 1_500_000 if number % 7 else 1_500_000 + number
        notices.append(await world.notice(application_id, status, amount_fen=amount_fen))
    await asyncio.gather(*map(operations.accept_disbursement_notice, notices))
    assert await loans(borrower_id) == 1
    assert await world.state(application_id) == "BOOKED"
    assert not (await ledger.verify()).problems


async def test_the_plan_of_the_loan_is_the_plan_of_the_offer(world: World) -> None:
    borrower_id, application_id = await world.send("noodle_shop_owner")
    await operations.accept_disbursement_notice(await world.notice(application_id))
    (offers,) = await queries.offers_by_application([application_id])
    (loan,) = await servicing.loans_of(borrower_id)
    (plan,) = await servicing.plans_by_loan([loan.ref.loan_id])
    assert [line.total_fen for line in plan] == [row.total_fen for row in amortize(offers[0].terms)]


async def test_what_is_already_owed_counts_in_the_next_decision(world: World) -> None:
    borrower_id, application_id = await world.send()
    await operations.accept_disbursement_notice(await world.notice(application_id))
    committed = await queries.commitments_of(borrower_id, apart_from="")
    certificate = (await world.certificate(application_id)).certificate
    assert committed.principal_fen == 1_500_000
    assert committed.monthly_fen == -(-certificate.total_fen // 12)


async def test_money_that_arrives_while_debts_are_added_up_is_not_missed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    borrower_id, application_id = await world.send()
    notice, loans_of = await world.notice(application_id), servicing.loans_of

    async def read_and_wait(*asked: Any) -> list[LoanSummary]:  # noqa: ANN401 - as loans_of
        found = await loans_of(*asked)
        await operations.accept_disbursement_notice(notice)
        return found

    monkeypatch.setattr(servicing, "loans_of", read_and_wait)
    committed = await queries.commitments_of(borrower_id, apart_from="")
    assert committed.principal_fen == 1_500_000
    assert await world.state(application_id) == "BOOKED"


async def test_money_whose_agreement_was_altered_holds_up_nobody_elses(world: World) -> None:
    _, altered = await world.sign()
    async with transaction() as tx:
        await tx.run("UPDATE agreement SET payee = evidence WHERE live_key = ?", [altered])
    _, sound = await world.sign("noodle_shop_owner")
    world.clock.advance(timedelta(minutes=1))
    with pytest.raises(SealBroken):
        await operations.poll_disbursements(world.rail)
    assert [await world.state(one) for one in (altered, sound)] == ["SIGNED", "DISBURSING"]
