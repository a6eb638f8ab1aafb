"""One disbursement opens one loan, on terms the certificate covers."""

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.foundation.clock import FixedClock
from app.foundation.database import business_date, transaction
from app.ledger import queries as ledger
from app.ledger import rules as accounts
from app.ledger.errors import ChargeNotInCertificate
from app.loanmath.calendar import BusinessDays
from app.loanmath.life import LoanStatus
from app.loanmath.schedule import Method, amortize
from app.servicing import operations, queries
from app.servicing.errors import LoanNotOpenable, SourceReused
from app.servicing.rules import Funder, OpenLoan
from tests.servicing.conftest import (
    GUARANTEE,
    JOINT,
    MEI,
    Lend,
    everything,
    facts,
    is_sound,
    opening,
    plain_terms,
)


async def open_now(command: OpenLoan) -> object:
    async with transaction() as tx:
        return await operations.open_loan(tx, command)


async def test_an_opened_loan_has_the_plan_of_its_terms(lend: Lend) -> None:
    loan = await lend()

    (plan,) = await queries.plans_by_loan([loan.loan_id])
    assert [(line.number, line.due_on, line.principal_fen, line.interest_fen) for line in plan] == [
        (line.number, line.due_on, line.principal_fen, line.interest_fen)
        for line in amortize(plain_terms())
    ]
    summary = await queries.loan(loan)
    assert summary.status is LoanStatus.ACTIVE
    assert summary.principal_fen == summary.disbursed_fen == 120_000
    assert summary.balance_fen == sum(line.total_fen for line in plan)
    assert (summary.next_number, summary.next_due_on) == (1, date(2026, 12, 21))
    assert summary.closes_on == date(2027, 5, 21)
    assert await is_sound()


async def test_the_money_lent_is_posted_between_borrower_rail_and_funders(lend: Lend) -> None:
    loan = await lend(funders=JOINT)

    assert await ledger.balance(accounts.loan_principal(loan.loan_id)) == 120_000
    assert await ledger.balance(accounts.rail_clearing()) == -120_000
    assert await ledger.balance(accounts.funder_principal("qingmiao")) == -36_000
    assert await ledger.balance(accounts.funder_principal("hechuan_bank")) == -84_000
    assert await ledger.balance(accounts.funder_settlement("hechuan_bank")) == 84_000
    assert (await queries.loan(loan)).funders == JOINT
    assert await is_sound()


async def test_it_is_announced_once_and_counts_as_a_change(lend: Lend) -> None:
    loan = await lend()

    assert await facts() == [
        {
            "name": "LoanOpened",
            "loan_id": loan.loan_id,
            "borrower_id": MEI,
            "application_id": "ap00000mei000000",
            "principal_fen": 120_000,
        }
    ]
    assert (await everything())["revision"][0]["revision"] == 1


async def test_a_disbursement_told_again_is_the_same_loan(lend: Lend) -> None:
    loan = await lend(disbursement_id="db1")
    before = await everything()

    assert await lend(disbursement_id="db1") == loan
    assert await everything() == before


@pytest.mark.usefixtures("database")
async def test_a_disbursement_told_twenty_times_at_once_is_one_loan() -> None:
    command = opening(plain_terms())
    refs = await asyncio.gather(*(open_now(command) for _ in range(20)))

    assert len(set(refs)) == 1
    assert len(await queries.loans_of(MEI)) == 1
    assert await is_sound()


async def test_a_disbursement_told_about_another_loan_is_a_fault(lend: Lend) -> None:
    await lend(disbursement_id="db1")
    before = await everything()

    with pytest.raises(SourceReused):
        await lend(disbursement_id="db1", borrower_id="br00000gang00000")
    assert await everything() == before


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"charge_codes": ()}, "INTEREST"),
        ({"charge_codes": ("INTEREST",)}, "PENALTY"),
        ({"charge_codes": ("INTEREST", "PENALTY")}, "guarantee"),
    ],
)
@pytest.mark.usefixtures("database")
async def test_terms_that_charge_more_than_the_certificate_open_nothing(
    changes: dict[str, object], missing: str
) -> None:
    before = await everything()

    with pytest.raises(ChargeNotInCertificate) as refused:
        await open_now(replace(opening(plain_terms(fees=(GUARANTEE,))), **changes))
    assert refused.value.charge_code == missing
    assert await everything() == before


async def test_a_loan_without_interest_needs_no_permission(lend: Lend) -> None:
    await lend(plain_terms(annual_rate=Decimal(0)), charge_codes=())
    await lend(plain_terms(penalty_factor=Decimal(0)), charge_codes=("INTEREST",))
    assert await is_sound()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"funders": ()}, "shares_not_one"),
        ({"funders": (Funder(code="a", share=Decimal("0.9")),)}, "shares_not_one"),
        (
            {
                "funders": (
                    Funder(code="a", share=Decimal("1.5")),
                    Funder(code="b", share=Decimal("-0.5")),
                )
            },
            "shares_not_one",
        ),
        ({"disbursed_on": date(2026, 11, 22)}, "disbursed_after_today"),
        ({"amount_fen": 120_001}, "above_agreed_principal"),
        ({"amount_fen": -1}, "not_positive"),
        (
            {
                "terms": plain_terms(business_days=BusinessDays.NEXT),
                "disbursed_on": date(2003, 11, 21),
            },
            "calendar_unpublished",
        ),
    ],
)
@pytest.mark.usefixtures("database")
async def test_what_makes_no_loan_is_refused_and_changes_nothing(
    changes: dict[str, object], reason: str
) -> None:
    before = await everything()

    with pytest.raises(LoanNotOpenable) as refused:
        await open_now(replace(opening(plain_terms()), **changes))
    assert refused.value.reason == reason
    assert await everything() == before


async def test_interest_starts_on_the_day_the_money_arrived(lend: Lend) -> None:
    loan = await lend(disbursed_on=date(2026, 11, 11))

    assert (await queries.loan(loan)).opened_on == date(2026, 11, 11)
    ten_days = await queries.payoff_on(loan, date(2026, 11, 21))
    assert ten_days.interest_fen > 0
    assert (await queries.payoff_on(loan, date(2026, 11, 11))).interest_fen == 0


async def test_a_first_draw_of_a_line_may_be_a_part_of_it(lend: Lend) -> None:
    loan = await lend(plain_terms(method=Method.REVOLVING), amount_fen=50_000)

    assert (await queries.loan(loan)).disbursed_fen == 50_000
    assert await is_sound()


async def test_the_first_loan_starts_the_lending_calendar(lend: Lend, clock: FixedClock) -> None:
    await lend()
    clock.advance(date(2026, 12, 1) - date(2026, 11, 21))

    assert await business_date() == date(2026, 11, 21)
