"""What other rooms hand to corrections and get back."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.foundation.caller import StaffRole
from app.servicing.rules.corrections.acts import (
    Act,
    ActKind,
    CorrectionReason,
    act_from_json,
)
from app.servicing.rules.corrections.figures import CorrectionFigures
from app.servicing.rules.corrections.steps import CorrectionState
from app.servicing.rules.values import LoanRef

NOTE_MAX = 1_000
"""Characters in what a maker or a checker writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCorrection:
    """Propose a correction of a loan; the note is for whoever decides, not for the borrower."""

    maker_id: str
    loan_id: str
    kind: ActKind
    act: Act
    reason: CorrectionReason
    note: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff within whose keys this one counts."""
        return self.maker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCorrection:
    """Approve or reject what somebody else proposed."""

    checker_id: str
    correction_id: str
    is_approved: bool
    note: str = field(repr=False)
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff within whose keys this one counts."""
        return self.checker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCorrection:
    """Take back what one proposed oneself."""

    maker_id: str
    correction_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff within whose keys this one counts."""
        return self.maker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """
    A proposed correction, whatever became of it.

    `amount_fen` is how much it is about, and `approver` the lowest role that could approve it when
    it was proposed. `before` and `after` are the loan's figures on that day, as they stood and as
    the correction would have made them. `expires_on` is the last day on which it can be decided.
    `event_id` is what it became on the loan, once approved; `events_known` how much had happened to
    the loan when it was proposed.
    """

    correction_id: str
    loan: LoanRef
    kind: ActKind
    act_json: dict[str, Any]
    reason: CorrectionReason
    amount_fen: int
    approver: StaffRole
    state: CorrectionState
    maker_id: str
    maker_name: str
    proposed_at: datetime
    proposed_on: date
    expires_on: date
    checker_id: str | None
    checker_name: str | None
    decided_at: datetime | None
    event_id: str | None
    before: CorrectionFigures
    after: CorrectionFigures
    events_known: int = 0
    """0 in answers kept from before this was told."""

    @property
    def act(self) -> Act:
        """Return what it does."""
        return act_from_json(self.kind, self.act_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionNotes:
    """What maker and checker wrote, for staff only."""

    proposed: str = field(repr=False)
    decided: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionToday:
    """
    What an open correction would do if it were approved today.

    `refusal_code` is why it could not be; `events_since` counts what happened to the loan after it
    was proposed.
    """

    before: CorrectionFigures
    after: CorrectionFigures | None
    refusal_code: str | None
    events_since: int
