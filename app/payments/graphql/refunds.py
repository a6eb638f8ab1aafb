"""Refunds on the borrower's graph: ask for money held, and follow it to the bank card."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import NotFound, Refusal
from app.foundation.graphql import (
    Connection,
    Fen,
    Info,
    Node,
    PlainProblem,
    Problem,
    asked_page,
    connection_of,
    problem_of,
    problem_parts,
)
from app.identity.errors import WrongPin
from app.identity.graphql.types import WrongPinProblem
from app.loanmath.money import capitals
from app.payments import operations, queries
from app.payments.errors import AmountAboveHeld, NoCardForRefund, NothingHeld
from app.payments.graphql.wallets import WalletAcceptance
from app.payments.rules.refunds import (
    HELD,
    RefundPayee,
    RefundRef,
    RefundStatus,
    RefundView,
    RefundWay,
    refund_explained,
)
from app.servicing.graphql import Explaining, Explanation, loan_ref
from app.servicing.queries import ToExplain


@strawberry.enum(name="RefundStatus", description="Where a refund stands.")
class RefundState(Enum):
    """The states, as the schema explains them."""

    REQUESTED = strawberry.enum_value(
        RefundStatus.REQUESTED.value,
        description="Asked for and set aside; about to be sent. Look again in a second or two.",
    )
    SENDING = strawberry.enum_value(
        RefundStatus.SENDING.value,
        description="On its way, or waiting for the borrower to accept it in their wallet.",
    )
    PAID = strawberry.enum_value(RefundStatus.PAID.value, description="It has arrived.")
    FAILED = strawberry.enum_value(
        RefundStatus.FAILED.value,
        description="It did not go out; `explanation` says why. Start a new one with a new key.",
    )
    REVERSED = strawberry.enum_value(
        RefundStatus.REVERSED.value,
        description="The bank sent it back; it is kept for the borrower again. Ask for another card"
        " and start a new one with a new key.",
    )


@strawberry.enum(name="RefundWay", description="Which way a refund goes.")
class RefundRoute(Enum):
    """The ways, as the schema explains them."""

    TO_CARD = strawberry.enum_value(
        RefundWay.TO_CARD.value, description="To the bank card the borrower named."
    )
    TO_WALLET = strawberry.enum_value(
        RefundWay.TO_WALLET.value, description="To the WeChat wallet the borrower named."
    )
    TO_PAYER = strawberry.enum_value(
        RefundWay.TO_PAYER.value, description="Back to the account it was paid from."
    )


@strawberry.type(description="Money kept for the borrower, on its way back to them or arrived.")
class Refund(Node):
    """A refund of the caller's."""

    view: strawberry.Private[RefundView]
    loan_id: strawberry.ID = strawberry.field(description="The loan that held the money.")
    amount: Fen = strawberry.field(description="How much is, or was, to be given back.")
    amount_in_capitals: str = strawberry.field(
        description="The amount in Chinese capital characters (大写)."
    )
    status: RefundState = strawberry.field(description="Where it stands.")
    requested_at: datetime = strawberry.field(description="When the borrower asked for it.")
    settled_at: datetime | None = strawberry.field(
        description="When it was paid, failed or was sent back; null while it is on its way."
    )

    @strawberry.field(
        description="Why `amount` is what it is, by what was kept when it was asked for."
    )
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the amount."""
        view = self.view
        before = ToExplain(
            loan_id=view.loan.loan_id, on=view.requested_on, refund_id=view.refund_id
        )
        return await Explaining.fixed(before).explain_by(
            info, self.amount, lambda loan: refund_explained(view, loan.explain(HELD))
        )

    @strawberry.field(
        description="The last four digits of the bank card, or signs of the wallet, it goes to;"
        " empty where it goes back the way it came."
    )
    async def card_tail(self, info: Info) -> str:
        """Show which card."""
        return (await self._payee(info)).tail

    @strawberry.field(description="Which way the money goes.")
    async def way(self, info: Info) -> RefundRoute:
        """Show which way."""
        return RefundRoute((await self._payee(info)).way.value)

    @strawberry.field(
        description="What the mini-program hands to `wx.requestMerchantTransfer`, so that the"
        " borrower takes the money; null where nothing is to be confirmed, or not any more, and"
        " where a Proof header is missing."
    )
    async def accept_in_wallet(self, info: Info) -> WalletAcceptance | None:
        """Show how to accept it."""
        if not info.context.sees_all:
            return None
        found = info.context.loader(queries.acceptances_by_order)
        return WalletAcceptance.of(await found.load(self.view.refund_id))

    @strawberry.field(
        description="Where it stands and what to do next, as one sentence to show the borrower."
    )
    async def explanation(self, info: Info) -> str:
        """Explain the state in the caller's language."""
        view = self.view
        name = view.status.value
        if view.failure is not None:
            name = f"{name}_{view.failure.value}"
        found = await self._payee(info)
        payee = info.context.text(f"payments.refund.{found.way.value.lower()}", tail=found.tail)
        return info.context.text(f"payments.refund.{name}", amount_fen=view.amount_fen, payee=payee)

    async def _payee(self, info: Info) -> RefundPayee:
        return await info.context.loader(queries.refund_payees).load(self.view.refund_id)

    @classmethod
    def of(cls, view: RefundView) -> "Refund":
        """Show a refund."""
        return cls(
            id=strawberry.ID(view.refund_id),
            view=view,
            loan_id=strawberry.ID(view.loan.loan_id),
            amount=Fen(view.amount_fen),
            amount_in_capitals=capitals(view.amount_fen),
            status=RefundState(view.status.value),
            requested_at=view.requested_at,
            settled_at=view.settled_at,
        )


