"""A decision is made once, keeps what it saw, and can be made again byte for byte."""

import asyncio
import tomllib
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from app.catalog.models import ScorecardRow
from app.catalog.operations.publishing import Version, publish
from app.catalog.rules import Consent, Outcome
from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.database import fetch, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.paging import PageAsk
from app.foundation.sealing import SealBroken, unseal_all
from app.identity.events import StaffEnded
from app.origination import operations, queries
from app.origination.errors import ReviewNeedsAnother, ReviewTaken, StepOutOfOrder
from app.origination.events import ActionRequired, ApplicationDecided, ApplicationSubmitted
from app.origination.models import ApplicationRow, DecisionRow, OfferRow, decision_cell
from app.origination.operations.deciding import assess_application, assess_waiting
from app.origination.ports import BureauUnavailable, RecordKind, SourceUnavailable
from app.origination.rules import commands
from app.origination.rules.picks import OfferKind
from app.origination.rules.snapshot import snapshot_from
from tests.origination.conftest import PERSONAS, World, close_days, refused

IN_CATALOG = (
    "noodle_shop_owner",
    "orchard_farmer",
    "over_indebted",
    "washing_machine_family",
    "young_migrant",
)


async def decision_of(application_id: str) -> queries.DecisionView:
    (found,) = await queries.decisions_by_application([application_id])
    assert found is not None
    return found


@pytest.mark.parametrize("persona", IN_CATALOG)
async def test_a_persona_is_decided_through_every_room_as_their_file_says(
    world: World, persona: str
) -> None:
    told = tomllib.loads((PERSONAS / f"{persona}.toml").read_text(encoding="utf-8"))
    _, application_id = await world.decide(persona)
    decision = await decision_of(application_id)
    assert decision.outcome.value == told["expected"]["outcome"]
    assert [code for code, _ in decision.reasons] == told["expected"]["reasons"]
    (fact,) = world.facts(ApplicationDecided)
    assert fact.outcome == decision.outcome.value


async def test_an_approved_application_has_offers_with_a_time_limit(world: World) -> None:
    _, application_id = await world.decide()
    assert await world.state(application_id) == "OFFERED"
    (offers,) = await queries.offers_by_application([application_id])
    assert len(offers) >= 2
    assert offers[0].kind is OfferKind.ASKED
    assert all(offer.cost.total_fen < offers[0].cost.total_fen for offer in offers[1:])
    assert {offer.expires_at for offer in offers} == {world.clock.now() + timedelta(hours=72)}
    assert sum(one.share for one in offers[0].funders) == 1


async def test_a_declined_application_is_rejected_with_words_that_help(world: World) -> None:
    _, application_id = await world.decide("over_indebted")
    assert await world.state(application_id) == "REJECTED"
    decision = await decision_of(application_id)
    assert [code for code, _ in decision.reasons] == ["OVER_INDEBTED"]
    assert all(reason.what_would_change_it["zh-Hans"] for _, reason in decision.reasons)
    assert await queries.offers_by_application([application_id]) == [[]]


async def test_every_decision_replays_to_the_same_bytes(world: World) -> None:
    for persona in ("orchard_farmer", "over_indebted", "young_migrant"):
        await world.decide(persona)
    rows = await DecisionRow.all()
    assert len(rows) == 3
    for row in rows:
        replay = await queries.replay(row.id)
        assert replay.is_identical
        assert replay.stored == replay.recomputed


async def test_a_later_scorecard_leaves_what_an_earlier_one_decided_as_it_was(
    world: World,
) -> None:
    _, before = await world.decide()
    newest = await ScorecardRow.get(version_key="2")
    content = newest.content.replace('"base_points":350', '"base_points":100')
    content = content.replace('"version":2', '"version":3')
    later = Version("3", "scorecard", world.clock.now().date(), content)
    async with transaction() as tx:
        assert await publish(tx, ScorecardRow, "sd", [later]) == {"3"}
    _, after = await world.decide("noodle_shop_owner")
    for application_id, version in ((before, 2), (after, 3)):
        row = await DecisionRow.get(application_id=application_id)
        assert row.model_version == version
        assert (await queries.replay(row.id)).is_identical


