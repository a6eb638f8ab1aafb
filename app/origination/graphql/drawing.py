"""Revolving lines on the borrower's graph: what is left of them, and drawing on them again."""

from datetime import date
from typing import Annotated

import strawberry

from app.catalog.errors import AmountNotOffered
from app.catalog.graphql.types import shown_rate
from app.foundation.errors import Refusal
from app.foundation.graphql import Fen, Info, PlainProblem, Rate, checked_id, problem_of
from app.origination import operations, queries
from app.origination.graphql.problems import AmountNotOfferedProblem
from app.origination.graphql.types import LoanApplication
from app.origination.rules import drawing


@strawberry.type(description="A line of credit that may be drawn on again within its limit.")
class CreditLine:
    """A line."""

    id: strawberry.ID = strawberry.field(
        description="The application whose loan opened it; pass it as lineId."
    )
    product_code: str = strawberry.field(description="Its product's stable code.")
    limit: Fen = strawberry.field(description="The most that may be owed on it.")
    left: Fen = strawberry.field(
        description="What may still be drawn; 0 while any payment is late. What the monthly"
        " payments allow can be less."
    )
    annual_rate: Rate = strawberry.field(
        description="The yearly rate of a draw; never above the one signed for first."
    )
    months: list[int] = strawberry.field(description="For how many months; choose one.")
    ends_on: date = strawberry.field(description="The last day on which it may be drawn on.")

    @classmethod
    def of(cls, line: drawing.CreditLine) -> "CreditLine":
        """Show a line."""
        return cls(
            id=strawberry.ID(line.line_id),
            product_code=line.product_code,
            limit=Fen(line.limit_fen),
            left=Fen(line.left_fen),
            annual_rate=shown_rate(line.annual_rate),
            months=list(line.months),
            ends_on=line.ends_on,
        )


@strawberry.input(description="Drawing on a line again.")
class DrawDownInput:
    """How much, for how long."""

    line_id: strawberry.ID = strawberry.field(description="From `creditLines`.")
    amount: Fen = strawberry.field(description="How much.")
    months: int = strawberry.field(description="For how many months.")
    idempotency_key: strawberry.ID = strawberry.field(
        description="1 to 64 characters, new for each command; send it again when retrying."
    )


@strawberry.type(description="The draw has its offers: choose one, read its cost, sign.")
class DrawDownSuccess:
    """An application of its own."""

    application: LoanApplication = strawberry.field(
        description="The draw's own application; from here on as any other that has offers."
    )


DrawDownResult = Annotated[
    DrawDownSuccess | AmountNotOfferedProblem | PlainProblem,
    strawberry.union("DrawDownResult", description="Begun, or why not."),
]


@strawberry.type(description="The caller's lines.")
class DrawingQuery:
    """What may be drawn on."""

    @strawberry.field(
        description="The caller's lines that may be drawn on again, the newest first; at most five."
    )
    async def credit_lines(self, info: Info) -> list[CreditLine] | None:
        """List the lines."""
        context = info.context
        lines = await queries.credit_lines_of(context.borrower_id, context.today)
        return [CreditLine.of(line) for line in lines]


@strawberry.type(description="Drawing on a line.")
class DrawingMutation:
    """Draws."""

    @strawberry.mutation(
        description="Draw on a line again. Nobody is decided on anew; the cost certificate, the"
        " agreement and the signature are the draw's own, and so is its loan."
    )
    async def draw_down(
        self,
        info: Info,
        input: Annotated[DrawDownInput, strawberry.argument(description="How much of which.")],
    ) -> DrawDownResult:
        """Draw."""
        try:
            borrower_id = info.context.borrower_id
            command = drawing.DrawDown(
                borrower_id=borrower_id,
                idempotency_key=input.idempotency_key,
                line_id=checked_id(input.line_id, "ap", field="input.lineId"),
                amount_fen=input.amount,
                months=input.months,
            )
            application_id = await operations.draw_down(command)
        except AmountNotOffered as refusal:
            return AmountNotOfferedProblem.of(info, refusal)
        except Refusal as refusal:
            return problem_of(info, refusal)
        view = await queries.application(borrower_id, application_id)
        return DrawDownSuccess(application=LoanApplication.of(info, view))
