"""Repaying once from the bank card on file: approved by the borrower, debited now, told later."""

from dataclasses import dataclass

import msgspec

from app.catalog.queries import needs_code
from app.foundation import idempotency
from app.foundation.caller import BorrowerCaller
from app.foundation.database import Transaction, current, transaction
from app.foundation.log import logger
from app.foundation.text import DEFAULT_LANGUAGE, text
from app.identity import operations as identity
from app.identity.errors import WrongCode
from app.identity.queries import bank_card_of, name_of
from app.identity.rules import card_tail
from app.identity.rules.intents import Act, Approval, IntentOpened, Wanted
from app.loanmath.schedule import Prepayment
from app.payments.errors import BankCardMissing, DebitUnderWay
from app.payments.events import CardDebitWanted
from app.payments.models import CardDebitRow, RepaymentRow
from app.payments.operations.debiting import each_of, send_debit
from app.payments.operations.initiating import Repay, awaited_debit, check_repayment, initiate
from app.payments.operations.mandates.planning import card_mark, is_marked
from app.payments.operations.settling import close_unpaid, lease_due, locked, take_word
from app.payments.ports import DebitAsk, DebitRail, FailureReason, RailStatus, RailUnavailable
from app.payments.rules import (
    AWAITED,
    RailWord,
    RepaymentChannel,
    RepaymentStatus,
    RepaymentView,
    WordOutcome,
)
from app.servicing import queries as servicing
from app.servicing.rules import LoanRef

log = logger(__name__)

NO_FLOOR_FEN = 0
"""Of a debit asked for now: how much is left on the card is up to whoever approves the amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginCardRepayment:
    """Ask what paying so much from the card on file says, to be approved."""

    loan: LoanRef
    amount_fen: int
    caller: BorrowerCaller
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RepayFromCard:
    """Pay towards a loan from the card on file, as was approved; the rest is as in `Repay`."""

    loan: LoanRef
    amount_fen: int
    caller: BorrowerCaller
    approval: Approval
    idempotency_key: str
    payoff_quote_id: str | None = None
    prepayment: Prepayment | None = None

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id

    def as_repay(self) -> Repay:
        """Return the wish to pay, whichever way; never more than closes the loan."""
        return Repay(
            loan=self.loan,
            amount_fen=self.amount_fen,
            idempotency_key=self.idempotency_key,
            payoff_quote_id=self.payoff_quote_id,
            prepayment=self.prepayment,
        )


async def begin_card_repayment(command: BeginCardRepayment) -> IntentOpened:
    """
    Write down that so much is taken from the card on file, for the borrower to approve.

    Raises:
        InvalidInput: The amount is not within 1 fen and ¥1,000,000.
        NotFound: There is no such loan of this borrower.
        NothingOwed: The loan is closed.
        AmountAboveBalance: It is more than closes the loan today.
        BankCardMissing: The borrower has named no bank card.
        DebitUnderWay: The card is being debited for this loan.
        RateLimited: The borrower's phone was sent too many codes.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await identity.opened(claim.answer["intent_id"], command.caller_id)
        wish = Repay(
            loan=command.loan,
            amount_fen=command.amount_fen,
            idempotency_key=command.idempotency_key,
        )
        await check_repayment(tx, wish)
        wanted = _wanted(command, await _card_now(command.loan))
        is_much = await needs_code(command.caller, tx.today, amount_fen=command.amount_fen)
        intent = await identity.open_intent(tx, command.caller, wanted, needs_code=is_much)
        await claim.settle(tx, {"intent_id": intent.intent_id})
    return intent