async def test_a_replay_names_what_changed_and_no_value(world: World) -> None:
    await world.decide()
    await world.decide("over_indebted")
    (told, _) = [one async for one in queries.replay_all()]
    assert told.is_identical
    assert told.problems == ()
    card = await ScorecardRow.get(version_key="2")
    was = card.content
    card.content = was.replace('"base_points":350', '"base_points":280')
    await card.save()
    forged, declined = [one async for one in queries.replay_all()]
    assert not forged.is_identical
    assert "scorecard 2 has other content than it had then" in forged.problems
    assert "score comes out otherwise" in forged.problems
    # Refused by a rule, not by points: the bytes differ in the score alone, and the card is named.
    assert declined.problems[0] == "scorecard 2 has other content than it had then"
    assert not [one for one in (*forged.problems, *declined.problems) if "550000" in one]
    # A word changed that no figure hangs on is a change all the same.
    card.content = was.replace("。", ".", 1)
    await card.save()
    worded, _ = [one async for one in queries.replay_all()]
    assert worded.stored == worded.recomputed
    assert not worded.is_identical


async def test_a_replay_notices_a_snapshot_of_somebody_else(world: World) -> None:
    await world.decide()
    await world.decide("over_indebted")
    first, second = await DecisionRow.all().order_by("id")
    first.snapshot, second.snapshot = second.snapshot, first.snapshot
    await first.save()
    with pytest.raises(SealBroken):
        await queries.replay(first.id)
    assert [bool(one.problems) async for one in queries.replay_all()] == [True, False]


async def test_there_is_no_replay_of_nothing(world: World) -> None:
    assert world
    with pytest.raises(NotFound):
        await queries.replay("dc00000000000000")


async def test_what_a_decision_saw_is_sealed(world: World) -> None:
    await world.decide()
    (row,) = await fetch("SELECT * FROM decision")
    shown = repr({key: value for key, value in row.items() if not isinstance(value, bytes)})
    assert "550000" not in shown
    assert "monthly_income" not in shown


async def test_the_bureau_sees_a_fingerprint_and_only_records_agreed_to(world: World) -> None:
    borrower_id, application_id = await world.complete()
    await operations.revoke_consent(
        commands.RevokeConsent(
            borrower_id=borrower_id,
            idempotency_key=world.key(),
            application_id=application_id,
            kind=Consent.COOPERATIVE_DATA,
        )
    )
    await world.submit(borrower_id, application_id)
    await outbox.drain()
    ((query_id, reference),) = world.bureau.asked
    assert query_id == application_id
    assert "612629198003120014" not in reference
    assert world.bureau.kinds_asked == [
        RecordKind.FARM,
        RecordKind.INCOME,
        RecordKind.MOBILE_PAYMENT,
    ]


async def test_a_silent_source_is_waited_for_and_then_counts_as_nothing(world: World) -> None:
    world.bureau.silent.add(RecordKind.MOBILE_PAYMENT)
    borrower_id, application_id = await world.complete()
    await world.submit(borrower_id, application_id)
    with pytest.raises(SourceUnavailable):
        await assess_application(
            ApplicationSubmitted(application_id=application_id, borrower_id=borrower_id),
            "dl1",
            bureau=world.bureau,
            source=world.bureau,
        )
    assert await world.state(application_id) == "DECIDING"
    world.clock.advance(timedelta(minutes=11))
    assert await assess_waiting(world.bureau, world.bureau) == 1
    (row,) = await DecisionRow.all()
    (seen,) = await unseal_all([(decision_cell(row.id, row.borrower_id, "snapshot"), row.snapshot)])
    snapshot = snapshot_from(seen)
    assert snapshot.records_silent == ("MOBILE_PAYMENT",)
    assert snapshot.mobile_payment_turnover_fen is None
    assert snapshot.cooperative_years == 6
    assert (await queries.replay(row.id)).is_identical


async def test_without_consent_no_record_is_asked_for(world: World) -> None:
    await world.decide("young_migrant")
    assert world.bureau.asked
    assert world.bureau.kinds_asked == []


async def test_a_bureau_that_is_away_delays_the_decision_and_loses_nothing(world: World) -> None:
    borrower_id, application_id = await world.complete()
    world.bureau.is_down = True
    await world.submit(borrower_id, application_id)
    await outbox.drain()
    assert await world.state(application_id) == "DECIDING"
    assert await assess_waiting(world.bureau) == 0
    world.clock.advance(timedelta(minutes=3))
    assert await assess_waiting(world.bureau) == 1
    assert await world.state(application_id) == "DECIDING"
    world.bureau.is_down = False
    assert await assess_waiting(world.bureau) == 1
    assert await world.state(application_id) == "OFFERED"
    assert await assess_waiting(world.bureau) == 0


