"""Whatever is altered in the ledger is named."""

import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.foundation.database import Database, fetch, transaction
from app.ledger import operations, queries, rules
from tests.ledger.conftest import LOAN, Post, charged, moved

POSTING_COLUMNS = (
    "id", "number", "kind", "about", "source", "source_key", "effective_on", "recorded_at",
    "prev_hash", "hash",
)  # fmt: skip
ENTRY_COLUMNS = ("id", "posting_id", "line", "account", "amount_fen", "code")


@pytest.fixture
async def five_postings(post: Post) -> list[str]:
    """Post five times; the third takes a charge."""
    async with transaction() as tx:
        await operations.permit_charges(tx, LOAN, ["INTEREST"])
    return [
        await post(moved(100, source="ev1")),
        await post(moved(200, source="ev2")),
        await post(charged(30, "INTEREST", source="ev3")),
        await post(moved(400, source="ev4")),
        await post(moved(500, source="ev5")),
    ]


async def run(sql: str, parameters: list[str | int | None]) -> None:
    async with transaction() as tx:
        await tx.run(sql, parameters)


def flipped(value: str | int | None) -> str | int:
    """Change one byte of a value, or make something of nothing."""
    if value is None:
        return "X"
    if isinstance(value, int):
        return value ^ 0x100
    return value[:-1] + chr(ord(value[-1]) ^ 0x10)


@pytest.mark.usefixtures("five_postings")
async def test_an_untouched_ledger_is_intact() -> None:
    verification = await queries.verify()

    assert verification.is_intact
    assert (verification.postings, verification.entries) == (5, 10)
    head = await fetch("SELECT hash FROM ledger_chain")
    assert verification.head == head[0]["hash"]


@pytest.mark.usefixtures("database")
async def test_an_empty_ledger_is_intact() -> None:
    verification = await queries.verify()
    assert verification.is_intact
    assert verification.postings == 0


@pytest.mark.parametrize("column", POSTING_COLUMNS)
@pytest.mark.parametrize("number", [1, 3, 5])
async def test_a_flipped_byte_in_a_posting_is_named(
    five_postings: list[str], column: str, number: int
) -> None:
    rows = await fetch(f"SELECT {column} FROM ledger_posting WHERE number = ?", [number])
    value = flipped(rows[0][column])
    await run(f"UPDATE ledger_posting SET {column} = ? WHERE number = ?", [value, number])

    problems = (await queries.verify()).problems

    name = str(value) if column == "id" else five_postings[number - 1]
    shown = value if column == "number" else number
    differs = "source key differs" if column == "source_key" else "hash differs"
    assert f"posting {name} (number {shown}): {differs}" in problems
    others = [posting for posting in five_postings if posting != five_postings[number - 1]]
    assert not [line for line in problems if any(posting in line for posting in others)]


@pytest.mark.parametrize("column", ENTRY_COLUMNS)
@pytest.mark.parametrize("number", [1, 3, 5])
async def test_a_flipped_byte_in_an_entry_names_its_posting(
    five_postings: list[str], column: str, number: int
) -> None:
    entry_id = rules.entry_number(number, 2)
    rows = await fetch(f"SELECT {column} FROM ledger_entry WHERE id = ?", [entry_id])
    await run(
        f"UPDATE ledger_entry SET {column} = ? WHERE id = ?", [flipped(rows[0][column]), entry_id]
    )

    problems = (await queries.verify()).problems

    assert any(five_postings[number - 1] in line for line in problems)
    assert not [
        line
        for line in problems
        if line.endswith("hash differs") and five_postings[number - 1] not in line
    ]