async def repay_from_card(command: RepayFromCard) -> RepaymentView | WrongCode:
    """
    Start one debit of the card on file, once per idempotency key and approval.

    The rail is asked after commit, and the money counts once it says that it came, as any other
    repayment's. A wrong code is returned, not raised, so that the guess stays counted; nothing
    else changed.

    Returns:
        The repayment, INITIATED: ask `queries.repayment` how it stands now.

    Raises:
        InvalidInput, NotFound, NothingOwed, AmountAboveBalance, QuoteNotYetValid, QuoteExpired,
            QuoteInUse: As `repay` says.
        BankCardMissing: The borrower has named no bank card.
        DebitUnderWay: The card is being debited for this loan, by a mandate or so.
        IntentOver: The approval is over, or of another amount, loan or card.
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
        wish = command.as_repay()
        await check_repayment(tx, wish)
        card = await _card_now(command.loan)
        wanted = _wanted(command, card)
        wrong = await identity.spend_intent(tx, command.caller, command.approval, wanted)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        view = await initiate(tx, wish, channel=RepaymentChannel.BANK_DEBIT)
        await CardDebitRow.create(
            id=view.repayment_id,
            borrower_id=command.loan.borrower_id,
            loan_id=command.loan.loan_id,
            intent_id=command.approval.intent_id,
            card_mark=card_mark(card),
        )
        await claim.settle(tx, msgspec.to_builtins(view))
    return view


async def _card_now(loan: LoanRef) -> str:
    """Return the card on file, unless it is being debited for this loan: never twice."""
    under_way = await awaited_debit(loan)
    if under_way is not None:
        raise DebitUnderWay(under_way.id)
    card = await bank_card_of(loan.borrower_id)
    if card is None:
        raise BankCardMissing
    return card


def _wanted(command: BeginCardRepayment | RepayFromCard, card: str) -> Wanted:
    return Wanted(
        act=Act.REPAY_FROM_CARD,
        about={
            "amount_fen": command.amount_fen,
            "card_mark": card_mark(card),
            "loan_id": command.loan.loan_id,
        },
        contract_id=command.loan.loan_id,
        amount_fen=command.amount_fen,
        payee=f"**** {card_tail(card)}",
    )


async def start_card_debit(fact: CardDebitWanted, _delivery_id: str, *, rail: DebitRail) -> None:
    """Hand an approved debit to the rail; without an answer it is asked about later."""
    # Told again after a crash, the rail may have it already: only a question to it takes one back.
    ask = await _ask_of(fact.repayment_id, takes_back=False)
    if ask is not None:
        await send_debit(rail, ask)


async def poll_card_debits(rail: DebitRail) -> int:
    """
    Ask the rail about approved debits that have waited 30 s for a notice, and so every 30 s.

    One the rail never saw is sent again under its id while it still may be, else taken back. One
    that the rail is busy with is never given up: money may still be taken.

    Returns:
        How many repayments moved.
    """
    due = await lease_due(RepaymentChannel.BANK_DEBIT)
    return await each_of(due, lambda repayment_id: _ask(rail, repayment_id), "repayment_id")


async def _ask(rail: DebitRail, repayment_id: str) -> bool:
    try:
        report = await rail.order_status(repayment_id)
    except RailUnavailable:
        log.warning("rail_unavailable", repayment_id=repayment_id)
        return False
    if report.status is RailStatus.UNKNOWN:
        ask = await _ask_of(repayment_id, takes_back=True)
        if ask is None:
            return True
        await send_debit(rail, ask)
        return False
    now = current().clock.now()
    outcome = await take_word(RailWord.of_report(repayment_id, report, asked_at=now))
    return outcome is WordOutcome.MOVED


async def _ask_of(repayment_id: str, *, takes_back: bool) -> DebitAsk | None:
    """
    Return what to hand to the rail; None where there is nothing to send any more.

    An approved debit is not sent, and may be taken back, where its time is over, the card is
    another one by now, or the loan does not take so much any more.
    """
    async with transaction() as tx:
        row = await locked(repayment_id)
        if row.status not in AWAITED:
            return None
        expires_at = row.as_view().gives_up_at
        is_late = tx.now >= expires_at
        card = await _card_of(row)
        if is_late or card is None or not await _takes(tx, row):
            if takes_back and is_late:
                await close_unpaid(tx, row, RepaymentStatus.EXPIRED, FailureReason.EXPIRED)
            elif takes_back:
                await close_unpaid(tx, row, RepaymentStatus.FAILED, FailureReason.WITHDRAWN)
            return None
    return DebitAsk(
        debit_id=row.id,
        amount_fen=row.amount_fen,
        card=card,
        holder=await name_of(row.borrower_id),
        floor_fen=NO_FLOOR_FEN,
        description=text("payments.order.description", DEFAULT_LANGUAGE),
        expires_at=expires_at,
    )


async def _card_of(row: RepaymentRow) -> str | None:
    """Return the card that was approved, in clear; None if the borrower has another one now."""
    approved = await CardDebitRow.get(id=row.id)
    card = await bank_card_of(row.borrower_id)
    return card if card is not None and is_marked(approved.card_mark, card) else None


async def _takes(tx: Transaction, row: RepaymentRow) -> bool:
    payoff = await servicing.payoff_on(row.loan, tx.today)
    return payoff.amount_fen >= row.amount_fen
