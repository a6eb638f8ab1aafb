"""Migrate, close days, work and verify: what whoever runs the system does, once or again."""

import asyncio
import os
import signal
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from app import worker
from app.commands import upkeep
from app.foundation.clock import SHANGHAI
from app.ledger.rules import Verification
from app.settings import Settings
from tests.commands.conftest import Run, refusal_of


def today() -> datetime:
    return datetime.now(SHANGHAI)


def lines(printed: str) -> list[str]:
    return printed.strip().splitlines()


def test_migrate_says_what_it_applied_and_may_be_run_again(run: Run) -> None:
    assert lines(run("migrate").stdout)[0] == "applied 0001_initial"
    again = run("migrate")
    assert (again.exit_code, lines(again.stdout)) == (0, ["the schema is current"])


@pytest.mark.parametrize(
    ("written", "says"),
    [([], "the models have not changed"), (["app/migrations/0002_x.py"], "wrote app/migrations")],
)
def test_a_developer_writes_a_migration(
    run: Run, monkeypatch: pytest.MonkeyPatch, written: list[str], says: str
) -> None:
    async def write(name: str) -> list[str]:
        assert name == "x"
        return written

    monkeypatch.setattr(upkeep, "write_migrations", write)
    assert run("migrate", "--write", "x").stdout.startswith(says)


@pytest.mark.usefixtures("settings")
def test_days_are_closed_one_by_one_and_never_backwards(run: Run) -> None:
    until = today() + timedelta(days=2)
    result = run("close-day", "--to", f"{until:%Y-%m-%d}")
    assert result.exit_code == 0, result.output
    assert [line.split(":")[0] for line in lines(result.stdout)] == [
        f"{today() + timedelta(days=1):%Y-%m-%d}",
        f"{until:%Y-%m-%d}",
    ]
    assert "0 loans touched" in result.stdout
    assert run("close-day", "--to", f"{until:%Y-%m-%d}").stdout == "", "closed already"
    assert refusal_of(run("close-day", "--to", f"{today():%Y-%m-%d}"))
    assert refusal_of(run("close-day", "--to", f"{until + timedelta(days=500):%Y-%m-%d}"))


@pytest.mark.parametrize("to", ["tomorrow", "2026-02-30", ""])
def test_a_day_that_is_none_is_clicks_to_refuse(run: Run, to: str) -> None:
    result = run("close-day", "--to", to)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("settings")
def test_books_that_balance_are_said_to(run: Run) -> None:
    result = run("ledger", "verify")
    assert (result.exit_code, result.stdout) == (0, "balanced: 0 postings, chain intact\n")


@pytest.mark.usefixtures("settings")
def test_books_that_do_not_balance_are_told_line_by_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def verify() -> Verification:
        return Verification(
            postings=2, entries=4, head="", problems=("le1: altered", "le2: cut off")
        )

    monkeypatch.setattr(upkeep.ledger, "verify", verify)
    result = run("ledger", "verify")
    assert (result.exit_code, result.stdout) == (1, "le1: altered\nle2: cut off\n")


def test_the_worker_works_until_it_is_told_to_stop(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_worker = worker.run

    async def run_and_stop(stop: asyncio.Event, ports: worker.Ports, *, closes_day: bool) -> None:
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
        await run_worker(stop, ports, closes_day=closes_day)

    monkeypatch.setattr(worker, "run", run_and_stop)
    assert run("worker").exit_code == 0
    path = settings.data_folder / "qingmiao.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM business_day").fetchone() == (1,)
