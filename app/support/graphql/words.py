"""The service desk's enums as both schemas show them."""

from enum import Enum

import strawberry

from app.foundation.graphql import enum_value


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
    """Kinds of lines in `queries.history`."""

    NOTIFICATION = strawberry.enum_value(
        "NOTIFICATION", description="The borrower was told something; sms says how it went out."
    )
    LOAN_EVENT = strawberry.enum_value(
        "LOAN_EVENT", description="Something happened to a loan: money in or out, a change."
    )
    TICKET = strawberry.enum_value("TICKET", description="The borrower brought something up.")
    REPAYMENT = enum_value("REPAYMENT", "A repayment was begun; text says how it stands.")
    LOOK = enum_value("LOOK", "Somebody of ours looked at the borrower's data.")
    CONTACT = enum_value("CONTACT", "Somebody was in touch about late money.")
    APPLICATION = enum_value("APPLICATION", "A loan application was begun.")
    DECISION = enum_value("DECISION", "An application was decided.")


@strawberry.enum(description="What a complaint is about.")
class TicketSubcategory(Enum):
    """Values of `rules.complaints.Subcategory`."""

    FEES = enum_value("FEES", "Fees, or what was charged.")
    INTEREST = enum_value("INTEREST", "Interest or penalty.")
    COLLECTION = enum_value("COLLECTION", "How somebody asked for late money.")
    ADVICE = enum_value("ADVICE", "What was said or promised before borrowing.")
    PRIVACY = enum_value("PRIVACY", "How data was used.")
    REPAYMENT = enum_value("REPAYMENT", "A repayment, refund or debit.")
    DECISION = enum_value("DECISION", "A loan that was refused or made smaller.")
    STAFF = enum_value("STAFF", "How somebody of ours behaved.")
    APP = enum_value("APP", "The app.")
    OTHER = enum_value("OTHER", "Something else.")


@strawberry.enum(description="How a complaint ended.")
class ComplaintOutcome(Enum):
    """Values of `rules.complaints.Outcome`."""

    PUT_RIGHT = enum_value("PUT_RIGHT", "We were wrong, and put it right.")
    PARTLY_PUT_RIGHT = enum_value("PARTLY_PUT_RIGHT", "A part of it was put right.")
    EXPLAINED = enum_value("EXPLAINED", "It was explained, and that was enough.")
    NOT_UPHELD = enum_value("NOT_UPHELD", "We found that nothing was wrong.")
    WITHDRAWN = enum_value("WITHDRAWN", "The borrower took it back.")


@strawberry.enum(description="Why there was a complaint.")
class ComplaintRootCause(Enum):
    """Values of `rules.complaints.RootCause`."""

    UNCLEAR_WORDS = enum_value("UNCLEAR_WORDS", "Our words were not clear.")
    WRONG_FIGURE = enum_value("WRONG_FIGURE", "A figure was wrong.")
    OUR_DELAY = enum_value("OUR_DELAY", "We were too slow.")
    STAFF_CONDUCT = enum_value("STAFF_CONDUCT", "Somebody of ours did wrong.")
    COLLECTOR_CONDUCT = enum_value("COLLECTOR_CONDUCT", "A collector did wrong.")
    PARTNER = enum_value("PARTNER", "A partner did wrong.")
    SYSTEM_FAULT = enum_value("SYSTEM_FAULT", "Our system failed.")
    PRODUCT_RULES = enum_value("PRODUCT_RULES", "The product's own rules.")
    FRAUD_BY_OTHERS = enum_value("FRAUD_BY_OTHERS", "Somebody else deceived the borrower.")
    NO_FAULT_FOUND = enum_value("NO_FAULT_FOUND", "We found no fault.")


@strawberry.enum(description="Why a complaint may take longer; each once, in this order.")
class ExtensionKind(Enum):
    """Values of `rules.complaints.Extension`."""

    COMPLEX = enum_value("COMPLEX", "It is complex: fifteen days more, at once.")
    SPECIAL = enum_value(
        "SPECIAL", "It is very complex, or for a special reason: thirty days more, by a director."
    )


@strawberry.enum(description="Where an extension stands.")
class ExtensionStanding(Enum):
    """Values of `rules.complaints.ExtensionState`."""

    ASKED = enum_value("ASKED", "It waits for a second person; the clock runs on.")
    GRANTED = enum_value("GRANTED", "It counts, and the borrower was told why.")
    REFUSED = enum_value("REFUSED", "It was refused; nothing changed.")


@strawberry.enum(description="What came of asking a borrower whether a complaint is settled.")
class VisitOutcome(Enum):
    """Values of `rules.complaints.VisitState`, but for one that was not made yet."""

    SATISFIED = enum_value("SATISFIED", "They are content.")
    DISSATISFIED = enum_value(
        "DISSATISFIED", "They are not: it is open again, for somebody else, with a fresh clock."
    )
    NOT_REACHED = enum_value("NOT_REACHED", "Not reached; tried again a day later, three times.")


@strawberry.enum(description="A step of a ticket at the desk.")
class TicketStepKind(Enum):
    """Values of `rules.complaints.Happened`."""

    TAKEN = enum_value("TAKEN", "Somebody took it.")
    ASSIGNED = enum_value("ASSIGNED", "A supervisor gave it to somebody.")
    ALERTED = enum_value("ALERTED", "The desk was told that its deadline is near.")
    ESCALATED = enum_value("ESCALATED", "Its time ran short: a supervisor's from then on.")
    PASSED = enum_value("PASSED", "Its deadline passed without an answer.")
    EXTENDED = enum_value("EXTENDED", "It got more time; detail says why.")
    CLOSED = enum_value("CLOSED", "It was closed; detail says how it ended.")
    VISITED = enum_value("VISITED", "The borrower was asked; detail says what came of it.")
    REOPENED = enum_value("REOPENED", "It was opened again.")
    GIVEN_BACK = enum_value(
        "GIVEN_BACK", "Whoever had it has left or does other work; it waits for somebody else."
    )


@strawberry.enum(description="Where else a borrower can turn.")
class RouteKind(Enum):
    """Names of the parts of the policy value `complaint_routes`."""

    REGULATOR = enum_value("REGULATOR", "The financial regulator's line for consumers.")
    CITY = enum_value("CITY", "The local government's line.")
