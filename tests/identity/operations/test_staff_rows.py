"""Whoever writes to the tables of staff behind our back gets a refusal, and nobody's sign-in."""

from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest

from app.foundation.audit import Met, sound_broken_seals
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import fetch, transaction
from app.foundation.hashing import USUAL_COST, Cost, set_cost
from app.foundation.rekeying import jobs
from app.foundation.rekeying.jobs import JobKind
from app.foundation.rekeying.jobs.adopting import adopt_rows
from app.foundation.rekeying.proving import prove
from app.foundation.sealing import SealBroken
from app.identity import operations, queries, rules
from app.identity.operations.passwords import hash_password
from app.identity.operations.roles import decide_role_change, propose_role_change
from app.identity.rules.passkeys import RemovePasskey
from app.identity.rules.roles import DecideRoleChange, ProposeRoleChange
from tests.desk import sit_down
from tests.identity.conftest import PASSWORD, Enroll
from tests.identity.operations.test_passkeys import SITE, Desk

SINCE = "0004_identity_and_lending"


@pytest.fixture(autouse=True)
def cheaply() -> Iterator[None]:
    set_cost(Cost(memory_kib=64, passes=1))
    operations.set_staff_site(SITE)
    yield
    operations.set_staff_site(None)
    set_cost(USUAL_COST)


async def write(sql: str, *values: object) -> None:
    """Write to the database as nobody of ours does."""
    async with transaction() as tx:
        await tx.run(sql, list(values))  # pyright: ignore[reportArgumentType] - as a driver takes them


async def sign_in(enrolled: rules.Enrolled, clock: FixedClock, key: str) -> object:
    clock.advance(timedelta(seconds=30))
    code = pyotp.TOTP(enrolled.totp_secret).at(clock.now())
    return await operations.staff_sign_in(
        rules.StaffSignIn(name="zhou", password=PASSWORD, totp=code, idempotency_key=key)
    )


async def test_no_edit_of_a_member_of_staff_ends_in_a_sign_in(
    enroll: Enroll, clock: FixedClock
) -> None:
    zhou = await enroll("zhou")
    boss = await enroll("boss", StaffRole.DIRECTOR)
    signed_in = await sign_in(zhou, clock, "first")
    assert isinstance(signed_in, rules.StaffSignedIn)
    rows = {row["id"]: row for row in await fetch("SELECT * FROM staff")}
    mine, theirs = rows[zhou.staff_id], rows[boss.staff_id]
    own_hash = await hash_password(PASSWORD)
    edits = {
        "role": "DIRECTOR",
        "password_hash": own_hash,
        "totp_secret": bytes(theirs["totp_secret"]),
        "row_seal": bytes(theirs["row_seal"]),
        "row_version": 7,
    }
    for column, value in edits.items():
        await write(f"UPDATE staff SET {column} = ? WHERE id = ?", value, zhou.staff_id)
        for act in (
            sign_in(zhou, clock, f"{column}-in"),
            queries.caller_of(signed_in.access_token, clock.now()),
            queries.staff_member(zhou.staff_id),
        ):
            with pytest.raises(SealBroken) as broken:
                await act
        assert await sound_broken_seals(broken.value, Met.GATEWAY) == 1
        before = mine[column] if isinstance(mine[column], str | int) else bytes(mine[column])
        await write(f"UPDATE staff SET {column} = ? WHERE id = ?", before, zhou.staff_id)
    alarms = await fetch("SELECT subject_id FROM audit_entry WHERE kind = 'alarm.seal_broken'")
    assert [row["subject_id"] for row in alarms] == [zhou.staff_id] * len(edits)

    await write("DELETE FROM staff_attempt")
    set_cost(Cost(memory_kib=128, passes=1))
    assert isinstance(await sign_in(zhou, clock, "renewed"), rules.StaffSignedIn)
    after = (await fetch("SELECT * FROM staff WHERE id = ?", [zhou.staff_id]))[0]
    assert after["password_hash"] != mine["password_hash"]
    put_back = (mine["password_hash"], mine["row_version"], bytes(mine["row_seal"]))
    await write(
        "UPDATE staff SET password_hash = ?, row_version = ?, row_seal = ? WHERE id = ?",
        *put_back, zhou.staff_id,
    )  # fmt: skip
    with pytest.raises(SealBroken):
        await sign_in(zhou, clock, "a whole row from before")


