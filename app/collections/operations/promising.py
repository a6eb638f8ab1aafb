"""Promises to pay: taken, kept or broken by what comes in, and never charged for."""

from dataclasses import dataclass
from datetime import date

from app.catalog.queries import policy_book
from app.collections.errors import CaseOver
from app.collections.models import CollectionCaseRow, PaymentPromiseRow
from app.collections.operations.casing import end_promise, follow, take_step, take_step_if_any
from app.collections.queries.promises import promise_from
from app.collections.rules import (
    CaseStep,
    Promise,
    Promised,
    PromiseState,
    check_is_late,
    check_promise,
    received_fen,
    settled,
)
from app.foundation import idempotency
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.revision import revise
from app.servicing import queries as servicing
from app.servicing.rules import LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseToPay:
    """A borrower says themselves how much they will pay by when."""

    loan: LoanRef
    amount_fen: int
    due_on: date
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.loan.borrower_id


async def promise_to_pay(command: PromiseToPay) -> Promise:
    """
    Write down what a late borrower promises; it takes the place of what they promised before.

    Raises:
        InvalidInput: Amount or day cannot be promised.
        NotFound: There is no such loan, or it is somebody else's.
        CaseOver: Nothing of the loan is past due.
        CaseStepOutOfOrder: The borrower asked for relief, which comes first.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return promise_from(await PaymentPromiseRow.get(id=str(claim.answer["promise_id"])))
        said = Promised(amount_fen=command.amount_fen, due_on=command.due_on)
        await check_said(tx, said)
        try:
            _ = await servicing.loan(command.loan)
        except NotFound:
            raise NotFound("input.loanId") from None
        row = await follow(tx, command.loan.loan_id, command.loan.borrower_id)
        if row is None:
            raise CaseOver
        promise = await take_promise(tx, row, said, noted_by=None)
        await claim.settle(tx, {"promise_id": promise.promise_id})
    return promise


async def check_said(tx: Transaction, said: Promised, *, at: str = "input") -> None:
    """
    Check amount and day of a promise before it is asked how the loan stands.

    Raises:
        InvalidInput: It is of nothing, or not within the days to come.
    """
    book = await policy_book(tx.today)
    days_max = book.whole("collection_promise_days_max")
    check_promise(said, today=tx.today, days_max=days_max, at=at)


async def take_promise(
    tx: Transaction,
    row: CollectionCaseRow,
    said: Promised,
    *,
    noted_by: str | None,
    at: str = "input",
) -> Promise:
    """
    Write a promise down for a case whose borrower is locked; amount and day were checked.

    Raises:
        CaseOver: The case has ended.
        CaseStepOutOfOrder: Nothing can be promised where the case stands.
        InvalidInput: More is promised than is late.
    """
    loan = (await servicing.loans_by_id([row.loan_id]))[0]
    assert loan is not None, "a case is about a loan"
    check_is_late(amount_fen=said.amount_fen, overdue_fen=loan.overdue_fen, at=at)
    await take_step(tx, row, CaseStep.PROMISE)
    await end_promise(tx, row.id)
    made = await PaymentPromiseRow.create(
        id=tx.new_id("py"),
        borrower_id=row.borrower_id,
        case_id=row.id,
        loan_id=row.loan_id,
        open_key=row.id,
        state=PromiseState.OPEN.value,
        amount_fen=said.amount_fen,
        due_on=said.due_on.isoformat(),
        made_at=milliseconds(tx.now),
        noted_by=noted_by,
    )
    return promise_from(made)


async def settle_promise_of(tx: Transaction, loan_id: str, borrower_id: str) -> None:
    """Look whether what was promised for a loan came in, or its day is over without it."""
    await revise(tx, borrower_id)
    row = await PaymentPromiseRow.get_or_none(loan_id=loan_id, open_key__not_isnull=True)
    if row is None:
        return
    promise = promise_from(row)
    events = await servicing.events_of(loan_id)
    state = settled(promise, received_fen(promise, events), tx.today)
    if state is PromiseState.OPEN:
        return
    row.state, row.open_key, row.settled_at = state.value, None, milliseconds(tx.now)
    await row.save(update_fields=["state", "open_key", "settled_at"])
    case = await CollectionCaseRow.get(id=row.case_id)
    step = CaseStep.KEEP if state is PromiseState.KEPT else CaseStep.BREAK
    await take_step_if_any(tx, case, step)
