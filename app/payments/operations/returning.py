"""Giving a loan back within its cooling-off days: the principal goes back, and nothing was owed."""

from dataclasses import dataclass

import msgspec

from app.catalog.queries import needs_code
from app.foundation import idempotency
from app.foundation.caller import BorrowerCaller
from app.foundation.database import Transaction, transaction
from app.foundation.revision import revise
from app.identity import operations as identity
from app.identity.errors import WrongCode
from app.identity.rules.intents import Act, Approval, IntentOpened, Wanted
from app.payments.errors import NothingOwed, QuoteInUse, ReturnTimeOver
from app.payments.models import PayoffQuoteRow
from app.payments.operations.initiating import Repay, initiate, payoff_under_way
from app.payments.operations.quoting import naming_the_loan
from app.payments.rules import RepaymentView
from app.servicing import operations as servicing
from app.servicing import queries
from app.servicing.queries import ReturnOffer
from app.servicing.rules import LoanRef, LoanSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginReturn:
    """Ask what giving a loan back says, to be approved."""

    loan: LoanRef
    caller: BorrowerCaller
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLoan:
    """Give a loan back, as was approved."""

    loan: LoanRef
    caller: BorrowerCaller
    approval: Approval
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


async def begin_return(command: BeginReturn) -> IntentOpened:
    """
    Write down that a loan is given back today and for how much, for the borrower to approve.

    Raises:
        NotFound: There is no such loan of this borrower.
        NothingOwed: The loan is closed.
        ReturnTimeOver: Its days for that are over, or its agreement grants none.
        RateLimited: The borrower's phone was sent too many codes.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await identity.opened(claim.answer["intent_id"], command.caller_id)
        offer = await _offer(tx, await _held(command.loan))
        wanted = _wanted(tx, command.loan, offer)
        is_much = await needs_code(command.caller, tx.today, amount_fen=offer.amount_fen)
        intent = await identity.open_intent(tx, command.caller, wanted, needs_code=is_much)
        await claim.settle(tx, {"intent_id": intent.intent_id})
    return intent


async def return_loan(command: ReturnLoan) -> RepaymentView | WrongCode:
    """
    Start the repayment that gives a loan back, once per key and approval.

    It is a repayment of exactly the principal; once its money is there the loan is closed at 0, and
    is as if it had never borne interest or fees. Paid on the day it was started, it counts for that
    day, however late the rail tells. A wrong code is returned, not raised, so that the guess stays
    counted.

    Raises:
        NotFound: There is no such loan of this borrower.
        NothingOwed: The loan is closed.
        ReturnTimeOver: Its days for that are over, or its agreement grants none.
        QuoteInUse: A repayment that pays the loan off or gives it back is on its way.
        IntentOver: The approval is over, or of another amount or day.
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
        loan = await _held(command.loan)
        # Counting the change makes the borrower's commands wait for each other; only now, because
        # whoever takes a repayment holds its loan before it counts.
        await revise(tx, command.caller_id)
        offer = await _offer(tx, loan)
        quote = PayoffQuoteRow(
            id=tx.new_id("pq"),
            borrower_id=command.loan.borrower_id,
            loan_id=command.loan.loan_id,
            amount_fen=offer.amount_fen,
            principal_fen=offer.amount_fen,
            interest_fen=0,
            fee_fen=0,
            penalty_fen=0,
            quoted_on=tx.today,
            returns=True,
        )
        under_way = await payoff_under_way(quote)
        if under_way is not None:
            raise QuoteInUse(under_way.id)
        wanted = _wanted(tx, command.loan, offer)
        wrong = await identity.spend_intent(tx, command.caller, command.approval, wanted)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        await quote.save(force_create=True)
        view = await initiate(
            tx,
            Repay(
                loan=command.loan,
                amount_fen=offer.amount_fen,
                idempotency_key=command.idempotency_key,
                payoff_quote_id=quote.id,
            ),
        )
        await claim.settle(tx, msgspec.to_builtins(view))
    return view


async def _held(loan: LoanRef) -> LoanSummary:
    with naming_the_loan():
        return await servicing.hold_loan(loan)


async def _offer(tx: Transaction, loan: LoanSummary) -> ReturnOffer:
    if loan.is_closed:
        raise NothingOwed
    offer = await queries.return_offer(loan.ref, tx.today)
    if offer is None:
        raise ReturnTimeOver
    return offer


def _wanted(tx: Transaction, loan: LoanRef, offer: ReturnOffer) -> Wanted:
    return Wanted(
        act=Act.RETURN_LOAN,
        about={
            "amount_fen": offer.amount_fen,
            "loan_id": loan.loan_id,
            "on": tx.today.isoformat(),
        },
        contract_id=loan.loan_id,
        amount_fen=offer.amount_fen,
    )
