"""Nothing is confirmed that was not read long enough and understood."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.canonical import sha256_of
from app.foundation.database import fetch, transaction
from app.foundation.errors import InvalidInput, NotFound, RateLimited
from app.origination import operations, queries
from app.origination.errors import (
    CertificateChanged,
    CertificateNotOpened,
    ComprehensionMissing,
    OfferExpired,
    ReadingTimeNotOver,
    StepOutOfOrder,
)
from app.origination.events import CostCertificateMade
from app.origination.models import AgreementRow, CertificateRow, ComprehensionAnswerRow
from app.origination.rules import commands
from app.partners.errors import PartnerNotListed
from tests.cards import change_card
from tests.origination.conftest import World, close_days, everything, refused


async def agreement_of(application_id: str) -> queries.AgreementView:
    (found,) = await queries.agreements_by_application([application_id])
    assert found is not None
    return found


async def accepted(world: World) -> tuple[str, str]:
    borrower_id, application_id = await world.decide()
    await world.accept(borrower_id, application_id)
    return borrower_id, application_id


async def test_certificate_agreement_and_plan_are_bound_by_hashes(world: World) -> None:
    borrower_id, application_id = await accepted(world)
    certificate = await world.certificate(application_id)
    agreement = await agreement_of(application_id)
    (offers,) = await queries.offers_by_application([application_id])
    view = await queries.application(borrower_id, application_id)
    assert view.offer_id == offers[0].offer_id
    assert certificate.sha256 == sha256_of(certificate.canonical_json)
    assert certificate.certificate.agreement_sha256 == agreement.sha256 == sha256_of(agreement.text)
    assert certificate.certificate.plan_sha256 == offers[0].plan_sha256
    await outbox.drain()
    assert len(world.facts(CostCertificateMade)) == 1


async def test_accepting_the_same_offer_again_changes_nothing_to_read(world: World) -> None:
    borrower_id, application_id = await accepted(world)
    before = await world.certificate(application_id)
    await world.open(borrower_id, application_id)
    await world.accept(borrower_id, application_id)
    after = await world.certificate(application_id)
    assert after.certificate_id == before.certificate_id
    assert after.opened_at == world.clock.now()


async def test_another_offer_brings_another_certificate_to_be_read_anew(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    read = await world.certificate(application_id)
    await world.accept(borrower_id, application_id, place=1)
    assert await world.state(application_id) == "OFFER_ACCEPTED"
    fresh = await world.certificate(application_id)
    assert fresh.sha256 != read.sha256
    assert (fresh.opened_at, fresh.answered) == (None, frozenset())
    assert await CertificateRow.filter(live_key=application_id).count() == 1
    assert await AgreementRow.filter(live_key=application_id).count() == 1


async def test_a_certificate_exchanged_after_reading_is_not_confirmed(world: World) -> None:
    borrower_id, application_id = await accepted(world)
    await world.open(borrower_id, application_id)
    world.clock.advance(timedelta(seconds=10))
    await world.answer(borrower_id, application_id)
    read = await world.certificate(application_id)
    await world.accept(borrower_id, application_id, place=2)
    await world.open(borrower_id, application_id)
    confirm = commands.ConfirmCost(
        borrower_id=borrower_id,
        idempotency_key=world.key(),
        application_id=application_id,
        certificate_sha256=read.sha256,
    )
    await refused(CertificateChanged, operations.confirm_cost(confirm))


async def test_a_new_card_brings_a_new_agreement_when_the_offer_is_accepted_again(
    world: World,
) -> None:
    borrower_id, application_id = await accepted(world)
    before = await agreement_of(application_id)
    await change_card(borrower_id, "6200000000000021")
    await world.accept(borrower_id, application_id)
    after = await agreement_of(application_id)
    assert after.sha256 != before.sha256
    assert "尾号 0021" in after.text


async def test_somebody_elses_offer_is_not_there(world: World) -> None:
    _, application_id = await world.decide()
    other = await world.borrower("washing_machine_family")
    await refused(NotFound, world.accept(other, application_id))


async def test_an_offer_is_gone_when_its_time_is_over(world: World) -> None:
    borrower_id, application_id = await world.decide()
    world.clock.advance(timedelta(hours=72))
    await refused(OfferExpired, world.accept(borrower_id, application_id))


async def test_an_offer_is_gone_when_its_business_days_are_over(world: World) -> None:
    borrower_id, application_id = await world.decide()
    await close_days(4)
    await refused(OfferExpired, world.accept(borrower_id, application_id))


async def test_an_offer_is_not_accepted_when_its_lender_is_off_the_list(world: World) -> None:
    borrower_id, application_id = await world.decide()
    async with transaction() as tx:
        await tx.run(
            "UPDATE partner_version SET content = REPLACE(content, ?, ?)",
            ['"on_list_from":"2025-10-01"', '"on_list_from":"2030-01-01"'],
        )
    await refused(PartnerNotListed, world.accept(borrower_id, application_id))


async def test_before_an_offer_is_accepted_there_is_nothing_to_read(world: World) -> None:
    borrower_id, application_id = await world.decide()
    await refused(StepOutOfOrder, world.open(borrower_id, application_id))
    assert await queries.certificates_by_application([application_id]) == [None]


async def test_the_reading_time_begins_when_the_certificate_is_opened_first(world: World) -> None:
    borrower_id, application_id = await accepted(world)
    await refused(CertificateNotOpened, world.confirm(borrower_id, application_id))
    await refused(CertificateNotOpened, world.answer(borrower_id, application_id))
    await world.open(borrower_id, application_id)
    await world.answer(borrower_id, application_id)
    world.clock.advance(timedelta(seconds=6))
    await world.open(borrower_id, application_id)
    refusal = await refused(ReadingTimeNotOver, world.confirm(borrower_id, application_id))
    assert refusal.seconds_left == refusal.retry_after_seconds == 4
    world.clock.advance(timedelta(seconds=3, milliseconds=1))
    refusal = await refused(ReadingTimeNotOver, world.confirm(borrower_id, application_id))
    assert refusal.seconds_left == 1
    world.clock.advance(timedelta(seconds=1))
    await world.confirm(borrower_id, application_id)
    assert await world.state(application_id) == "COST_CONFIRMED"


async def test_wrong_answers_are_kept_and_may_be_given_again(world: World) -> None:
    borrower_id, application_id = await accepted(world)
    await world.open(borrower_id, application_id)
    world.clock.advance(timedelta(seconds=10))
    wrong = await world.answer(borrower_id, application_id, right=False)
    assert [one.is_right for one in wrong.checked] == [False] * 3
    assert wrong.questions_left == ("NEXT_PAYMENT", "TOTAL", "LATE")
    refusal = await refused(ComprehensionMissing, world.confirm(borrower_id, application_id))
    assert refusal.questions_left == wrong.questions_left
    right = await world.answer(borrower_id, application_id)
    assert right.questions_left == ()
    assert await ComprehensionAnswerRow.filter(is_right=False).count() == 3
    # Once right stays right: a later slip does not undo what was understood.
    await world.answer(borrower_id, application_id, right=False)
    await world.confirm(borrower_id, application_id)


async def test_answers_may_come_one_by_one(world: World) -> None:
    borrower_id, application_id = await accepted(world)
    await world.open(borrower_id, application_id)
    view = await world.certificate(application_id)
    left: list[int] = []
    for question in view.questions:
        command = commands.AnswerComprehension(
            borrower_id=borrower_id,
            idempotency_key=world.key(),
            application_id=application_id,
            certificate_sha256=view.sha256,
            answers=(commands.Answer(question=question.kind.value, choice=question.right_key),),
        )
        checked = await operations.answer_comprehension(command)
        assert await operations.answer_comprehension(command) == checked
        left.append(len(checked.questions_left))
    assert left == [2, 1, 0]
    assert await ComprehensionAnswerRow.all().count() == 3


@pytest.mark.parametrize(("question", "choice"), [("TOTAL", "00000000"), ("WEATHER", "x")])
async def test_an_answer_to_no_question_of_ours_is_refused(
    world: World, question: str, choice: str
) -> None:
    borrower_id, application_id = await accepted(world)
    await world.open(borrower_id, application_id)
    view = await world.certificate(application_id)
    right = commands.Answer(
        question=view.questions[0].kind.value, choice=view.questions[0].right_key
    )
    command = commands.AnswerComprehension(
        borrower_id=borrower_id,
        idempotency_key=world.key(),
        application_id=application_id,
        certificate_sha256=view.sha256,
        answers=(right, commands.Answer(question=question, choice=choice)),
    )
    await refused(InvalidInput, operations.answer_comprehension(command))
    other = replace(command, certificate_sha256="0" * 64)
    await refused(CertificateChanged, operations.answer_comprehension(other))


async def test_guessing_has_a_limit(world: World) -> None:
    borrower_id, application_id = await accepted(world)
    await world.open(borrower_id, application_id)
    for _ in range(10):
        await world.answer(borrower_id, application_id, right=False)
    await refused(RateLimited, world.answer(borrower_id, application_id))
    world.clock.advance(timedelta(hours=1, seconds=1))
    await world.answer(borrower_id, application_id)


async def test_the_cost_is_confirmed_once(world: World) -> None:
    borrower_id, application_id = await accepted(world)
    await world.open(borrower_id, application_id)
    world.clock.advance(timedelta(seconds=10))
    await world.answer(borrower_id, application_id)
    view = await world.certificate(application_id)
    command = commands.ConfirmCost(
        borrower_id=borrower_id,
        idempotency_key="once",
        application_id=application_id,
        certificate_sha256=view.sha256,
    )
    await asyncio.gather(*(operations.confirm_cost(command) for _ in range(10)))
    (row,) = await fetch("SELECT confirmed_at FROM cost_certificate")
    assert row["confirmed_at"] is not None
    again = replace(command, idempotency_key="twice")
    await refused(StepOutOfOrder, operations.confirm_cost(again))
    await refused(StepOutOfOrder, world.open(borrower_id, application_id))


async def test_nothing_goes_on_after_the_offers_time(world: World) -> None:
    borrower_id, application_id = await accepted(world)
    await world.open(borrower_id, application_id)
    await world.answer(borrower_id, application_id)
    world.clock.advance(timedelta(hours=72))
    await refused(OfferExpired, world.open(borrower_id, application_id))
    await refused(OfferExpired, world.answer(borrower_id, application_id))
    await refused(OfferExpired, world.confirm(borrower_id, application_id))


async def test_accepting_and_opening_sent_again_get_the_first_answer(world: World) -> None:
    borrower_id, application_id = await world.decide()
    (offers,) = await queries.offers_by_application([application_id])
    accept = commands.AcceptOffer(
        borrower_id=borrower_id, idempotency_key="accept", offer_id=offers[1].offer_id
    )
    opening = commands.OpenCertificate(
        borrower_id=borrower_id, idempotency_key="open", application_id=application_id
    )
    assert await operations.accept_offer(accept) == application_id
    assert await operations.open_certificate(opening) == application_id
    world.clock.advance(timedelta(seconds=5))
    before = await everything()
    assert await operations.accept_offer(accept) == application_id
    assert await operations.open_certificate(opening) == application_id
    assert await everything() == before
