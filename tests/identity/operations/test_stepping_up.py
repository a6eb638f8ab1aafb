"""Threat 23: staff prove again who they are; a code works once, wherever it is entered."""

from datetime import timedelta

import pyotp
import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import InvalidInput, RateLimited, Unauthenticated
from app.identity import operations, queries, rules
from app.identity.errors import StepUpFailed, StepUpNeeded
from tests.identity.conftest import PASSWORD, Enroll


class Desk:
    """A member of staff in a running session, with an authenticator in their hand."""

    def __init__(self, enrolled: rules.Enrolled, clock: FixedClock) -> None:
        self._totp = pyotp.TOTP(enrolled.totp_secret)
        self._enrolled = enrolled
        self._clock = clock
        self.caller: StaffCaller

    def code(self) -> str:
        return self._totp.at(self._clock.now())

    async def sign_in(self) -> None:
        signed_in = await operations.staff_sign_in(
            rules.StaffSignIn(
                name="zhou", password=PASSWORD, totp=self.code(), idempotency_key="in"
            )
        )
        assert isinstance(signed_in, rules.StaffSignedIn)
        caller = await queries.caller_of(signed_in.access_token, self._clock.now())
        assert isinstance(caller, StaffCaller)
        self.caller = caller

    async def step_up(self, code: str, key: str = "up") -> bool:
        until = await operations.step_up(self.caller, totp=code, idempotency_key=key)
        return not isinstance(until, StepUpFailed)

    async def is_stepped_up(self) -> bool:
        return await queries.is_stepped_up(self.caller, self._clock.now())


@pytest.fixture
async def desk(enroll: Enroll, clock: FixedClock) -> Desk:
    desk = Desk(await enroll("zhou", StaffRole.AGENT), clock)
    await desk.sign_in()
    return desk


async def test_a_fresh_code_steps_the_session_up_for_five_minutes(
    desk: Desk, clock: FixedClock
) -> None:
    with pytest.raises(StepUpNeeded):
        await queries.check_stepped_up(desk.caller, clock.now())
    clock.advance(timedelta(seconds=30))
    code = desk.code()
    assert await desk.step_up(code)
    assert await desk.step_up(code)  # the same command again: its answer was lost
    clock.advance(timedelta(minutes=4, seconds=59))
    assert await desk.is_stepped_up()
    clock.advance(timedelta(seconds=1))
    assert not await desk.is_stepped_up()
    kinds = await fetch("SELECT kind FROM audit_entry WHERE kind LIKE 'staff.%' ORDER BY seq")
    assert [row["kind"] for row in kinds] == [
        "staff.enrolled", "staff.signed_in", "staff.stepped_up",
    ]  # fmt: skip


async def test_the_code_that_signed_in_does_not_step_up_and_none_works_twice(
    desk: Desk, clock: FixedClock
) -> None:
    assert not await desk.step_up(desk.code())
    clock.advance(timedelta(seconds=30))
    code = desk.code()
    assert await desk.step_up(code, "first")
    assert not await desk.step_up(code, "second")


async def test_five_wrong_codes_lock_the_name(desk: Desk, clock: FixedClock) -> None:
    clock.advance(timedelta(seconds=30))
    right = desk.code()
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for number in range(5):
        assert not await desk.step_up(wrong, f"wrong-{number}")
    with pytest.raises(RateLimited):
        await desk.step_up(right, "right")
    with pytest.raises(InvalidInput):
        await desk.step_up("abc", "malformed")
    assert not await desk.is_stepped_up()


async def test_a_session_that_is_over_cannot_be_stepped_up(desk: Desk, clock: FixedClock) -> None:
    await operations.staff_sign_out(desk.caller, idempotency_key="out")
    clock.advance(timedelta(seconds=30))
    with pytest.raises(Unauthenticated):
        await desk.step_up(desk.code())
    rows = await fetch("SELECT stepped_up_at FROM staff_session")
    assert rows == [{"stepped_up_at": None}]
