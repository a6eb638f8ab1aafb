"""What becomes of an arrangement that a borrower asks for."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.servicing.rules.hardship.values import ReliefKind
from app.servicing.rules.values import LoanRef


class HardshipState(StrEnum):
    """Where a request stands."""

    ARRANGED = "ARRANGED"
    WAITING = "WAITING"
    ANSWERED = "ANSWERED"
    REPLACED = "REPLACED"
    LAPSED = "LAPSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHardship:
    """Take one of the arrangements that were shown."""

    loan: LoanRef
    option_token: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class HardshipRequest:
    """
    One request.

    ARRANGED holds since it was asked for. WAITING is looked at by staff, until they put the loan
    off or reschedule it (ANSWERED), the borrower takes another arrangement (REPLACED) or asks again
    after its time (LAPSED). The figures are those that the borrower was shown.
    """

    request_id: str
    loan: LoanRef
    kind: ReliefKind
    periods: int
    state: HardshipState
    difference_fen: int
    next_due_on: date
    next_amount_fen: int
    ends_on: date
    asked_on: date
