"""`audit` proves the chain from outside: one line names what was altered, and it exits 1."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing

import orjson
import pytest

from app.foundation import audit
from app.foundation.audit import Entry
from app.foundation.database import transaction
from app.main import opened
from app.settings import Settings
from tests.commands.conftest import Run, refusal_of

MEI = "br00000abcdefghi"
Sql = Callable[[str], None]


@pytest.fixture
def sql(settings: Settings) -> Sql:
    """Edit the database file behind the app's back."""
    path = settings.database_url.removeprefix("sqlite:///")

    def edit(statement: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return edit


@pytest.fixture
def acts(settings: Settings) -> None:
    """Record six acts."""

    async def record() -> None:
        async with opened(settings):
            for number in range(6):
                async with transaction() as tx:
                    act = Entry("desk.looked", MEI, "st00000abcdefghi", {"number": number})
                    await audit.record(tx, act)

    asyncio.run(record())


def test_a_whole_chain_is_signed_and_said_to_be_whole(
    run: Run, acts: None, settings: Settings
) -> None:
    assert acts is None
    signed = run("audit", "checkpoint")
    assert (signed.exit_code, signed.stdout.startswith("signed entry 6: ")) == (0, True)
    assert run("audit", "checkpoint").stdout == "nothing was added since the last checkpoint\n"
    found = run("audit", "verify")
    said = "whole: entries 1 to 6, 1 checkpoints, 0 cells, 0 alarms\n"
    assert (found.exit_code, found.stdout) == (0, said)
    assert settings.witness_path.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("UPDATE audit_entry SET about = '{}' WHERE seq = 4", "entry 4: edited"),
        ("DELETE FROM audit_entry WHERE seq = 4", "entry 4: deleted"),
        ("DELETE FROM audit_entry WHERE seq = 6", "entry 6: cut off"),
    ],
)
def test_one_line_names_what_was_altered(
    run: Run, acts: None, sql: Sql, edit: str, says: str
) -> None:
    assert acts is None
    sql(edit)
    found = run("audit", "verify")
    assert (found.exit_code, found.stdout) == (1, f"{says}\n")
    told = run("audit", "verify", "--from", "3", "--json")
    assert told.exit_code == 1
    assert [one["sentence"] for one in orjson.loads(told.stdout)["problems"]] == [says]


def test_two_entries_that_changed_places_are_both_named(run: Run, acts: None, sql: Sql) -> None:
    assert acts is None
    for old, new in ((2, 99), (5, 2), (99, 5)):
        sql(f"UPDATE audit_entry SET seq = {new} WHERE seq = {old}")
    found = run("audit", "verify")
    assert found.stdout.splitlines() == [
        "entry 5: reordered, stands at 2",
        "entry 2: reordered, stands at 5",
    ]


def test_a_chain_that_does_not_hold_is_signed_as_broken_and_tells_of_its_alarm(
    run: Run, acts: None, sql: Sql, settings: Settings
) -> None:
    assert acts is None
    sql("UPDATE audit_entry SET about = '{}' WHERE seq = 4")
    over = "checkpoint 6: signed over what did not hold then, at entry 4"
    signed = run("audit", "checkpoint")
    assert signed.exit_code == 1
    assert signed.stdout.splitlines()[0].startswith("signed entry 6: ")
    assert signed.stdout.splitlines()[1:] == ["entry 4: edited", over]
    lines = run("audit", "verify").stdout.splitlines()
    assert lines[:2] == ["entry 4: edited", over]
    assert lines[2].startswith('alarm at entry 7: chain_broken {"seq":4} ')
    settings.witness_path.unlink()
    settings.witness_path.mkdir()
    untold = run("audit", "checkpoint")
    assert (untold.exit_code, untold.stderr.count("Refused: the witness")) == (2, 1)


def test_a_canary_is_set_and_taken_back_on_record(run: Run, settings: Settings) -> None:
    assert run("audit", "canary", MEI).stdout == f"{MEI}: a canary\n"
    assert run("audit", "canary", MEI, "--off").stdout == f"{MEI}: no canary any more\n"
    assert run("audit", "canary", MEI, "--off").exit_code == 0
    path = settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        told = connection.execute("SELECT kind, actor FROM audit_entry ORDER BY seq").fetchall()
    assert told == [("canary.set", "operator"), ("canary.taken_back", "operator")]
    assert refusal_of(run("audit", "canary", "somebody"))
