"""The borrower confirms on their own phone what an agent counted: only then is it repaid."""

from dataclasses import dataclass

import msgspec

from app.catalog.queries import needs_code
from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import BorrowerCaller
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.revision import revise
from app.identity import operations as identity
from app.identity.errors import WrongCode
from app.identity.queries import contact_of
from app.identity.rules.intents import Act, Approval, IntentOpened, Wanted
from app.ledger import operations as ledger
from app.ledger.rules import Entry as Line
from app.ledger.rules import Posting, rail_agent, rail_clearing
from app.payments.errors import CashOver
from app.payments.models import CashRow, RepaymentRow
from app.payments.operations.cash.taking import takes
from app.payments.operations.settling import allocate
from app.payments.rules import RepaymentChannel, RepaymentStatus, RepaymentView
from app.payments.rules.cash import CashState
from app.servicing import operations as servicing

POSTED = "agent_cash"
"""The kind of the posting by which a partner owes us what its agent took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginCashConfirmation:
    """Ask what confirming cash says, to be approved."""

    cash_id: str
    caller: BorrowerCaller
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.caller.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmCash:
    """Confirm that one paid this cash, as was approved."""

    cash_id: str
    caller: BorrowerCaller
    approval: Approval
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.caller.borrower_id


async def begin_cash_confirmation(command: BeginCashConfirmation) -> IntentOpened:
    """
    Write down which shop took how much for which loan, for the borrower to approve.

    Raises:
        NotFound: No cash of this id waits for the borrower.
        CashOver: It was confirmed, or waited too long: the shop gives it back.
        RateLimited: The borrower's phone was sent too many codes.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await identity.opened(claim.answer["intent_id"], command.caller_id)
        row = await _waiting(tx, command)
        is_much = await needs_code(command.caller, tx.today, amount_fen=row.amount_fen)
        wanted = await _wanted(row)
        intent = await identity.open_intent(tx, command.caller, wanted, needs_code=is_much)
        await claim.settle(tx, {"intent_id": intent.intent_id})
    return intent


async def confirm_cash(command: ConfirmCash) -> RepaymentView | WrongCode:
    """
    Book cash as a repayment, once per idempotency key and approval; its id is the receipt's number.

    Repayment, postings and receipt are one transaction: the loan takes the money, and the agent's
    partner owes it to us. A wrong code is returned, not raised, so that the guess stays counted.

    Raises:
        NotFound: No cash of this id waits for the borrower.
        CashOver: It was confirmed, waited too long, or is more than the loan takes by now: the shop
            gives it back.
        IntentOver: The approval is over, or of something else.
        PinRequired: The borrower has a PIN and did not approve it with that before.
        SignatureWrong: The signature is not the device's over what was shown.
        CodeExpired: The code is too old, used up or replaced.
        CodesLocked: Too many wrong codes were tried for this phone today.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return identity.answered_before(claim.answer, RepaymentView)
        row = await _waiting(tx, command)
        # Counting the change makes the borrower's other commands wait: no debit begins unseen.
        await revise(tx, command.caller_id)
        if not await takes(tx, row.as_view().loan, row.amount_fen):
            raise CashOver
        wanted = await _wanted(row)
        wrong = await identity.spend_intent(tx, command.caller, command.approval, wanted)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        repayment = await _received(tx, row)
        await claim.settle(tx, msgspec.to_builtins(repayment))
    return repayment


async def _waiting(tx: Transaction, command: BeginCashConfirmation | ConfirmCash) -> CashRow:
    found = CashRow.filter(id=command.cash_id, borrower_id=command.caller_id)
    known = await found.get_or_none()
    if known is None:
        raise NotFound("input.cashId")
    # The loan first, as all that moves its money holds it: else two would wait for each other.
    await servicing.hold_loan(known.as_view().loan)
    row = await found.select_for_update().get()
    if row.state != CashState.COUNTED.value or row.expires_at <= milliseconds(tx.now):
        raise CashOver
    return row


async def _wanted(row: CashRow) -> Wanted:
    language = (await contact_of(row.borrower_id)).language
    return Wanted(
        act=Act.PAY_CASH,
        about={"amount_fen": row.amount_fen, "cash_id": row.id, "loan_id": row.loan_id},
        contract_id=row.loan_id,
        amount_fen=row.amount_fen,
        payee=row.as_view().shop[language],
    )


async def _received(tx: Transaction, row: CashRow) -> RepaymentView:
    repayment = await RepaymentRow.create(
        id=tx.new_id("rp"),
        borrower_id=row.borrower_id,
        loan_id=row.loan_id,
        amount_fen=row.amount_fen,
        status=RepaymentStatus.INITIATED.value,
        channel=RepaymentChannel.AGENT_CASH.value,
        initiated_at=tx.now,
        initiated_on=tx.today,
    )
    row.state = CashState.RECEIVED.value
    row.received_at = milliseconds(tx.now)
    row.repayment_id = repayment.id
    row.check_sha256 = tx.random_bytes(32).hex()
    await row.save()
    await allocate(tx, repayment, tx.today)
    await ledger.post(
        tx,
        Posting(
            kind=POSTED,
            about=row.id,
            source=row.id,
            effective_on=tx.today,
            entries=(
                Line(account=rail_agent(row.partner_code), amount_fen=row.amount_fen),
                Line(account=rail_clearing(), amount_fen=-row.amount_fen),
            ),
        ),
    )
    about = {"cash": row.id, "loan": row.loan_id, "partner": row.partner_code}
    await record(tx, Entry("cash.confirmed", row.borrower_id, row.borrower_id, about))
    return repayment.as_view()
