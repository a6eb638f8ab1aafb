"""What the graph shows of what others pay of a loan's interest."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby

import strawberry

from app.foundation.graphql import Fen, Info
from app.servicing import queries, rules


@strawberry.type(description="What somebody else pays of one installment's interest.")
class ReductionPart:
    """A part of a reduction."""

    number: int = strawberry.field(description="The installment's place in the plan, from 1.")
    due_on: date = strawberry.field(description="When it falls due, as agreed.")
    amount: Fen = strawberry.field(description="How much; it is no longer in the installment.")
    is_due: bool = strawberry.field(
        description="Whether the payer owes it by now; before, the plan counts on it."
    )


@strawberry.type(
    description="What one party pays of a loan's interest instead of the borrower: the state by a"
    " subsidy, we ourselves by a coupon. Interest that never accrues is paid by nobody."
)
class LoanReduction:
    """A reduction."""

    payer: str = strawberry.field(description="The payer's stable code.")
    payer_name: str = strawberry.field(description="The payer's name.")
    code: str = strawberry.field(description="What it is called, as in the cost certificate.")
    name: str = strawberry.field(description="That in words.")
    amount: Fen = strawberry.field(description="All of it, as the plan stands today.")
    parts: list[ReductionPart] = strawberry.field(
        description="Installment by installment, oldest first; at most 360."
    )
    words: str = strawberry.field(description="The same in one sentence.")

    @classmethod
    def of(cls, info: Info, lines: list[rules.ReductionLine]) -> "LoanReduction":
        """Show the lines of one payer and code."""
        first, say = lines[0], info.context.text
        amount_fen = sum(line.amount_fen for line in lines)
        payer_name = say(f"servicing.payer.{first.payer}")
        name = say(f"servicing.paid_by.{first.payer}")
        return cls(
            payer=first.payer,
            payer_name=payer_name,
            code=first.code,
            name=name,
            amount=Fen(amount_fen),
            parts=[
                ReductionPart(
                    number=line.number,
                    due_on=line.due_on,
                    amount=Fen(line.amount_fen),
                    is_due=line.is_due,
                )
                for line in lines
            ],
            words=say(
                "servicing.paid_by.words", name=name, payer=payer_name, amount_fen=amount_fen
            ),
        )


def shown_reductions(info: Info, lines: Iterable[rules.ReductionLine]) -> list[LoanReduction]:
    """Show lines by payer and code, in which order they come."""
    grouped = groupby(lines, key=lambda line: (line.payer, line.code))
    return [LoanReduction.of(info, list(some)) for _, some in grouped]


@strawberry.type(description="How one payer of borrowers' interest stands with all loans; staff.")
class InterestPayer:
    """A payer."""

    code: str = strawberry.field(description="The payer's stable code.")
    name: str = strawberry.field(description="The payer's name.")
    loans: int = strawberry.field(description="On how many loans it pays.")
    owed: Fen = strawberry.field(
        description="What it owes for interest that has fallen due: the ledger's receivable, or our"
        " expense for coupons."
    )
    expected: Fen = strawberry.field(description="What plans count on besides, if they are kept.")

    @classmethod
    def of(cls, info: Info, one: queries.PayerStanding) -> "InterestPayer":
        """Show a payer."""
        return cls(
            code=one.payer,
            name=info.context.text(f"servicing.payer.{one.payer}"),
            loans=one.loans,
            owed=Fen(one.owed_fen),
            expected=Fen(one.expected_fen),
        )
