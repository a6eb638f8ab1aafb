"""Facts of collections, told after commit."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactContested(Fact):
    """
    A borrower says that a contact was not as it should have been; their case rests.

    `why` is a `ContestReason`, `channel` a `ContactChannel`.
    """

    attempt_id: str
    case_id: str
    loan_id: str
    borrower_id: str
    channel: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseNear(Fact):
    """What a borrower promised to pay falls due tomorrow; `due_on` is an ISO date. Told once."""

    promise_id: str
    loan_id: str
    borrower_id: str
    due_on: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefOffered(Fact):
    """
    A late borrower lives where a disaster is: nobody gets in touch, and relief is offered.

    `until_on` (ISO) is the last day of the special status.
    """

    loan_id: str
    borrower_id: str
    until_on: str
