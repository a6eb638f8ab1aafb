"""What the graph shows of payments: repayments, receipts, payoff quotes."""

from datetime import date, datetime
from enum import Enum

import strawberry

from app.foundation.graphql import Fen, Info, Node
from app.loanmath.explain import Figure
from app.loanmath.money import capitals
from app.loanmath.waterfall import DueKind
from app.payments import queries
from app.payments.graphql.cash_receipts import CashReceipt
from app.payments.graphql.wallets import WalletPayment
from app.payments.queries.cash import cash_by_repayment
from app.payments.rules import (
    AWAITED,
    DEBITS,
    PayoffQuoteView,
    RepaymentChannel,
    RepaymentStatus,
    RepaymentView,
)
from app.payments.rules import Receipt as ReceiptView
from app.servicing.graphql import (
    Explaining,
    Explanation,
    OfPayoffQuote,
    OfReceipt,
    PrepaymentMode,
    early_words,
)
from app.servicing.queries import ToExplain


@strawberry.enum(name="RepaymentStatus", description="Where a repayment stands.")
class RepaymentState(Enum):
    """The states, as the schema explains them."""

    INITIATED = strawberry.enum_value(
        RepaymentStatus.INITIATED.value,
        description="Wanted; the payment provider is being asked. Look again in a second or two.",
    )
    PENDING = strawberry.enum_value(
        RepaymentStatus.PENDING.value,
        description="The provider waits for the borrower to pay: open `payLink`.",
    )
    RECEIVED = strawberry.enum_value(
        RepaymentStatus.RECEIVED.value, description="The money has arrived and is being allocated."
    )
    ALLOCATED = strawberry.enum_value(
        RepaymentStatus.ALLOCATED.value,
        description="The money has arrived and counts; `receipt` says where it went.",
    )
    REVERSED = strawberry.enum_value(
        RepaymentStatus.REVERSED.value,
        description="Undone after it had counted; the plan is as if it had not come.",
    )
    CHARGED_BACK = strawberry.enum_value(
        RepaymentStatus.CHARGED_BACK.value,
        description="The payer took the money back; the plan is as if it had not come.",
    )
    FAILED = strawberry.enum_value(
        RepaymentStatus.FAILED.value,
        description="No money was taken; `explanation` says why. Start a new one with a new key.",
    )
    EXPIRED = strawberry.enum_value(
        RepaymentStatus.EXPIRED.value,
        description="Nobody paid in time. Money that comes after all still counts.",
    )


@strawberry.enum(name="RepaymentChannel", description="By which way a repayment comes in.")
class RepaymentWay(Enum):
    """The channels, as the schema explains them."""

    MOBILE = strawberry.enum_value(
        RepaymentChannel.MOBILE.value, description="The borrower pays in their wallet: `payLink`."
    )
    BANK_DEBIT = strawberry.enum_value(
        RepaymentChannel.BANK_DEBIT.value,
        description="Debited once from the bank card on file, as the borrower approved.",
    )
    AUTO_DEBIT = strawberry.enum_value(
        RepaymentChannel.AUTO_DEBIT.value,
        description="Debited on the borrower's mandate; there is nothing to open or confirm.",
    )
    AGENT_CASH = strawberry.enum_value(
        RepaymentChannel.AGENT_CASH.value,
        description="Paid in cash in a shop that takes it for us: `cashReceipt`.",
    )


