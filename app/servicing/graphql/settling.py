"""Settlements with partners, as staff see them: sums by partner, nothing of any borrower."""

from datetime import date
from typing import Annotated

import strawberry

from app.foundation.caller import StaffRole
from app.foundation.errors import Forbidden
from app.foundation.graphql import Fen, Info
from app.servicing.graphql.reductions import InterestPayer
from app.servicing.queries.reductions import payers
from app.servicing.queries.settling import settlement
from app.servicing.rules import settling as rules

READERS = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR, StaffRole.RISK, StaffRole.AUDITOR})


@strawberry.type(description="What one partner's day came to; all of it in fen.")
class PartnerStatement:
    """A statement."""

    partner_code: str = strawberry.field(description="The partner, as in partners.")
    opening: Fen = strawberry.field(
        description="Its part of the principal outstanding in the morning."
    )
    disbursed: Fen = strawberry.field(description="Its part of what was lent.")
    principal: Fen = strawberry.field(description="Its part of the principal received.")
    interest: Fen = strawberry.field(description="Its part of the interest received.")
    penalty: Fen = strawberry.field(description="Its part of the penalty interest received.")
    fees: Fen = strawberry.field(description="Fees received that are its own.")
    costs: Fen = strawberry.field(description="Costs of realizing claims, received back.")
    taken_back: Fen = strawberry.field(
        description="What reversals, restatements and refunds changed; below zero it gives back."
    )
    closing: Fen = strawberry.field(
        description="Its part of the principal outstanding in the evening."
    )
    net: Fen = strawberry.field(
        description="What is transferred to the partner; below zero, what the partner puts in."
    )

    @classmethod
    def of(cls, one: rules.PartnerStatement) -> "PartnerStatement":
        """Show a statement."""
        return cls(
            partner_code=one.partner_code,
            opening=Fen(one.opening_fen),
            disbursed=Fen(one.disbursed_fen),
            principal=Fen(one.principal_fen),
            interest=Fen(one.interest_fen),
            penalty=Fen(one.penalty_fen),
            fees=Fen(one.fee_fen),
            costs=Fen(one.cost_fen),
            taken_back=Fen(one.taken_back_fen),
            closing=Fen(one.closing_fen),
            net=Fen(one.net_fen),
        )


@strawberry.type(description="What one day came to for every partner.")
class Settlement:
    """A day's settlement."""

    on: date = strawberry.field(description="The business date.")
    is_final: bool = strawberry.field(
        description="Whether the day is settled, so that nothing of it changes any more."
    )
    postings: int = strawberry.field(description="How many postings it covers.")
    statements: list[PartnerStatement] = strawberry.field(
        description="A line for each partner, by code."
    )
    problems: list[str] = strawberry.field(
        description="Each sum over the partners that is not the ledger's; none on a sound day."
    )

    @classmethod
    def of(cls, one: rules.DaySettlement) -> "Settlement":
        """Show a settlement."""
        return cls(
            on=date.fromisoformat(one.on_date),
            is_final=one.is_final,
            postings=one.through_number - one.after_number,
            statements=[PartnerStatement.of(each) for each in one.statements],
            problems=list(one.problems),
        )


@strawberry.type(description="Settling with partners, and with who pays borrowers' interest.")
class StaffSettlementQuery:
    """What those who answer for the books can read."""

    @strawberry.field(
        description="Who pays borrowers' interest instead of them, and what they owe by now; for"
        " supervisors, directors, risk and auditors."
    )
    async def interest_payers(self, info: Info) -> list[InterestPayer] | None:
        """Return how every payer stands."""
        if info.context.staff.role not in READERS:
            raise Forbidden
        return [InterestPayer.of(info, one) for one in await payers()]

    @strawberry.field(
        description="What a day came to for every partner; for supervisors, directors, risk and"
        " auditors. A day that is not settled yet is shown as it stands."
    )
    async def settlement(
        self,
        info: Info,
        on: Annotated[date, strawberry.argument(description="The business date.")],
    ) -> Settlement | None:
        """Return a day's settlement."""
        if info.context.staff.role not in READERS:
            raise Forbidden
        return Settlement.of(await settlement(on))