async def test_an_effect_that_fails_raises_so_that_it_is_tried_again(world: World) -> None:
    borrower_id, application_id = await world.complete()
    await world.submit(borrower_id, application_id)
    fact = ApplicationSubmitted(application_id=application_id, borrower_id=borrower_id)
    world.bureau.is_down = True
    with pytest.raises(BureauUnavailable):
        await assess_application(fact, "dl00000000000001", bureau=world.bureau)
    world.bureau.is_down = False
    await assess_application(fact, "dl00000000000001", bureau=world.bureau)
    assert await world.state(application_id) == "OFFERED"


async def test_however_many_decide_at_once_there_is_one_decision(world: World) -> None:
    borrower_id, application_id = await world.complete()
    await world.submit(borrower_id, application_id)
    fact = ApplicationSubmitted(application_id=application_id, borrower_id=borrower_id)
    await asyncio.gather(
        *(assess_application(fact, f"dl{number}", bureau=world.bureau) for number in range(8))
    )
    await outbox.drain()
    assert await DecisionRow.all().count() == 1
    assert {query_id for query_id, _ in world.bureau.asked} == {application_id}
    assert len(world.facts(ApplicationDecided)) == 1
    offers = await OfferRow.filter(application_id=application_id).count()
    assert offers == 3


async def test_an_application_taken_back_while_it_is_decided_stays_taken_back(
    world: World,
) -> None:
    borrower_id, application_id = await world.complete()
    world.bureau.is_down = True
    await world.submit(borrower_id, application_id)
    await outbox.drain()
    await operations.withdraw_application(
        commands.WithdrawApplication(
            borrower_id=borrower_id, idempotency_key=world.key(), application_id=application_id
        )
    )
    world.bureau.is_down = False
    fact = ApplicationSubmitted(application_id=application_id, borrower_id=borrower_id)
    await assess_application(fact, "dl00000000000001", bureau=world.bureau)
    assert await world.state(application_id) == "WITHDRAWN"
    assert await DecisionRow.all().count() == 0


async def test_what_got_lost_after_the_submission_is_asked_for(world: World) -> None:
    borrower_id, application_id = await world.complete()
    await world.submit(borrower_id, application_id)
    async with transaction() as tx:
        await tx.run("UPDATE loan_application SET amount_fen = 1 WHERE id = ?", [application_id])
    await outbox.drain()
    assert await world.state(application_id) == "ACTION_REQUIRED"
    assert [fact.application_id for fact in world.facts(ActionRequired)] == [application_id]
    (standing,) = await queries.standings([application_id])
    assert [one.item.value for one in standing.missing] == ["AMOUNT"]
    await world.fill_in(borrower_id, application_id)
    await world.submit(borrower_id, application_id)
    await outbox.drain()
    assert await world.state(application_id) == "OFFERED"


async def test_the_fourth_application_within_a_day_goes_to_a_person(world: World) -> None:
    borrower_id = await world.borrower()
    outcomes: list[Outcome] = []
    application_id = ""
    for _ in range(4):
        application_id = await world.start(borrower_id)
        await world.fill_in(borrower_id, application_id)
        await world.consent(borrower_id, application_id)
        await world.submit(borrower_id, application_id)
        await outbox.drain()
        outcomes.append((await decision_of(application_id)).outcome)
    assert outcomes == [*[Outcome.APPROVE] * 3, Outcome.REFER]
    assert (await decision_of(application_id)).reasons[0][0] == "CHECK_NEEDED"


def review(
    world: World, application_id: str, *, is_approved: bool, staff_id: str = "st00000000000001"
) -> commands.ReviewApplication:
    return commands.ReviewApplication(
        staff_id=staff_id,
        role=StaffRole.RISK,
        application_id=application_id,
        is_approved=is_approved,
        reasons=() if is_approved else ("PHONE_NEW",),
        idempotency_key=world.key(),
    )


