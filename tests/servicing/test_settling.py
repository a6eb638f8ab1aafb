"""Settling with partners: every posting once, closed days kept, sums the ledger's."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app import worker
from app.catalog import queries as catalogs
from app.foundation.clock import FixedClock
from app.foundation.database import Database, business_date, fetch, transaction
from app.foundation.errors import NotFound
from app.servicing import operations
from app.servicing.operations import settling
from app.servicing.operations.settling import settle_days
from app.servicing.queries.books import outstanding_by_partner
from app.servicing.queries.settling import check_settlements, settlement
from app.servicing.rules import Funder, ReversalReason
from app.servicing.rules.settling import PartnerStatement
from tests.published import publish_catalog
from tests.servicing.conftest import GUARANTEE, JOINT, Lend, Pay, is_sound, plain_terms

SHARES = (
    Funder(code="yunling_bank", share=Decimal("0.8")),
    Funder(code="qingmiao", share=Decimal("0.2")),
)


class BrokenOff(Exception):
    """The process ended here."""


async def next_day(clock: FixedClock) -> date:
    """Close today."""
    day = await business_date() + timedelta(days=1)
    clock.advance(timedelta(days=1))
    await operations.run_days(day)
    return day


def of(partner: str, statements: Sequence[PartnerStatement]) -> PartnerStatement:
    return next(one for one in statements if one.partner_code == partner)


async def test_closed_days_are_settled_once_and_sum_to_the_ledger(
    database: Database, clock: FixedClock, lend: Lend, pay: Pay
) -> None:
    assert database
    await publish_catalog()
    today = await business_date()
    version = (await catalogs.offered_product("guaranteed_stock", "640122", today)).version_id
    fees = plain_terms(fees=(GUARANTEE,))
    joint = await lend(funders=JOINT)
    backed = await lend(
        fees, funders=SHARES, product_version_id=version, borrower_id="br00000lin000000"
    )
    day = await next_day(clock)
    await pay(joint, 30_001)
    await pay(backed, 40_000, repayment_id="rp1")
    so_far = await settlement(day)
    assert (so_far.is_final, so_far.problems) == (False, ())

    both = await asyncio.gather(settle_days(), settle_days())
    assert {one.on_date for made in both for one in made} == {today.isoformat()}
    assert await settle_days() == []
    lent = await settlement(today)
    assert lent.is_final
    assert [(one.partner_code, one.disbursed_fen, one.net_fen) for one in lent.statements] == [
        ("hechuan_bank", 84_000, -84_000),
        ("qingmiao", 60_000, -60_000),
        ("yunling_bank", 96_000, -96_000),
    ]

    await next_day(clock)
    (paid,) = await settle_days()
    assert paid.problems == ()
    assert paid.statements == so_far.statements
    guarantor = of("tiansui_guarantee", paid.statements)
    assert (guarantor.fee_fen, guarantor.net_fen, guarantor.closing_fen) == (500, 500, 0)
    assert sum(one.net_fen for one in paid.statements) == paid.totals.cash_fen
    assert of("yunling_bank", paid.statements).opening_fen == 96_000
    books = await outstanding_by_partner()
    assert {code: sum(fen for _, fen in one.values()) for code, one in books.items()} == {
        one.partner_code: one.closing_fen for one in paid.statements if one.closing_fen
    }

    async with transaction() as tx:
        await operations.reverse_payment(
            tx, backed, repayment_id="rp1", reason=ReversalReason.RAIL_REVERSED
        )
    await next_day(clock)
    (undone,) = await settle_days()
    assert undone.problems == ()
    before, after = of("yunling_bank", paid.statements), of("yunling_bank", undone.statements)
    assert after.taken_back_fen == after.net_fen == -before.net_fen
    assert of("tiansui_guarantee", undone.statements).net_fen == -500
    assert after.closing_fen == 96_000
    assert await check_settlements() == (3, [])
    assert await is_sound()


async def test_what_comes_late_for_a_settled_day_goes_into_the_next(
    database: Database, clock: FixedClock, lend: Lend, pay: Pay
) -> None:
    assert database
    first = await business_date()
    loan = await lend(funders=JOINT)
    await next_day(clock)
    await settle_days()
    kept = await fetch("SELECT * FROM servicing_settlement")

    await pay(loan, 10_000, on=first)

    assert await settle_days() == []
    assert await fetch("SELECT * FROM servicing_settlement") == kept
    await next_day(clock)
    (second,) = await settle_days()
    assert sum(one.net_fen for one in second.statements) == 10_000
    with pytest.raises(NotFound):
        await settlement(first - timedelta(days=1))


async def test_a_settlement_that_was_altered_is_named(
    database: Database, clock: FixedClock, lend: Lend
) -> None:
    assert database
    assert await settle_days() == []
    await lend(funders=JOINT)
    await next_day(clock)
    await settle_days()
    async with transaction() as tx:
        await tx.run(
            "UPDATE servicing_settlement SET content = REPLACE(content, '84000', '84001')", []
        )
    count, problems = await check_settlements()
    assert count == 1
    assert problems == ["2026-11-21: what is kept is not what the ledger makes"]


async def test_the_close_of_day_settles_each_day_once_wherever_it_was_cut_off(
    database: Database, lend: Lend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database
    for number in range(3):
        await lend(funders=JOINT, borrower_id=f"br{number:014}", application_id=f"ap{number:014}")
    day = await business_date() + timedelta(days=3)
    asked: list[int] = []
    found = settling.worked_out

    async def broken_off(on: date, *given: object, **named: object) -> object:
        if on == day - timedelta(days=2) and not asked:
            asked.append(1)
            raise BrokenOff
        return await found(on, *given, **named)  # pyright: ignore[reportArgumentType] - handed on

    monkeypatch.setattr(settling, "worked_out", broken_off)
    with pytest.raises(BrokenOff):
        await worker.close_days(day)
    half = await fetch("SELECT on_date, content FROM servicing_settlement ORDER BY on_date")
    assert [row["on_date"] for row in half] == [(day - timedelta(days=3)).isoformat()]

    await worker.close_days(day)
    kept = await fetch("SELECT on_date, content FROM servicing_settlement ORDER BY on_date")
    assert kept[0] == half[0]
    assert [row["on_date"] for row in kept] == [
        (day - timedelta(days=left)).isoformat() for left in (3, 2, 1)
    ]
    await worker.close_days(day)
    assert await settle_days() == []
    assert await check_settlements() == (3, [])


async def test_many_loans_are_settled_in_as_many_statements_as_one(
    database: Database, clock: FixedClock, lend: Lend, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    async with transaction():
        kind = type(database.connection())
    run = kind.execute_query

    async def counted(self: object, query: str, *given: object, **named: object) -> object:
        statements.append(query)
        return await run(self, query, *given, **named)  # pyright: ignore[reportArgumentType] - handed on

    monkeypatch.setattr(kind, "execute_query", counted)
    counts: list[int] = []
    for day, many in enumerate((1, 12)):
        for number in range(many):
            name = f"{day}{number:013}"
            await lend(funders=JOINT, borrower_id=f"br{name}", application_id=f"ap{name}")
        await next_day(clock)
        statements.clear()
        assert len(await settle_days()) == 1
        counts.append(len([one for one in statements if "servicing_loan" in one]))
    assert counts == [1, 1]
