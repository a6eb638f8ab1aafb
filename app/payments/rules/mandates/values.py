"""What payments tells other rooms of mandates."""

from dataclasses import dataclass
from datetime import date, datetime

from app.payments.rules.mandates.states import DebitStatus, MandateStatus, NotSent
from app.payments.rules.mandates.terms import Caps
from app.servicing.rules import LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateView:
    """
    A mandate as it stands.

    `next_on` is the business date of the next debit already begun with a due date; `consent_id`
    names the words agreed to last; `failures` counts failed debits in a row.
    """

    mandate_id: str
    loan: LoanRef
    status: MandateStatus
    caps: Caps
    consent_id: str
    set_up_at: datetime
    agreed_on: date
    failures: int
    next_on: date | None
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """One agreement to a mandate's words: which, when, and until when."""

    consent_id: str
    version: int
    language: str
    sha256: str
    words: str
    card_tail: str
    agreed_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt to debit; `reason` is a `FailureReason` or a `NotSent`."""

    attempt_id: str
    loan: LoanRef
    due_on: date
    number: int
    status: DebitStatus
    amount_fen: int
    attempted_on: date
    attempted_at: datetime
    consent_id: str
    reason: str | None = None
    repayment_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDebit:
    """
    What a mandate is to take next, as far as can be known today.

    Of what is due that day, its caps and `taken_fen`, debited in that month already, decide.
    """

    on: date
    amount_fen: int
    above: NotSent | None
    due_fen: int
    caps: Caps
    taken_fen: int
    takes_part: bool
