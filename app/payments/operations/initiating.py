"""Starting a repayment: the borrower's wish, and the order the rail makes of it."""

from dataclasses import dataclass

import msgspec
from tortoise.expressions import Q

from app.foundation import idempotency
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.text import DEFAULT_LANGUAGE, text
from app.identity import queries as identity
from app.loanmath.schedule import Prepayment
from app.payments.errors import (
    AmountAboveBalance,
    DebitUnderWay,
    NothingOwed,
    QuoteExpired,
    QuoteInUse,
    QuoteNotYetValid,
)
from app.payments.events import CardDebitWanted, RepaymentInitiated
from app.payments.models import PayoffQuoteRow, RepaymentRow
from app.payments.operations.quoting import naming_the_loan
from app.payments.operations.settling import close_unpaid, locked
from app.payments.operations.wallet_requests import keep_wallet_request
from app.payments.ports import CollectionRail, OrderAsk, OrderRefused, RailOrder
from app.payments.rules import (
    AWAITED,
    DEBITS,
    FIRST_POLL_AFTER,
    OVERPAYMENT_FEN_MAX,
    REPAYMENT_FEN_MAX,
    WITHOUT_EFFECT,
    RepaymentChannel,
    RepaymentStatus,
    RepaymentView,
    step,
)
from app.servicing import queries as servicing
from app.servicing.rules import LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Repay:
    """
    Pay towards a loan.

    With a payoff quote the amount is the quoted one. More than closes the loan is refused unless
    `allow_overpayment` says it is meant; what is too much is kept for the borrower. What a card is
    being debited for counts as if it had come. Money beyond the dues does what `prepayment` says;
    without one it pays the next installment, and then does what the terms say.
    """

    loan: LoanRef
    amount_fen: int
    idempotency_key: str
    payoff_quote_id: str | None = None
    allow_overpayment: bool = False
    prepayment: Prepayment | None = None
    in_wallet: bool = False
    """Whether they pay from the wallet they named, in the app itself; others have a link."""

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


