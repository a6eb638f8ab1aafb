"""
What a borrower sees is what they sign, and nothing else is done for it.

Threat 16: amount, payee or plan changed after display; 17: a signature made for something else;
20: a finger on a shared phone, and a key that is worth less than the money it would move.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation import outbox
from app.foundation.caller import BorrowerCaller
from app.foundation.database import fetch, transaction
from app.foundation.errors import IdempotencyConflict, Refusal
from app.foundation.sealing import unseal
from app.foundation.signatures import Purpose
from app.identity import operations
from app.identity.errors import IntentOver, PinRequired, SignatureWrong, WrongCode, WrongPin
from app.identity.models import IntentRow, intent_cell
from app.identity.operations.intents import opened
from app.identity.rules.commands import ApproveIntent
from app.identity.rules.devices import kept_bytes
from app.identity.rules.intents import Act, Approval, IntentOpened, Means, Wanted
from app.identity.rules.pins import SetPin
from tests.identity.conftest import LAN, Person
from tests.identity.handsets import Handset, handset_of

PIN = "730582"
LOAN = Wanted(
    act=Act.SIGN_AGREEMENT,
    about={"agreement_id": "ag000000000000k7", "amount_fen": 240_000, "text_sha256": "a" * 64},
    contract_id="ag000000000000k7",
    amount_fen=240_000,
    payee="石*",
    payee_tail="0013",
)


async def begin(handset: Handset, wanted: Wanted = LOAN) -> IntentOpened:
    async with transaction() as tx:
        return await operations.open_intent(tx, await handset.caller(), wanted)


def signed(handset: Handset, intent: IntentOpened, text: str | None = None) -> Approval:
    """Sign what is shown, or another text, with the phone's key."""
    shown = {"id": intent.intent_id, "text": intent.text if text is None else text}
    written = handset.keystore.approval(shown)
    return Approval(intent_id=intent.intent_id, signature=kept_bytes(written["signature"]))


async def spend(caller: BorrowerCaller, approval: Approval, wanted: Wanted = LOAN) -> None:
    async with transaction() as tx:
        assert await operations.spend_intent(tx, caller, approval, wanted) is None


async def refused(
    kind: type[Refusal], caller: BorrowerCaller, approval: Approval, wanted: Wanted = LOAN
) -> None:
    before = await fetch("SELECT * FROM intent ORDER BY id")
    with pytest.raises(kind):
        await spend(caller, approval, wanted)
    assert await fetch("SELECT * FROM intent ORDER BY id") == before


async def test_the_phone_signs_the_very_words_and_they_are_kept_with_the_signature(
    person: Person,
) -> None:
    handset = await handset_of(person)
    intent = await begin(handset)
    assert intent.means is Means.DEVICE_KEY
    assert intent.code is None
    assert intent.text == (
        "请您确认\n要办的事：签署借款合同\n合同尾号：0000k7\n"
        "金额：2,400.00 元（人民币贰仟肆佰元整）\n收款：石*（尾号 0013）\n"
        f"有效至：2026-11-21 10:05:00（北京时间）\n编号：{intent.intent_id}"
    )
    approval = signed(handset, intent)
    await spend(await handset.caller(), approval)
    row = await IntentRow.get(id=intent.intent_id)
    cell = intent_cell(row.id, row.borrower_id, "evidence")
    evidence = await unseal(cell, row.evidence)
    assert row.spent_at is not None
    assert "贰仟肆佰元整" in evidence
    assert handset.device_id in evidence


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_fen": 240_001},
        {"agreement_id": "ag000000000000k8"},
        {"text_sha256": "b" * 64},
        {"payee": "another"},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_threat_16_what_changed_after_it_was_shown_is_not_done(
    person: Person, changed: dict[str, str | int]
) -> None:
    handset = await handset_of(person)
    intent = await begin(handset)
    other = replace(LOAN, about={**LOAN.about, **changed})
    await refused(IntentOver, await handset.caller(), signed(handset, intent), other)
    other_act = replace(LOAN, act=Act.SIGN_MANDATE)
    await refused(IntentOver, await handset.caller(), signed(handset, intent), other_act)


async def test_threat_17_a_signature_over_anything_else_approves_nothing(person: Person) -> None:
    handset = await handset_of(person)
    caller = await handset.caller()
    intent = await begin(handset)
    for text in (intent.text.replace("2,400", "1,400"), intent.text + " ", ""):
        await refused(SignatureWrong, caller, signed(handset, intent, text))
    await refused(SignatureWrong, caller, Approval(intent_id=intent.intent_id))
    await refused(SignatureWrong, caller, Approval(intent_id=intent.intent_id, code="123456"))
    for purpose in (Purpose.PROOF, Purpose.REFRESH, Purpose.SIGN_IN, Purpose.ENROLL):
        signature = handset.keystore.sign(purpose, intent.intent_id.encode(), intent.text.encode())
        await refused(
            SignatureWrong, caller, Approval(intent_id=intent.intent_id, signature=signature)
        )
    stranger = await handset_of(person, LAN)
    await refused(SignatureWrong, caller, signed(stranger, intent))
    await refused(IntentOver, await stranger.caller(), signed(stranger, intent))
    await spend(caller, signed(handset, intent))


