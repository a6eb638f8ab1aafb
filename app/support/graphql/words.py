"""The service desk's enums as both schemas show them."""

from enum import Enum

import strawberry


@strawberry.enum(description="What a ticket is about; it decides how fast we must answer.")
class TicketCategory(Enum):
    """Categories of `rules.Category`."""

    QUESTION = strawberry.enum_value(
        "QUESTION", description="Something is unclear; answered within three days."
    )
    COMPLAINT = strawberry.enum_value(
        "COMPLAINT", description="We did something wrong; answered within fifteen days, by law."
    )
    HARDSHIP = strawberry.enum_value(
        "HARDSHIP", description="Repaying is difficult; answered within three days."
    )
    CORRECTION = strawberry.enum_value(
        "CORRECTION", description="Data about the borrower is wrong; answered in fifteen days."
    )
    TECHNICAL = strawberry.enum_value(
        "TECHNICAL", description="The app does not work; answered within three days."
    )


@strawberry.enum(name="TicketState", description="Where a ticket stands.")
class TicketStanding(Enum):
    """States of `rules.TicketState`."""

    OPEN = strawberry.enum_value("OPEN", description="Waiting for our first answer.")
    ANSWERED = strawberry.enum_value(
        "ANSWERED", description="We answered; the borrower may reply or rate."
    )
    REOPENED = strawberry.enum_value(
        "REOPENED", description="The borrower replied; waiting for our next answer."
    )
    CLOSED = strawberry.enum_value("CLOSED", description="Over; it can still be rated.")


@strawberry.enum(description="Which side wrote a message.")
class TicketAuthor(Enum):
    """Authors of `rules.Author`."""

    BORROWER = strawberry.enum_value("BORROWER", description="The borrower.")
    STAFF = strawberry.enum_value("STAFF", description="A member of our staff.")


@strawberry.enum(description="What a line of a borrower's timeline is.")
class TimelineKind(Enum):
    """Kinds of happenings in `queries.timeline`."""

    NOTIFICATION = strawberry.enum_value(
        "NOTIFICATION", description="The borrower was told something; sms says how it went out."
    )
    LOAN_EVENT = strawberry.enum_value(
        "LOAN_EVENT", description="Something happened to a loan: money in or out, a change."
    )
    TICKET = strawberry.enum_value("TICKET", description="The borrower brought something up.")
