"""How each partner's part of the business does, as staff see it."""

from datetime import date
from typing import Annotated

import strawberry

from app.foundation.caller import StaffRole
from app.foundation.errors import Forbidden
from app.foundation.graphql import Fen, Info
from app.loanmath.life import Bucket
from app.origination.queries.partnering import PartnerFigures as Figures
from app.origination.queries.partnering import partner_figures
from app.servicing.graphql.words import LatenessBucket

READERS = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR, StaffRole.RISK, StaffRole.AUDITOR})


@strawberry.type(description="What a partner has outstanding in one bucket of lateness.")
class PartnerBucket:
    """A bucket."""

    bucket: LatenessBucket = strawberry.field(description="How late the loans are.")
    loans: int = strawberry.field(description="How many loans.")
    outstanding: Fen = strawberry.field(description="The partner's part of their principal.")


@strawberry.type(description="How one partner's part of the business does; nothing of anybody.")
class PartnerFigures:
    """Figures."""

    partner_code: str = strawberry.field(description="The partner, as in partners.")
    applications: int = strawberry.field(
        description="Handed in for a product the partner lends or takes a fee of."
    )
    approvals: int = strawberry.field(description="Those of them that led to offers.")
    loans_made: int = strawberry.field(description="Those of them whose money has arrived.")
    outstanding: Fen = strawberry.field(description="Its part of all principal outstanding now.")
    buckets: list[PartnerBucket] = strawberry.field(
        description="The same by days past due; at most six."
    )

    @classmethod
    def of(cls, one: Figures) -> "PartnerFigures":
        """Show a partner's figures."""
        return cls(
            partner_code=one.partner_code,
            applications=one.applications,
            approvals=one.approvals,
            loans_made=one.loans_made,
            outstanding=Fen(one.outstanding_fen),
            buckets=[
                PartnerBucket(bucket=LatenessBucket[bucket.name], loans=loans, outstanding=Fen(fen))
                for bucket in Bucket
                for loans, fen in [one.buckets.get(bucket, (0, 0))]
                if loans
            ],
        )


@strawberry.type(description="How partners do.")
class StaffPartnerQuery:
    """What those who work with partners can read."""

    @strawberry.field(
        description="Every partner's figures for applications of some days, and what is outstanding"
        " now; for supervisors, directors, risk and auditors."
    )
    async def partner_figures(
        self,
        info: Info,
        since: Annotated[date, strawberry.argument(description="The first day.")],
        until: Annotated[date, strawberry.argument(description="The last day.")],
    ) -> list[PartnerFigures] | None:
        """Return the figures."""
        if info.context.staff.role not in READERS:
            raise Forbidden
        return [PartnerFigures.of(one) for one in await partner_figures(since, until)]
