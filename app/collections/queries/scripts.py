"""The words of a permitted contact, with the loan's own figures; relief is offered first."""

from datetime import date

from app.collections.queries.cases import case
from app.collections.queries.contacts import Permit
from app.collections.queries.promises import open_promise_of
from app.collections.rules import SPOKEN, WHO, ContactPurpose, script_of
from app.foundation.text import text
from app.servicing import queries as servicing


async def script(permit: Permit, language: str, today: date) -> list[str]:
    """Return the sentences in the order they are said; about a promise only where there is one."""
    late = await case(permit.case_id)
    loan = (await servicing.loans_by_id([late.loan_id]))[0]
    assert loan is not None, "a case is about a loan"
    promise = await open_promise_of(permit.case_id)
    purpose = permit.purpose
    if purpose is ContactPurpose.FOLLOW_PROMISE and promise is None:
        purpose = ContactPurpose.REMIND
    is_promise = purpose is ContactPurpose.FOLLOW_PROMISE
    values = {
        "due_on": promise.due_on if is_promise and promise else loan.next_due_on or today,
        "amount_fen": promise.amount_fen if is_promise and promise else loan.overdue_fen,
        "days": loan.days_past_due,
    }
    said = [text(f"collections.script.{one}", language, **values) for one in script_of(purpose)]
    if permit.channel in SPOKEN:
        said[0] = text(f"collections.script.{WHO}", language) + said[0]
    return said
