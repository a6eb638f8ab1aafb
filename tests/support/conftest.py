"""A borrower, people at the desk, and short forms of what they do."""

from datetime import date
from decimal import Decimal

import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import Database, transaction
from app.identity import operations as identity
from app.identity.rules import EnrollStaff
from app.loanmath.schedule import Method, Terms
from app.servicing import operations as servicing
from app.servicing.rules import LoanRef, OpenLoan
from app.support.operations import AnswerTicket, OpenTicket, answer_ticket, open_ticket
from app.support.queries import Ticket
from app.support.rules import Category
from tests.desk import sit_down
from tests.messaging.conftest import join
from tests.published import publish_catalog

JUN_PHONE = "+8613900139000"
WORDS = "请问我下个月几号还款？🌾"
ANSWER = "您好，下个月二十号还，一共一千一百元。"


async def enroll(role: StaffRole, *, name: str = "", is_stepped_up: bool = True) -> StaffCaller:
    """Give somebody a place at the desk and let them sit down, with a code entered just now."""
    enrolled = await identity.enroll_staff(
        EnrollStaff(name=name or f"li.{role.lower()}", password="rice-tea-orchard-well", role=role)
    )
    return await sit_down(enrolled.staff_id, role, is_stepped_up=is_stepped_up)


@pytest.fixture
async def policies(database: Database) -> None:
    """Put the catalog's dated policy values into the database."""
    assert database.dialect
    await publish_catalog()


@pytest.fixture
async def mei(policies: None) -> str:
    """Give a borrower who has signed in."""
    assert policies is None
    return await join()


@pytest.fixture
async def jun(policies: None) -> str:
    """Give a second borrower."""
    assert policies is None
    return await join(JUN_PHONE)


@pytest.fixture
async def agent(policies: None) -> StaffCaller:
    """Give an agent at the desk."""
    assert policies is None
    return await enroll(StaffRole.AGENT)


async def bring_up(
    borrower_id: str,
    text: str = WORDS,
    *,
    category: Category = Category.QUESTION,
    loan_id: str | None = None,
    key: str = "open",
) -> Ticket:
    """Open a ticket; what a test leaves out does not matter to it."""
    return await open_ticket(
        OpenTicket(
            caller_id=borrower_id,
            category=category,
            text=text,
            loan_id=loan_id,
            idempotency_key=key,
        )
    )


async def answer(
    agent: StaffCaller, ticket_id: str, text: str = ANSWER, *, key: str = "answer"
) -> Ticket:
    """Answer a ticket."""
    command = AnswerTicket(
        caller_id=agent.staff_id, ticket_id=ticket_id, text=text, idempotency_key=key
    )
    return await answer_ticket(agent, command)


async def lend(borrower_id: str, *, disbursement_id: str | None = None) -> LoanRef:
    """Lend ¥6,000 for six months on the day before the tests begin."""
    day = date(2026, 11, 20)
    terms = Terms(
        principal_fen=600_000,
        annual_rate=Decimal("0.12"),
        method=Method.EQUAL_INSTALLMENT,
        disbursed_on=day,
        count=6,
        due_day=20,
    )
    command = OpenLoan(
        borrower_id=borrower_id,
        application_id="ap00000abcdefghi",
        product_code="home_appliance",
        terms=terms,
        agreement_id="ag00000abcdefghi",
        charge_codes=("INTEREST", "PENALTY"),
        disbursement_id=disbursement_id or f"db{borrower_id[2:]}",
        disbursed_on=day,
    )
    async with transaction() as tx:
        return await servicing.open_loan(tx, command)
