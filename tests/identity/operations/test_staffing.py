"""Places at the desk are given and taken away by two who decide on roles, whole and at once."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.foundation.sealing import SealBroken
from app.identity import operations, queries, rules
from app.identity.errors import (
    LastOfRole,
    OwnRoleChange,
    PasswordToChange,
    RoleChangeNotOpen,
    RoleChangeWaits,
    SignersMissing,
    SignInFailed,
    StaffHasLeft,
    StaffNameTaken,
)
from app.identity.queries.roles import role_change
from app.identity.queries.staff import places
from app.identity.rules.roles import RoleChangeState
from app.identity.rules.staffing import NewSecrets, Signers
from tests.desk import sit_down
from tests.identity.conftest import Enroll
from tests.identity.operations.test_passkeys import SITE, Desk
from tests.identity.operations.test_roles import decide, propose, seat

OWN = "a password of my own"
TABLES = ("staff", "staff_session", "staff_passkey", "staff_role_change", "outbox_fact")


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    operations.set_staff_site(SITE)
    yield
    operations.set_staff_site(None)


@pytest.fixture
async def both(enroll: Enroll) -> Signers:
    """Give a supervisor and a director, who sign together."""
    one = await enroll("maker", StaffRole.SUPERVISOR)
    other = await enroll("checker", StaffRole.DIRECTOR)
    return Signers(first_id=one.staff_id, second_id=other.staff_id)


class Begins:
    """Somebody with new secrets in their hand."""

    def __init__(self, name: str, secrets: NewSecrets, clock: FixedClock) -> None:
        self._name, self._secrets, self._clock, self._asked = name, secrets, clock, 0

    async def sign_in(
        self, password: str | None = None, new: str | None = None, key: str | None = None
    ) -> object:
        """Sign in with the next code."""
        self._asked += 1
        self._clock.advance(timedelta(seconds=30))
        code = pyotp.TOTP(self._secrets.totp_secret).at(self._clock.now())
        command = rules.StaffSignIn(
            name=self._name,
            password=password or self._secrets.password,
            totp=code,
            new_password=new,
            idempotency_key=key or f"{self._name}-{self._asked}",
        )
        self.last = command
        return await operations.staff_sign_in(command)


async def everything() -> list[list[dict[str, object]]]:
    return [await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES]


async def acts(kind: str) -> list[tuple[str, str]]:
    rows = await fetch("SELECT kind, actor FROM audit_entry ORDER BY seq")
    return [(row["kind"], row["actor"]) for row in rows if row["kind"].startswith(kind)]


async def is_in(token: str, clock: FixedClock) -> bool:
    return isinstance(await queries.caller_of(token, clock.now()), StaffCaller)


async def test_a_new_colleague_chooses_a_password_before_anything_else(
    both: Signers, clock: FixedClock
) -> None:
    made = await operations.give_place("wang", StaffRole.AGENT, both)
    wang = Begins("wang", made, clock)
    assert isinstance(await wang.sign_in(), PasswordToChange)
    assert await fetch("SELECT 1 FROM staff_session") == []
    for chosen in ("short", made.password):
        with pytest.raises(InvalidInput):
            await wang.sign_in(new=chosen)
    assert isinstance(await wang.sign_in("not this one", new=made.password), SignInFailed)

    first = await wang.sign_in(new=OWN)
    assert isinstance(first, rules.StaffSignedIn)
    again = await operations.staff_sign_in(wang.last)
    assert again == first, "a lost answer is given again, though the password is another by now"
    assert isinstance(await wang.sign_in(), SignInFailed), "the one for one use is over"
    second = await wang.sign_in(OWN, new="yet another of mine")
    assert isinstance(second, rules.StaffSignedIn)
    assert not await is_in(first.access_token, clock), "sessions of the password before are over"
    assert await is_in(second.access_token, clock)
    assert [kind for kind, _ in await acts("staff.password")] == ["staff.password_changed"] * 2


async def test_nobody_learns_by_trying_who_has_yet_to_begin(
    both: Signers, clock: FixedClock
) -> None:
    made = await operations.give_place("wang", StaffRole.AGENT, both)
    for name in ("wang", "maker", "nobody"):
        tried = await Begins(name, made, clock).sign_in("not this one", new=OWN)
        assert isinstance(tried, SignInFailed)
    counted = await fetch("SELECT failures FROM staff_attempt")
    assert [row["failures"] for row in counted] == [2, 2, 2]


async def test_a_password_for_one_use_is_good_for_a_week(both: Signers, clock: FixedClock) -> None:
    made = await operations.give_place("wang", StaffRole.AGENT, both)
    clock.advance(timedelta(days=7))
    assert isinstance(await Begins("wang", made, clock).sign_in(new=OWN), SignInFailed)
    anew = await operations.reset_staff("wang", both)
    signed_in = await Begins("wang", anew, clock).sign_in(new=OWN)
    assert isinstance(signed_in, rules.StaffSignedIn)


async def test_who_has_left_does_nothing_any_more_and_their_name_stays(
    enroll: Enroll, both: Signers, clock: FixedClock
) -> None:
    zhou = Desk(await enroll("zhou", StaffRole.SUPERVISOR), "zhou", clock)
    await zhou.add()
    await seat(enroll, "wang", StaffRole.AGENT)
    change = await propose(await sit_down(zhou.caller.staff_id, StaffRole.SUPERVISOR))
    clock.advance(timedelta(seconds=30))
    proofs = [{"passkey": await zhou.answer()}, {"totp": zhou.code()}]

    assert await operations.end_staff("zhou", both) == zhou.caller.staff_id
    for proof in proofs:
        assert isinstance(await zhou.sign_in(**proof), SignInFailed)
    running = "SELECT 1 FROM staff_session WHERE staff_id = ? AND ended_at IS NULL"
    assert await fetch(running, [zhou.caller.staff_id]) == []
    assert await fetch("SELECT 1 FROM staff_passkey") == []
    checker = await sit_down(str(both.second_id), StaffRole.DIRECTOR)
    with pytest.raises(RoleChangeNotOpen):
        await decide(checker, change)
    rejected = await role_change(change.change_id)
    assert (rejected.state, rejected.maker_name) == (RoleChangeState.REJECTED, "zhou")
    gone = await queries.staff_member(zhou.caller.staff_id)
    assert (gone.name, gone.has_left) == ("zhou", True)

    before = await everything()
    with pytest.raises(StaffHasLeft):
        await propose(checker, "zhou")
    for step in (
        operations.end_staff("zhou", both),
        operations.reset_staff("zhou", both),
        operations.change_role("zhou", StaffRole.RISK, both),
    ):
        with pytest.raises(StaffHasLeft):
            await step
    with pytest.raises(StaffNameTaken):
        await operations.give_place("zhou", StaffRole.AGENT, both)
    assert await everything() == before
    assert await acts("staff.ended") == [("staff.ended", both.first_id)]
    assert await acts("alarm.") == []
    facts = await fetch("SELECT payload FROM outbox_fact WHERE name = 'StaffEnded'")
    assert [zhou.caller.staff_id in row["payload"] for row in facts] == [True]


async def test_nobody_is_brought_back_by_writing_to_the_tables(
    enroll: Enroll, both: Signers, clock: FixedClock
) -> None:
    zhou = Desk(await enroll("zhou"), "zhou", clock)
    clock.advance(timedelta(seconds=30))
    signed_in = await zhou.sign_in(totp=zhou.code())
    assert isinstance(signed_in, rules.StaffSignedIn)
    kept = (await fetch("SELECT password_hash FROM staff WHERE name = 'zhou'"))[0]
    await operations.end_staff("zhou", both)
    async with transaction() as tx:
        await tx.run("UPDATE staff_session SET ended_at = NULL", [])
    assert not await is_in(signed_in.access_token, clock)
    async with transaction() as tx:
        await tx.run(
            "UPDATE staff SET password_hash = ? WHERE name = 'zhou'", [kept["password_hash"]]
        )
    with pytest.raises(SealBroken):
        await is_in(signed_in.access_token, clock)
    clock.advance(timedelta(seconds=30))
    with pytest.raises(SealBroken):
        await zhou.sign_in(totp=zhou.code())


async def test_a_change_takes_two_who_decide_on_roles_and_neither_for_themselves(
    enroll: Enroll, both: Signers
) -> None:
    agent = (await enroll("wang")).staff_id
    third = (await enroll("li", StaffRole.DIRECTOR)).staff_id
    one, other = str(both.first_id), str(both.second_id)
    before = await everything()
    for signers, refusal in (
        (Signers(), SignersMissing),
        (Signers(first_id=one), SignersMissing),
        (Signers(first_id=one, second_id=one), OwnRoleChange),
        (Signers(first_id=one, second_id=third), OwnRoleChange),
        (Signers(first_id=one, second_id=agent), Forbidden),
        (Signers(first_id=one, second_id="st00000000000000"), Forbidden),
    ):
        for step in (
            operations.end_staff("li", signers),
            operations.reset_staff("li", signers),
            operations.change_role("li", StaffRole.RISK, signers),
        ):
            with pytest.raises(refusal):
                await step
    with pytest.raises(NotFound):
        await operations.end_staff("nobody", both)
    with pytest.raises(RoleChangeWaits):
        await operations.change_role("li", StaffRole.DIRECTOR, both)
    with pytest.raises(InvalidInput):
        await operations.give_place("Zhou Li", StaffRole.AGENT, both)
    assert await everything() == before
    assert other in str(both)

    await operations.change_role("wang", StaffRole.RISK, both)
    assert (await queries.staff_member(agent)).role is StaffRole.RISK
    await operations.reset_staff("li", Signers(first_id=one, alone=True))
    assert await acts("alarm.") == [("alarm.staff_changed_alone", one)]


async def test_a_new_installation_enrolls_its_first_people_itself(
    database: Database, clock: FixedClock
) -> None:
    assert database.dialect
    first = await operations.give_place("maker", StaffRole.SUPERVISOR, Signers())
    with pytest.raises(SignersMissing):
        await operations.give_place("checker", StaffRole.DIRECTOR, Signers())
    signed = Signers(first_id=first.staff_id, alone=True)
    await operations.give_place("checker", StaffRole.DIRECTOR, signed)
    assert await acts("alarm.") == [], "as many signed as there are"
    assert await acts("staff.") == [
        ("staff.enrolled", "system"),
        ("staff.enrolled", first.staff_id),
    ]
    (checker, maker) = await places()
    assert (checker.name, maker.name, maker.ended_at) == ("checker", "maker", None)
    assert maker.once_until == clock.now() + timedelta(days=7)


async def test_the_last_one_things_wait_for_goes_only_where_that_is_meant(
    enroll: Enroll, both: Signers
) -> None:
    await enroll("li", StaffRole.RISK)
    before = await everything()
    for step in (
        operations.end_staff("li", both),
        operations.change_role("li", StaffRole.AGENT, both),
        operations.end_staff("maker", Signers(first_id=both.second_id)),
    ):
        with pytest.raises(LastOfRole):
            await step
    assert await everything() == before
    await operations.end_staff("li", both, even_the_last=True)


async def test_of_two_who_end_each_other_at_once_one_stays(enroll: Enroll, both: Signers) -> None:
    third = (await enroll("li", StaffRole.SUPERVISOR)).staff_id
    fourth = (await enroll("he", StaffRole.DIRECTOR)).staff_id
    results = await asyncio.gather(
        operations.end_staff("li", both),
        operations.end_staff("maker", Signers(first_id=third, second_id=fourth)),
        return_exceptions=True,
    )
    lost = [one for one in results if isinstance(one, BaseException)]
    assert [type(one) for one in lost] == [Forbidden]
    assert sum(one.ended_at is not None for one in await places()) == 1