async def test_a_person_may_approve_what_was_referred(world: World) -> None:
    _, application_id = await world.decide("young_migrant")
    assert await world.state(application_id) == "DECIDING"
    waiting = await queries.referrals(PageAsk())
    assert [one.application_id for _, one in waiting.items] == [application_id]
    await close_days(2)
    command = review(world, application_id, is_approved=True)
    first = await operations.review_application(command)
    assert (first.application_id, first.is_settled) == (application_id, True)
    assert await operations.review_application(command) == first
    assert await world.state(application_id) == "OFFERED"
    (offers,) = await queries.offers_by_application([application_id])
    assert offers[0].terms.disbursed_on.isoformat() == "2026-11-23"
    decision = await decision_of(application_id)
    assert (decision.outcome, decision.is_reviewed) == (Outcome.APPROVE, True)
    assert (await queries.referrals(PageAsk())).items == ()
    (row,) = await DecisionRow.all()
    assert row.reviewed_by == "st00000000000001"
    assert (await queries.replay(row.id)).is_identical


async def test_a_person_may_decline_what_was_referred(world: World) -> None:
    _, application_id = await world.decide("young_migrant")
    await operations.review_application(review(world, application_id, is_approved=False))
    assert await world.state(application_id) == "REJECTED"
    reasons = (await decision_of(application_id)).reasons
    assert [code for code, _ in reasons] == ["PHONE_NEW"]
    await outbox.drain()
    assert [fact.outcome for fact in world.facts(ApplicationDecided)] == ["REFER", "DECLINE"]


async def test_only_risk_and_supervisors_review_and_only_what_waits(world: World) -> None:
    _, application_id = await world.decide("young_migrant")
    command = review(world, application_id, is_approved=True)
    await refused(Forbidden, operations.review_application(replace(command, role=StaffRole.AGENT)))
    _, approved = await world.decide("orchard_farmer")
    await refused(
        StepOutOfOrder,
        operations.review_application(review(world, approved, is_approved=True)),
    )
    await refused(
        NotFound,
        operations.review_application(review(world, "ap00000000000000", is_approved=True)),
    )
    await operations.review_application(command)
    await refused(
        StepOutOfOrder,
        operations.review_application(review(world, application_id, is_approved=False)),
    )


async def test_a_refusal_without_a_reason_for_the_borrower_is_none(world: World) -> None:
    _, application_id = await world.decide("young_migrant")
    command = review(world, application_id, is_approved=False)
    for reasons in ((), ("NO_SUCH_REASON",), ("PHONE_NEW", "PHONE_NEW")):
        step = operations.review_application(replace(command, reasons=reasons))
        assert (await refused(InvalidInput, step)).field == "input.reasons"


async def test_who_takes_a_referral_has_it_for_an_hour_and_a_large_one_needs_two(
    world: World,
) -> None:
    """The second person may take it up at once; agreeing settles it, disagreeing does not."""
    _, application_id = await world.decide("noodle_shop_owner", amount_fen=4_000_000)
    await _refer(application_id)
    one, other = "st00000000000001", "st00000000000002"
    take = commands.TakeReferred(
        staff_id=one,
        role=StaffRole.RISK,
        application_id=application_id,
        idempotency_key=world.key(),
    )
    until = await operations.take_referred(take)
    assert until == world.clock.now() + timedelta(minutes=60)
    approving = partial(review, world, application_id, is_approved=True)
    await refused(ReviewTaken, operations.review_application(approving(staff_id=other)))
    world.clock.advance(timedelta(minutes=61))
    first = await operations.review_application(approving(staff_id=other))
    assert not first.is_settled
    assert await world.state(application_id) == "DECIDING"
    await refused(ReviewNeedsAnother, operations.review_application(approving(staff_id=other)))
    ((_, shown),) = (await queries.referrals(PageAsk())).items
    assert (shown.proposed_outcome, shown.proposed_by) == (Outcome.APPROVE, other)
    against = await operations.review_application(
        review(world, application_id, is_approved=False, staff_id=one)
    )
    assert not against.is_settled
    last = await operations.review_application(
        review(world, application_id, is_approved=False, staff_id=other)
    )
    assert last.is_settled
    assert await world.state(application_id) == "REJECTED"


