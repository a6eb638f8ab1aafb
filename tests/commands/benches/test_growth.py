"""Many borrowers made of one, statements looked at, and both benches with tiny numbers."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from app.commands.benches import writes
from app.commands.benches.crowd import GROWING, SqliteBook, fill, mark, stem
from app.commands.benches.statements import Statement, placed, scans
from app.foundation.ids import has_id_shape
from app.foundation.sealing import install_vault
from app.main import opened, vault_of
from app.servicing import operations as servicing
from app.settings import Settings
from tests.commands.conftest import Run

OTHERS = 5


async def test_a_crowd_is_one_borrower_again_under_other_ids(settings: Settings) -> None:
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    vault = vault_of(settings)
    install_vault(vault)
    async with opened(settings, vault=vault):
        await writes.lent(1)
    before = rows_of(path)
    heard: list[int] = []
    book = SqliteBook(path)
    made = await fill(book, OTHERS, on_made=heard.append)
    await book.done()
    after = rows_of(path)
    assert heard == [OTHERS]
    assert sum(map(len, after.values())) == sum(map(len, before.values())) + made
    assert all(not Counter(before[table]) - Counter(after[table]) for table in GROWING)
    with closing(sqlite3.connect(path)) as many:
        plans = many.execute(
            "SELECT l.id, l.borrower_id, r.revision, COUNT(i.id) FROM servicing_loan l"
            " JOIN revision r ON r.subject_id = l.borrower_id"
            " JOIN servicing_installment i ON i.loan_id = l.id GROUP BY l.id"
        ).fetchall()
    assert len(plans) == len({borrower for _, borrower, _, _ in plans}) == OTHERS + 1
    assert all(has_id_shape(loan_id, "ln") for loan_id, _, _, _ in plans)
    assert {(revision, lines) for _, _, revision, lines in plans} == {plans[0][2:]}


def test_the_close_of_day_looks_for_loans_by_their_indexes(sqlite_template: Path) -> None:
    sql, parameters = servicing.search_of_day(date(2026, 11, 21), 10)
    with closing(sqlite3.connect(sqlite_template)) as file:
        assert scans(file, [Statement(sql, tuple(parameters))]) == []
        assert scans(file, [Statement("SELECT id FROM servicing_loan ORDER BY id LIMIT 1")]) != []


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as file:
        return {table: file.execute(f"SELECT * FROM {table}").fetchall() for table in GROWING}


def test_nobody_in_a_crowd_is_somebody_else() -> None:
    some = range(0, 2_000_000, 9_973)
    assert len({stem(number) for number in some}) == len({mark(number) for number in some})
    assert sorted(stem(number) for number in some) == [stem(number) for number in some]


def test_a_statement_that_looks_through_a_growing_table_is_named() -> None:
    file = sqlite3.connect(":memory:")
    file.executescript(
        "CREATE TABLE loan (id PRIMARY KEY, due_on); CREATE INDEX by_day ON loan (due_on);"
        "CREATE TABLE staff (id PRIMARY KEY, name)"
    )
    found = Statement("SELECT id FROM loan WHERE due_on <= ?", ("2026-11-21",))
    looked = Statement('SELECT x."id" FROM "loan" AS "x" WHERE "x"."due_on" + 1 > ?', (1,))
    small = Statement("SELECT id FROM staff WHERE name = ?", ("lin",))
    assert scans(file, [found, looked, small, looked]) == [f"loan: {looked.sql}"]
    assert placed("a = ? AND b = ?") == "a = $1 AND b = $2"
    file.close()


def test_a_repayment_is_counted_and_measured_beside_its_floor(run: Run) -> None:
    result = run("bench", "writes", "--clients", "2", "--each", "2", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert [(one["name"], one["clients"]) for one in told["writes"]] == [
        ("repay", 2),
        ("receive", 2),
    ]
    for one in told["writes"]:
        is_met = one["ratio"]["median"] >= told["goal_ratio"]
        assert one["is_met"] is (is_met and one["ours"]["p99_ms"] <= told["goal_p99_ms"])
        assert 0 < one["ours"]["p50_ms"] <= one["ours"]["p99_ms"]
        assert one["floor"]["per_second"]["min"] > 0
    counts = {name: len(sent) for name, sent in told["statements"].items()}
    assert counts["repay"] <= 12, "one of them looks for a card that is being debited"
    assert counts["receive"] <= 26
    assert all(sent[0] == "BEGIN IMMEDIATE" for sent in told["statements"].values())
    assert all(sent[-1] == "COMMIT" for sent in told["statements"].values())


@pytest.mark.parametrize("given", ["0", "1,x", "", "1001"])
def test_clients_that_cannot_be_are_refused(run: Run, given: str) -> None:
    assert run("bench", "writes", "--clients", given).exit_code == 2
