"""A loan's postings, made short."""

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from app.foundation.database import Database, transaction
from app.ledger import operations, rules
from app.ledger.rules import Entry, Posting

LOAN = "ln00000abcdefghi"
TODAY = date(2026, 11, 21)

Post = Callable[..., Awaitable[str]]


def moved(amount_fen: int, *, source: str = "ev1", loan_id: str = LOAN) -> Posting:
    """Lend an amount."""
    return Posting(
        kind="disbursement",
        about=loan_id,
        source=source,
        effective_on=TODAY,
        entries=(
            Entry(account=rules.loan_principal(loan_id), amount_fen=amount_fen),
            Entry(account=rules.rail_clearing(), amount_fen=-amount_fen),
        ),
    )


def charged(amount_fen: int, code: str, *, source: str = "ev2") -> Posting:
    """Take interest under a charge code."""
    return Posting(
        kind="repayment",
        about=LOAN,
        source=source,
        effective_on=TODAY,
        entries=(
            Entry(account=rules.rail_clearing(), amount_fen=amount_fen),
            Entry(account=rules.income_interest(), amount_fen=-amount_fen, code=code),
        ),
    )


@pytest.fixture
def post(database: Database) -> Post:
    """Post in a transaction of its own."""
    assert database

    async def post_now(posting: Posting) -> str:
        async with transaction() as tx:
            return await operations.post(tx, posting)

    return post_now