async def test_no_edit_of_a_session_or_passkey_makes_somebody_else_of_its_holder(
    enroll: Enroll, clock: FixedClock
) -> None:
    desk = Desk(await enroll("zhou"), "zhou", clock)
    boss = await enroll("boss", StaffRole.DIRECTOR)
    view = await desk.add()
    clock.advance(timedelta(seconds=1))  # so that the ids of sessions tell which is newer
    signed_in = await desk.sign_in(passkey=await desk.answer())
    assert isinstance(signed_in, rules.StaffSignedIn)
    for column, value in (("staff_id", boss.staff_id), ("stepped_up_at", 1), ("started_at", 1)):
        row = (await fetch(f"SELECT id, {column} AS was FROM staff_session ORDER BY id DESC"))[0]
        await write(f"UPDATE staff_session SET {column} = ? WHERE id = ?", value, row["id"])
        with pytest.raises(SealBroken):
            await queries.caller_of(signed_in.access_token, clock.now())
        await write(f"UPDATE staff_session SET {column} = ? WHERE id = ?", row["was"], row["id"])
    assert isinstance(await queries.caller_of(signed_in.access_token, clock.now()), StaffCaller)

    kept = (await fetch("SELECT * FROM staff_passkey"))[0]
    await write("UPDATE staff_passkey SET staff_id = ?", boss.staff_id)
    with pytest.raises(SealBroken):
        await desk.sign_in(name="boss", passkey=await desk.answer())
    await write("UPDATE staff_passkey SET staff_id = ?", kept["staff_id"])
    remove = RemovePasskey(
        staff_id=kept["staff_id"], passkey_id=view.passkey_id, idempotency_key="gone"
    )
    await operations.remove_passkey(remove)
    values = [bytes(one) if isinstance(one, bytes | memoryview) else one for one in kept.values()]
    places = ", ".join("?" for _ in values)
    await write(f"INSERT INTO staff_passkey ({', '.join(kept)}) VALUES ({places})", *values)
    with pytest.raises(SealBroken):
        await desk.sign_in(passkey=await desk.answer())


async def test_a_second_person_approves_what_was_proposed_and_nothing_else(
    enroll: Enroll,
) -> None:
    wang = await enroll("wang")
    maker = await sit_down(
        (await enroll("maker", StaffRole.SUPERVISOR)).staff_id, StaffRole.SUPERVISOR
    )
    checker = await sit_down(
        (await enroll("check", StaffRole.DIRECTOR)).staff_id, StaffRole.DIRECTOR
    )
    change = await propose_role_change(
        maker,
        ProposeRoleChange(
            maker_id=maker.staff_id, name="wang", role=StaffRole.RISK, idempotency_key="p"
        ),
    )
    decide = DecideRoleChange(
        checker_id=checker.staff_id,
        change_id=change.change_id,
        is_approved=True,
        idempotency_key="d",
    )
    for column, value in (("role_after", "DIRECTOR"), ("maker_id", "st0"), ("proposed_at", 1)):
        row = (await fetch(f"SELECT {column} AS was FROM staff_role_change"))[0]
        await write(f"UPDATE staff_role_change SET {column} = ?", value)
        with pytest.raises(SealBroken):
            await decide_role_change(checker, decide)
        await write(f"UPDATE staff_role_change SET {column} = ?", row["was"])
    assert (await queries.staff_member(wang.staff_id)).role is StaffRole.AGENT
    await decide_role_change(checker, decide)
    assert (await queries.staff_member(wang.staff_id)).role is StaffRole.RISK


async def test_rows_from_before_are_taken_up_once_and_outlive_new_keys(
    enroll: Enroll, clock: FixedClock
) -> None:
    zhou = await enroll("zhou")
    await write("UPDATE staff SET row_seal = NULL, row_version = 0")
    for table in ("audit_cell", "audit_entry", "audit_head"):
        await write(f"DELETE FROM {table}")
    assert await adopt_rows(["0003_identity_and_privacy"]) == 0
    assert await adopt_rows([SINCE]) == 1
    assert isinstance(await sign_in(zhou, clock, "old"), rules.StaffSignedIn)
    job, broken = await jobs.run(JobKind.SUITE, "SM4_GCM")
    assert (job.changed, broken) == (1, [])
    assert isinstance(await sign_in(zhou, clock, "new"), rules.StaffSignedIn)
    assert (await prove()).problems == []
