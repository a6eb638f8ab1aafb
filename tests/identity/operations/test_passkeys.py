"""Staff sign in and step up by a passkey beside the password; each challenge counts once."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from app.foundation.base64url import as_text
from app.foundation.caller import StaffCaller
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import InvalidInput, NotFound, RateLimited, Unauthenticated
from app.foundation.hashing import USUAL_COST, Cost, set_cost
from app.foundation.signatures.plain import unpacked
from app.identity import operations, queries, rules
from app.identity.errors import (
    PasskeyRefused,
    PasskeysOff,
    SignInFailed,
    StaffSignInStale,
    StepUpFailed,
    TooManyPasskeys,
)
from app.identity.rules.passkeys import (
    AddPasskey,
    PasskeyAnswer,
    PasskeyChallenge,
    PasskeyUse,
    PasskeyView,
    RemovePasskey,
    StaffSite,
)
from tests.foundation.signatures.devices import Passkey
from tests.identity.conftest import PASSWORD, Enroll

SITE = StaffSite(rp_id="desk.example.cn", origins=("https://desk.example.cn",))


def new_key(name: bytes = b"a key on the ring") -> Passkey:
    said = {"origin": SITE.origins[0]}
    return Passkey(rp_id=SITE.rp_id, said=said, counter=1, credential_id=name)


def answered(key: Passkey, challenge: PasskeyChallenge) -> PasskeyAnswer:
    client_data, data, signature = unpacked(key.assertion(challenge.challenge), 3)
    return PasskeyAnswer(
        nonce=challenge.nonce,
        credential_id=as_text(key.credential_id),
        client_data=client_data,
        authenticator_data=data,
        signature=signature,
    )


class Desk:
    """A member of staff with an authenticator and a passkey."""

    def __init__(self, enrolled: rules.Enrolled, name: str, clock: FixedClock) -> None:
        self._totp = pyotp.TOTP(enrolled.totp_secret)
        self.name, self.clock, self.key = name, clock, new_key()
        self.caller: StaffCaller
        self._asked = 0

    def next(self) -> str:
        self._asked += 1
        return f"{self.name}-{self._asked}"

    async def sign_in(self, **changes: object) -> object:
        command = rules.StaffSignIn(name=self.name, password=PASSWORD, idempotency_key=self.next())
        return await operations.staff_sign_in(replace(command, **changes))

    async def sign_in_by_code(self) -> None:
        self.clock.advance(timedelta(seconds=30))
        signed_in = await self.sign_in(totp=self.code())
        await self.be(signed_in)

    def code(self) -> str:
        return self._totp.at(self.clock.now())

    async def be(self, signed_in: object) -> None:
        assert isinstance(signed_in, rules.StaffSignedIn)
        caller = await queries.caller_of(signed_in.access_token, self.clock.now())
        assert isinstance(caller, StaffCaller)
        self.caller = caller

    async def answer(self, use: PasskeyUse = PasskeyUse.SIGN_IN) -> PasskeyAnswer:
        caller = None if use is PasskeyUse.SIGN_IN else self.caller
        self.key.counter += 1
        return answered(self.key, await operations.passkey_challenge(caller, use))

    async def adding(self) -> AddPasskey:
        challenge = await operations.passkey_challenge(self.caller, PasskeyUse.ADD)
        client_data, attestation = unpacked(self.key.registration(challenge.challenge), 2)
        return AddPasskey(
            staff_id=self.caller.staff_id,
            session_id=self.caller.session_id,
            nonce=challenge.nonce,
            client_data=client_data,
            attestation=attestation,
            name="钥匙圈上的",
            idempotency_key=self.next(),
        )

    async def add(self) -> PasskeyView:
        await self.sign_in_by_code()
        added = await operations.add_passkey(self.caller, await self.adding())
        assert isinstance(added, PasskeyView)
        return added

    async def step_up(self, answer: PasskeyAnswer) -> bool:
        until = await operations.step_up(self.caller, passkey=answer, idempotency_key=self.next())
        return not isinstance(until, StepUpFailed)

    async def is_stepped_up(self) -> bool:
        return await queries.is_stepped_up(self.caller, self.clock.now())


@pytest.fixture(autouse=True)
def cheaply() -> Iterator[None]:
    """Hash at hardly any cost, at a desk with a page of its own."""
    set_cost(Cost(memory_kib=64, passes=1))
    operations.set_staff_site(SITE)
    yield
    operations.set_staff_site(None)
    set_cost(USUAL_COST)


@pytest.fixture
async def desk(enroll: Enroll, clock: FixedClock) -> Desk:
    return Desk(await enroll(), "zhou", clock)


async def sessions() -> int:
    return len(await fetch("SELECT id FROM staff_session WHERE ended_at IS NULL"))


async def test_a_passkey_signs_in_and_steps_up_until_it_is_taken_away(desk: Desk) -> None:
    view = await desk.add()
    assert [one.passkey_id for one in await queries.passkeys_of(desk.caller.staff_id)] == [
        view.passkey_id
    ]
    before = desk.caller.session_id
    command = rules.StaffSignIn(
        name="zhou", password=PASSWORD, passkey=await desk.answer(), idempotency_key="lost"
    )
    first = await operations.staff_sign_in(command)
    assert await operations.staff_sign_in(command) == first
    await desk.be(first)
    assert desk.caller.session_id != before
    assert not await desk.is_stepped_up()
    asked = await operations.passkey_challenge(desk.caller, PasskeyUse.STEP_UP)
    assert asked.credential_ids == (as_text(desk.key.credential_id),)
    assert await desk.step_up(await desk.answer(PasskeyUse.STEP_UP))
    assert await desk.is_stepped_up()

    stranger = RemovePasskey(
        staff_id="st00000000000000", passkey_id=view.passkey_id, idempotency_key="k"
    )
    with pytest.raises(NotFound):
        await operations.remove_passkey(stranger)
    remove = replace(stranger, staff_id=desk.caller.staff_id)
    await operations.remove_passkey(remove)
    await operations.remove_passkey(remove)
    assert await sessions() == 1
    assert isinstance(await desk.sign_in(passkey=await desk.answer()), SignInFailed)
    kinds = await fetch("SELECT kind FROM audit_entry WHERE kind LIKE 'staff.%' ORDER BY seq")
    assert [row["kind"].removeprefix("staff.") for row in kinds] == [
        "enrolled", "signed_in", "passkey_added", "signed_in", "stepped_up", "passkey_removed",
    ]  # fmt: skip


async def test_a_passkey_that_two_register_at_once_is_one_of_theirs(
    desk: Desk, enroll: Enroll, clock: FixedClock
) -> None:
    other = Desk(await enroll("wang"), "wang", clock)
    other.key = desk.key
    both = (desk, other)
    for one in both:
        await one.sign_in_by_code()
    adding = [await one.adding() for one in both]
    results = await asyncio.gather(
        *(
            operations.add_passkey(one.caller, command)
            for one, command in zip(both, adding, strict=True)
        ),
        return_exceptions=True,
    )
    kinds = sorted(type(one).__name__ for one in results)
    assert kinds == ["PasskeyRefused", "PasskeyView"]
    rows = await fetch("SELECT staff_id FROM staff_passkey")
    noted = await fetch("SELECT cell FROM audit_cell WHERE cell LIKE 'staff_passkey.%'")
    assert (len(rows), len(noted)) == (1, 1)


async def test_whatever_is_not_this_keys_fresh_answer_opens_nothing(
    desk: Desk, enroll: Enroll, clock: FixedClock
) -> None:
    await desk.add()
    other = Desk(await enroll("wang"), "wang", clock)
    other.key = new_key(b"another key")
    await other.add()
    seen = await sessions()

    good = await desk.answer()
    for wrong in (
        await desk.answer(PasskeyUse.STEP_UP),
        await other.answer(),
        replace(good, nonce=good.nonce[:-2] + ("AA" if good.nonce[-2:] != "AA" else "wA")),
        replace(await desk.answer(), nonce=good.nonce),
    ):
        assert isinstance(await desk.sign_in(passkey=wrong), SignInFailed)
    with pytest.raises(InvalidInput):
        await desk.sign_in(passkey=await desk.answer(), totp="000000")
    clock.advance(timedelta(minutes=16))
    await desk.sign_in_by_code()

    assert isinstance(await desk.sign_in(passkey=await desk.answer()), rules.StaffSignedIn)
    desk.key.said = {"origin": "https://desk.example.cn.evil"}
    assert isinstance(await desk.sign_in(passkey=await desk.answer()), SignInFailed)
    desk.key.said = {"origin": SITE.origins[0], "crossOrigin": True}
    assert isinstance(await desk.sign_in(passkey=await desk.answer()), SignInFailed)
    desk.key.said = {"origin": SITE.origins[0]}
    late = await desk.answer()
    clock.advance(timedelta(minutes=5, seconds=1))
    assert isinstance(await desk.sign_in(passkey=late), SignInFailed)
    wrong_password = await desk.sign_in(passkey=await desk.answer(), password="wrong horse")
    assert isinstance(wrong_password, SignInFailed)
    desk.key.counter -= 5
    assert isinstance(await desk.sign_in(passkey=await desk.answer()), SignInFailed)
    alarms = await fetch("SELECT actor FROM audit_entry WHERE kind = 'alarm.passkey_counted_back'")
    assert [row["actor"] for row in alarms] == [desk.caller.staff_id]
    with pytest.raises(RateLimited):
        await desk.sign_in(passkey=await desk.answer())
    assert await sessions() == seen + 2


async def test_one_answer_sent_by_many_at_once_opens_one_session(desk: Desk) -> None:
    await desk.add()
    seen, answer = await sessions(), await desk.answer()
    answers = await asyncio.gather(*(desk.sign_in(passkey=answer) for _ in range(3)))
    assert sum(isinstance(one, rules.StaffSignedIn) for one in answers) == 1
    assert await sessions() == seen + 1


async def test_a_passkey_is_added_only_just_after_a_full_sign_in(
    desk: Desk, clock: FixedClock
) -> None:
    await desk.sign_in_by_code()
    desk.key.said = {"origin": "https://evil.example"}
    refused = await operations.add_passkey(desk.caller, await desk.adding())
    assert isinstance(refused, PasskeyRefused)
    desk.key.said = {"origin": SITE.origins[0]}
    command = await desk.adding()
    clock.advance(timedelta(minutes=5))
    with pytest.raises(StaffSignInStale):
        await operations.add_passkey(desk.caller, command)
    assert await queries.passkeys_of(desk.caller.staff_id) == []

    await desk.sign_in_by_code()
    for number in range(5):
        desk.key = new_key(b"key %d" % number)
        command = await desk.adding()
        added = await operations.add_passkey(desk.caller, command)
        assert isinstance(added, PasskeyView)
        again = await operations.add_passkey(desk.caller, command)
        assert again == added
    with pytest.raises(TooManyPasskeys):
        await operations.add_passkey(desk.caller, await desk.adding())
    with pytest.raises(Unauthenticated):
        await operations.passkey_challenge(None, PasskeyUse.ADD)
    operations.set_staff_site(None)
    with pytest.raises(PasskeysOff):
        await operations.passkey_challenge(None, PasskeyUse.SIGN_IN)
