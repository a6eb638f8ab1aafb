"""A contested contact becomes a complaint, which holds collections back until it is closed."""

from app.collections import operations as collections
from app.collections.events import ContactContested
from app.collections.rules import HoldReason
from app.foundation.database import Transaction
from app.foundation.text import DEFAULT_LANGUAGE, text
from app.support.operations.tickets import open_for_borrower
from app.support.rules import Category, Subcategory


async def bring_contested(tx: Transaction, fact: ContactContested) -> None:
    """Open the complaint in the borrower's stead; its hold takes the place of the contact's own."""
    words = text(
        "collections.contested.words",
        DEFAULT_LANGUAGE,
        why=text(f"collections.contest.{fact.why}", DEFAULT_LANGUAGE),
        channel=text(f"collections.contested.{fact.channel}", DEFAULT_LANGUAGE),
        attempt_id=fact.attempt_id,
    )
    await open_for_borrower(
        tx,
        fact.borrower_id,
        category=Category.COMPLAINT,
        words=words,
        loan_id=fact.loan_id,
        subcategory=Subcategory.COLLECTION,
    )
    _ = await collections.release(
        tx, borrower_id=fact.borrower_id, reason=HoldReason.CONTESTED, reference=fact.attempt_id
    )