async def test_text_where_a_number_belongs_is_named(
    five_postings: list[str], database: Database
) -> None:
    """SQLite takes any text in any column, and its driver reads none that is no UTF-8."""
    if database.dialect == "postgres":
        return
    second, third, fourth = five_postings[1:4]
    async with transaction() as tx:
        for place in (
            f"ledger_posting SET recorded_at = TEXT WHERE id = '{second}'",
            f"ledger_entry SET amount_fen = TEXT WHERE posting_id = '{third}' AND line = 1",
            f"ledger_entry SET id = TEXT WHERE posting_id = '{fourth}' AND line = 1",
            "ledger_chain SET number = TEXT WHERE id = 1",
            "ledger_balance SET account = TEXT WHERE balance_fen > 0",
        ):
            assert await tx.run("UPDATE " + place.replace("TEXT", "CAST(x'ff41' AS TEXT)"))
    problems = (await queries.verify()).problems
    for named in (
        f"posting {second} (number 2): hash differs",
        f"posting {third} (number 3): hash differs",
        f"posting {fourth}: entry \\xffA is out of its place",
        "chain head: says number \\xffA, the last posting is 5",
    ):
        assert named in problems
    assert any(line.startswith("balance of \\xffA") for line in problems)


@pytest.mark.parametrize("number", [1, 3])
async def test_a_negative_number_has_no_place(five_postings: list[str], number: int) -> None:
    await run("UPDATE ledger_posting SET number = -number WHERE number = ?", [number])

    problems = (await queries.verify()).problems
    assert any(five_postings[number - 1] in line for line in problems)


@pytest.mark.parametrize(("number", "named"), [(1, "number 1"), (3, "number 3")])
@pytest.mark.usefixtures("five_postings")
async def test_a_missing_posting_is_named(number: int, named: str) -> None:
    await run("DELETE FROM ledger_posting WHERE number = ?", [number])
    await run("DELETE FROM ledger_entry WHERE id / 100 = ?", [number])

    problems = (await queries.verify()).problems
    assert f"posting {named}: missing" in problems
    assert not [line for line in problems if "hash differs" in line]


@pytest.mark.usefixtures("five_postings")
async def test_several_missing_postings_are_named_together() -> None:
    await run("DELETE FROM ledger_posting WHERE number IN (?, ?)", [2, 3])

    problems = (await queries.verify()).problems
    assert problems[0] == "posting 2 to 3: missing"


@pytest.mark.usefixtures("five_postings")
async def test_a_posting_cut_off_the_end_is_missed_by_the_head() -> None:
    await run("DELETE FROM ledger_posting WHERE number = ?", [5])

    problems = (await queries.verify()).problems
    assert "chain head: says number 5, the last posting is 4" in problems


async def test_two_postings_that_changed_places_are_named(five_postings: list[str]) -> None:
    await run("UPDATE ledger_posting SET number = ? WHERE number = ?", [99, 2])
    await run("UPDATE ledger_posting SET number = ? WHERE number = ?", [2, 3])
    await run("UPDATE ledger_posting SET number = ? WHERE number = ?", [3, 99])

    problems = (await queries.verify()).problems
    assert f"posting {five_postings[1]} (number 3): hash differs" in problems
    assert f"posting {five_postings[2]} (number 2): hash differs" in problems


async def test_an_altered_posting_with_a_new_hash_breaks_the_chain(
    five_postings: list[str],
) -> None:
    await run("UPDATE ledger_posting SET about = ? WHERE number = ?", ["ln00000someother", 3])
    stored = await queries.stored_posting("repayment|ev3")
    assert stored is not None
    await run("UPDATE ledger_posting SET hash = ? WHERE number = ?", [stored.chain_hash(), 3])

    problems = (await queries.verify()).problems
    assert problems == (f"posting {five_postings[3]} (number 4): does not follow number 3",)


@pytest.mark.usefixtures("five_postings")
async def test_an_altered_balance_is_named() -> None:
    await run("UPDATE ledger_balance SET balance_fen = ? WHERE account = ?", [1, "rail:clearing"])
    await run("DELETE FROM ledger_balance WHERE account = ?", ["income:interest"])

    assert (await queries.verify()).problems == (
        "balance of income:interest: kept 0, entries sum to -30",
        "balance of rail:clearing: kept 1, entries sum to -1170",
    )


