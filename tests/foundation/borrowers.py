"""Borrowers whose rows the app's own operations wrote, and doors to what the tables hold."""

from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from app.foundation.database import Database, transaction
from app.foundation.sealing import blind_index, seal
from app.identity.models import BorrowerRow, borrower_cell
from app.identity.operations.borrower_rows import keep_row
from app.identity.queries.borrowers import phone_index, phone_tail_index

Join = Callable[..., Awaitable[str]]


@pytest.fixture
def join(database: Database) -> Join:
    """Let a person join with a phone, a name and a bank card; return their id."""
    assert database.dialect
    numbers = count(1)

    async def joined(phone: str = "", name: str = "梅", card: str = "6200000000000013") -> str:
        written = phone or f"+86138{next(numbers):08d}"
        async with transaction() as tx:
            borrower_id = tx.new_id("br")
            row = BorrowerRow(
                id=borrower_id,
                phone=await seal(tx, borrower_cell(borrower_id, "phone"), written),
                phone_index=phone_index(written),
                phone_tail_index=phone_tail_index(written),
                name=await seal(tx, borrower_cell(borrower_id, "name"), name),
                bank_card=await seal(tx, borrower_cell(borrower_id, "bank_card"), card),
                bank_card_index=blind_index("borrower.bank_card", card),
                language="zh-Hans",
                joined_at=0,
            )
            await keep_row(tx, row, is_new=True)
        return borrower_id

    return joined
