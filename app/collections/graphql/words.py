"""Collections' enums as the schemas show them."""

from enum import Enum

import strawberry

from app.foundation.graphql import enum_value


@strawberry.enum(description="How somebody was contacted about late money.")
class ContactChannel(Enum):
    """Channels of `rules.ContactChannel`."""

    VOICE = enum_value("VOICE", "A call.")
    SMS = enum_value("SMS", "A text message.")
    PUSH = enum_value("PUSH", "A notice on the phone that shows only that there is one.")
    VISIT = enum_value("VISIT", "A visit, to whoever agreed to visits.")
    LETTER = enum_value("LETTER", "A letter.")


@strawberry.enum(description="What a contact is for.")
class ContactPurpose(Enum):
    """Purposes of `rules.ContactPurpose`."""

    REMIND = enum_value("REMIND", "To say that something is late.")
    OFFER_RELIEF = enum_value("OFFER_RELIEF", "To go through the ways to make paying easier.")
    FOLLOW_PROMISE = enum_value("FOLLOW_PROMISE", "To ask about what was promised.")
    FIRM_NOTICE = enum_value(
        "FIRM_NOTICE", "To say what being late leads to; only after relief was offered."
    )
    ESTATE = enum_value(
        "ESTATE", "About what somebody who died has left; by letter, once two have confirmed it."
    )


@strawberry.enum(description="Whom a contact is meant for; only the debtor is ever permitted.")
class ContactPerson(Enum):
    """People of `rules.ContactPerson`."""

    DEBTOR = enum_value("DEBTOR", "The borrower.")
    GUARANTOR = enum_value("GUARANTOR", "A guarantor: told once by a message, never called.")
    RELATIVE = enum_value("RELATIVE", "Somebody of the family.")
    OTHER = enum_value("OTHER", "Anybody else.")


@strawberry.enum(description="What came of a contact.")
class ContactOutcome(Enum):
    """Outcomes of `rules.ContactOutcome`."""

    SENT = enum_value("SENT", "A message or letter went out.")
    REACHED = enum_value("REACHED", "The borrower was spoken to.")
    NO_ANSWER = enum_value("NO_ANSWER", "Nobody answered.")
    WRONG_PERSON = enum_value(
        "WRONG_PERSON", "Somebody else answered; nothing was said, and the number rests."
    )
    REFUSED = enum_value("REFUSED", "The borrower did not want to talk about it.")
    PROMISED = enum_value("PROMISED", "The borrower named an amount and a day.")
    ASKED_FOR_HARDSHIP = enum_value(
        "ASKED_FOR_HARDSHIP", "The borrower said that paying is hard; they are left in peace."
    )
    DISPUTED = enum_value(
        "DISPUTED", "The borrower said that the money is not owed; a complaint is opened."
    )


@strawberry.enum(description="What a borrower says was wrong with a contact.")
class ContestReason(Enum):
    """Reasons of `rules.ContestReason`."""

    NOT_CONTACTED = enum_value("NOT_CONTACTED", "There was no such contact.")
    OUT_OF_HOURS = enum_value("OUT_OF_HOURS", "It was too early or too late.")
    TOO_OFTEN = enum_value("TOO_OFTEN", "There were too many.")
    RUDE = enum_value("RUDE", "It was rude, or a threat.")
    TOLD_OTHERS = enum_value("TOLD_OTHERS", "Somebody else was told.")
    WRONG_DEBT = enum_value("WRONG_DEBT", "The money is not owed, or not as much.")
    OTHER = enum_value("OTHER", "Something else.")


