"""The partners' part of the graph: the published list of whom we work with."""

from datetime import date
from enum import Enum

import strawberry

from app.foundation.graphql import Info, enum_value
from app.partners import queries, rules


@strawberry.enum(description="What a partner has to do with a loan.")
class PartnerKind(Enum):
    """Kinds."""

    OWN_BOOK = enum_value("OWN_BOOK", "Ourselves, lending our own money.")
    BANK = enum_value("BANK", "A bank that lends a part of joint loans.")
    LENDER = enum_value(
        "LENDER", "Another lender: lends by itself; we hand over to it on separate consent."
    )
    GUARANTOR = enum_value(
        "GUARANTOR", "Guarantees loans for a fee that is inside the yearly cost."
    )
    COLLECTION_AGENCY = enum_value(
        "COLLECTION_AGENCY", "Talks to late borrowers for us, each time with leave of ours."
    )
    CASH_AGENT = enum_value(
        "CASH_AGENT", "A shop where repayments are paid in cash, with a receipt."
    )


@strawberry.type(description="An institution on the published list of those we lend with.")
class Partner:
    """A partner."""

    code: str = strawberry.field(description="Its stable code.")
    name: str = strawberry.field(description="Its name.")
    kind: PartnerKind = strawberry.field(description="What it has to do with a loan.")
    role: str = strawberry.field(description="One sentence to the borrower on what it does.")
    on_list_from: date = strawberry.field(description="Its first day on the list.")
    on_list_until: date | None = strawberry.field(
        description="Its last day on the list; null if no end is planned."
    )

    @classmethod
    def of(cls, partner: rules.Partner, language: str) -> "Partner":
        """Show a partner."""
        return cls(
            code=partner.code,
            name=partner.name[language],
            kind=PartnerKind[partner.kind.name],
            role=partner.role[language],
            on_list_from=partner.on_list_from,
            on_list_until=partner.on_list_until,
        )


@strawberry.type(description="Whom we work with.")
class PartnersQuery:
    """The partners' reads."""

    @strawberry.field(description="The published list of today: nobody else lends or takes a fee.")
    async def partners(self, info: Info) -> list[Partner] | None:
        """List the partners."""
        listed = await queries.partners(info.context.today)
        return [Partner.of(partner, info.context.language) for partner in listed]
