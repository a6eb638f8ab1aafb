"""Postings are appended once, in balance, in one chain, and only for permitted charges."""

import asyncio
from datetime import timedelta

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.ledger import operations, queries, rules
from app.ledger.errors import ChargeNotInCertificate, SourceReused
from tests.ledger.conftest import LOAN, TODAY, Post, charged, moved


async def contents() -> list[object]:
    """Everything the ledger holds."""
    tables = ("ledger_posting", "ledger_entry", "ledger_chain", "ledger_balance")
    return [await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables]


async def test_a_posting_moves_the_balances_of_its_accounts(post: Post) -> None:
    await post(moved(60_000))

    assert await queries.balance(rules.loan_principal(LOAN)) == 60_000
    assert await queries.balance(rules.rail_clearing()) == -60_000


async def test_a_source_posted_again_is_posted_once(post: Post) -> None:
    first = await post(moved(60_000))
    before = await contents()

    assert await post(moved(60_000)) == first
    assert await contents() == before


async def test_a_source_with_other_entries_is_a_fault_and_changes_nothing(post: Post) -> None:
    await post(moved(60_000))
    before = await contents()

    with pytest.raises(SourceReused):
        await post(moved(60_001))
    assert await contents() == before


async def test_a_charge_not_in_the_certificate_is_refused_and_nothing_is_posted(
    post: Post,
) -> None:
    async with transaction() as tx:
        await operations.permit_charges(tx, LOAN, ["INTEREST", "INTEREST"])
    await post(charged(100, "INTEREST", source="ev2"))
    before = await contents()

    with pytest.raises(ChargeNotInCertificate) as refused:
        await post(charged(100, "guarantee", source="ev3"))
    assert refused.value.charge_code == "guarantee"
    assert await contents() == before


async def test_a_permission_is_for_one_loan_only(post: Post) -> None:
    async with transaction() as tx:
        await operations.permit_charges(tx, "ln00000another00", ["INTEREST"])

    with pytest.raises(ChargeNotInCertificate):
        await post(charged(100, "INTEREST"))
    assert (await queries.verify()).postings == 0


async def test_numbers_have_no_gap_even_after_a_posting_that_was_rolled_back(post: Post) -> None:
    await post(moved(1, source="ev1"))
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            await operations.post(tx, moved(2, source="ev2"))
            raise ZeroDivisionError
    await post(moved(3, source="ev3"))

    assert [line.number for line in await queries.entries_of(LOAN)] == [1, 1, 2, 2]
    assert (await queries.verify()).is_intact


async def test_fifty_postings_at_once_make_one_chain(post: Post) -> None:
    await asyncio.gather(*(post(moved(100, source=f"ev{i}")) for i in range(50)))

    verification = await queries.verify()
    assert verification.is_intact
    assert verification.postings == 50
    assert await queries.balance(rules.loan_principal(LOAN)) == 5_000


async def test_a_reversal_undoes_a_posting_once(post: Post) -> None:
    await post(moved(60_000))

    for _ in range(2):
        async with transaction() as tx:
            opposite = await operations.reverse(
                tx,
                kind="disbursement",
                source="ev1",
                reversal_kind="reversal",
                reversal_source="ev9",
                effective_on=TODAY,
            )
            assert opposite is not None

    assert await queries.balance(rules.loan_principal(LOAN)) == 0
    assert await queries.balance(rules.rail_clearing()) == 0
    assert (await queries.verify()).postings == 2


@pytest.mark.usefixtures("database")
async def test_what_was_never_posted_is_not_reversed() -> None:
    async with transaction() as tx:
        opposite = await operations.reverse(
            tx,
            kind="disbursement",
            source="ev1",
            reversal_kind="reversal",
            reversal_source="ev9",
            effective_on=TODAY,
        )

    assert opposite is None
    assert (await queries.verify()).postings == 0


async def test_a_balance_can_be_asked_for_at_a_past_instant(
    post: Post, clock: FixedClock, database: Database
) -> None:
    before = database.clock.now()
    clock.advance(timedelta(hours=1))
    await post(moved(60_000, source="ev1"))
    between = database.clock.now()
    clock.advance(timedelta(hours=1))
    await post(moved(5_000, source="ev2"))

    account = rules.loan_principal(LOAN)
    assert await queries.balance(account, at=before) == 0
    assert await queries.balance(account, at=between) == 60_000
    assert await queries.balance(account, at=clock.now()) == 65_000
    assert await queries.balance(account) == 65_000
