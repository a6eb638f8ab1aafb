"""What others pay in the books: owed once however the close dies, taken back as history changes."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import Database, business_date, fetch, transaction
from app.foundation.graphql import SCALARS, Context
from app.ledger import queries as ledger
from app.ledger.rules import income_interest
from app.loanmath.life import CouponPart
from app.loanmath.schedule import amortize
from app.servicing import operations, queries
from app.servicing.graphql.settling import StaffSettlementQuery
from app.servicing.operations import run_days, settle_days
from app.servicing.queries.settling import check_settlements, settlement
from app.servicing.rules import AgreedReduction, ReversalReason
from tests.servicing.conftest import JOINT, MEI, Lend, Pay, everything, is_sound, plain_terms
from tests.servicing.reducing import OURS, STATE
from tests.servicing.test_closing import DyingEntropy, Killed

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
TERMS = plain_terms()
PLAN = amortize(TERMS)
PARTS = tuple(
    CouponPart(row.number, row.interest_fen // 3, row.interest_fen, row.due_on) for row in PLAN
)
AGREED = (
    AgreedReduction(
        payer="state",
        code="INTEREST_SUBSIDY",
        amount_fen=sum(part.amount_fen for part in PARTS),
        parts=PARTS,
    ),
    AgreedReduction(payer="qingmiao", code="SPRING", amount_fen=1_000),
)


async def owed() -> tuple[int, int]:
    """Return what the state and we owe, by the ledger."""
    return await ledger.balance(STATE), await ledger.balance(OURS)


async def test_payers_owe_once_however_the_close_dies_and_their_part_is_the_lenders(
    database: Database, lend: Lend, pay: Pay
) -> None:
    loan = await lend(funders=JOINT, reductions=AGREED)
    first, second = PLAN[0], PLAN[1]
    await pay(loan, (await queries.plans_by_loan([loan.loan_id]))[0][0].total_fen)
    assert await owed() == (0, 0)  # paid ahead: nothing has fallen due
    await run_days(first.due_on - timedelta(days=1))
    database.entropy = DyingEntropy(0)  # the close dies as it posts what they owe
    with pytest.raises(Killed):
        await run_days(first.due_on)
    assert await owed() == (0, 0)
    database.entropy = secrets.token_bytes
    await run_days(first.due_on)
    due = (PARTS[0].amount_fen, first.interest_fen - PARTS[0].amount_fen)
    assert await owed() == (due[0], min(due[1], 1_000))
    assert await ledger.balance(income_interest()) == -first.interest_fen
    rows = await fetch("SELECT amount_fen FROM servicing_reduction WHERE is_due = ?", [True])
    assert sum(row["amount_fen"] for row in rows) == sum(await owed())

    # The lenders share it as any interest, though it is no cash: owed by others, to the fen.
    await run_days(first.due_on + timedelta(days=1))
    await settle_days()
    day = await settlement(first.due_on)
    assert day.problems == ()
    assert day.totals.by_others_fen == sum(await owed())
    assert sum(one.net_fen for one in day.statements) == day.totals.by_others_fen
    interest = {one.partner_code: one.interest_fen for one in day.statements}
    assert interest["hechuan_bank"] > interest["qingmiao"] > 0

    # A payoff in the middle of a period: the state pays its third of what accrued, and no more.
    await run_days(second.due_on - timedelta(days=11))
    before = await everything()
    amount_fen = (await queries.payoff_on(loan, await business_date())).amount_fen
    assert await everything() == before
    await pay(loan, amount_fen, repayment_id="off")
    assert (await queries.loan(loan)).is_closed
    accrued_fen = (await owed())[0] - PARTS[0].amount_fen
    assert 0 < accrued_fen < PARTS[1].amount_fen
    assert await is_sound()

    # Undone, the loan goes on, and the next day closed owes the second part whole.
    async with transaction() as tx:
        await operations.reverse_payment(
            tx, loan, repayment_id="off", reason=ReversalReason.RAIL_REVERSED
        )
    assert (await owed())[0] == PARTS[0].amount_fen
    await run_days(second.due_on + timedelta(days=1))
    assert (await owed())[0] == PARTS[0].amount_fen + PARTS[1].amount_fen
    assert (await owed())[1] == 1_000
    await settle_days()
    assert (await check_settlements())[1] == []
    assert await is_sound()


async def test_what_is_kept_of_others_is_checked_and_made_again(
    database: Database, lend: Lend
) -> None:
    assert database
    loan = await lend(reductions=AGREED)
    assert (await queries.payers())[1].owed_fen == 0
    kept = await fetch("SELECT * FROM servicing_reduction ORDER BY id")
    event = (await queries.events_of(loan.loan_id))[1].id
    async with transaction() as tx:
        await tx.run("UPDATE servicing_reduction SET amount_fen = 1 WHERE number = 3", [])
        await tx.run("DELETE FROM servicing_reduction WHERE number = 4", [])
        await tx.run("UPDATE servicing_reduction SET id = 'stray' WHERE number = 5", [])
    problems = (await queries.check_projections()).problems
    assert any("installment 3, paid by state: amount_fen is 1 kept" in one for one in problems)
    assert any("installment 4, paid by state, is missing" in one for one in problems)
    assert any("reduction row stray is nobody's" in one for one in problems)
    async with transaction() as tx:
        assert await operations.rebuild(tx, loan)
    assert await fetch("SELECT * FROM servicing_reduction ORDER BY id") == kept
    assert await is_sound()
    lines = await queries.reductions_of(MEI)
    assert {line.payer for line in lines} == {"state", "qingmiao"}
    assert {line.year for line in lines} == {2026, 2027}
    assert event in {line.event_id for line in lines}
    shown = await asked_as(StaffRole.AUDITOR)
    assert shown.errors is None
    assert shown.data is not None
    state = next(one for one in shown.data["interestPayers"] if one["code"] == "state")
    assert (state["name"], state["loans"], state["owed"]) == ("国家", 1, 0)
    assert state["expected"] == AGREED[0].amount_fen
    assert (await asked_as(StaffRole.AGENT)).errors


async def asked_as(role: StaffRole) -> ExecutionResult:
    """Ask the staff graph who pays borrowers' interest."""
    schema = strawberry.Schema(
        query=StaffSettlementQuery, config=StrawberryConfig(scalar_map=SCALARS)
    )
    context = Context(
        caller=StaffCaller(staff_id="st00000000000001", session_id="sf1", role=role),
        language="zh-Hans",
        now=NOON,
        today=await business_date(),
    )
    document = "{ interestPayers { code name loans owed expected } }"
    return await schema.execute(document, context_value=context)