async def test_what_somebody_who_left_was_judging_is_free_at_once(world: World) -> None:
    _, application_id = await world.decide("young_migrant")
    await _refer(application_id)
    take = commands.TakeReferred(
        staff_id="st00000000000001",
        role=StaffRole.RISK,
        application_id=application_id,
        idempotency_key=world.key(),
    )
    await operations.take_referred(take)
    other = replace(take, staff_id="st00000000000002", idempotency_key=world.key())
    await refused(ReviewTaken, operations.take_referred(other))
    async with transaction() as tx:
        await operations.give_reviews_back(tx, StaffEnded(staff_id=take.staff_id))
    assert await operations.take_referred(other) == world.clock.now() + timedelta(minutes=60)


async def test_what_somebody_who_left_judged_first_counts_as_no_judgement(world: World) -> None:
    _, application_id = await world.decide("noodle_shop_owner", amount_fen=4_000_000)
    await _refer(application_id)
    leaver, one, other = (f"st{number:014d}" for number in (1, 2, 3))

    async def approve(staff_id: str) -> bool:
        command = review(world, application_id, is_approved=True, staff_id=staff_id)
        return (await operations.review_application(command)).is_settled

    assert not await approve(leaver)
    async with transaction() as tx:
        await operations.withdraw_proposals(tx, StaffEnded(staff_id=leaver))
    ((_, shown),) = (await queries.referrals(PageAsk())).items
    assert (shown.proposed_outcome, shown.proposed_by) == (None, None)
    assert not await approve(one)
    assert await approve(other)


async def test_of_many_who_take_and_settle_at_once_one_does(world: World) -> None:
    _, application_id = await world.decide("young_migrant")
    people = [f"st{number:014d}" for number in range(5)]

    async def take(staff_id: str) -> object:
        return await operations.take_referred(
            commands.TakeReferred(
                staff_id=staff_id,
                role=StaffRole.RISK,
                application_id=application_id,
                idempotency_key=world.key(),
            )
        )

    taken = await asyncio.gather(*(take(one) for one in people), return_exceptions=True)
    assert sorted(type(one).__name__ for one in taken) == [*["ReviewTaken"] * 4, "datetime"]
    world.clock.advance(timedelta(minutes=61))
    settled = await asyncio.gather(
        *(
            operations.review_application(
                review(world, application_id, is_approved=True, staff_id=one)
            )
            for one in people
        ),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in settled) == ["Reviewed", *["StepOutOfOrder"] * 4]
    (offers,) = await queries.offers_by_application([application_id])
    assert len({offer.offer_id for offer in offers}) == len({offer.kind for offer in offers})
    assert all(offer.better is None or offer.better.saves_fen > 0 for offer in offers)


async def _refer(application_id: str) -> None:
    """Leave a decision to a person, as if one more mark had been shared."""
    await DecisionRow.filter(application_id=application_id).update(outcome="REFER")
    await ApplicationRow.filter(id=application_id).update(state="DECIDING")
    await OfferRow.filter(application_id=application_id).delete()


async def test_a_referral_whose_time_is_over_is_not_settled(world: World) -> None:
    _, application_id = await world.decide("young_migrant")
    world.clock.advance(timedelta(days=31))
    await refused(
        StepOutOfOrder,
        operations.review_application(review(world, application_id, is_approved=True)),
    )


async def test_referrals_are_paged_oldest_first(world: World) -> None:
    borrower_id = await world.borrower("young_migrant")
    ids: list[str] = []
    for _ in range(2):
        ids.append(await world.start(borrower_id, "young_migrant"))
        await world.fill_in(borrower_id, ids[-1], "young_migrant")
        await world.consent(borrower_id, ids[-1], optional=False)
        await world.submit(borrower_id, ids[-1])
        await outbox.drain()
        world.clock.advance(timedelta(seconds=2))
    page = await queries.referrals(PageAsk(first=1))
    assert [one.application_id for _, one in page.items] == ids[:1]
    assert page.has_more
    rest = await queries.referrals(PageAsk(first=1, after=page.items[-1][0]))
    assert [one.application_id for _, one in rest.items] == ids[1:]
    assert not rest.has_more


async def test_a_region_that_is_gone_when_it_is_decided_counts_as_unknown(world: World) -> None:
    borrower_id, application_id = await world.complete()
    await world.submit(borrower_id, application_id)
    async with transaction() as tx:
        await tx.run("DELETE FROM region_pack")
    await outbox.drain()
    decision = await decision_of(application_id)
    assert decision.outcome is Outcome.APPROVE
