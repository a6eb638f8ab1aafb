"""Privacy's part of the borrower's graph: who looked at me."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.graphql import (
    Connection,
    Info,
    Node,
    NodeResolver,
    asked_page,
    connection_of,
    id_or_none,
)
from app.foundation.text import text
from app.identity.graphql import StaffRole
from app.privacy import queries
from app.privacy.queries import LookSeen
from app.privacy.rules import What


@strawberry.enum(
    description="Which of the borrower's data was looked at; masked unless it says in clear."
)
class LookedAt(Enum):
    """What of `rules.What`."""

    SEARCH_RESULT = strawberry.enum_value(
        "SEARCH_RESULT", description="Masked name and phone number, among the finds of a search."
    )
    WHOLE_VIEW = strawberry.enum_value(
        "WHOLE_VIEW", description="Masked profile, applications, loans, repayments, notifications."
    )
    TICKET = strawberry.enum_value("TICKET", description="What the borrower wrote in a ticket.")
    CORRECTION = strawberry.enum_value(
        "CORRECTION", description="A loan's figures, to put something about it right."
    )
    RIGHTS_REQUEST = strawberry.enum_value(
        "RIGHTS_REQUEST",
        description="What the borrower asked to have corrected, or looked at by a person.",
    )
    COLLECTION_CASE = strawberry.enum_value(
        "COLLECTION_CASE",
        description="Masked name and phone number, what is late, and every contact about it.",
    )
    WHOLE_COPY = strawberry.enum_value(
        "WHOLE_COPY", description="Everything, to hand the borrower the copy they asked for."
    )
    PHONE_CLEAR = strawberry.enum_value("PHONE_CLEAR", description="The phone number, in clear.")
    ID_CLEAR = strawberry.enum_value("ID_CLEAR", description="The resident ID, in clear.")
    NAME_CLEAR = strawberry.enum_value("NAME_CLEAR", description="The full name.")
    CARD_CLEAR = strawberry.enum_value("CARD_CLEAR", description="The bank card, in clear.")
    ADDRESS_CLEAR = strawberry.enum_value("ADDRESS_CLEAR", description="The address.")
    INCOME_CLEAR = strawberry.enum_value("INCOME_CLEAR", description="The stated income.")
    PURPOSE_CLEAR = strawberry.enum_value(
        "PURPOSE_CLEAR", description="What the borrower wrote the money is for."
    )
    DECISION_CLEAR = strawberry.enum_value(
        "DECISION_CLEAR", description="What the newest decision saw of the borrower."
    )
    DOCUMENTS_CLEAR = strawberry.enum_value(
        "DOCUMENTS_CLEAR", description="The pictures added to an application."
    )
    PICTURES_CLEAR = strawberry.enum_value(
        "PICTURES_CLEAR", description="The pictures attached to a ticket."
    )
    EXPORT = strawberry.enum_value(
        "EXPORT", description="Masked name and number, on a list that a second person let go."
    )
    HANDED_OVER = strawberry.enum_value(
        "HANDED_OVER",
        description="What a referral declares, by another lender; staffName is the lender's.",
    )


@strawberry.enum(description="Why a member of staff looked, as said before they saw anything.")
class LookReason(Enum):
    """Reasons of `rules.Reason`."""

    BORROWER_ASKED = strawberry.enum_value(
        "BORROWER_ASKED", description="The borrower called, came by or wrote."
    )
    TICKET = strawberry.enum_value("TICKET", description="To answer a ticket.")
    COMPLAINT = strawberry.enum_value("COMPLAINT", description="To handle a complaint.")
    HARDSHIP = strawberry.enum_value(
        "HARDSHIP", description="To find a way with the borrower's repayments."
    )
    FRAUD_WARNING = strawberry.enum_value(
        "FRAUD_WARNING", description="Somebody may be trying to cheat the borrower."
    )
    CORRECTION = strawberry.enum_value(
        "CORRECTION", description="To put something about a loan right, or to check that."
    )
    LATE_PAYMENT = strawberry.enum_value(
        "LATE_PAYMENT", description="Something is late, and they work on that."
    )
    AUDIT = strawberry.enum_value("AUDIT", description="To check our own work.")
    AGREED_TO = strawberry.enum_value(
        "AGREED_TO", description="The borrower agreed to exactly that being handed over."
    )


@strawberry.type(description="One look of a member of staff at the borrower's data.")
class DataLook(Node):
    """A look."""

    staff_role: StaffRole = strawberry.field(description="What the one who looked does for us.")
    staff_name: str = strawberry.field(description="The work name of the one who looked.")
    what: LookedAt = strawberry.field(description="What was looked at.")
    reason: LookReason = strawberry.field(description="Why.")
    ticket_id: strawberry.ID | None = strawberry.field(description="The ticket it was for, if any.")
    looked_at: datetime = strawberry.field(description="When.")
    sentence: str = strawberry.field(
        description="Who, why and what in one sentence in the borrower's language; show this."
    )

    @classmethod
    def of(cls, look: LookSeen, language: str) -> "DataLook":
        """Show a look in a language."""
        return cls(
            id=strawberry.ID(look.look_id),
            staff_role=StaffRole(look.staff_role.value),
            staff_name=look.staff_name,
            what=LookedAt(look.what.value),
            reason=LookReason(look.reason.value),
            ticket_id=id_or_none(look.ticket_id),
            looked_at=look.looked_at,
            sentence=text(
                "privacy.look.handed_over"
                if look.what is What.HANDED_OVER
                else "privacy.look.sentence",
                language,
                who=text(f"privacy.role.{look.staff_role}", language),
                name=look.staff_name,
                why=text(f"privacy.why.{look.reason}", language),
                what=text(f"privacy.what.{look.what}", language),
            ),
        )


@strawberry.type(description="Privacy's queries.")
class PrivacyQuery:
    """What borrowers may know about how their data is used."""

    @strawberry.field(
        description="Every look of our staff at the caller's data, and every hand-over of it to"
        " another lender, newest first; a look is here from the moment it was possible."
    )
    async def who_looked_at_me(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[DataLook] | None:
        """Return a page of looks."""
        borrower_id = info.context.borrower_id
        list_name = f"looks:{borrower_id}"
        ask = asked_page(list_name, first, after)
        page = await queries.looks_at(borrower_id, ask)
        language = info.context.language
        return connection_of(list_name, ask, page, lambda look: DataLook.of(look, language))


async def _look(info: Info, node_id: str) -> DataLook | None:
    look = await queries.look(info.context.borrower_id, node_id)
    return None if look is None else DataLook.of(look, info.context.language)


NODES: Mapping[str, NodeResolver] = {"lk": _look}
"""How a look is found again by its id."""
