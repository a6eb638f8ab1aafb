"""Hardship on the borrower's graph: what can be arranged today, and what each costs."""

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import NotFound
from app.foundation.graphql import (
    Fen,
    Info,
)
from app.loanmath.explain import Figure
from app.servicing.graphql.amounts import HardshipOptionAmount, OfHardshipOption
from app.servicing.graphql.explaining import Explaining
from app.servicing.graphql.explanations import Explanation
from app.servicing.graphql.installments import Installment
from app.servicing.graphql.refs import loan_ref
from app.servicing.queries import ToExplain
from app.servicing.queries.hardship import HardshipOffer, hardship_offer
from app.servicing.rules.hardship import Option, Wish, shortfall
from app.servicing.rules.hardship import ReliefKind as Relief

LoanId = Annotated[strawberry.ID, strawberry.argument(description="The loan's id.")]


@strawberry.enum(description="A way to make paying easier.")
class ReliefKind(Enum):
    """Kinds of `rules.hardship.ReliefKind`."""

    DEFER_PRINCIPAL = strawberry.enum_value(
        Relief.DEFER_PRINCIPAL.value,
        description="The next installments ask for interest only; the rest moves later.",
    )
    DEFER_ALL = strawberry.enum_value(
        Relief.DEFER_ALL.value,
        description="The next installments ask for nothing; their interest is paid after them.",
    )
    HARVEST = strawberry.enum_value(
        Relief.HARVEST.value, description="Interest only until the month of the harvest."
    )
    STRETCH = strawberry.enum_value(
        Relief.STRETCH.value,
        description="What is left, arrears too, is shared over more installments.",
    )
    CATCH_UP = strawberry.enum_value(
        Relief.CATCH_UP.value,
        description="Arrears are paid in parts with what is to come, penalty is forgiven.",
    )


@strawberry.input(description="What the borrower says they can do; nothing of it is kept.")
class HardshipWishInput:
    """What `hardshipOptions` goes by."""

    monthly: Fen | None = strawberry.field(
        default=None, description="What they can pay with each installment."
    )
    from_on: date | None = strawberry.field(
        name="from",
        default=None,
        description="From which day they can pay it, and nothing before; from now unless said.",
    )
    harvest_month: int | None = strawberry.field(
        default=None,
        description="The month (1 to 12) in which money comes in, if there is such a month.",
    )

    def as_wish(self) -> Wish:
        """Turn it into the rules' own."""
        return Wish(
            monthly_fen=self.monthly, from_on=self.from_on, harvest_month=self.harvest_month
        )


WishArgument = Annotated[
    HardshipWishInput | None,
    strawberry.argument(description="What the borrower can pay; the cheapest first unless said."),
]


