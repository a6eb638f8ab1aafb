"""Money goes to another card only after its borrower read which one and approved it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.foundation.database import fetch
from app.foundation.errors import Refusal
from app.identity import operations, queries, rules
from app.identity.errors import ApprovalMissing, IntentOver, WrongCode
from app.identity.models import OneTimeCodeRow
from app.identity.operations.challenges import code_in
from app.identity.rules.intents import Approval, IntentOpened
from tests.cards import caller_of, change_card
from tests.identity.conftest import Person

FIRST = "6200000000000013"
SECOND = "6200000000000021"
THIRD = "6200000000000039"


async def begin(borrower_id: str, card: str, key: str = "begin") -> IntentOpened:
    command = rules.BeginBankCardChange(
        caller=caller_of(borrower_id), bank_card=card, idempotency_key=key
    )
    return await operations.begin_bank_card_change(command)


async def newest_code(borrower_id: str) -> str:
    sent = await OneTimeCodeRow.filter(borrower_id=borrower_id).order_by("-sent_at", "-id").first()
    assert sent is not None
    return code_in(sent)


def change(borrower_id: str, card: str, approval: Approval | None) -> rules.SetBankCard:
    return rules.SetBankCard(
        caller=caller_of(borrower_id), bank_card=card, idempotency_key="change", approval=approval
    )


async def card_of(borrower_id: str) -> str | None:
    return await queries.bank_card_of(borrower_id)


async def with_card(person: Person) -> str:
    borrower_id = (await person.sign_in()).borrower_id
    await person.complete(borrower_id, bank_card=FIRST)
    return borrower_id


async def refused(kind: type[Refusal], command: rules.SetBankCard) -> None:
    before = await fetch("SELECT * FROM borrower ORDER BY id")
    with pytest.raises(kind):
        await operations.set_bank_card(command)
    assert await fetch("SELECT * FROM borrower ORDER BY id") == before


async def test_another_card_needs_an_approval_that_says_which(person: Person) -> None:
    borrower_id = await with_card(person)
    await refused(ApprovalMissing, change(borrower_id, SECOND, None))
    with pytest.raises(ApprovalMissing):
        await person.complete(borrower_id, bank_card=SECOND)

    begun = await begin(borrower_id, SECOND)
    again = await begin(borrower_id, SECOND)
    assert again == begun
    assert begun.text.splitlines()[:3] == [
        "请您确认",
        "要办的事：更换收款银行卡",
        "改成：**** 0021",
    ]
    code = await newest_code(borrower_id)
    command = change(borrower_id, SECOND, Approval(intent_id=begun.intent_id, code=code))
    assert await operations.set_bank_card(command) is None
    assert await operations.set_bank_card(command) is None
    assert await card_of(borrower_id) == SECOND
    (spent,) = await fetch("SELECT kind, subject_id FROM audit_entry WHERE kind = 'intent.spent'")
    assert spent["subject_id"] == borrower_id


async def test_an_approval_is_good_for_the_card_shown_and_for_once(person: Person) -> None:
    borrower_id = await with_card(person)
    begun = await begin(borrower_id, SECOND)
    approval = Approval(intent_id=begun.intent_id, code=await newest_code(borrower_id))
    await refused(IntentOver, change(borrower_id, THIRD, approval))

    other_session = replace(caller_of(borrower_id), session_id="ss00000000000001")
    await refused(IntentOver, replace(change(borrower_id, SECOND, approval), caller=other_session))

    command = change(borrower_id, SECOND, approval)
    answers = await asyncio.gather(
        *(
            operations.set_bank_card(replace(command, idempotency_key=f"try-{number}"))
            for number in range(6)
        ),
        return_exceptions=True,
    )
    assert await card_of(borrower_id) == SECOND
    entries = await fetch("SELECT seq FROM audit_entry WHERE kind = 'intent.spent'")
    assert len(entries) == 1
    assert None in answers


async def test_a_wrong_code_changes_nothing_and_is_counted(person: Person) -> None:
    borrower_id = await with_card(person)
    begun = await begin(borrower_id, SECOND)
    right = await newest_code(borrower_id)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    command = change(borrower_id, SECOND, Approval(intent_id=begun.intent_id, code=wrong))
    for _ in range(2):
        answer = await operations.set_bank_card(command)
        assert isinstance(answer, WrongCode)
        assert answer.attempts_left == 4
    assert await card_of(borrower_id) == FIRST


async def test_what_changed_since_it_was_shown_is_shown_again(person: Person) -> None:
    borrower_id = await with_card(person)
    begun = await begin(borrower_id, SECOND)
    approval = Approval(intent_id=begun.intent_id, code=await newest_code(borrower_id))
    await person.complete(borrower_id, bank_card=None, purpose="买羊")
    await refused(IntentOver, change(borrower_id, SECOND, approval))
    person.clock.advance(timedelta(seconds=61))
    await change_card(borrower_id, SECOND)
    assert await card_of(borrower_id) == SECOND