async def repay(command: Repay) -> RepaymentView:
    """
    Start one repayment, once per idempotency key; the rail is asked for an order after commit.

    Returns:
        The repayment, INITIATED. Sent again it is the same answer: ask `queries.repayment` how it
        stands now, and for the pay link.

    Raises:
        InvalidInput: The amount is not within 1 fen and ¥1,000,000, or not the quoted one; or the
            money is to be held back, or a payoff is told what to do beside closing the loan.
        NotFound: There is no such loan or quote of this borrower.
        NothingOwed: The loan is closed; not even a borrower who means it pays more.
        AmountAboveBalance: It is more than closes the loan today, or far more even if meant.
        DebitUnderWay: With what a card is being debited for it would be.
        QuoteNotYetValid: The quote is for a day to come.
        QuoteExpired: The quote's day is over, or the loan has changed since.
        QuoteInUse: A repayment under the quote is on its way or done, or one under another quote is
            on its way.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return msgspec.convert(claim.answer, RepaymentView)
        await check_repayment(tx, command)
        view = await initiate(tx, command)
        await claim.settle(tx, msgspec.to_builtins(view))
    return view


async def check_repayment(tx: Transaction, command: Repay) -> None:
    """
    Check that the loan can take what a borrower wishes to pay; their commands then wait in line.

    Raises:
        InvalidInput, NotFound, NothingOwed, AmountAboveBalance, DebitUnderWay, QuoteNotYetValid,
            QuoteExpired, QuoteInUse: As `repay` says.
    """
    if not 1 <= command.amount_fen <= REPAYMENT_FEN_MAX:
        raise InvalidInput(
            "input.amount", "payments.reason.amount", least_fen=1, most_fen=REPAYMENT_FEN_MAX
        )
    _check_direction(command)
    # Counting the change first makes the borrower's commands wait for each other.
    await revise(tx, command.caller_id)
    if command.payoff_quote_id is None:
        await _check_balance(tx, command)
    else:
        await _check_quote(tx, command, command.payoff_quote_id)


def _check_direction(command: Repay) -> None:
    """
    Check that what is wished for money beyond the dues is something to wish for.

    Holding it for later dues is for terms that say so: the borrower would pay full interest on a
    debt they have the money for, and a lender has no business taking deposits.
    """
    if command.prepayment is Prepayment.HOLD:
        raise InvalidInput("input.prepayment", "payments.reason.money_is_not_held")
    if command.prepayment is not None and command.payoff_quote_id is not None:
        raise InvalidInput("input.prepayment", "payments.reason.payoff_leaves_nothing")


async def _check_balance(tx: Transaction, command: Repay) -> None:
    with naming_the_loan():
        payoff = await servicing.payoff_on(command.loan, tx.today)
    if payoff.amount_fen <= 0:
        raise NothingOwed
    allowed_fen = OVERPAYMENT_FEN_MAX if command.allow_overpayment else 0
    if command.amount_fen - payoff.amount_fen > allowed_fen:
        raise AmountAboveBalance(payoff.amount_fen)
    await _check_debit(command, payoff.amount_fen + allowed_fen)


async def _check_quote(tx: Transaction, command: Repay, quote_id: str) -> None:
    loan = command.loan
    quote = (
        await PayoffQuoteRow.filter(id=quote_id, borrower_id=loan.borrower_id, loan_id=loan.loan_id)
        .select_for_update()
        .get_or_none()
    )
    if quote is None:
        raise NotFound("input.payoffQuoteId")
    if command.amount_fen != quote.amount_fen:
        raise InvalidInput(
            "input.amount", "payments.reason.not_the_quoted_amount", amount_fen=quote.amount_fen
        )
    used_by = await payoff_under_way(quote)
    if used_by is not None:
        raise QuoteInUse(used_by.id)
    if tx.today < quote.quoted_on:
        raise QuoteNotYetValid(quote.quoted_on)
    payoff = await servicing.payoff_on(loan, tx.today)
    if tx.today != quote.quoted_on or payoff.amount_fen != quote.amount_fen:
        raise QuoteExpired(quote.quoted_on)
    await _check_debit(command, payoff.amount_fen)


async def _check_debit(command: Repay, most_fen: int) -> None:
    debit = await awaited_debit(command.loan)
    if debit is not None and command.amount_fen + debit.amount_fen > most_fen:
        raise DebitUnderWay(debit.id)


async def awaited_debit(loan: LoanRef) -> RepaymentRow | None:
    """Find the debit of a card for a loan, by mandate or once, that may still bring money."""
    return await RepaymentRow.filter(
        loan_id=loan.loan_id,
        channel__in=[one.value for one in DEBITS],
        status__in=[one.value for one in AWAITED],
    ).first()


async def payoff_under_way(quote: PayoffQuoteRow) -> RepaymentRow | None:
    """Find a repayment that has used the quote, or is paying the loan off under another one."""
    payoffs = RepaymentRow.filter(loan_id=quote.loan_id, payoff_quote_id__isnull=False)
    is_used = Q(payoff_quote_id=quote.id) & ~Q(status__in=[one.value for one in WITHOUT_EFFECT])
    is_awaited = Q(status__in=[one.value for one in AWAITED])
    return await payoffs.filter(is_used | is_awaited).order_by("-id").first()


async def initiate(
    tx: Transaction, command: Repay, *, channel: RepaymentChannel = RepaymentChannel.MOBILE
) -> RepaymentView:
    """Write a repayment down that was checked; the rail is asked for it after commit."""
    row = await RepaymentRow.create(
        id=tx.new_id("rp"),
        borrower_id=command.loan.borrower_id,
        loan_id=command.loan.loan_id,
        amount_fen=command.amount_fen,
        status=RepaymentStatus.INITIATED.value,
        payoff_quote_id=command.payoff_quote_id,
        prepayment=None if command.prepayment is None else command.prepayment.value,
        in_wallet=command.in_wallet or None,
        initiated_at=tx.now,
        initiated_on=tx.today,
        poll_at=milliseconds(tx.now + FIRST_POLL_AFTER),
        channel=channel.value,
    )
    wanted = CardDebitWanted if channel is RepaymentChannel.BANK_DEBIT else RepaymentInitiated
    await announce(
        tx,
        wanted(
            repayment_id=row.id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            amount_fen=row.amount_fen,
        ),
    )
    return row.as_view()


async def start_collection(
    fact: RepaymentInitiated, _delivery_id: str, *, rail: CollectionRail
) -> None:
    """
    Ask the rail for the order of a repayment; asking again finds the same order.

    Raises:
        RailUnavailable: No answer; nothing is known, the delivery is tried again.
    """
    row = await RepaymentRow.get(id=fact.repayment_id)
    pay_until = row.as_view().pay_until
    if row.status not in AWAITED or row.pay_link or current().clock.now() >= pay_until:
        return
    ask = OrderAsk(
        order_id=row.id,
        amount_fen=row.amount_fen,
        description=text("payments.order.description", DEFAULT_LANGUAGE),
        expires_at=pay_until,
        wallet=await identity.wallet_of(row.borrower_id) if row.in_wallet else None,
    )
    try:
        order = await rail.create_order(ask)
    except OrderRefused as refusal:
        async with transaction() as tx:
            row = await locked(row.id)
            if row.status in AWAITED:
                await close_unpaid(tx, row, RepaymentStatus.FAILED, refusal.reason)
        return
    async with transaction() as tx:
        await note_order(tx, await locked(row.id), order)


async def note_order(tx: Transaction, row: RepaymentRow, order: RailOrder) -> None:
    """
    Keep the order's reference and how it is paid, unless a notice has already ended the wait.

    That money of it can go back the way it came is kept in any case.
    """
    row.takes_refunds = order.takes_refunds or None
    if row.status not in AWAITED:
        await row.save(update_fields=["takes_refunds"])
        return
    if order.pay_in_app is not None:
        until = row.as_view().pay_until
        await keep_wallet_request(tx, row.id, row.borrower_id, order.pay_in_app, until=until)
    if row.status == RepaymentStatus.INITIATED:
        row.status = step(RepaymentStatus.INITIATED, RepaymentStatus.PENDING).value
    row.provider_ref = order.provider_ref
    row.pay_link = order.pay_link
    await row.save()
    await revise(tx, row.borrower_id)