@strawberry.type(
    description="One arrangement that could be made today, worked out to the fen. None has a fee."
)
class HardshipOption:
    """An option."""

    option: strawberry.Private[Option]
    token: str = strawberry.field(
        description="Send it to `requestHardship` to take exactly this; it holds today, and only as"
        " long as nothing happens to the loan."
    )
    kind: ReliefKind = strawberry.field(description="What kind of arrangement it is.")
    periods: int = strawberry.field(
        description="How many installments are put off, or added to the plan."
    )
    installments: list[Installment] = strawberry.field(
        description="The whole plan as it would be, oldest first, what is paid too; at most 420."
    )
    next_due_on: date = strawberry.field(description="When the next payment would be due.")
    next_amount: Fen = strawberry.field(description="How much that would be.")
    highest_installment: Fen = strawberry.field(
        description="The highest installment there would be."
    )
    to_pay: Fen = strawberry.field(description="Everything still to be paid, if it is kept.")
    difference: Fen = strawberry.field(
        description="How much more that is than with the plan as it is; below zero is less. It is"
        " interest at the contract rate, less what is forgiven."
    )
    interest_difference: Fen = strawberry.field(
        description="How much more interest is paid in all; below zero is less."
    )
    waived: Fen = strawberry.field(description="The penalty that would be forgiven.")
    ends_on: date = strawberry.field(description="The last due date.")
    shortfall: Fen = strawberry.field(
        description="How much, over all installments, it asks beyond what the borrower can pay; 0"
        " fits."
    )
    is_at_once: bool = strawberry.field(
        description="Whether it holds as soon as it is taken; otherwise staff decide."
    )
    days_past_due: strawberry.Private[int]
    wish: strawberry.Private[Wish]
    explaining: strawberry.Private[Explaining]

    @strawberry.field(description="Why one of these amounts is what it is.")
    async def explain(self, info: Info, of: OfHardshipOption) -> Explanation | None:
        """Explain an amount."""
        shown_fen: int = getattr(self, of.name.lower())
        if of is HardshipOptionAmount.SHORTFALL:
            found = shortfall(self.option, self.wish, info.context.today)
            return await self.explaining.explain_by(info, shown_fen, lambda _: found)
        is_of_one = of is HardshipOptionAmount.HIGHEST_INSTALLMENT
        number = self.option.highest_number if is_of_one else None
        return await self.explaining.explain(info, of.figure, number, shown_fen)

    @strawberry.field(description="The arrangement in a few words.")
    def title(self, info: Info) -> str:
        """Name it in the caller's language."""
        return self._say(info, f"{self.kind.value}_title")

    @strawberry.field(description="What it does, in a sentence or two to show the borrower.")
    def explanation(self, info: Info) -> str:
        """Explain it in the caller's language."""
        name = f"{self.kind.value}_words"
        if self.kind is ReliefKind.STRETCH and self.days_past_due:
            name += "_late"
        if self.kind is ReliefKind.CATCH_UP and not self.option.waived_fen:
            name += "_free"
        return self._say(info, name)

    @strawberry.field(description="What it costs compared with the plan as it is, in a sentence.")
    def cost(self, info: Info) -> str:
        """Say what it costs in the caller's language."""
        option, name = self.option, "cost_same"
        if option.difference_fen > 0:
            name = "cost_more_waived" if option.waived_fen else "cost_more"
        elif option.difference_fen < 0:
            name = "cost_less"
        return self._say(info, name)

    @strawberry.field(description="What it does to the credit record, in plain words.")
    def credit_record(self, info: Info) -> str:
        """Say what becomes of the credit record in the caller's language."""
        return self._say(info, "credit_late" if self.days_past_due else "credit_current")

    @strawberry.field(description="Whether it holds at once, or why staff decide, in a sentence.")
    def approval(self, info: Info) -> str:
        """Say who decides in the caller's language."""
        if self.option.is_at_once:
            return self._say(info, "at_once")
        words = [self._say(info, f"reason_{reason.value}") for reason in self.option.staff_reasons]
        reasons = info.context.text("servicing.hardship.reasons_and").join(words)
        return info.context.text("servicing.hardship.by_staff", reasons=reasons)

    def _say(self, info: Info, name: str) -> str:
        option = self.option
        return info.context.text(
            f"servicing.hardship.{name}",
            periods=option.relief.periods,
            principal_from=option.principal_from,
            next_due_on=option.next_due_on,
            highest_fen=option.highest_fen,
            waived_fen=option.waived_fen,
            interest_fen=option.interest_difference_fen,
            difference_fen=abs(option.difference_fen),
            days=self.days_past_due,
        )

    @classmethod
    def of(cls, option: Option, wish: Wish, *, days_past_due: int) -> "HardshipOption":
        """Show an option."""
        explaining = _arranged(option)
        return cls(
            option=option,
            token=option.token,
            kind=ReliefKind[option.relief.kind.name],
            periods=option.relief.periods,
            installments=[Installment.of(line, explaining) for line in option.lines],
            next_due_on=option.next_due_on,
            next_amount=Fen(option.next_amount_fen),
            highest_installment=Fen(option.highest_fen),
            to_pay=Fen(option.to_pay_fen),
            difference=Fen(option.difference_fen),
            interest_difference=Fen(option.interest_difference_fen),
            waived=Fen(option.waived_fen),
            ends_on=option.ends_on,
            shortfall=Fen(option.short_fen),
            is_at_once=option.is_at_once,
            days_past_due=days_past_due,
            wish=wish,
            explaining=explaining,
        )


def _arranged(option: Option) -> Explaining:
    """Explain the plan as it would be."""
    loan_id, events = option.lines[0].loan_id, option.events
    return Explaining(lambda info: ToExplain(loan_id=loan_id, on=info.context.today, added=events))


@strawberry.type(description="What can be arranged about a loan today, and what to compare with.")
class HardshipOptions:
    """The options."""

    offer: strawberry.Private[HardshipOffer]
    explaining: strawberry.Private[Explaining]
    loan_id: strawberry.ID = strawberry.field(description="The loan.")
    to_pay: Fen = strawberry.field(
        description="Everything still to be paid with the plan as it is, penalty up to today."
    )
    ends_on: date = strawberry.field(description="The last due date of the plan as it is.")
    options: list[HardshipOption] = strawberry.field(
        description="At most five, the one that fits best first; empty when there is nothing to"
        " arrange here."
    )

    @strawberry.field(description="Why `toPay` is what it is.")
    async def explain(self, info: Info) -> Explanation | None:
        """Explain the amount."""
        return await self.explaining.explain(info, Figure.LOAN_TO_PAY, None, self.to_pay)

    @strawberry.field(description="What to tell the borrower above the options, as a sentence.")
    def explanation(self, info: Info) -> str:
        """Introduce the options in the caller's language."""
        return info.context.text(f"servicing.hardship.{'some' if self.options else 'none'}")

    @classmethod
    def of(cls, offer: HardshipOffer, wish: Wish) -> "HardshipOptions":
        """Show what may be arranged."""
        return cls(
            offer=offer,
            explaining=Explaining.today(offer.loan.loan_id),
            loan_id=strawberry.ID(offer.loan.loan_id),
            to_pay=Fen(offer.to_pay_fen),
            ends_on=offer.ends_on,
            options=[
                HardshipOption.of(option, wish, days_past_due=offer.days_past_due)
                for option in offer.options
            ],
        )


@strawberry.type(description="Looking for a way when paying is hard.")
class HardshipQuery:
    """The part of Query about hardship."""

    @strawberry.field(
        description="What can be arranged about a loan today, worked out to the fen; asking changes"
        " nothing and leaves no trace. Null when the loan is not the caller's."
    )
    async def hardship_options(
        self, info: Info, loan_id: LoanId, wish: WishArgument = None
    ) -> HardshipOptions | None:
        """Simulate arrangements."""
        ref = loan_ref(info.context.borrower_id, loan_id, field="loanId")
        asked = Wish() if wish is None else wish.as_wish()
        try:
            return HardshipOptions.of(await hardship_offer(ref, asked, info.context.today), asked)
        except NotFound:
            return None
