"""After everything identity does, no personal value lies anywhere in clear."""

import base64
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest

from app.foundation import outbox
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import Refusal
from app.identity import operations, queries, rules
from tests.identity.conftest import PASSWORD, PROFILE, Enroll, Person

PHONE = "13911122333"
PLANTED = (
    PHONE,
    PROFILE.name,
    PROFILE.resident_id,
    PROFILE.bank_card or "",
    PROFILE.address or "",
    PROFILE.purpose,
    "Mei's Redmi 9A",
    "old-android-7741",
    PASSWORD,
)


def encodings(value: str) -> list[bytes]:
    """Return six ways a value might lie in a file."""
    raw = value.encode()
    return [
        raw,
        value.encode("utf-16-le"),
        value.encode("gb18030"),
        raw.hex().encode(),
        base64.b64encode(raw).rstrip(b"=")[:-1],
        value.encode("unicode_escape"),
    ]


async def live(person: Person, enroll: Enroll) -> list[str]:
    """Do everything once, refusals included; return the secrets that were handed out."""
    signed_in = await person.sign_in(PHONE, device_name="Mei's Redmi 9A")
    await person.complete(signed_in.borrower_id)
    other = await person.sign_in("13911122444")
    for attempt in (
        person.complete(other.borrower_id),
        person.complete(signed_in.borrower_id, income_fen=-1),
        person.ask(PHONE, device_id="old-android-7741"),
    ):
        with pytest.raises(Refusal):
            await attempt
    await person.ask("13911122555", device_id="old-android-7741")
    async with transaction() as tx:
        await operations.issue_signing_code(
            tx,
            signed_in.borrower_id,
            about="a" * 64,
            words={"what": PROFILE.purpose},
        )
    await outbox.drain()
    refresh = rules.RefreshSession(refresh_token=signed_in.refresh_token, idempotency_key="on")
    on = await operations.refresh_session(refresh)
    assert isinstance(on, rules.SessionTokens)
    enrolled = await enroll()
    proofs = rules.StaffSignIn(
        name="zhou",
        password=PASSWORD,
        totp=pyotp.TOTP(enrolled.totp_secret).at(person.clock.now()),
        idempotency_key="in",
    )
    staff = await operations.staff_sign_in(proofs)
    assert isinstance(staff, rules.StaffSignedIn)
    await queries.own_profile_of(signed_in.borrower_id)
    await queries.borrower_ids_by_phone_tail("2333")
    return [
        signed_in.access_token,
        signed_in.refresh_token,
        on.access_token,
        on.refresh_token,
        enrolled.totp_secret,
        staff.access_token,
    ]


def files_of(path: Path) -> bytes:
    """Return the database file with its WAL, before and after the WAL is folded in."""
    before = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return before + path.read_bytes()


async def stored(database: Database) -> bytes:
    """Return every byte at rest: the files of SQLite, or every cell of PostgreSQL."""
    if database.dialect == "sqlite":
        return files_of(Path(urlsplit(database.url).path[1:]))
    tables = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    cells: list[bytes] = []
    for table in tables:
        for row in await fetch(f'SELECT * FROM "{table["tablename"]}"'):
            cells += [
                value if isinstance(value, bytes) else str(value).encode() for value in row.values()
            ]
    return b"\n".join(cells)


async def test_no_planted_value_lies_in_the_database_or_the_log(
    database: Database,
    person: Person,
    enroll: Enroll,
    capfd: pytest.CaptureFixture[str],
) -> None:
    secrets = await live(person, enroll)
    at_rest = await stored(database)
    printed = capfd.readouterr()
    logged = (printed.out + printed.err).encode()
    assert b"code_sent" in logged
    codes = {text[-6:] for _, text in person.phones.texts}
    assert b"one_time_code" in at_rest or database.dialect == "postgres"

    for value in (*PLANTED, *secrets):
        for hidden in encodings(value):
            assert hidden not in at_rest, value
            assert hidden not in logged, value
    for code in codes:
        assert f'"{code}"'.encode() not in at_rest
        assert f"={code} ".encode() not in logged


async def test_the_search_would_find_a_value_in_clear(database: Database, person: Person) -> None:
    signed_in = await person.sign_in(PHONE)
    async with transaction() as tx:
        await tx.run(
            "UPDATE borrower SET region_code = ? WHERE id = ?", [PHONE[:6], signed_in.borrower_id]
        )
    assert PHONE[:6].encode() in await stored(database)


async def test_values_and_commands_show_nothing_when_printed(
    person: Person, enroll: Enroll
) -> None:
    signed_in = await person.sign_in(PHONE, device_name="Mei's Redmi 9A")
    await person.complete(signed_in.borrower_id)
    shown = repr(
        [
            signed_in,
            PROFILE,
            await enroll(),
            await queries.own_profile_of(signed_in.borrower_id),
            await queries.sessions_of(signed_in.borrower_id, person.clock.now()),
            rules.RequestCode(phone=PHONE, idempotency_key="k"),
            rules.VerifyCode(challenge_id="oc", code="123456", idempotency_key="k"),
            rules.RefreshSession(refresh_token=signed_in.refresh_token, idempotency_key="k"),
            rules.StaffSignIn(name="zhou", password=PASSWORD, totp="1", idempotency_key="k"),
        ]
    )
    for value in (*PLANTED, signed_in.access_token, signed_in.refresh_token, "123456"):
        assert value not in shown
