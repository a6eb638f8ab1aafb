"""Staff sign in with two proofs; each code works once, and failures lock a name."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound, RateLimited
from app.foundation.hashing import JOBS_MAX, PLACES_MAX, USUAL_COST, Cost, gate, set_cost
from app.identity import operations, queries, rules
from app.identity.errors import SignInFailed, StaffNameTaken
from tests.identity.conftest import PASSWORD, Enroll


class Desk:
    """A member of staff with an authenticator in their hand."""

    def __init__(self, enrolled: rules.Enrolled, clock: FixedClock) -> None:
        self._totp = pyotp.TOTP(enrolled.totp_secret)
        self._clock = clock
        self._asked = 0

    def code(self) -> str:
        return self._totp.at(self._clock.now())

    async def sign_in(self, **changes: str) -> object:
        self._asked += 1
        command = rules.StaffSignIn(
            name="zhou",
            password=PASSWORD,
            totp=self.code(),
            idempotency_key=f"desk-{self._asked}",
        )
        return await operations.staff_sign_in(replace(command, **changes))

    async def signed_in(self) -> rules.StaffSignedIn:
        answer = await self.sign_in()
        assert isinstance(answer, rules.StaffSignedIn)
        return answer


@pytest.fixture(autouse=True)
def cheaply() -> Iterator[None]:
    """Hash at hardly any cost: what is tested here does not depend on it."""
    set_cost(Cost(memory_kib=64, passes=1))
    yield
    set_cost(USUAL_COST)


@pytest.fixture
async def desk(enroll: Enroll, clock: FixedClock) -> Desk:
    return Desk(await enroll(), clock)


async def sessions() -> list[dict[str, object]]:
    return await fetch("SELECT * FROM staff_session ORDER BY id")


async def test_staff_are_enrolled_with_a_secret_for_their_app(enroll: Enroll) -> None:
    enrolled = await enroll("li.na", StaffRole.AUDITOR)
    assert len(enrolled.totp_secret) == 32
    assert enrolled.otpauth_uri.startswith("otpauth://totp/Qingmiao:li.na?secret=")
    assert await queries.staff_member(enrolled.staff_id) == rules.StaffMember(
        staff_id=enrolled.staff_id, name="li.na", role=StaffRole.AUDITOR
    )
    row = (await fetch("SELECT * FROM staff"))[0]
    assert enrolled.totp_secret.encode() not in bytes(row["totp_secret"])
    assert PASSWORD not in row["password_hash"]


async def test_an_operator_may_bring_the_secret(enroll: Enroll) -> None:
    secret = "abcdefghijklmnopqrstuvwxyz234567"
    assert (await enroll(totp_secret=secret)).totp_secret == secret.upper()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "Zhou Li"}, "input.name"),
        ({"name": "z"}, "input.name"),
        ({"password": "short"}, "input.password"),
        ({"password": "x" * 129}, "input.password"),
        ({"totp_secret": "not base32!"}, "input.totpSecret"),
        ({"totp_secret": "ABCDEFGH"}, "input.totpSecret"),
    ],
)
async def test_a_malformed_enrollment_is_refused(
    enroll: Enroll, changes: dict[str, str], path: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await enroll(**changes)
    assert refused.value.field == path
    assert await fetch("SELECT id FROM staff") == []


async def test_a_name_belongs_to_one_person(enroll: Enroll) -> None:
    await enroll()
    before = await fetch("SELECT * FROM staff")
    with pytest.raises(StaffNameTaken):
        await enroll()
    assert await fetch("SELECT * FROM staff") == before


async def test_both_proofs_open_a_session(desk: Desk, clock: FixedClock) -> None:
    signed_in = await desk.signed_in()
    assert len(signed_in.access_token) <= 64
    assert signed_in.expires_at == clock.now() + timedelta(hours=10)
    caller = await queries.caller_of(signed_in.access_token, clock.now())
    assert isinstance(caller, StaffCaller)
    assert (caller.staff_id, caller.role) == (signed_in.staff_id, StaffRole.AGENT)


@pytest.mark.parametrize(
    "changes",
    [
        {"password": "wrong horse battery"},
        {"password": "x" * 129},
        {"name": "nobody"},
        {"name": "ZHOU' OR 1=1"},
        {"totp": "000000"},
    ],
)
async def test_every_wrong_proof_gets_the_same_answer(desk: Desk, changes: dict[str, str]) -> None:
    answer = await desk.sign_in(**changes)
    assert isinstance(answer, SignInFailed)
    assert vars(answer) == vars(SignInFailed())
    assert await sessions() == []


async def test_a_malformed_code_is_refused_before_it_counts(desk: Desk) -> None:
    with pytest.raises(InvalidInput) as refused:
        await desk.sign_in(totp="12345")
    assert refused.value.field == "input.totp"
    assert await fetch("SELECT failures FROM staff_attempt") == []


async def test_an_authenticator_code_replayed_opens_nothing(desk: Desk, clock: FixedClock) -> None:
    """Threat 23: a code works once, for one who looks over a shoulder and for the desk itself."""
    code = desk.code()
    await desk.signed_in()
    assert isinstance(await desk.sign_in(totp=code), SignInFailed)
    assert len(await sessions()) == 1
    clock.advance(timedelta(seconds=30))
    assert isinstance(await desk.sign_in(totp=code), SignInFailed)
    await desk.signed_in()
    assert len(await sessions()) == 2


async def test_an_older_authenticator_code_opens_nothing_after_a_newer_one(
    desk: Desk, clock: FixedClock
) -> None:
    overseen = desk.code()
    clock.advance(timedelta(seconds=30))
    await desk.signed_in()
    assert isinstance(await desk.sign_in(totp=overseen), SignInFailed)
    assert len(await sessions()) == 1


async def test_a_password_is_hashed_anew_at_the_next_success_after_the_cost_changed(
    desk: Desk, clock: FixedClock
) -> None:
    before = await fetch("SELECT password_hash FROM staff")
    set_cost(USUAL_COST)
    await desk.sign_in(password="wrong horse battery")
    assert await fetch("SELECT password_hash FROM staff") == before
    await desk.signed_in()
    after = await fetch("SELECT password_hash FROM staff")
    assert after[0]["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    clock.advance(timedelta(seconds=30))
    await desk.signed_in()
    assert await fetch("SELECT password_hash FROM staff") == after


async def test_one_code_sent_by_many_at_once_opens_one_session(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.sign_in() for _ in range(JOBS_MAX)))
    assert sum(isinstance(answer, rules.StaffSignedIn) for answer in answers) == 1
    assert len(await sessions()) == 1


async def test_a_lost_answer_is_given_again(desk: Desk, clock: FixedClock) -> None:
    command = rules.StaffSignIn(
        name="zhou", password=PASSWORD, totp=desk.code(), idempotency_key="same"
    )
    first = await operations.staff_sign_in(command)
    clock.advance(timedelta(minutes=2))
    assert await operations.staff_sign_in(command) == first
    assert len(await sessions()) == 1
    with pytest.raises(IdempotencyConflict):
        await operations.staff_sign_in(replace(command, totp=desk.code()))
    assert len(await sessions()) == 1


async def test_a_wrong_code_sent_twice_stays_wrong(desk: Desk) -> None:
    for _ in range(2):
        assert isinstance(await desk.sign_in(totp="000000", idempotency_key="same"), SignInFailed)
    assert await sessions() == []


@pytest.mark.parametrize("name", ["zhou", "nobody"])
async def test_five_failures_lock_a_name_known_or_not_for_a_quarter_of_an_hour(
    desk: Desk, clock: FixedClock, name: str
) -> None:
    for _ in range(5):
        assert isinstance(await desk.sign_in(name=name, password="wrong"), SignInFailed)
        clock.advance(timedelta(seconds=10))
    before = await fetch("SELECT failures, failed_at FROM staff_attempt")
    with pytest.raises(RateLimited) as refused:
        await desk.sign_in(name=name)
    assert refused.value.retry_after_seconds == 15 * 60 - 10
    assert await fetch("SELECT failures, failed_at FROM staff_attempt") == before
    assert await sessions() == []

    clock.advance(timedelta(seconds=refused.value.retry_after_seconds))
    await desk.signed_in()


async def test_success_forgets_failures(desk: Desk, clock: FixedClock) -> None:
    for _ in range(2):
        for _ in range(4):
            await desk.sign_in(password="wrong")
        await desk.signed_in()
        clock.advance(timedelta(seconds=30))
    assert await fetch("SELECT failures FROM staff_attempt") == []


async def test_a_crowd_at_the_gate_costs_nobody_an_attempt(desk: Desk) -> None:
    taken = [gate.acquire(timeout=5) for _ in range(PLACES_MAX)]
    try:
        assert all(taken)
        with pytest.raises(RateLimited):
            await desk.sign_in()
    finally:
        gate.release(PLACES_MAX)
    assert await fetch("SELECT failures FROM staff_attempt") == [{"failures": 0}]
    await desk.signed_in()


async def test_fifteen_idle_minutes_end_a_session_and_work_keeps_it(
    desk: Desk, clock: FixedClock
) -> None:
    token = (await desk.signed_in()).access_token
    for _ in range(6):
        clock.advance(timedelta(minutes=14))
        assert isinstance(await operations.authenticate(token, clock.now()), StaffCaller)
    clock.advance(timedelta(seconds=30))
    before = await sessions()
    assert isinstance(await operations.authenticate(token, clock.now()), StaffCaller)
    assert await sessions() == before
    clock.advance(timedelta(minutes=15))
    assert await operations.authenticate(token, clock.now()) is None


async def test_ten_hours_end_a_session_however_busy(desk: Desk, clock: FixedClock) -> None:
    token = (await desk.signed_in()).access_token
    for _ in range(60):
        clock.advance(timedelta(minutes=10) - timedelta(milliseconds=1))
        assert await operations.authenticate(token, clock.now()) is not None
    clock.advance(timedelta(seconds=1))
    assert await operations.authenticate(token, clock.now()) is None


async def test_signing_out_ends_the_session(desk: Desk, clock: FixedClock) -> None:
    token = (await desk.signed_in()).access_token
    caller = await queries.caller_of(token, clock.now())
    assert isinstance(caller, StaffCaller)
    for key in ("out", "out", "again"):
        await operations.staff_sign_out(caller, idempotency_key=key)
    assert await queries.caller_of(token, clock.now()) is None


async def test_staff_are_read_many_at_once(enroll: Enroll) -> None:
    one, two = await enroll("one-one"), await enroll("two-two")
    found = await queries.staff_by_id([two.staff_id, "st00000000000000", one.staff_id])
    assert [member and member.name for member in found] == ["two-two", None, "one-one"]
    with pytest.raises(NotFound):
        await queries.staff_member("st00000000000000")
