"""Reading promises to pay."""

from datetime import date

from app.collections.models import PaymentPromiseRow
from app.collections.rules import Promise, PromiseState
from app.foundation.clock import moment_of


async def promises_of_case(case_id: str) -> list[Promise]:
    """Return a case's promises, newest first; a handful, as each takes the place of the last."""
    rows = await PaymentPromiseRow.filter(case_id=case_id).order_by("-made_at", "-id")
    return [promise_from(row) for row in rows]


async def open_promise_of(case_id: str) -> Promise | None:
    """Return the promise that a case waits for; None where there is none."""
    row = await PaymentPromiseRow.get_or_none(open_key=case_id)
    return None if row is None else promise_from(row)


def promise_from(row: PaymentPromiseRow) -> Promise:
    """Turn a row into the value that leaves the room."""
    return Promise(
        promise_id=row.id,
        case_id=row.case_id,
        loan_id=row.loan_id,
        borrower_id=row.borrower_id,
        amount_fen=row.amount_fen,
        due_on=date.fromisoformat(row.due_on),
        made_at=moment_of(row.made_at),
        state=PromiseState(row.state),
    )
