"""Paying cash in a shop, on the borrower's graph."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.foundation.caller import BorrowerCaller
from app.foundation.errors import Refusal
from app.foundation.graphql import Fen, Info, PlainProblem, checked_id, problem_of
from app.identity.errors import WrongCode
from app.identity.graphql.intents import ApprovalInput
from app.identity.graphql.types import WrongCodeProblem
from app.loanmath.money import capitals
from app.payments import operations
from app.payments.graphql.cash_receipts import KEY, CashState
from app.payments.graphql.types import Repayment
from app.payments.queries import cash as queries
from app.payments.rules import cash as rules
from app.servicing.graphql import loan_ref


@strawberry.type(description="Cash that a shop says it counted, and that waits for one's word.")
class WaitingCash:
    """Cash to confirm."""

    id: strawberry.ID = strawberry.field(description="Pass it to beginIntent and confirmCash.")
    shop: str = strawberry.field(description="The shop that took it.")
    loan_id: strawberry.ID = strawberry.field(description="The loan it is for.")
    amount: Fen = strawberry.field(description="How much.")
    amount_in_capitals: str = strawberry.field(
        description="The amount in Chinese capital characters (大写)."
    )
    expires_at: datetime = strawberry.field(description="Until when it can be confirmed.")
    warning: str = strawberry.field(description="What to read before confirming, ready to show.")

    @classmethod
    def of(cls, info: Info, view: rules.CashView) -> "WaitingCash":
        """Show cash that waits."""
        shop = view.shop[info.context.language]
        return cls(
            id=strawberry.ID(view.cash_id),
            shop=shop,
            loan_id=strawberry.ID(view.loan.loan_id),
            amount=Fen(view.amount_fen),
            amount_in_capitals=capitals(view.amount_fen),
            expires_at=view.expires_at,
            warning=info.context.text(
                "payments.cash.warning", shop=shop, amount_fen=view.amount_fen
            ),
        )


@strawberry.type(description="What a receipt that somebody was shown is worth.")
class CashReceiptCheck:
    """The answer to a check."""

    is_genuine: bool = strawberry.field(
        description="Whether number and code belong to a receipt of ours; if not, nothing else is"
        " told."
    )
    state: CashState | None = strawberry.field(description="RECEIVED, or REVERSED.")
    shop: str | None = strawberry.field(description="The shop that took the cash.")
    amount: Fen | None = strawberry.field(description="How much.")
    received_at: datetime | None = strawberry.field(description="When it was confirmed.")
    explanation: str = strawberry.field(description="All of it as one sentence to show.")

    @classmethod
    def of(cls, info: Info, view: rules.CashView | None) -> "CashReceiptCheck":
        """Show what a check found."""
        say = info.context.text
        if view is None or view.received_at is None:
            unknown = say("payments.cash.CHECK_UNKNOWN")
            return cls(
                is_genuine=False,
                state=None,
                shop=None,
                amount=None,
                received_at=None,
                explanation=unknown,
            )
        shop = view.shop[info.context.language]
        return cls(
            is_genuine=True,
            state=CashState[view.state.name],
            shop=shop,
            amount=Fen(view.amount_fen),
            received_at=view.received_at,
            explanation=say(
                f"payments.cash.CHECK_{view.state.name}", shop=shop, amount_fen=view.amount_fen
            ),
        )


@strawberry.input(description="A wish to pay a loan in cash, in a shop that takes it for us.")
class ShowCashCodeInput:
    """What `showCashCode` takes."""

    loan_id: strawberry.ID = strawberry.field(description="The loan to pay.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="Show this to the shop; it finds the loan by nothing else.")
class ShowCashCodeSuccess:
    """A code."""

    digits: str = strawberry.field(description="Eight of them, good for one payment.")
    expires_at: datetime = strawberry.field(description="Until when it is good.")


@strawberry.input(description="A borrower's approved word that they paid this cash.")
class ConfirmCashInput:
    """What `confirmCash` takes."""

    cash_id: strawberry.ID = strawberry.field(description="From `cashWaiting`.")
    approval: ApprovalInput = strawberry.field(
        description="Of an intent to PAY_CASH of this cash; see beginIntent."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, caller: BorrowerCaller) -> operations.ConfirmCash:
        """
        Turn it into the command.

        Raises:
            InvalidInput: The id is malformed.
        """
        return operations.ConfirmCash(
            cash_id=checked_id(self.cash_id, "cg", field="input.cashId"),
            caller=caller,
            approval=self.approval.as_approval(),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The cash counts as repaid; the shop hands out the receipt.")
class ConfirmCashSuccess:
    """What `confirmCash` gives."""

    repayment: Repayment = strawberry.field(description="With its `receipt` and `cashReceipt`.")


ShowCashCodeResult = Annotated[
    ShowCashCodeSuccess | PlainProblem,
    strawberry.union("ShowCashCodeResult", description="The code, or why there is none."),
]
ConfirmCashResult = Annotated[
    ConfirmCashSuccess | WrongCodeProblem | PlainProblem,
    strawberry.union("ConfirmCashResult", description="The repayment, or why there is none."),
]


@strawberry.type(description="Looking at cash paid in shops.")
class CashQuery:
    """The part of Query about cash."""

    @strawberry.field(
        description="Cash that a shop counted just now and that waits for the caller's word;"
        " look again every few seconds while the code is shown."
    )
    async def cash_waiting(self, info: Info) -> list[WaitingCash] | None:
        """List it."""
        views = await queries.cash_waiting_for(info.context.borrower_id)
        return [WaitingCash.of(info, view) for view in views]

    @strawberry.field(
        description="Check a shop's receipt that somebody shows; open to anybody, no sign-in."
    )
    async def check_cash_receipt(
        self,
        info: Info,
        number: Annotated[
            str, strawberry.argument(description="The receipt's number, as printed.")
        ],
        code: Annotated[
            str,
            strawberry.argument(
                description="The code printed on it; case, spaces and dashes don't matter."
            ),
        ],
    ) -> CashReceiptCheck | None:
        """Check a receipt."""
        found = await queries.check_cash_receipt(number.strip().lower(), code)
        return CashReceiptCheck.of(info, found)


@strawberry.type(description="Paying cash in shops.")
class CashMutation:
    """The part of Mutation about cash."""

    @strawberry.mutation(
        description="Get the code that a shop finds the loan by, to pay cash there. Then watch"
        " `cashWaiting`."
    )
    async def show_cash_code(
        self,
        info: Info,
        input: Annotated[ShowCashCodeInput, strawberry.argument(description="Which loan.")],
    ) -> ShowCashCodeResult:
        """Show a code."""
        try:
            command = operations.ShowCashCode(
                loan=loan_ref(info.context.borrower_id, input.loan_id, field="input.loanId"),
                idempotency_key=input.idempotency_key,
            )
            shown = await operations.show_cash_code(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ShowCashCodeSuccess(digits=shown.code, expires_at=shown.expires_at)

    @strawberry.mutation(
        description="Confirm cash that a shop counted: it is repaid at once. Get the approval by"
        " `beginIntent` with `payCash`."
    )
    async def confirm_cash(
        self,
        info: Info,
        input: Annotated[
            ConfirmCashInput, strawberry.argument(description="Which cash, and its approval.")
        ],
    ) -> ConfirmCashResult:
        """Book it."""
        try:
            booked = await operations.confirm_cash(input.as_command(info.context.borrower))
        except Refusal as refusal:
            return problem_of(info, refusal)
        if isinstance(booked, WrongCode):
            return WrongCodeProblem.of(info, booked)
        return ConfirmCashSuccess(repayment=Repayment.of(booked))