@pytest.mark.usefixtures("five_postings")
async def test_an_altered_head_is_named() -> None:
    await run("UPDATE ledger_chain SET hash = ? WHERE id = 1", ["0" * 64])
    assert (await queries.verify()).problems == ("chain head: hash differs from that of number 5",)


@pytest.mark.usefixtures("five_postings")
async def test_an_entry_of_no_posting_is_named() -> None:
    for number in (3, 9):
        entry_id = rules.entry_number(number, 50)
        await run(
            "INSERT INTO ledger_entry (id, posting_id, line, account, amount_fen)"
            " VALUES (?, 'le00000nobody000', 50, 'rail:clearing', 0)",
            [entry_id],
        )

    problems = (await queries.verify()).problems
    assert any("entry 350 names posting le00000nobody000" in line for line in problems)
    assert any("le00000nobody000: entry 950 is out of its place" in line for line in problems)


@pytest.mark.parametrize("mask", [0x01, 0xFF])
@pytest.mark.usefixtures("five_postings")
async def test_a_byte_flipped_in_the_file_is_named(
    database: Database, post: Post, mask: int
) -> None:
    if database.dialect != "sqlite":
        return
    posting_id = await post(replace(moved(600, source="ev6"), effective_on=date(2031, 7, 19)))
    await database.close()
    flip_in_file(Path(database.url.removeprefix("sqlite:///")), b"2031-07-19", mask)

    await database.open()
    assert (await queries.verify()).problems == (f"posting {posting_id} (number 6): hash differs",)


def flip_in_file(path: Path, text: bytes, mask: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    assert content.count(text) == 1, "a day stands in the postings' table only"
    content[content.index(text)] ^= mask
    path.write_bytes(content)


async def test_an_amount_that_is_no_number_any_more_names_its_posting(
    database: Database, five_postings: list[str]
) -> None:
    if database.dialect != "sqlite":
        return
    for entry_id, text in ((201, "'2OO'"), (401, "x'ff'")):
        await run(f"UPDATE ledger_entry SET amount_fen = {text} WHERE id = ?", [entry_id])

    problems = (await queries.verify()).problems

    for number in (2, 4):
        assert f"posting {five_postings[number - 1]} (number {number}): hash differs" in problems


@pytest.mark.usefixtures("five_postings")
async def test_no_more_problems_are_named_than_anybody_reads() -> None:
    for number in range(99):
        await run(
            "INSERT INTO ledger_balance (account, balance_fen) VALUES (?, 1)", [f"stray:{number}"]
        )
    await run("UPDATE ledger_entry SET amount_fen = amount_fen + ?", [1])

    problems = (await queries.verify()).problems
    assert len(problems) == 100


async def test_accounts_are_found_by_how_they_begin(post: Post) -> None:
    other = "ln00000ABCDEFGHI"
    await post(moved(100, source="ev1"))
    await post(moved(200, source="ev2", loan_id=other))

    assert await queries.balances(f"loan:{LOAN}") == {rules.loan_principal(LOAN): 100}
    assert await queries.balances("loan:") == {
        rules.loan_principal(other): 200,
        rules.loan_principal(LOAN): 100,
    }
    assert await queries.balances("funder:") == {}
    asked = [rules.loan_principal(other), rules.rail_agent("nobody"), rules.loan_principal(LOAN)]
    assert await queries.balances_of(asked) == [200, 0, 100]
    assert await queries.balances_of([]) == []


@pytest.mark.usefixtures("five_postings")
async def test_entries_about_a_loan_come_in_order_with_their_sums() -> None:
    lines = await queries.entries_of(LOAN)
    later = await queries.entries_of(LOAN, after_number=3)
    sums, nothing = await queries.sums_about([LOAN, "ln00000nobody000"])

    assert [line.number for line in lines] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert [line.number for line in later] == [4, 4, 5, 5]
    assert sums == {
        (rules.loan_principal(LOAN), None): 1_200,
        (rules.rail_clearing(), None): -1_170,
        (rules.income_interest(), "INTEREST"): -30,
    }
    assert nothing == {}
    assert await queries.sums_about([]) == []
