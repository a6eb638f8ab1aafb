"""A signature is over exactly the text shown, by the code sent for it, once."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.canonical import canonical_json, sha256_of
from app.foundation.database import fetch, transaction
from app.foundation.errors import InvalidInput, NotFound, RateLimited
from app.foundation.revision import CATALOG, revise
from app.identity.errors import IntentOver, WrongCode
from app.identity.rules.recovery import HOLD
from app.origination import operations, queries
from app.origination.errors import (
    AgreementChanged,
    OfferExpired,
    PersonLimitExceeded,
    StepOutOfOrder,
)
from app.origination.events import AgreementSigned, DisbursementRequested
from app.origination.models import AgreementRow, DisbursementRow
from app.origination.rules import commands
from app.partners.errors import PartnerNotListed
from tests.cards import caller_of, change_card
from tests.origination.conftest import World, refused


def begin(world: World, borrower_id: str, application_id: str) -> commands.BeginSignature:
    return commands.BeginSignature(
        borrower_id=borrower_id,
        caller=caller_of(borrower_id),
        idempotency_key=world.key(),
        application_id=application_id,
    )


async def told(name: str) -> int:
    return len(await fetch("SELECT id FROM outbox_fact WHERE name = ?", [name]))


async def test_the_text_shown_is_the_text_signed_and_kept_as_evidence(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    assert begun.sha256 == sha256_of(begun.text)
    assert begun.intent.code is not None
    assert begun.intent.code.masked_phone == "199****0001"
    assert begun.intent.text.splitlines()[:-2] == [
        "请您确认",
        "要办的事：签署借款合同",
        f"合同尾号：{begun.agreement_id[-6:]}",
        "金额：15,000.00 元（人民币壹万伍仟元整）",
        "收款：石*（尾号 0013）",
    ]
    assert "15,000.00" in world.phone.texts[-1]
    world.clock.advance(timedelta(seconds=30))
    signature = world.signature(borrower_id, application_id, begun.sha256)
    assert await operations.sign_agreement(signature) == application_id
    assert await world.state(application_id) == "SIGNED"
    (agreement,) = await queries.agreements_by_application([application_id])
    assert agreement is not None
    assert (agreement.text, agreement.signed_at) == (begun.text, world.clock.now())
    certificate = await world.certificate(application_id)
    written = await queries.evidence_of(begun.agreement_id)
    evidence = json.loads(written)
    assert canonical_json(evidence) == written
    assert evidence["agreement"]["text"] == begun.text
    assert evidence["agreement"]["sha256"] == sha256_of(begun.text)
    assert evidence["certificate"]["json"] == certificate.canonical_json
    assert evidence["plan"]["sha256"] == certificate.certificate.plan_sha256
    assert evidence["signed_at"] == "2026-11-21T02:00:40.000+00:00"
    assert evidence["approval"]["text"] == begun.intent.text
    assert evidence["approval"]["session_id"] == signature.caller.session_id


async def test_text_payee_and_evidence_are_sealed(world: World) -> None:
    _, application_id = await world.sign()
    (row,) = await fetch("SELECT * FROM agreement WHERE application_id = ?", [application_id])
    sealed = b"".join(bytes(value) for value in row.values() if isinstance(value, bytes))
    for secret in ("石宝塬", "6200000000000013", "果袋"):
        assert secret not in repr(row)
        assert secret.encode() not in sealed


async def test_without_a_signature_there_is_no_evidence(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    with pytest.raises(NotFound):
        await queries.evidence_of(begun.agreement_id)
    with pytest.raises(NotFound):
        await queries.evidence_of("ag00000000000000")


async def test_signing_reserves_the_money_once(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    signature = world.signature(borrower_id, application_id, begun.sha256)
    answers = await asyncio.gather(*(operations.sign_agreement(signature) for _ in range(20)))
    assert set(answers) == {application_id}
    row = await DisbursementRow.get(application_id=application_id)
    assert (row.state, row.amount_fen) == ("RESERVED", 1_500_000)
    assert await told(AgreementSigned.__name__) == 1
    assert await told(DisbursementRequested.__name__) == 1


async def test_signing_twice_with_other_keys_is_refused(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    signature = world.signature(borrower_id, application_id, begun.sha256)
    results = await asyncio.gather(
        *(
            operations.sign_agreement(replace(signature, idempotency_key=f"try-{number}"))
            for number in range(8)
        ),
        return_exceptions=True,
    )
    assert results.count(application_id) == 1
    assert {type(one) for one in results if one != application_id} == {StepOutOfOrder}
    assert await DisbursementRow.all().count() == 1
    late = replace(signature, idempotency_key="late")
    await refused(StepOutOfOrder, operations.sign_agreement(late))


async def test_a_wrong_code_is_counted_and_answered_the_same_again(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    wrong = f"{(int(world.phone.code()) + 1) % 1_000_000:06d}"
    signature = world.signature(borrower_id, application_id, begun.sha256, wrong)
    first = await operations.sign_agreement(signature)
    again = await operations.sign_agreement(signature)
    assert isinstance(first, WrongCode)
    assert isinstance(again, WrongCode)
    assert first.attempts_left == again.attempts_left == 4
    (row,) = await fetch("SELECT attempts FROM one_time_code WHERE purpose = 'APPROVE'")
    assert row["attempts"] == 1
    assert await world.state(application_id) == "COST_CONFIRMED"
    right = world.signature(borrower_id, application_id, begun.sha256)
    assert await operations.sign_agreement(right) == application_id


async def test_a_code_signs_only_the_text_it_was_sent_for(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    other_text = world.signature(borrower_id, application_id, "0" * 64)
    await refused(AgreementChanged, operations.sign_agreement(other_text))
    # The offer is exchanged after the code was sent: neither the old text nor the old code counts.
    world.clock.advance(timedelta(seconds=61))
    await world.understand(borrower_id, application_id, place=1)
    old_text = world.signature(borrower_id, application_id, begun.sha256)
    await refused(AgreementChanged, operations.sign_agreement(old_text))
    (fresh,) = await queries.agreements_by_application([application_id])
    assert fresh is not None
    new_text = world.signature(borrower_id, application_id, fresh.sha256)
    await refused(IntentOver, operations.sign_agreement(new_text))


async def test_a_code_that_is_too_old_signs_nothing(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    world.clock.advance(timedelta(minutes=5))
    await refused(
        IntentOver,
        operations.sign_agreement(world.signature(borrower_id, application_id, begun.sha256)),
    )
    again = await world.begin_signature(borrower_id, application_id)
    assert again.sha256 == begun.sha256
    await operations.sign_agreement(world.signature(borrower_id, application_id, again.sha256))


async def test_a_malformed_code_costs_no_guess(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    signature = world.signature(borrower_id, application_id, begun.sha256, "12345x")
    await refused(InvalidInput, operations.sign_agreement(signature))


async def test_the_same_key_sends_one_code_and_shows_the_same_text(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    command = begin(world, borrower_id, application_id)
    first = await operations.begin_signature(command)
    again = await operations.begin_signature(command)
    await outbox.drain()
    assert (first.text, first.sha256) == (again.text, again.sha256)
    assert len([text for text in world.phone.texts if "签署" in text]) == 1
    await refused(
        RateLimited, operations.begin_signature(begin(world, borrower_id, application_id))
    )


async def test_before_the_cost_is_confirmed_nothing_is_signed(world: World) -> None:
    borrower_id, application_id = await world.decide()
    await world.accept(borrower_id, application_id)
    await refused(
        StepOutOfOrder, operations.begin_signature(begin(world, borrower_id, application_id))
    )
    (agreement,) = await queries.agreements_by_application([application_id])
    assert agreement is not None
    signature = world.signature(borrower_id, application_id, agreement.sha256, "123456")
    await refused(StepOutOfOrder, operations.sign_agreement(signature))


async def test_an_offer_whose_time_is_over_is_not_signed(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    world.clock.advance(timedelta(hours=72))
    signature = world.signature(borrower_id, application_id, begun.sha256)
    await refused(OfferExpired, operations.sign_agreement(signature))
    await refused(
        OfferExpired, operations.begin_signature(begin(world, borrower_id, application_id))
    )


async def test_somebody_else_signs_nothing(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    code = world.phone.code()
    other = await world.borrower("washing_machine_family")
    signature = world.signature(other, application_id, begun.sha256, code)
    await refused(NotFound, operations.sign_agreement(signature))


async def test_nobody_signs_for_more_than_one_person_may_owe(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    await world.reserve_elsewhere(borrower_id, 19_000_000)
    refusal = await refused(
        PersonLimitExceeded, operations.begin_signature(begin(world, borrower_id, application_id))
    )
    assert (refusal.limit_fen, refusal.left_fen) == (20_000_000, 1_000_000)


async def test_money_signed_for_counts_before_it_arrives(world: World) -> None:
    borrower_id = await world.borrower()
    applications: list[str] = []
    for _ in range(2):
        application_id = await world.start(borrower_id)
        await world.fill_in(borrower_id, application_id)
        await world.consent(borrower_id, application_id)
        await world.submit(borrower_id, application_id)
        await outbox.drain()
        await world.understand(borrower_id, application_id)
        applications.append(application_id)
    async with transaction() as tx:
        await tx.run(
            "UPDATE policy_value SET content = REPLACE(content, ?, ?) WHERE code = ?",
            ['"value":20000000', '"value":2000000', "person_limit_fen"],
        )
        await revise(tx, CATALOG)
    await world.sign_now(borrower_id, applications[0])
    world.clock.advance(timedelta(seconds=61))
    refusal = await refused(
        PersonLimitExceeded,
        operations.begin_signature(begin(world, borrower_id, applications[1])),
    )
    assert refusal.left_fen == 500_000


async def test_a_lender_off_the_list_is_noticed_before_the_signature(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    begun = await world.begin_signature(borrower_id, application_id)
    async with transaction() as tx:
        await tx.run(
            "UPDATE partner_version SET content = REPLACE(content, ?, ?)",
            ['"on_list_from":"2025-10-01"', '"on_list_from":"2030-01-01"'],
        )
    signature = world.signature(borrower_id, application_id, begun.sha256)
    await refused(PartnerNotListed, operations.sign_agreement(signature))


async def test_a_card_named_after_the_text_was_written_gets_nothing(world: World) -> None:
    borrower_id, application_id = await world.confirmed()
    await change_card(borrower_id, "6200000000000021")
    world.clock.advance(timedelta(seconds=61))
    await world.sign_now(borrower_id, application_id)
    await outbox.drain()
    assert world.rail.orders == {}, "a card changed by a code alone holds money back for 72 hours"
    world.clock.advance(HOLD)
    await operations.poll_disbursements(world.rail)
    ((amount_fen, payee),) = world.rail.orders.values()
    assert (amount_fen, payee) == (1_500_000, "6200000000000013 石宝塬")


async def test_a_signature_may_be_taken_back_until_the_money_goes(world: World) -> None:
    borrower_id, application_id = await world.sign()
    withdraw = commands.WithdrawApplication(
        borrower_id=borrower_id, idempotency_key=world.key(), application_id=application_id
    )
    await operations.withdraw_application(withdraw)
    assert await world.state(application_id) == "WITHDRAWN"
    await outbox.drain()
    assert world.rail.orders == {}
    assert (await DisbursementRow.get(application_id=application_id)).state == "CANCELLED"
    (agreement,) = await AgreementRow.filter(application_id=application_id)
    assert agreement.signed_at is not None


async def test_money_on_its_way_cannot_be_called_back(world: World) -> None:
    borrower_id, application_id = await world.send()
    withdraw = commands.WithdrawApplication(
        borrower_id=borrower_id, idempotency_key=world.key(), application_id=application_id
    )
    await refused(StepOutOfOrder, operations.withdraw_application(withdraw))