@strawberry.type(description="A part of a repayment: which installment and kind of due it paid.")
class ReceiptPart:
    """One line of a receipt."""

    explaining: strawberry.Private[Explaining]
    figure: strawberry.Private[Figure]
    installment_number: int = strawberry.field(description="The installment, counted from 1.")
    label: str = strawberry.field(
        description="What it paid and how much, in the caller's language, ready to show."
    )
    amount: Fen = strawberry.field(description="How much of the repayment went there.")

    @strawberry.field(description="Why `amount` is what it is.")
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the amount."""
        number = self.installment_number
        return await self.explaining.explain(info, self.figure, number, self.amount)


@strawberry.type(description="Where a repayment went, as told when the money came in.")
class Receipt:
    """A receipt in plain parts."""

    explaining: strawberry.Private[Explaining]
    amount: Fen = strawberry.field(description="What was paid.")
    amount_in_capitals: str = strawberry.field(
        description="The amount in Chinese capital characters (大写), as on paper receipts."
    )
    received_on: date = strawberry.field(description="The business date on which it counts.")
    principal: Fen = strawberry.field(description="How much of it repaid principal.")
    interest: Fen = strawberry.field(description="How much of it paid interest.")
    fee: Fen = strawberry.field(description="How much of it paid fees.")
    cost: Fen = strawberry.field(description="How much of it paid costs of collecting the loan.")
    penalty: Fen = strawberry.field(description="How much of it paid penalty for lateness.")
    unapplied: Fen = strawberry.field(
        description="What found nothing to pay: still the borrower's money, kept for them."
    )
    balance: Fen = strawberry.field(
        description="What was left to pay afterwards if the plan is kept."
    )
    is_closed: bool = strawberry.field(description="Whether this repayment closed the loan.")
    summary: str = strawberry.field(
        description="All of it in one plain sentence or two, in the caller's language."
    )
    early_effect: str | None = strawberry.field(
        description="What paying early changed, in a sentence or two to show the borrower: when the"
        " loan ends now, how much smaller installments are, what interest it saves. Null when the"
        " money only paid what was due."
    )
    parts: list[ReceiptPart] = strawberry.field(
        description="The repayment line by line, in the order it was allocated; at most five"
        " lines an installment."
    )

    @strawberry.field(
        description="Why one of these amounts is what it is, by what was known when the money came"
        " in."
    )
    async def explain(self, info: Info, of: OfReceipt) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        return await self.explaining.explain(info, of.figure, None, shown_fen)

    @classmethod
    def of(cls, info: Info, receipt: ReceiptView, explaining: Explaining) -> "Receipt":
        """Show a receipt."""
        return cls(
            explaining=explaining,
            amount=Fen(receipt.amount_fen),
            amount_in_capitals=capitals(receipt.amount_fen),
            received_on=receipt.received_on,
            principal=Fen(receipt.paid_fen(DueKind.PRINCIPAL)),
            interest=Fen(receipt.paid_fen(DueKind.INTEREST)),
            fee=Fen(receipt.paid_fen(DueKind.FEE)),
            cost=Fen(receipt.paid_fen(DueKind.COST)),
            penalty=Fen(receipt.paid_fen(DueKind.PENALTY)),
            unapplied=Fen(receipt.unapplied_fen),
            balance=Fen(receipt.balance_fen),
            is_closed=receipt.is_closed,
            summary=_summary(info, receipt),
            early_effect=None if receipt.early is None else early_words(info, receipt.early),
            parts=[
                ReceiptPart(
                    explaining=explaining,
                    figure=Figure(f"REPAYMENT_{part.kind}"),
                    installment_number=part.installment_number,
                    label=_label(info, part.kind, part.amount_fen),
                    amount=Fen(part.amount_fen),
                )
                for part in receipt.parts
            ],
        )


def _label(info: Info, kind: DueKind, amount_fen: int) -> str:
    return info.context.text(f"payments.receipt.{kind.value.lower()}", amount_fen=amount_fen)


def _summary(info: Info, receipt: ReceiptView) -> str:
    """Say what was paid, where it went and what is left, as one would at a counter."""
    say = info.context.text
    paid = [(kind, receipt.paid_fen(kind)) for kind in reversed(DueKind)]
    parts = [_label(info, kind, amount_fen) for kind, amount_fen in paid if amount_fen]
    if receipt.unapplied_fen:
        parts.append(say("payments.receipt.unapplied", amount_fen=receipt.unapplied_fen))
    end = "closed" if receipt.is_closed else "left"
    return (
        say("payments.receipt.paid", amount_fen=receipt.amount_fen)
        + say("payments.receipt.comma").join(parts)
        + say("payments.receipt.stop")
        + say(f"payments.receipt.{end}", amount_fen=receipt.balance_fen)
    )


@strawberry.type(description="Money on its way in from the borrower, or arrived.")
class Repayment(Node):
    """A repayment of the caller's."""

    view: strawberry.Private[RepaymentView]
    loan_id: strawberry.ID = strawberry.field(description="The loan it pays.")
    amount: Fen = strawberry.field(description="How much is, or was, to be paid.")
    amount_in_capitals: str = strawberry.field(
        description="The amount in Chinese capital characters (大写)."
    )
    status: RepaymentState = strawberry.field(description="Where it stands.")
    channel: RepaymentWay = strawberry.field(description="By which way it comes in.")
    initiated_at: datetime = strawberry.field(
        description="When the borrower asked to pay, or the debit was begun."
    )
    pay_link: str | None = strawberry.field(
        description="What the phone opens so that the borrower pays; null until the provider has"
        " taken the order, once it is settled, and where it is paid by `payInWallet`."
    )
    pay_until: datetime = strawberry.field(description="Until when it can be paid.")
    received_on: date | None = strawberry.field(
        description="The business date on which it counts; null until the money has arrived."
    )
    is_payoff: bool = strawberry.field(description="Whether it pays a payoff quote.")
    prepayment: PrepaymentMode | None = strawberry.field(
        description="What money beyond the dues was to do; null when that was not said."
    )

    @strawberry.field(
        description="What the mini-program hands to `wx.requestPayment`, where `repay` said that it"
        " is paid in the wallet; null until the provider has taken the order, once it is over, and"
        " where a Proof header is missing."
    )
    async def pay_in_wallet(self, info: Info) -> WalletPayment | None:
        """Show how to pay in the app."""
        if self.view.status not in AWAITED or not info.context.sees_all:
            return None
        found = info.context.loader(queries.wallet_requests_by_order)
        return WalletPayment.of(await found.load(self.view.repayment_id))

    @strawberry.field(
        description="The shop's receipt, where it was paid in cash; null for any other channel."
    )
    async def cash_receipt(self, info: Info) -> CashReceipt | None:
        """Show the shop's receipt."""
        if self.view.channel is not RepaymentChannel.AGENT_CASH:
            return None
        found = info.context.loader(cash_by_repayment)
        cash = await found.load(self.view.repayment_id)
        return None if cash is None else CashReceipt.of(info, cash)

    @strawberry.field(
        description="Where it stands and what to do next, as one sentence to show the borrower."
    )
    def explanation(self, info: Info) -> str:
        """Explain the state in the caller's language."""
        view, say = self.view, info.context.text
        if view.failure is not None:
            return say(f"payments.failure.{view.failure.value}")
        is_closed = view.status is RepaymentStatus.ALLOCATED and (
            view.receipt is not None and view.receipt.is_closed
        )
        is_awaited_debit = view.channel in DEBITS and view.status in AWAITED
        ending = "_DEBIT" if is_awaited_debit else "_CLOSED" if is_closed else ""
        return say(
            f"payments.standing.{view.status.value}{ending}",
            amount_fen=view.amount_fen,
            balance_fen=view.receipt.balance_fen if view.receipt else 0,
        )

    @strawberry.field(description="Where the money went; null until it is allocated.")
    def receipt(self, info: Info) -> Receipt | None:
        """Show the receipt."""
        view, receipt = self.view, self.view.receipt
        if receipt is None:
            return None
        taken = ToExplain(
            loan_id=view.loan.loan_id,
            on=receipt.received_on,
            repayment_id=view.repayment_id,
        )
        return Receipt.of(info, receipt, Explaining.fixed(taken))

    @classmethod
    def of(cls, view: RepaymentView) -> "Repayment":
        """Show a repayment."""
        is_awaited = view.status is RepaymentStatus.PENDING
        return cls(
            id=strawberry.ID(view.repayment_id),
            view=view,
            loan_id=strawberry.ID(view.loan.loan_id),
            amount=Fen(view.amount_fen),
            amount_in_capitals=capitals(view.amount_fen),
            status=RepaymentState(view.status.value),
            channel=RepaymentWay(view.channel.value),
            initiated_at=view.initiated_at,
            pay_link=view.pay_link if is_awaited else None,
            pay_until=view.pay_until,
            received_on=view.received_on,
            is_payoff=view.payoff_quote_id is not None,
            prepayment=None if view.prepayment is None else PrepaymentMode[view.prepayment.name],
        )


