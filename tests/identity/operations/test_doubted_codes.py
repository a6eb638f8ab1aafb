"""Threat 10: while codes are sprayed, a code alone opens nothing of who has a phone's key."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest

from app.adapters.registers import RegisterTwin
from app.foundation.caller import Trust
from app.foundation.database import fetch
from app.foundation.signatures import Purpose
from app.identity import operations, queries, rules
from app.identity.errors import ContinuityNotShown, NumberNotNew
from app.identity.rules.continuity import StartAfresh
from app.identity.rules.limits import FAILURES_PER_DAY_MAX
from app.identity.rules.people import Language
from tests.identity.conftest import LAN, MEI, Person
from tests.identity.handsets import add_phone, handset_of
from tests.identity.operations.test_recovery import (
    PIN,
    caller_of,
    prove,
    set_pin,
    spoken_for,
    trust_of,
)
from tests.identity.operations.test_spending import fail


async def spray(person: Person) -> None:
    """Let so many guesses fail today that codes are longer, late enough for another code."""
    person.clock.advance(timedelta(minutes=2))
    await fail(FAILURES_PER_DAY_MAX)


def afresh(person: Person, signed_in: rules.SignedIn) -> StartAfresh:
    return StartAfresh(
        borrower_id=signed_in.borrower_id,
        session_id=signed_in.session_id,
        language=Language("zh-Hans"),
        idempotency_key=person.key(),
    )


async def test_a_code_alone_proves_contact_only_and_nobody_asks_the_register(
    person: Person, register: RegisterTwin
) -> None:
    handset = await handset_of(person)
    await spray(person)
    again = await person.sign_in()

    assert again.borrower_id == handset.borrower_id
    assert await trust_of(person, again) is Trust.CONTACT
    assert register.asked == 0
    view = await queries.recovery_of(await caller_of(person, again), person.clock.now())
    assert (view.trust, view.full_at) == (Trust.CONTACT, None)


async def test_the_phones_key_signs_for_the_session_and_opens_it(person: Person) -> None:
    handset = await handset_of(person)
    stranger = await add_phone(person, await person.sign_in(LAN))
    await spray(person)
    again = await person.sign_in()

    for signed in (
        spoken_for(stranger, again.session_id, purpose=Purpose.CONTINUITY),
        spoken_for(handset, "ss00000000000000", purpose=Purpose.CONTINUITY),
    ):
        with pytest.raises(ContinuityNotShown):
            await prove(person, again, device=signed)
        assert await trust_of(person, again) is Trust.CONTACT
    signed = spoken_for(handset, again.session_id, purpose=Purpose.CONTINUITY)
    assert await prove(person, again, device=signed) is Trust.FULL


async def test_who_has_a_new_phone_goes_on_by_the_pin(person: Person) -> None:
    handset = await handset_of(person)
    await set_pin(person, handset.borrower_id)
    await spray(person)
    again = await person.sign_in()

    assert await trust_of(person, again) is Trust.CONTACT
    assert await prove(person, again, pin=PIN) is Trust.FULL


@pytest.mark.parametrize("verdict", ["same", "unknown"])
async def test_a_guess_that_was_right_does_not_take_the_number_over(
    person: Person, register: RegisterTwin, verdict: str
) -> None:
    handset = await handset_of(person)
    if verdict == "unknown":
        register.forget(MEI)
    await spray(person)
    again = await person.sign_in()
    before = await fetch("SELECT * FROM borrower")

    with pytest.raises(NumberNotNew):
        await operations.start_afresh(afresh(person, again))
    assert await fetch("SELECT * FROM borrower") == before
    assert await trust_of(person, again) is Trust.CONTACT
    assert (await handset.caller()).trust is Trust.FULL


async def test_without_a_key_or_without_spraying_a_code_opens_what_it_always_did(
    person: Person, register: RegisterTwin
) -> None:
    await person.sign_in(LAN)
    await handset_of(person)
    person.clock.advance(timedelta(minutes=2))
    assert await trust_of(person, await person.sign_in()) is Trust.KNOWN
    await spray(person)
    assert await trust_of(person, await person.sign_in(LAN)) is Trust.KNOWN
    assert register.asked == 2
    assert await trust_of(person, await person.sign_in("13700000005")) is Trust.FULL

    person.clock.advance(timedelta(days=1))
    assert await trust_of(person, await person.sign_in()) is Trust.KNOWN


async def test_until_the_right_code_a_phone_with_a_key_looks_as_an_unknown_one(
    person: Person,
) -> None:
    await handset_of(person)
    await spray(person)
    seen: defaultdict[str, list[Any]] = defaultdict(list)
    for phone in (MEI, LAN):
        asked = await person.ask(phone)
        wrong = str((int(person.phones.code()) + 1) % 10**8).zfill(8)
        told = await person.type_code(asked.challenge_id, wrong)
        row = (await fetch("SELECT * FROM one_time_code WHERE id = ?", [asked.challenge_id]))[0]
        seen["asked"].append((asked.digits, asked.resend_after_seconds, asked.expires_at))
        seen["told"].append(repr(told))
        seen["row"].append({name: value is None for name, value in row.items()})
    assert all(known == unknown for known, unknown in seen.values())
