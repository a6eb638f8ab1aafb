"""`loans rebuild`: what is kept of loans is proved and made again, whatever happened to it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.servicing import operations
from app.settings import Settings
from tests.commands.conftest import Run, refusal_of
from tests.conftest import START
from tests.servicing.conftest import START_ON, opening, plain_terms

T = TypeVar("T")

DERIVED = ("servicing_loan", "servicing_installment", "ledger_posting", "ledger_entry")


@pytest.fixture
def url(new_settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point the commands at an empty, migrated database of each kind."""
    new_settings.data_folder.mkdir(parents=True)
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database_url


def within(url: str, work: Callable[[], Awaitable[T]]) -> T:
    """Do something with the database open, as another process would."""

    async def opened() -> T:
        database = Database(url=url, clock=FixedClock(START))
        await database.open()
        outbox.subscribe([])
        try:
            return await work()
        finally:
            await database.close()

    return asyncio.run(opened())


def lend(url: str, count: int) -> list[str]:
    """Lend so often on plain terms, let the first installments go late, and return the loans."""

    async def work() -> list[str]:
        async with transaction() as tx:
            refs = [
                await operations.open_loan(
                    tx, opening(plain_terms(), disbursement_id=f"db{number:014d}")
                )
                for number in range(count)
            ]
        return sorted(ref.loan_id for ref in refs)

    return within(url, work)


def pass_days(url: str) -> None:
    within(url, lambda: operations.run_days(START_ON + timedelta(days=36)))


def change(url: str, sql: str) -> None:
    async def work() -> None:
        async with transaction() as tx:
            assert await tx.run(sql) > 0

    within(url, work)


def kept(url: str) -> dict[str, list[dict[str, Any]]]:
    async def work() -> dict[str, list[dict[str, Any]]]:
        return {name: await fetch(f"SELECT * FROM {name} ORDER BY id") for name in DERIVED}

    return within(url, work)


def test_what_is_as_it_must_be_is_said_to_be(run: Run, url: str) -> None:
    lend(url, 3)
    pass_days(url)
    before = kept(url)

    for arguments, done in ((["--check"], "differ"), ([], "rebuilt")):
        result = run("loans", "rebuild", *arguments)
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(f"3 loans, 0 {done}, 0 failed, ")
        assert result.stdout.endswith(" loans/s\n")
    assert kept(url) == before


def test_what_was_altered_is_named_then_made_again(run: Run, url: str) -> None:
    first, second, third = lend(url, 3)
    pass_days(url)
    before = kept(url)
    change(url, f"UPDATE servicing_loan SET penalty_fen = 7, position = '[]' WHERE id = '{first}'")
    change(url, f"DELETE FROM servicing_installment WHERE id = '{first}.0006'")
    change(
        url,
        f"UPDATE servicing_installment SET paid_interest_fen = 5, status = 'LOST'"
        f" WHERE id = '{second}.0002'",
    )
    altered = kept(url)

    checked = run("loans", "rebuild", "--check")
    assert checked.exit_code == 1, checked.output
    *problems, summary = checked.stdout.splitlines()
    worked_out = next(row for row in before["servicing_loan"] if row["id"] == first)
    assert problems == [
        f"loan {first}: penalty_fen is 7 kept, {worked_out['penalty_fen']} worked out",
        f"loan {first}: position is [] kept, {worked_out['position']} worked out",
        f"loan {first}: installment 6 is missing",
        f"loan {second}: installment 2: paid_interest_fen is 5 kept, 0 worked out",
        f"loan {second}: installment 2: status is LOST kept, NOT_YET_DUE worked out",
    ]
    assert summary.startswith("3 loans, 2 differ, 0 failed, ")
    assert kept(url) == altered, "checking changes nothing"
    assert run("loans", "rebuild", "--check", "--loan", third).exit_code == 0

    rebuilt = run("loans", "rebuild", "--loan", second)
    assert rebuilt.stdout.splitlines()[-1].startswith("1 loans, 1 rebuilt, 0 failed, ")
    rebuilt = run("loans", "rebuild")
    assert rebuilt.exit_code == 0, rebuilt.output
    assert rebuilt.stdout.splitlines()[-1].startswith("3 loans, 1 rebuilt, 0 failed, ")
    assert kept(url) == before
    assert run("loans", "rebuild", "--check").exit_code == 0


def test_a_loan_that_cannot_be_worked_out_keeps_no_other_from_it(run: Run, url: str) -> None:
    first, second = lend(url, 2)
    change(url, f"UPDATE servicing_loan_event SET body = '{{}}' WHERE loan_id = '{first}'")
    change(url, "UPDATE servicing_loan SET balance_fen = 1")

    assert run("loans", "rebuild", "--check").exit_code == 1
    result = run("loans", "rebuild")
    assert result.exit_code == 1
    assert f"loan {first}: cannot be worked out: " in result.stdout
    assert f"loan {second}: balance_fen is 1 kept, " in result.stdout
    assert "2 loans, 1 rebuilt, 1 failed, " in result.stdout
    assert run("loans", "rebuild", "--check", "--loan", second).exit_code == 0


def test_a_ledger_that_tells_another_story_is_not_made_to_follow(run: Run, url: str) -> None:
    (loan,) = lend(url, 1)
    change(url, "UPDATE ledger_entry SET amount_fen = 1 WHERE account LIKE 'loan:%'")
    change(url, "UPDATE servicing_loan SET balance_fen = 1")
    before = kept(url)

    result = run("loans", "rebuild")

    assert result.exit_code == 1
    assert f"loan {loan}: the ledger says something else; run `ledger verify`" in result.stdout
    after = kept(url)
    assert after["ledger_posting"] == before["ledger_posting"]
    assert after["ledger_entry"] == before["ledger_entry"]
    assert run("loans", "rebuild", "--check").exit_code == 0, "the loan itself is right again"


def test_much_trouble_is_counted_rather_than_printed(run: Run, url: str) -> None:
    lend(url, 18)
    change(url, "UPDATE servicing_installment SET fee_fen = 1")

    result = run("loans", "rebuild", "--check")

    *problems, more, summary = result.stdout.splitlines()
    assert len(problems) == 100
    assert more.startswith("… and more")
    assert summary.startswith("18 loans, 18 differ, ")


def test_a_loan_that_is_not_there_is_refused(run: Run, url: str) -> None:
    assert url
    for arguments in (["--check"], []):
        assert refusal_of(run("loans", "rebuild", "--loan", "ln00000nobody000", *arguments))


def test_a_rebuild_that_is_killed_goes_on_where_it_was(run: Run, url: str) -> None:
    lend(url, 320)
    before = kept(url)
    change(url, "UPDATE servicing_loan SET balance_fen = 1")

    def left() -> int:
        async def count() -> int:
            rows = await fetch("SELECT COUNT(*) AS n FROM servicing_loan WHERE balance_fen = 1")
            return rows[0]["n"]

        return within(url, count)

    with subprocess.Popen(
        [sys.executable, "-m", "app", "loans", "rebuild"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    ) as rebuilding:
        deadline = time.monotonic() + 60
        while left() == 320 and time.monotonic() < deadline:
            time.sleep(0.01)
        rebuilding.send_signal(signal.SIGKILL)
        rebuilding.wait(timeout=30)
    assert left() in {20, 120, 220}, "killed in the middle, with whole batches done"

    assert run("loans", "rebuild").exit_code == 0
    assert run("loans", "rebuild", "--check").exit_code == 0
    assert kept(url) == before
