"""A borrower asks for money held for them: it is set aside at once, and sent after commit."""

from dataclasses import dataclass, field, replace

import msgspec

from app.foundation import idempotency
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.outbox import announce
from app.foundation.sealing import seal
from app.identity import operations as ways_in
from app.identity import queries as identity
from app.identity.errors import WrongPin
from app.payments.errors import AmountAboveHeld, NoCardForRefund, NothingHeld
from app.payments.events import RefundRequested
from app.payments.models import RefundRow, refund_cell
from app.payments.operations.quoting import naming_the_loan
from app.payments.operations.refunding.sources import source_of
from app.payments.rules import FIRST_POLL_AFTER
from app.payments.rules.refunds import RefundStatus, RefundView
from app.servicing import operations as servicing
from app.servicing.rules import LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOverpayment:
    """Give a borrower back what is held for them on a loan: so much of it, or all."""

    loan: LoanRef
    idempotency_key: str
    amount_fen: int | None = None
    pin: str | None = field(default=None, repr=False)
    """Needed of a borrower who has one."""

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


async def refund_overpayment(command: RefundOverpayment) -> RefundView | WrongPin:
    """
    Start one refund to the borrower, once per idempotency key.

    From the commit on the money is no longer held: it cannot be asked for twice, and pays no due.
    It goes back the way it came where that can be done, and otherwise to the card or wallet named
    at that moment; one named later changes nothing.

    Returns:
        The refund, REQUESTED. Sent again it is the same answer: ask `queries.refund` how it stands.
        Or a wrong PIN, returned so that the guess stays counted: on a shared phone a fingerprint
        alone moves no money.

    Raises:
        PinRequired: The borrower has a PIN.
        PinNotSet: The borrower has none.
        PinLocked: Too many wrong ones in a row.
        RateLimited: Too many PINs are being worked on.
        InvalidInput: The amount is not above zero.
        NotFound: There is no such loan of this borrower.
        NothingHeld: No money is held for the borrower on this loan.
        AmountAboveHeld: It is more than is held.
        NoCardForRefund: It cannot go back the way it came, and the borrower has named no card.
        IdempotencyConflict: The key was used for another command.
    """
    guess = await ways_in.guess_where_set(command.caller_id, command.pin)
    async with ways_in.forgiven_if_refused(guess), transaction() as tx:
        claim = await idempotency.claim(tx, replace(command, pin=None))
        if claim.answer is not None:
            if guess is not None:
                await ways_in.give_back(tx, guess)
            return _told_again(claim.answer)
        wrong = None if guess is None else await ways_in.check_pin(tx, guess)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        view = await _request(tx, command)
        await claim.settle(tx, msgspec.to_builtins(view))
    return view


def _told_again(answer: idempotency.Answer) -> RefundView | WrongPin:
    if "attempts_left" in answer:
        return WrongPin(answer["attempts_left"])
    return msgspec.convert(answer, RefundView)


async def _request(tx: Transaction, command: RefundOverpayment) -> RefundView:
    wanted_fen = command.amount_fen
    if wanted_fen is not None and wanted_fen < 1:
        raise InvalidInput("input.amount", "payments.reason.refund_amount")
    with naming_the_loan():
        held_fen = (await servicing.hold_loan(command.loan)).unapplied_fen
    if held_fen == 0:
        raise NothingHeld
    if wanted_fen is not None and wanted_fen > held_fen:
        raise AmountAboveHeld(held_fen)
    amount_fen = wanted_fen or held_fen
    source_id = await source_of(tx, command.loan, amount_fen)
    payee, freeze_id = (
        await _payee_of(command.loan.borrower_id) if source_id is None else (source_id, None)
    )
    refund_id = tx.new_id("rf")
    row = await RefundRow.create(
        id=refund_id,
        borrower_id=command.loan.borrower_id,
        loan_id=command.loan.loan_id,
        amount_fen=amount_fen,
        status=RefundStatus.REQUESTED.value,
        payee=await seal(tx, refund_cell(refund_id, command.loan.borrower_id), payee),
        payee_freeze_id=freeze_id,
        source_id=source_id,
        requested_at=tx.now,
        requested_on=tx.today,
        poll_at=milliseconds(tx.now + FIRST_POLL_AFTER),
    )
    await servicing.refund(tx, row.loan, row.amount_fen, refund_id=row.id)
    await announce(
        tx,
        RefundRequested(
            refund_id=row.id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            amount_fen=row.amount_fen,
        ),
    )
    return row.as_view()


async def _payee_of(borrower_id: str) -> tuple[str, str | None]:
    """Return the card or wallet named last and, if it was by force, the freeze since."""
    try:
        party = await identity.party_of(borrower_id)
    except NotFound as incomplete:
        raise NoCardForRefund from incomplete
    if party.payee_reference is None:
        raise NoCardForRefund
    return party.payee_reference, party.payee_freeze_id
