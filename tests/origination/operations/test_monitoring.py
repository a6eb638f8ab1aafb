"""Once a month everybody who owes is looked at: a late borrower's limit falls and is given back."""

import asyncio
from datetime import date, timedelta

from app.catalog.rules import Outcome
from app.foundation import outbox
from app.foundation.database import business_date, transaction
from app.foundation.paging import PageAsk
from app.origination import operations, queries
from app.origination.errors import PersonLimitExceeded
from app.origination.events import DrawLimitLowered
from app.origination.models import DrawLimitRow, MonthlyScoreRow
from app.origination.rules.monitoring import WarningKind
from app.origination.rules.overturning import NewDecision
from app.servicing import operations as servicing
from app.servicing import queries as servicing_queries
from tests.origination.conftest import World, refused
from tests.origination.operations.test_recalling import overturn


async def test_a_late_borrower_is_looked_at_once_a_month_and_their_loan_stays_as_signed(
    world: World,
) -> None:
    borrower_id, application_id = await world.send("washing_machine_family")
    await operations.accept_disbursement_notice(await world.notice(application_id))
    (loan,) = await servicing_queries.loans_of(borrower_id)
    day = await business_date()
    assert await operations.monitor_month(day) == 0
    late_on = day.replace(year=2027, month=1, day=28)
    await servicing.run_days(late_on)
    at_once = await asyncio.gather(*(operations.monitor_month(late_on) for _ in range(3)))
    assert sum(at_once) == 1
    assert await operations.monitor_month(late_on) == 0
    assert await MonthlyScoreRow.all().count() == 1
    limit = await queries.draw_limit_of(borrower_id)
    assert limit is not None
    assert limit.limit_fen == 0
    assert limit.reasons[0][0] == "LATE_NOW"
    await outbox.drain()
    (told,) = world.facts(DrawLimitLowered)
    assert (told.borrower_id, told.limit_fen) == (borrower_id, 0)
    warnings = [one.kind for _, one in (await queries.early_warnings(PageAsk())).items]
    assert WarningKind.LATE in warnings
    (after,) = await servicing_queries.loans_of(borrower_id)
    assert after.annual_rate == loan.annual_rate
    # The decision itself stands as it was made, and the month's look can be made again as well.
    replayed = [one async for one in queries.replay_all()]
    assert [one.decision_id[:2] for one in replayed] == ["dc", "mo"]
    assert all(one.is_identical for one in replayed)
    (view,) = await queries.decisions_by_application([application_id])
    assert view is not None
    assert view.outcome is Outcome.APPROVE


async def test_what_was_decided_before_the_limit_fell_is_not_signed_above_it(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    await DrawLimitRow.create(
        borrower_id=borrower_id,
        limit_fen=100_000,
        reasons="[]",
        score_id="mo00000000000001",
        set_on=await business_date(),
    )
    said = await refused(PersonLimitExceeded, world.begin_signature(borrower_id, application_id))
    assert (said.limit_fen, said.left_fen) == (100_000, 100_000)
    await DrawLimitRow.filter(borrower_id=borrower_id).update(set_on=date(2026, 11, 1))
    await world.begin_signature(borrower_id, application_id)


async def test_a_decline_that_a_person_overturned_counts_as_what_the_person_decided(
    world: World,
) -> None:
    borrower_id, application_id = await world.decide("over_indebted")
    day = await business_date()
    (declined,) = [one async for one in queries.decided_cases(day, day)]
    assert declined.outcome is Outcome.DECLINE
    found = NewDecision(
        amount_fen=300_000, reason="结清证明看过了", other_debts_fen=20_000, late_now_days=0
    )
    await overturn(application_id, found)

    (case,) = [one async for one in queries.decided_cases(day, day)]
    assert (case.outcome, case.limit_fen) == (Outcome.APPROVE, found.amount_fen)
    assert case.region == declined.region

    await world.understand(borrower_id, application_id)
    await world.sign_now(borrower_id, application_id)
    await outbox.drain()
    await operations.accept_disbursement_notice(await world.notice(application_id))
    next_month = day.replace(month=day.month + 1, day=1)
    await servicing.run_days(next_month)
    assert await operations.monitor_month(next_month) == 1
    assert await queries.draw_limit_of(borrower_id) is None, "nothing has become worse since"
    assert [one.is_identical async for one in queries.replay_all()] == [True] * 3


async def test_marks_go_when_nothing_looks_at_them_any_more(world: World) -> None:
    """Two people with one card: the second is looked at by a person, a year later nobody is."""
    first = await world.borrower("washing_machine_family")
    card = world.persona("washing_machine_family")["identity"]["bank_card"]
    application_id = await world.start(first, "washing_machine_family")
    await world.fill_in(first, application_id, "washing_machine_family")
    await world.consent(first, application_id)
    await world.submit(first, application_id)
    await outbox.drain()
    second = await world.borrower("orchard_farmer", bank_card=card)
    asked = await world.start(second)
    await world.fill_in(second, asked)
    await world.consent(second, asked)
    await world.submit(second, asked)
    await outbox.drain()
    waiting = [shown for _, shown in (await queries.referrals(PageAsk())).items]
    assert {one.application_id for one in waiting} == {application_id, asked}, "the first again"
    assert [one.signs for one in waiting] == [("CARD_SHARED",)] * 2
    async with transaction() as tx:
        await operations.forget_marks(tx)
    held = await queries.held_of(second)
    assert {str(mark["kind"]) for mark in held["application_marks"]} == {
        "PHONE",
        "RESIDENT_ID",
        "BANK_CARD",
    }
    world.clock.advance(timedelta(days=366))
    async with transaction() as tx:
        await operations.forget_marks(tx)
    assert (await queries.held_of(second))["application_marks"] == []