@strawberry.enum(description="Why a contact is not permitted.")
class PermitReason(Enum):
    """Reasons of `rules.PermitRefusal`."""

    NOT_DEBTOR = enum_value("NOT_DEBTOR", "Somebody else than the debtor is meant.")
    NOT_OWN_NUMBER = enum_value("NOT_OWN_NUMBER", "The number is not the debtor's verified one.")
    CASE_OVER = enum_value("CASE_OVER", "Nothing is late any more.")
    NOT_ASSIGNED = enum_value("NOT_ASSIGNED", "Somebody else has the case, or nobody.")
    AGENCY_NOT_LISTED = enum_value("AGENCY_NOT_LISTED", "The agency is not on today's list.")
    NOT_OFFERED = enum_value("NOT_OFFERED", "Relief was not offered yet.")
    TOO_FIRM = enum_value("TOO_FIRM", "The case has not come that far.")
    QUIET_HOURS = enum_value("QUIET_HOURS", "It is night, or one of the borrower's quiet hours.")
    NO_CONSENT = enum_value("NO_CONSENT", "The borrower did not agree to visits.")
    DAILY_LIMIT = enum_value("DAILY_LIMIT", "There were as many calls as there may be in a day.")
    TOO_MANY_TRIES = enum_value("TOO_MANY_TRIES", "Too many calls were begun today.")
    NUMBER_STOPPED = enum_value("NUMBER_STOPPED", "The number rests, or is somebody else's now.")
    HARDSHIP_OPEN = enum_value("HARDSHIP_OPEN", "The borrower asked for relief.")
    COMPLAINT_OPEN = enum_value("COMPLAINT_OPEN", "A complaint of theirs is open.")
    CONTESTED = enum_value("CONTESTED", "They contested a contact.")
    DEATH = enum_value("DEATH", "They may have died; only letters to the estate.")
    SPECIAL_STATUS = enum_value("SPECIAL_STATUS", "A disaster, or a misfortune of their own.")
    PAUSED = enum_value("PAUSED", "The case rests.")


@strawberry.enum(description="Where a case stands.")
class CollectionCaseState(Enum):
    """States of `rules.CaseState`."""

    OPEN = enum_value("OPEN", "Something is late; nobody has done anything yet.")
    IN_PROGRESS = enum_value("IN_PROGRESS", "Somebody works on it.")
    PROMISE = enum_value("PROMISE", "The borrower named an amount and a day.")
    BROKEN_PROMISE = enum_value("BROKEN_PROMISE", "The day passed without it; nothing is charged.")
    HARDSHIP = enum_value("HARDSHIP", "Relief is being arranged.")
    RESOLVED = enum_value("RESOLVED", "Nothing is late any more.")
    CLOSED = enum_value("CLOSED", "The loan is paid off, or given up.")


@strawberry.enum(description="How firmly a case is pursued, in order.")
class CollectionStage(Enum):
    """Stages of `rules.Stage`."""

    CARE = enum_value("CARE", "Reminders and calls of our own, each beginning with relief.")
    FIRM_NOTICE = enum_value("FIRM_NOTICE", "A formal notice may be given.")
    AGENCY = enum_value("AGENCY", "An agency on the list may have the case.")


@strawberry.enum(description="What a case waits for.")
class CollectionNextStep(Enum):
    """Steps of `rules.NextStep`."""

    OFFER_RELIEF = enum_value("OFFER_RELIEF", "The borrower is to be offered relief.")
    WAIT = enum_value("WAIT", "A hold or a special status stands: nobody gets in touch.")
    AWAIT_PROMISE = enum_value("AWAIT_PROMISE", "The day that was promised.")
    CALL = enum_value("CALL", "Somebody may ask for a permit.")
    WRITE_TO_ESTATE = enum_value("WRITE_TO_ESTATE", "A letter to the estate, nothing else.")
    NOTHING = enum_value("NOTHING", "It is over.")


@strawberry.enum(description="Why a borrower is left in peace.")
class CollectionHoldReason(Enum):
    """Reasons of `rules.HoldReason`."""

    HARDSHIP = enum_value("HARDSHIP", "They asked for relief.")
    COMPLAINT = enum_value("COMPLAINT", "A complaint of theirs is open.")
    CONTESTED = enum_value("CONTESTED", "They contested a contact.")
    DEATH = enum_value("DEATH", "We were told that they died.")
    SPECIAL_CARE = enum_value("SPECIAL_CARE", "Illness or a misfortune of their own.")
    WRONG_NUMBER = enum_value("WRONG_NUMBER", "Somebody else answered at their number.")
    STAFF_PAUSE = enum_value("STAFF_PAUSE", "A member of staff lets it rest.")


@strawberry.enum(description="How relief was offered.")
class OfferedBy(Enum):
    """Ways of `rules.OfferedBy`."""

    INBOX = enum_value("INBOX", "By the notice of the late installment.")
    VOICE = enum_value("VOICE", "In a call.")
    LETTER = enum_value("LETTER", "In a letter.")
    VISIT = enum_value("VISIT", "At a visit.")


@strawberry.enum(description="Where a promise stands.")
class PromiseState(Enum):
    """States of `rules.PromiseState`."""

    OPEN = enum_value("OPEN", "Its day is to come.")
    KEPT = enum_value("KEPT", "It came in.")
    BROKEN = enum_value("BROKEN", "Its day passed; nothing is charged for that.")
    CHANGED = enum_value("CHANGED", "Another took its place, or nothing is late any more.")