@strawberry.type(description="What closes a loan if it is paid while the quote is valid.")
class PayoffQuote:
    """A promise of price."""

    explaining: strawberry.Private[Explaining]
    id: strawberry.ID = strawberry.field(description="Pass it to `repay` as `payoffQuoteId`.")
    loan_id: strawberry.ID = strawberry.field(description="The loan it closes.")
    amount: Fen = strawberry.field(description="What to pay; afterwards nothing is owed.")
    amount_in_capitals: str = strawberry.field(
        description="The amount in Chinese capital characters (大写)."
    )
    principal: Fen = strawberry.field(description="The principal still owed.")
    interest: Fen = strawberry.field(description="The interest still owed, up to the quoted day.")
    fee: Fen = strawberry.field(description="The fees still owed.")
    cost: Fen = strawberry.field(description="The costs of collecting the loan still owed.")
    penalty: Fen = strawberry.field(description="The penalty for lateness still owed.")
    credit: Fen = strawberry.field(
        description="The borrower's money that stands against the five parts: kept for them, or"
        " paid ahead for days that paying off now leaves out. The parts less this are `amount`."
    )
    quoted_on: date = strawberry.field(description="The business date it is for.")
    valid_until: datetime = strawberry.field(
        description="Start the repayment before this moment, on `quotedOn`; the end of that"
        " business day."
    )

    @strawberry.field(
        description="Why one of these amounts is what it is; null once something has happened to"
        " the loan that makes it another."
    )
    async def explain(self, info: Info, of: OfPayoffQuote) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        return await self.explaining.explain(info, of.figure, None, shown_fen)

    @classmethod
    def of(cls, quote: PayoffQuoteView) -> "PayoffQuote":
        """Show a quote."""
        return cls(
            explaining=Explaining.fixed(ToExplain(loan_id=quote.loan.loan_id, on=quote.quoted_on)),
            id=strawberry.ID(quote.quote_id),
            loan_id=strawberry.ID(quote.loan.loan_id),
            amount=Fen(quote.amount_fen),
            amount_in_capitals=capitals(quote.amount_fen),
            principal=Fen(quote.principal_fen),
            interest=Fen(quote.interest_fen),
            fee=Fen(quote.fee_fen),
            cost=Fen(quote.cost_fen),
            penalty=Fen(quote.penalty_fen),
            credit=Fen(quote.credit_fen),
            quoted_on=quote.quoted_on,
            valid_until=quote.valid_until,
        )