async def test_an_approval_is_spent_once_within_five_minutes_in_its_own_session(
    person: Person,
) -> None:
    handset = await handset_of(person)
    caller = await handset.caller()
    intent = await begin(handset)
    elsewhere = replace(caller, session_id="ss00000000000000")
    await refused(IntentOver, elsewhere, signed(handset, intent))
    await refused(IntentOver, replace(caller, device_id=None), signed(handset, intent))
    await spend(caller, signed(handset, intent))
    await refused(IntentOver, caller, signed(handset, intent))
    late = await begin(handset)
    assert late.intent_id != intent.intent_id
    person.clock.advance(timedelta(minutes=5))
    await refused(IntentOver, caller, signed(handset, late))


async def test_what_was_approved_ahead_needs_no_second_signature(person: Person) -> None:
    handset = await handset_of(person)
    caller = await handset.caller()
    intent = await begin(handset)
    command = ApproveIntent(
        caller=caller, approval=signed(handset, intent), idempotency_key="approve"
    )
    assert await operations.approve_intent(command) is None
    assert await operations.approve_intent(command) is None
    assert (await opened(intent.intent_id, caller.borrower_id)).text == intent.text
    with pytest.raises(IntentOver):
        await operations.approve_intent(replace(command, idempotency_key="again"))
    with pytest.raises(IdempotencyConflict):
        await operations.approve_intent(
            replace(command, approval=Approval(intent_id="in00000000000000"))
        )
    await spend(caller, Approval(intent_id=intent.intent_id))


async def test_a_revoked_phone_approves_nothing(person: Person) -> None:
    handset = await handset_of(person)
    caller = await handset.caller()
    intent = await begin(handset)
    async with transaction() as tx:
        await tx.run("UPDATE device SET ended_at = 1 WHERE id = ?", [handset.device_id])
    await refused(SignatureWrong, caller, signed(handset, intent))


async def begin_much(handset: Handset) -> tuple[IntentOpened, str]:
    """Open an intent above what this phone's key may approve alone; return it and its code."""
    async with transaction() as tx:
        intent = await operations.open_intent(tx, await handset.caller(), LOAN, needs_code=True)
    await outbox.drain()
    return intent, handset.person.phones.code()


async def test_above_the_limit_of_its_level_a_key_needs_the_code_and_the_code_the_key(
    person: Person,
) -> None:
    """Threat 20: one finger, or one text message, is half of what it takes."""
    handset = await handset_of(person)
    caller = await handset.caller()
    intent, code = await begin_much(handset)
    assert intent.means is Means.DEVICE_KEY_AND_CODE
    assert intent.code is not None
    by_key = signed(handset, intent)
    await refused(IntentOver, caller, by_key)
    await refused(SignatureWrong, caller, Approval(intent_id=intent.intent_id, code=code))
    stranger = await handset_of(person, LAN)
    forged = replace(signed(stranger, intent), code=code)
    await refused(SignatureWrong, caller, forged)
    async with transaction() as tx:
        wrong = await operations.spend_intent(
            tx, caller, replace(by_key, code=f"{(int(code) + 1) % 1_000_000:06}"), LOAN
        )
    assert isinstance(wrong, WrongCode)
    await spend(caller, replace(by_key, code=code))
    row = await IntentRow.get(id=intent.intent_id)
    evidence = await unseal(intent_cell(row.id, row.borrower_id, "evidence"), row.evidence)
    assert "signature" in evidence
    assert "challenge_id" in evidence


async def test_what_waits_for_the_key_alone_is_not_what_waits_for_both(person: Person) -> None:
    handset = await handset_of(person)
    alone = await begin(handset)
    both, _ = await begin_much(handset)
    assert both.intent_id != alone.intent_id
    person.clock.advance(timedelta(minutes=1))
    assert (await begin_much(handset))[0].intent_id == both.intent_id


async def test_with_a_pin_no_finger_and_no_code_moves_money_alone(person: Person) -> None:
    """Threat 20: on a shared phone anybody's finger may open the key."""
    handset = await handset_of(person)
    caller = await handset.caller()
    intent = await begin(handset)
    assert not intent.needs_pin
    await operations.set_pin(SetPin(borrower_id=caller.borrower_id, pin=PIN, idempotency_key="pin"))
    assert (await opened(intent.intent_id, caller.borrower_id)).needs_pin
    approval = signed(handset, intent)
    await refused(PinRequired, caller, approval)
    command = ApproveIntent(caller=caller, approval=approval, idempotency_key="a1")
    with pytest.raises(PinRequired):
        await operations.approve_intent(command)
    wrong = await operations.approve_intent(replace(command, pin="240917"))
    assert isinstance(wrong, WrongPin)
    again = await operations.approve_intent(replace(command, pin="240917"))
    assert isinstance(again, WrongPin)
    assert again.attempts_left == wrong.attempts_left
    await refused(PinRequired, caller, approval)
    failures = await fetch("SELECT failures FROM pin")
    assert [row["failures"] for row in failures] == [1]
    right = replace(command, pin=PIN, idempotency_key="a2")
    assert await operations.approve_intent(right) is None
    assert await operations.approve_intent(right) is None
    await spend(caller, Approval(intent_id=intent.intent_id))


async def test_the_right_pin_approves_nothing_without_the_signature(person: Person) -> None:
    handset = await handset_of(person)
    caller = await handset.caller()
    await operations.set_pin(SetPin(borrower_id=caller.borrower_id, pin=PIN, idempotency_key="pin"))
    intent = await begin(handset)
    bare = ApproveIntent(
        caller=caller,
        approval=Approval(intent_id=intent.intent_id),
        pin=PIN,
        idempotency_key="bare",
    )
    with pytest.raises(SignatureWrong):
        await operations.approve_intent(bare)
    await refused(PinRequired, caller, Approval(intent_id=intent.intent_id))
