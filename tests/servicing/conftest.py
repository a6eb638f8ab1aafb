"""Loans on plain terms, built by the app's own operations; what is told is listened to."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.ledger import queries as ledger
from app.loanmath.schedule import Fee, Method, Terms
from app.servicing import operations, queries
from app.servicing.rules import (
    INTEREST_CHARGE,
    PENALTY_CHARGE,
    Funder,
    LoanRef,
    OpenLoan,
    PaymentOutcome,
)

MEI = "br00000mei000000"
START_ON = date(2026, 11, 21)

Lend = Callable[..., Awaitable[LoanRef]]
Pay = Callable[..., Awaitable[PaymentOutcome]]


def plain_terms(**changes: Any) -> Terms:  # noqa: ANN401 - any of the terms' own fields
    """Six equal installments of 1,200 yuan at 12 % a year, due on the 21st."""
    values: dict[str, Any] = {
        "principal_fen": 120_000,
        "annual_rate": Decimal("0.12"),
        "method": Method.EQUAL_INSTALLMENT,
        "disbursed_on": START_ON,
        "count": 6,
    }
    return Terms(**values | changes)


def opening(terms: Terms, **changes: Any) -> OpenLoan:  # noqa: ANN401 - any of its own fields
    """Open a loan on terms, with the charges they take."""
    values: dict[str, Any] = {
        "borrower_id": MEI,
        "application_id": "ap00000mei000000",
        "product_code": "rice_inputs",
        "terms": terms,
        "agreement_id": "ag00000mei000000",
        "charge_codes": (
            INTEREST_CHARGE,
            PENALTY_CHARGE,
            *(fee.code for fee in terms.fees),
        ),
        "disbursement_id": "db00000mei000000",
    }
    return OpenLoan(**values | changes)


JOINT = (
    Funder(code="qingmiao", share=Decimal("0.3")),
    Funder(code="hechuan_bank", share=Decimal("0.7")),
)

GUARANTEE = Fee(code="guarantee", amount_fen=500)


@pytest.fixture
def lend(database: Database) -> Lend:
    """Lend on plain terms; what a test leaves out does not matter to it."""
    assert database
    lent = 0

    async def lend_now(terms: Terms | None = None, **changes: Any) -> LoanRef:  # noqa: ANN401
        nonlocal lent
        lent += 1
        changes = {"disbursement_id": f"db{lent:014d}"} | changes
        async with transaction() as tx:
            return await operations.open_loan(tx, opening(terms or plain_terms(), **changes))

    return lend_now


@pytest.fixture
def pay(database: Database, clock: FixedClock) -> Pay:
    """Take a payment today, unless said otherwise, each a second after the last."""
    assert database
    taken = 0

    async def pay_now(
        loan: LoanRef,
        amount_fen: int,
        *,
        on: date | None = None,
        repayment_id: str | None = None,
    ) -> PaymentOutcome:
        nonlocal taken
        taken += 1
        repayment_id = repayment_id or f"rp{taken:014d}"
        clock.advance(timedelta(seconds=1))
        async with transaction() as tx:
            return await operations.take_payment(
                tx,
                loan,
                amount_fen,
                repayment_id=repayment_id,
                received_on=on or tx.today,
            )

    return pay_now


async def facts(*names: str) -> list[dict[str, Any]]:
    """Return the facts announced so far, of these names or of any, oldest first."""
    rows = await fetch("SELECT name, payload FROM outbox_fact ORDER BY announced_at, id")
    told = [{"name": row["name"], **orjson.loads(row["payload"])} for row in rows]
    return [fact for fact in told if not names or fact["name"] in names]


async def everything() -> dict[str, list[dict[str, Any]]]:
    """Return all that loans, ledger, outbox and revisions hold."""
    tables = (
        "servicing_loan", "servicing_loan_event", "servicing_installment", "servicing_reduction",
        "servicing_day_close",
        "servicing_day_report", "ledger_posting", "ledger_entry", "ledger_balance",
        "ledger_charge_permission", "outbox_fact", "revision", "business_day",
    )  # fmt: skip
    return {table: await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables}


async def is_sound() -> bool:
    """Prove everything at once: chain, projections, and that both tell one story."""
    verification = await ledger.verify()
    assert verification.problems == ()
    assert (await queries.check_projections()).problems == ()
    assert (await queries.reconcile()).problems == ()
    return True
