"""PINs guessed by whoever is trusted little: five times, whatever the owner does meanwhile."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from app.foundation.caller import Trust
from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.errors import Refusal
from app.foundation.hashing import USUAL_COST, Cost, set_cost
from app.identity import operations, queries, rules
from app.identity.errors import PinLocked, PinNotSet, SignatureWrong, WrongPin
from app.identity.operations.guessing import forget_guesses
from app.identity.rules.commands import ApproveIntent, BeginBankCardChange
from app.identity.rules.continuity import ProveContinuity
from app.identity.rules.intents import Approval
from app.identity.rules.pins import SetPin
from tests.forced import DURESS, PIN, force, free
from tests.identity.conftest import LAN, MEI, Person
from tests.identity.handsets import add_phone

WRONG = "918273"


@pytest.fixture(autouse=True)
def cheaply() -> Iterator[None]:
    """Hash at hardly any cost: what is tested here does not depend on it."""
    set_cost(Cost(memory_kib=64, passes=1))
    yield
    set_cost(USUAL_COST)


@dataclass
class Session:
    """Somebody signed in, who types PINs to show that they are the owner."""

    person: Person
    tokens: rules.SignedIn

    @property
    def borrower_id(self) -> str:
        return self.tokens.borrower_id

    async def prove(self, pin: str) -> Trust | WrongPin:
        command = ProveContinuity(
            borrower_id=self.borrower_id,
            session_id=self.tokens.session_id,
            pin=pin,
            idempotency_key=self.person.key(),
        )
        return await operations.prove_continuity(command)

    async def told(self, pin: str) -> object:
        """Return what a caller learns from one guess."""
        try:
            answer = await self.prove(pin)
        except Refusal as refused:
            answer = refused
        return (answer.code, dict(answer.details())) if isinstance(answer, Refusal) else answer


async def owner_types(borrower_id: str, pin: str = PIN) -> WrongPin | None:
    """Type a PIN in a session that is trusted fully."""
    guess = await operations.guess_pin(borrower_id, pin)
    async with transaction() as tx:
        return await operations.check_pin(tx, guess)


async def stranger(person: Person, *, pin: str | None = PIN) -> Session:
    """Sign in by the number alone, a day after its owner did and chose a PIN."""
    first = await person.sign_in()
    if pin is not None:
        command = SetPin(borrower_id=first.borrower_id, pin=pin, idempotency_key="pin")
        await operations.set_pin(command)
    return Session(person, await person.sign_in_later())


async def test_however_often_the_owner_is_right_a_stranger_guesses_five_times_and_locks_nobody_out(
    person: Person, clock: FixedClock
) -> None:
    first = await person.sign_in()
    handset = await add_phone(person, first)
    await operations.set_pin(SetPin(borrower_id=first.borrower_id, pin=PIN, idempotency_key="pin"))
    one = Session(person, await person.sign_in_later())
    two = Session(person, await person.sign_in_later())

    left: list[int] = []
    for session in (one, one, one, two, two):
        told = await session.prove(WRONG)
        assert isinstance(told, WrongPin)
        left.append(told.attempts_left)
        assert await owner_types(first.borrower_id) is None
        by_finger = Session(person, await handset.sign_in())
        assert isinstance(await by_finger.prove(WRONG), WrongPin)
        assert await by_finger.prove(PIN) is Trust.FULL
    assert left == [4, 3, 2, 1, 0]

    for session in (one, two):
        with pytest.raises(PinLocked):
            await session.prove(PIN)
    assert not (await queries.pin_of(first.borrower_id)).is_locked
    assert not (await queries.pin_of(first.borrower_id, Trust.KNOWN)).is_locked
    assert (await queries.pin_of(first.borrower_id, Trust.CONTACT)).is_locked

    clock.advance(timedelta(days=29))
    with pytest.raises(PinLocked):
        await two.prove(PIN)
    clock.advance(timedelta(days=1))
    assert await two.prove(PIN) is Trust.FULL


async def test_the_owner_who_locks_a_known_session_asks_staff_and_guesses_again(
    person: Person,
) -> None:
    first = await person.sign_in()
    handset = await add_phone(person, first)
    await operations.set_pin(SetPin(borrower_id=first.borrower_id, pin=PIN, idempotency_key="pin"))
    by_finger = Session(person, await handset.sign_in())
    for _ in range(5):
        assert isinstance(await by_finger.prove(WRONG), WrongPin)
    with pytest.raises(PinLocked):
        await by_finger.prove(PIN)
    assert await owner_types(first.borrower_id) is None

    async with transaction() as tx:
        await forget_guesses(tx, first.borrower_id)
    assert await by_finger.prove(PIN) is Trust.FULL
    assert await fetch("SELECT id FROM pin_guess") == []


async def test_of_forty_strangers_at_once_five_are_looked_at(person: Person) -> None:
    first = await stranger(person)
    sessions = [first, *[Session(person, await person.sign_in_later()) for _ in range(3)]]

    told = await asyncio.gather(
        *(session.prove(WRONG) for session in sessions for _ in range(10)), return_exceptions=True
    )

    looked_at = [one.attempts_left for one in told if isinstance(one, WrongPin)]
    assert sorted(looked_at) == [0, 1, 2, 3, 4]
    assert sum(isinstance(one, PinLocked) for one in told) == 35
    assert (await fetch("SELECT failures FROM pin"))[0]["failures"] == 0


async def test_whoever_has_proved_the_number_only_does_not_learn_whether_there_is_a_pin(
    person: Person,
) -> None:
    with_pin = await stranger(person)
    without = await person.sign_in(LAN)
    async with transaction() as tx:
        await tx.run("UPDATE session SET trust = 'CONTACT' WHERE id = ?", [without.session_id])
    guesses = ["12345", *[WRONG] * 5, PIN]

    assert [await with_pin.told(pin) for pin in guesses] == [
        await Session(person, without).told(pin) for pin in guesses
    ]

    async with transaction() as tx:
        await tx.run("UPDATE session SET trust = 'KNOWN' WHERE id = ?", [without.session_id])
    with pytest.raises(PinNotSet):
        await Session(person, without).prove(PIN)


async def test_a_pin_locked_by_the_owner_is_simply_wrong_to_a_stranger(person: Person) -> None:
    session = await stranger(person)
    for _ in range(5):
        assert isinstance(await owner_types(session.borrower_id, WRONG), WrongPin)
    told = await session.prove(PIN)
    assert isinstance(told, WrongPin)
    assert told.attempts_left == 4


async def test_money_is_held_back_even_where_what_the_pin_was_typed_for_comes_to_nothing(
    person: Person,
) -> None:
    signed_in = await person.sign_in(MEI)
    handset = await add_phone(person, signed_in)
    caller = await handset.caller()
    await person.complete(caller.borrower_id)
    await force(caller.borrower_id)
    await free()
    begun = await operations.begin_bank_card_change(
        BeginBankCardChange(caller=caller, bank_card="6200000000000021", idempotency_key="begin")
    )
    command = ApproveIntent(
        caller=caller,
        approval=Approval(intent_id=begun.intent_id, signature=b"\0" * 64),
        pin=DURESS,
        idempotency_key="approve",
    )

    with pytest.raises(SignatureWrong):
        await operations.approve_intent(command)

    assert await queries.is_disbursement_frozen(caller.borrower_id)
    kinds = [row["kind"] for row in await fetch("SELECT kind FROM audit_entry")]
    assert kinds.count("disbursement.frozen") == 2
    with pytest.raises(SignatureWrong):
        await operations.approve_intent(replace(command, pin=PIN))
