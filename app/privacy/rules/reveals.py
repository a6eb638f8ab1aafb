"""What staff may see in clear, on which conditions, and how often: one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.foundation.caller import StaffRole
from app.privacy.rules.looks import What

PER_HOUR_MAX = 20
"""Values one member of staff may see in clear within an hour; beyond that a second person."""

PER_DAY_MAX = 60
"""The same within a day."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

APPROVED_FOR = timedelta(minutes=15)
"""How long after its approval a reveal may be carried out, once; and shown again if it got lost."""

ASKED_FOR = timedelta(days=1)
"""How long a request waits for a second person."""

WAITING_MAX = 10
"""Requests of one member of staff that may wait at once."""

REVEALERS = frozenset({StaffRole.AGENT, StaffRole.SUPERVISOR, StaffRole.RISK})
"""Who may see a value in clear at all. Auditors look at records, not at people."""

APPROVERS = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR})
"""Who may be the second person."""


class Field(StrEnum):
    """A value of a borrower's. Keys, PINs and codes are none: nobody ever sees those."""

    PHONE = "PHONE"
    RESIDENT_ID = "RESIDENT_ID"
    NAME = "NAME"
    BANK_CARD = "BANK_CARD"
    ADDRESS = "ADDRESS"
    INCOME = "INCOME"
    PURPOSE = "PURPOSE"
    DECISION_DATA = "DECISION_DATA"
    """What the newest decision saw: alternative records, the bureau's and the stated figures."""
    DOCUMENTS = "DOCUMENTS"
    """Pictures the borrower added to their newest application that has some."""
    TICKET_PICTURES = "TICKET_PICTURES"
    """Pictures the borrower attached to the very ticket that they are revealed for."""


class RequestState(StrEnum):
    """Where a request for a second person stands."""

    ASKED = "ASKED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    SPENT = "SPENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What must be there beside a fresh step-up, and how the borrower reads of it."""

    what: What
    needs_ticket: bool = False
    needs_second_person: bool = False


REVEALS: Mapping[Field, Needs] = {
    Field.PHONE: Needs(what=What.PHONE_CLEAR),
    Field.RESIDENT_ID: Needs(what=What.ID_CLEAR, needs_ticket=True),
    Field.NAME: Needs(what=What.NAME_CLEAR),
    Field.BANK_CARD: Needs(what=What.CARD_CLEAR, needs_second_person=True),
    Field.ADDRESS: Needs(what=What.ADDRESS_CLEAR, needs_ticket=True),
    Field.INCOME: Needs(what=What.INCOME_CLEAR, needs_ticket=True),
    Field.PURPOSE: Needs(what=What.PURPOSE_CLEAR),
    Field.DECISION_DATA: Needs(what=What.DECISION_CLEAR, needs_ticket=True),
    Field.DOCUMENTS: Needs(what=What.DOCUMENTS_CLEAR, needs_ticket=True),
    Field.TICKET_PICTURES: Needs(what=What.PICTURES_CLEAR, needs_ticket=True),
}
"""Every value there is, once."""


def is_above_limit(*, within_hour: int, within_day: int) -> bool:
    """Tell whether a member of staff has seen as much alone as one may."""
    return within_hour >= PER_HOUR_MAX or within_day >= PER_DAY_MAX