@strawberry.input(description="A wish to have money back that was paid beyond what was owed.")
class RefundOverpaymentInput:
    """What `refundOverpayment` takes."""

    idempotency_key: strawberry.ID = strawberry.field(
        description="Made by the client for this one wish; sending it again does nothing twice."
    )
    loan_id: strawberry.ID = strawberry.field(description="The loan that holds the money.")
    amount: Fen | None = strawberry.field(
        default=None,
        description="How much, from 1 fen to the loan's `refundable`; all of that unless said.",
    )
    pin: str | None = strawberry.field(
        default=None,
        description="Six digits, as the person types them, where `me.hasPin`.",
    )

    def as_command(self, borrower_id: str) -> operations.RefundOverpayment:
        """
        Turn it into the command.

        Raises:
            InvalidInput: The id is malformed.
        """
        return operations.RefundOverpayment(
            loan=loan_ref(borrower_id, self.loan_id, field="input.loanId"),
            amount_fen=self.amount,
            pin=self.pin,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="No money of the borrower is kept on this loan.")
class NothingHeldProblem(Problem):
    """There is nothing to give back."""


@strawberry.type(description="The amount is more than is kept for the borrower on this loan.")
class AmountAboveHeldProblem(Problem):
    """Ask for less."""

    held: Fen = strawberry.field(description="What is kept; the most that can be asked for.")


@strawberry.type(description="There is no bank card to pay to; ask for one with `setBankCard`.")
class NoCardForRefundProblem(Problem):
    """Add a card first."""


@strawberry.type(description="The refund has begun.")
class RefundOverpaymentSuccess:
    """What `refundOverpayment` gives."""

    refund: Refund = strawberry.field(
        description="As it stood when first asked for: ask for it again by id until it is PAID."
    )


RefundOverpaymentResult = Annotated[
    RefundOverpaymentSuccess
    | NothingHeldProblem
    | AmountAboveHeldProblem
    | NoCardForRefundProblem
    | WrongPinProblem
    | PlainProblem,
    strawberry.union("RefundOverpaymentResult", description="The refund, or why there is none."),
]

RefundId = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
LoanId = Annotated[strawberry.ID, strawberry.argument(description="The loan's id.")]
First = Annotated[
    int | None, strawberry.argument(description="How many, 1 to 100; 20 unless said.")
]
After = Annotated[str | None, strawberry.argument(description="The cursor after which to go on.")]
What = Annotated[RefundOverpaymentInput, strawberry.argument(description="What to give back.")]


@strawberry.type(description="Looking at refunds.")
class RefundsQuery:
    """Refunds' part of Query."""

    @strawberry.field(description="One refund of the caller's; null when there is none.")
    async def refund(self, info: Info, id: RefundId) -> Refund | None:
        """Find a refund."""
        return await refund_node(info, id)

    @strawberry.field(
        description="A loan's refunds, newest first; empty when the loan is not the caller's."
    )
    async def refunds(
        self, info: Info, loan_id: LoanId, first: First = None, after: After = None
    ) -> Connection[Refund] | None:
        """Page through a loan's refunds."""
        loan = loan_ref(info.context.borrower_id, loan_id, field="loanId")
        list_name = f"refunds:{loan.borrower_id}:{loan.loan_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.refunds_of(loan, ask)
        return connection_of(list_name, ask, page, Refund.of)


@strawberry.type(description="Getting money back.")
class RefundsMutation:
    """Refunds' part of Mutation."""

    @strawberry.mutation(
        description="Give back money that is kept for the borrower on a loan, to their bank card;"
        " safe to send again with the same key. It is set aside at once: from then on no"
        " installment is paid out of it, unless it cannot be delivered."
    )
    async def refund_overpayment(self, info: Info, input: What) -> RefundOverpaymentResult:
        """Start a refund."""
        try:
            view = await operations.refund_overpayment(input.as_command(info.context.borrower_id))
        except NothingHeld as refusal:
            return NothingHeldProblem(**problem_parts(info, refusal))
        except AmountAboveHeld as refusal:
            return AmountAboveHeldProblem(
                **problem_parts(info, refusal), held=Fen(refusal.held_fen)
            )
        except NoCardForRefund as refusal:
            return NoCardForRefundProblem(**problem_parts(info, refusal))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(view, WrongPin):
            return WrongPinProblem.of(info, view)
        return RefundOverpaymentSuccess(refund=Refund.of(view))


async def refund_node(info: Info, refund_id: str) -> Refund | None:
    """Find a refund of the caller's by its id."""
    ref = RefundRef(borrower_id=info.context.borrower_id, refund_id=refund_id)
    try:
        return Refund.of(await queries.refund(ref))
    except NotFound:
        return None
