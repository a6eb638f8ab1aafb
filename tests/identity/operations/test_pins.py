"""PINs: five wrong ones in a row, one for duress that nobody can tell from the right one."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.foundation import outbox
from app.foundation.caller import StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import (
    Forbidden,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    RateLimited,
    Refusal,
)
from app.foundation.hashing import PLACES_MAX, USUAL_COST, Cost, gate, set_cost
from app.foundation.outbox import Subscription
from app.foundation.sealing import SealBroken, unseal
from app.identity import operations, queries
from app.identity.errors import PinAlreadySet, PinLocked, PinNotSet, StepUpNeeded, WrongPin
from app.identity.events import DisbursementFrozen
from app.identity.models import pin_cell
from app.identity.queries.recovery import account_of
from app.identity.rules import SetBankCard
from app.identity.rules.pins import (
    ChangePin,
    LiftFreeze,
    PinFit,
    SetDuressPin,
    SetPin,
)
from tests.cards import caller_of, change_card
from tests.desk import sit_down
from tests.forced import RISK, force, free
from tests.identity.conftest import LAN, MEI, Heard, Person

PIN = "482915"
OTHER = "719364"
DURESS = "605283"
WRONG = "918273"


class Owner:
    """Somebody with a PIN of their own on a shared phone."""

    def __init__(self, borrower_id: str) -> None:
        self.borrower_id = borrower_id
        self._asked = 0

    def key(self) -> str:
        self._asked += 1
        return f"pin-{self._asked}"

    async def set(self, pin: str = PIN, **more: str) -> None:
        command = SetPin(borrower_id=self.borrower_id, pin=pin, idempotency_key=self.key())
        await operations.set_pin(replace(command, **more))

    async def change(self, pin: str, new_pin: str, **more: str) -> WrongPin | None:
        command = ChangePin(
            borrower_id=self.borrower_id, pin=pin, new_pin=new_pin, idempotency_key=self.key()
        )
        return await operations.change_pin(replace(command, **more))

    async def set_duress(self, pin: str, duress_pin: str | None) -> WrongPin | None:
        command = SetDuressPin(
            borrower_id=self.borrower_id,
            pin=pin,
            duress_pin=duress_pin,
            idempotency_key=self.key(),
        )
        return await operations.set_duress_pin(command)

    async def type(self, pin: str) -> WrongPin | None:
        """Type a PIN where one is asked for."""
        guess = await operations.guess_pin(self.borrower_id, pin)
        async with transaction() as tx:
            return await operations.check_pin(tx, guess)

    async def is_frozen(self) -> bool:
        return await queries.is_disbursement_frozen(self.borrower_id)


@pytest.fixture(autouse=True)
def cheaply() -> Iterator[None]:
    """Hash at hardly any cost: what is tested here does not depend on it."""
    set_cost(Cost(memory_kib=64, passes=1))
    yield
    set_cost(USUAL_COST)


@pytest.fixture
async def mei(person: Person) -> Owner:
    return Owner((await person.sign_in()).borrower_id)


async def rows() -> list[dict[str, Any]]:
    return await fetch("SELECT * FROM pin")


async def failures() -> object:
    return (await rows())[0]["failures"]


async def test_the_right_pin_opens_and_a_wrong_one_is_counted(mei: Owner) -> None:
    assert not (await queries.pin_of(mei.borrower_id)).is_set
    await mei.set()
    assert (await queries.pin_of(mei.borrower_id)).is_set
    told = await mei.type(WRONG)
    assert isinstance(told, WrongPin)
    assert told.attempts_left == 4
    assert await failures() == 1
    assert await mei.type("４８２ ９１５") is None
    assert await failures() == 0
    assert not await mei.is_frozen()


async def test_a_verifier_is_sealed_and_needs_a_pepper_that_the_database_lacks(
    mei: Owner, database: Database
) -> None:
    await mei.set()
    held = str(await rows()).encode()
    assert PIN.encode() not in held
    assert b"argon2" not in held
    assert database is not None


async def test_a_second_first_pin_is_refused_and_changes_nothing(mei: Owner) -> None:
    await mei.set()
    before = await rows()
    with pytest.raises(PinAlreadySet):
        await mei.set(OTHER)
    assert await rows() == before


async def test_a_first_pin_sent_twice_is_kept_once(mei: Owner) -> None:
    await mei.set(idempotency_key="same")
    before = await rows()
    await mei.set(idempotency_key="same")
    assert await rows() == before
    command = ChangePin(borrower_id=mei.borrower_id, pin=PIN, new_pin=OTHER, idempotency_key="same")
    with pytest.raises(IdempotencyConflict):
        await operations.change_pin(command)
    assert (await rows())[0]["version"] == 1


@pytest.mark.parametrize("pin", ["123456", "000000", "138000", "48291"])
async def test_a_pin_that_is_easy_or_ones_own_is_refused_and_changes_nothing(
    mei: Owner, pin: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await mei.set(pin)
    assert refused.value.field == "input.pin"
    assert await rows() == []


async def test_a_birthday_is_refused_once_it_is_known(mei: Owner, person: Person) -> None:
    await person.complete(mei.borrower_id)
    with pytest.raises(InvalidInput):
        await mei.set("800312")
    assert await rows() == []


async def test_a_profile_with_a_value_taken_out_is_not_what_a_pin_is_compared_with(
    mei: Owner, person: Person
) -> None:
    await person.complete(mei.borrower_id)
    async with transaction() as tx:
        await tx.run("UPDATE borrower SET resident_id = NULL, resident_id_index = NULL", [])
    with pytest.raises(SealBroken):
        await mei.set("800312")
    assert await rows() == []


async def test_without_a_pin_there_is_nothing_to_guess(mei: Owner) -> None:
    with pytest.raises(PinNotSet):
        await mei.type(PIN)


async def test_five_wrong_pins_in_a_row_lock_it_for_the_right_one_too(mei: Owner) -> None:
    await mei.set()
    left = [told.attempts_left for _ in range(5) if (told := await mei.type(WRONG))]
    assert left == [4, 3, 2, 1, 0]
    before = await rows()
    with pytest.raises(PinLocked):
        await mei.type(PIN)
    assert await rows() == before
    assert (await queries.pin_of(mei.borrower_id)).is_locked


async def test_wrong_pins_count_only_in_a_row(mei: Owner) -> None:
    await mei.set()
    for _ in range(2):
        for _ in range(3):
            assert await mei.type(WRONG) is not None
        assert await mei.type(PIN) is None


async def test_however_many_guess_at_once_five_are_looked_at(mei: Owner) -> None:
    await mei.set()
    guesses = await asyncio.gather(
        *(mei.type(WRONG) for _ in range(min(40, PLACES_MAX))), return_exceptions=True
    )
    looked_at = [guess for guess in guesses if isinstance(guess, WrongPin)]
    assert sorted(guess.attempts_left for guess in looked_at) == [0, 1, 2, 3, 4]
    assert sum(isinstance(guess, PinLocked) for guess in guesses) == len(guesses) - 5


async def test_a_crowd_at_the_gate_costs_nobody_a_guess(mei: Owner) -> None:
    await mei.set()
    taken = [await asyncio.to_thread(gate.acquire, timeout=5) for _ in range(PLACES_MAX)]
    try:
        assert all(taken)
        with pytest.raises(RateLimited) as refused:
            await mei.type(PIN)
    finally:
        gate.release(PLACES_MAX)
    assert refused.value.retry_after_seconds == 1
    assert await failures() == 0


async def test_a_changed_pin_replaces_the_old_one(mei: Owner) -> None:
    await mei.set()
    assert isinstance(await mei.change(WRONG, OTHER), WrongPin)
    assert await mei.change(PIN, OTHER) is None
    assert await mei.type(OTHER) is None
    assert isinstance(await mei.type(PIN), WrongPin)


@pytest.mark.parametrize("new_pin", ["111111", PIN, "138000"])
async def test_a_new_pin_that_cannot_be_one_is_refused_without_costing_a_guess(
    mei: Owner, new_pin: str
) -> None:
    await mei.set()
    before = await rows()
    with pytest.raises(InvalidInput) as refused:
        await mei.change(PIN, new_pin)
    assert refused.value.field == "input.newPin"
    assert await rows() == before


async def test_a_change_whose_answer_was_lost_is_answered_again(mei: Owner) -> None:
    await mei.set()
    assert await mei.change(PIN, OTHER, idempotency_key="same") is None
    before = await rows()
    assert await mei.change(PIN, OTHER, idempotency_key="same") is None
    assert await rows() == before


async def test_a_wrong_pin_sent_twice_is_counted_once_and_told_once(mei: Owner) -> None:
    await mei.set()
    told = [await mei.change(WRONG, OTHER, idempotency_key="same") for _ in range(3)]
    assert [one.attempts_left for one in told if one] == [4, 4, 4]
    assert await failures() == 1
    right_now = await mei.change(PIN, OTHER, idempotency_key="same")
    assert isinstance(right_now, WrongPin)
    assert await failures() == 1


async def test_a_key_used_before_tells_nobody_which_pin_is_the_right_one(mei: Owner) -> None:
    await mei.set()
    await mei.set_duress(PIN, DURESS)
    command = SetDuressPin(
        borrower_id=mei.borrower_id, pin=WRONG, duress_pin=OTHER, idempotency_key="held"
    )
    first = [
        await mei.change(WRONG, OTHER, idempotency_key="same"),
        await operations.set_duress_pin(command),
    ]
    assert [one.attempts_left for one in first if one] == [4, 3]
    before = await rows()
    for typed in (WRONG, PIN, DURESS):
        again = await mei.change(typed, typed, idempotency_key="same")
        assert isinstance(again, WrongPin)
        assert again.attempts_left == 4
        held = await operations.set_duress_pin(replace(command, pin=typed, duress_pin=typed))
        assert isinstance(held, WrongPin)
    assert await rows() == before


async def test_a_guess_at_a_pin_that_was_changed_meanwhile_opens_nothing(mei: Owner) -> None:
    await mei.set()
    guess = await operations.guess_pin(mei.borrower_id, PIN)
    await mei.change(PIN, OTHER)
    async with transaction() as tx:
        assert isinstance(await operations.check_pin(tx, guess), WrongPin)


async def test_a_pin_is_hashed_anew_at_the_next_success_after_the_cost_changed(
    mei: Owner,
) -> None:
    await mei.set()
    before = await rows()
    set_cost(USUAL_COST)
    assert await mei.type(WRONG) is not None
    assert (await rows())[0]["verifier"] == before[0]["verifier"]
    assert await mei.type(PIN) is None
    after = await rows()
    assert after[0]["verifier"] != before[0]["verifier"]
    assert after[0]["duress"] == before[0]["duress"]
    assert await mei.type(PIN) is None
    assert await rows() == after
    opened = await unseal(pin_cell(mei.borrower_id, "verifier"), bytes(after[0]["verifier"]))
    assert opened.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_an_older_verifier_put_back_opens_nothing(mei: Owner) -> None:
    await mei.set()
    old = (await rows())[0]["verifier"]
    assert isinstance(old, bytes)
    await mei.change(PIN, OTHER)
    async with transaction() as tx:
        await tx.run("UPDATE pin SET verifier = ?", [old])
    with pytest.raises(SealBroken):
        await mei.type(PIN)


async def test_a_pin_that_somebody_took_out_of_the_table_is_missed_wherever_one_counts(
    mei: Owner,
) -> None:
    await mei.set()
    async with transaction() as tx:
        await tx.run("DELETE FROM pin")
    for asked in (
        queries.pin_of(mei.borrower_id),
        queries.pin_set_at(mei.borrower_id),
        operations.guess_where_set(mei.borrower_id, None),
        account_of(mei.borrower_id),
        mei.type(PIN),
        mei.set(OTHER),
    ):
        with pytest.raises(SealBroken):
            await asked
    assert await rows() == []


async def test_a_reset_forgets_the_pin_and_its_lock(mei: Owner) -> None:
    await mei.set()
    for _ in range(5):
        await mei.type(WRONG)
    for _ in range(2):
        async with transaction() as tx:
            await operations.reset_pin(tx, mei.borrower_id, actor="recovery")
    assert await rows() == []
    await mei.set(OTHER)
    assert await mei.type(OTHER) is None


async def test_the_pin_for_duress_opens_all_the_same_and_holds_money_back(
    mei: Owner, heard: Heard
) -> None:
    outbox.subscribe(
        [Subscription(fact_type=DisbursementFrozen, consumer="test.frozen", local=heard.hear)]
    )
    await mei.set()
    assert await mei.set_duress(PIN, DURESS) is None
    assert await mei.type(PIN) is None
    assert not await mei.is_frozen()
    assert await mei.type(DURESS) is None
    assert await mei.is_frozen()
    assert await queries.frozen_borrower_ids() == [mei.borrower_id]
    assert await mei.type(DURESS) is None
    await outbox.drain()
    frozen = [fact for fact in heard.facts if isinstance(fact, DisbursementFrozen)]
    assert [fact.borrower_id for fact in frozen] == [mei.borrower_id]


async def test_a_card_named_by_force_is_shown_and_never_used(mei: Owner, person: Person) -> None:
    await mei.set()
    await mei.set_duress(PIN, DURESS)
    await mei.type(DURESS)
    await person.complete(mei.borrower_id, bank_card="6200000000000013")
    assert (await queries.own_profile_of(mei.borrower_id)).masked.card_tail == "0013"
    assert await queries.bank_card_of(mei.borrower_id) == "6200000000000013"
    assert (await queries.facts_for_decision(mei.borrower_id)).has_payee
    assert (await queries.party_of(mei.borrower_id)).payee_freeze_id is not None
    assert (await queries.profile_of(mei.borrower_id)).card_tail is None

    await free()
    assert (await queries.own_profile_of(mei.borrower_id)).masked.card_tail is None
    await change_card(mei.borrower_id, "6200000000000013", pin=PIN)
    assert await queries.bank_card_of(mei.borrower_id) == "6200000000000013"
    assert (await queries.party_of(mei.borrower_id)).payee_freeze_id is None


async def test_whoever_forced_the_borrower_hears_and_sees_what_they_would_of_anybody(
    person: Person,
) -> None:
    first, second = "6200000000000013", "6200000000000021"

    async def name(borrower_id: str, card: str) -> object:
        command = SetBankCard(
            caller=caller_of(borrower_id), bank_card=card, idempotency_key=person.key()
        )
        try:
            return await operations.set_bank_card(command)
        except Refusal as refused:
            return refused.code

    async def say_again(borrower_id: str, resident_id: str, card: str) -> object:
        try:
            await person.complete(borrower_id, resident_id=resident_id, bank_card=card)
        except Refusal as refused:
            return refused.code
        return None

    async def story(phone: str, resident_id: str, *, is_forced: bool) -> list[object]:
        borrower_id = (await person.sign_in(phone)).borrower_id
        await person.complete(borrower_id, resident_id=resident_id, bank_card=first)
        await force(borrower_id)
        if not is_forced:
            await free()
        told: list[object] = [await name(borrower_id, first), await name(borrower_id, second)]
        await change_card(borrower_id, second, pin=PIN)
        for card in (second, first):
            told += [await name(borrower_id, card), await say_again(borrower_id, resident_id, card)]
        party = await queries.party_of(borrower_id)
        told += [
            (await queries.own_profile_of(borrower_id)).masked.card_tail,
            await queries.bank_card_of(borrower_id),
            party.bank_card,
            (await queries.held_of(borrower_id))["profile"][0]["bank_card"],
        ]
        kept = first if is_forced else second
        assert await queries.value_in_clear(borrower_id, "bank_card") == kept
        assert (party.payee_freeze_id is not None) is is_forced
        return told

    free_to_act = await story(LAN, "612629198503120029", is_forced=False)
    assert await story(MEI, "612629198003120014", is_forced=True) == free_to_act
    assert free_to_act == [
        None, "APPROVAL_MISSING", None, None, "APPROVAL_MISSING", "APPROVAL_MISSING",
        "0021", second, second, second,
    ]  # fmt: skip


async def test_whoever_is_forced_changes_only_the_pin_for_duress(mei: Owner) -> None:
    await mei.set()
    await mei.set_duress(PIN, DURESS)
    assert await mei.change(DURESS, OTHER) is None
    assert await mei.is_frozen()
    assert isinstance(await mei.type(DURESS), WrongPin)
    assert (await operations.guess_pin(mei.borrower_id, OTHER)).fit is PinFit.DURESS
    assert (await operations.guess_pin(mei.borrower_id, PIN)).fit is PinFit.RIGHT


async def test_whoever_is_forced_sets_no_other_pin_for_duress(mei: Owner) -> None:
    await mei.set()
    await mei.set_duress(PIN, DURESS)
    assert await mei.set_duress(DURESS, OTHER) is None
    assert await mei.set_duress(DURESS, None) is None
    assert (await operations.guess_pin(mei.borrower_id, DURESS)).fit is PinFit.DURESS
    assert (await operations.guess_pin(mei.borrower_id, OTHER)).fit is PinFit.WRONG


async def test_one_number_is_never_both_pins(mei: Owner) -> None:
    await mei.set()
    for attempt in (mei.set_duress(PIN, PIN), mei.change(PIN, PIN)):
        with pytest.raises(InvalidInput):
            await attempt
    await mei.set_duress(PIN, DURESS)
    with pytest.raises(InvalidInput):
        await mei.change(PIN, DURESS)
    assert await mei.type(PIN) is None
    assert not await mei.is_frozen()


async def test_a_pin_for_duress_can_be_taken_back(mei: Owner) -> None:
    await mei.set()
    await mei.set_duress(PIN, DURESS)
    assert isinstance(await mei.set_duress(WRONG, None), WrongPin)
    await mei.set_duress(PIN, None)
    assert isinstance(await mei.type(DURESS), WrongPin)
    assert not await mei.is_frozen()


async def test_nothing_at_rest_tells_whether_there_is_a_pin_for_duress(
    mei: Owner, person: Person
) -> None:
    await mei.set()
    lan = Owner((await person.sign_in("19900000003")).borrower_id)
    await lan.set()
    await lan.set_duress(PIN, DURESS)
    shapes = [
        {name: len(held) for name, held in row.items() if isinstance(held, bytes)}
        for row in await rows()
    ]
    assert shapes[0] == shapes[1]


async def test_risk_sees_whose_money_is_held_back_and_lets_it_flow_for_a_reason(
    mei: Owner, clock: FixedClock
) -> None:
    await mei.set()
    await mei.set_duress(PIN, DURESS)
    await mei.type(DURESS)
    clock.advance(timedelta(hours=1))
    seen = await operations.freezes_for(RISK)
    assert seen is not None
    assert [freeze.borrower_id for freeze in seen] == [mei.borrower_id]
    agent = replace(RISK, role=StaffRole.AGENT)
    assert await operations.freezes_for(agent) is None

    lift = LiftFreeze(
        staff_id=RISK.staff_id,
        freeze_id=seen[0].freeze_id,
        reason="met her in the office, alone",
        idempotency_key="lift",
    )
    refusals = {
        Forbidden: (agent, lift),
        InvalidInput: (RISK, replace(lift, reason=" ")),
    }
    for refusal, (caller, command) in refusals.items():
        with pytest.raises(refusal):
            await operations.lift_freeze(caller, command)
    with pytest.raises(StepUpNeeded):
        await operations.lift_freeze(RISK, lift)
    assert await mei.is_frozen()
    risk = await sit_down(RISK.staff_id, RISK.role)
    with pytest.raises(NotFound):
        await operations.lift_freeze(risk, replace(lift, freeze_id="fz00000000000000"))
    for _ in range(2):
        await operations.lift_freeze(risk, lift)
    assert not await mei.is_frozen()
    kept = (await fetch("SELECT * FROM disbursement_freeze"))[0]
    assert kept["lifted_by"] == RISK.staff_id
    assert b"met her" not in bytes(kept["reason"])

    await mei.type(DURESS)
    assert await mei.is_frozen()


async def test_the_audit_chain_keeps_what_happened_to_a_pin(mei: Owner) -> None:
    await mei.set()
    await mei.change(PIN, OTHER)
    await mei.set_duress(OTHER, DURESS)
    await mei.type(DURESS)
    kinds = Counter(row["kind"] for row in await fetch("SELECT kind FROM audit_entry"))
    assert (kinds["pin.set"], kinds["pin.changed"], kinds["disbursement.frozen"]) == (1, 2, 1)
