"""What is read of one borrower or one loan is found by an index, however many others there are."""

import importlib
import pkgutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tortoise.models import Model

import app
from app.commands.benches.statements import Statement, scans
from app.foundation.holding import Holding
from app.foundation.sealing import SealedTable

FOUND_BY = ("borrower_id", "loan_id")
FOUND_OTHERWISE = {
    "card_debit.loan_id": "a card's debit is read by its repayment",
    "contact_attempt.loan_id": "attempts are read by their borrower",
    "figure_answer.loan_id": "answers are read by their lesson's run",
    "loan_application.loan_id": "the loan knows its application",
    "reveal.borrower_id": "whoever looked is told of from the table of looks",
    "reveal_request.borrower_id": "requests are read by who asked, and by who decides",
    "reward_invitation.loan_id": "invitations are read by who was invited",
    "ticket.loan_id": "tickets are read by their borrower",
}
"""Columns that nothing is found by, and what is found by instead."""


def columns_without_index(file: sqlite3.Connection) -> set[str]:
    """Name the columns of a borrower's or loan's id that lead no index."""
    found: set[str] = set()
    for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = file.execute(f"PRAGMA table_info({table})").fetchall()
        leading = {name for _, name, _, _, _, key in columns if key == 1}
        for _, index, *_ in file.execute(f"PRAGMA index_list({table})").fetchall():
            leading.add(file.execute(f"PRAGMA index_info({index})").fetchone()[2])
        found |= {f"{table}.{name}" for _, name, *_ in columns if name in FOUND_BY} - {
            f"{table}.{name}" for name in leading
        }
    return found


def modules(name: str) -> Iterator[str]:
    """Name every module of the app whose name ends so."""
    for one in pkgutil.walk_packages(app.__path__, "app."):
        if one.name.rsplit(".", 1)[-1] == name:
            yield one.name


def holdings() -> Iterator[Holding]:
    """Return what every room says it holds on a person."""
    for name in modules("holding"):
        yield from getattr(importlib.import_module(name), "HOLDINGS", ())


def sealed() -> Iterator[SealedTable]:
    """Return every table with sealed columns."""
    for name in modules("models"):
        module = importlib.import_module(name)
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Model):
                seals = getattr(one, "seals", None)
                if isinstance(seals, SealedTable):
                    yield seals


def test_a_borrowers_and_a_loans_rows_are_found_by_an_index(sqlite_template: Path) -> None:
    with closing(sqlite3.connect(sqlite_template)) as file:
        found = columns_without_index(file)
    assert found == FOUND_OTHERWISE.keys(), "name it in Meta.indexes, or here how rows are found"


def test_no_copy_of_ones_data_looks_through_everybodys(sqlite_template: Path) -> None:
    found = [
        (one.model.Meta.table, one.of if one.within is None else one.within[0])  # pyright: ignore[reportAttributeAccessIssue] - every model names its table
        for one in holdings()
    ]
    assert len(found) > len(FOUND_OTHERWISE)
    reads = [Statement(f"SELECT * FROM {table} WHERE {by} = ?", ("x",)) for table, by in found]
    with closing(sqlite3.connect(sqlite_template)) as file:
        assert scans(file, reads, standing=()) == []


def test_forgetting_one_person_looks_through_nobody_elses_rows(sqlite_template: Path) -> None:
    tables = {one.table: one.through[0] if one.through else one.subject for one in sealed()}
    assert tables
    reads = [Statement(f"SELECT * FROM {one} WHERE {by} = ?", ("x",)) for one, by in tables.items()]
    with closing(sqlite3.connect(sqlite_template)) as file:
        assert scans(file, reads, standing=()) == []
