"""What a correction does to a loan, as a value: it becomes an event only once it is approved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias, cast

import msgspec

from app.loanmath.life import (
    Charged,
    Deferred,
    DueKind,
    Event,
    RateLowered,
    Recovered,
    Reopened,
    RepaymentReversed,
    Rescheduled,
    Waived,
    WrittenOff,
)
from app.loanmath.schedule import Moratorium

CORRECTION_PREFIX = "co"
"""What the ids of corrections begin with."""


class ActKind(StrEnum):
    """What kind of thing a correction does."""

    REVERSAL = "REVERSAL"
    WAIVER = "WAIVER"
    CHARGE = "CHARGE"
    RATE_CUT = "RATE_CUT"
    DEFERRAL = "DEFERRAL"
    RESCHEDULING = "RESCHEDULING"
    WRITE_OFF = "WRITE_OFF"
    RECOVERY = "RECOVERY"
    REOPENING = "REOPENING"


class CorrectionReason(StrEnum):
    """Why a loan is corrected, in words that the borrower is told."""

    BOOKED_IN_ERROR = "BOOKED_IN_ERROR"
    RAIL_REVERSED = "RAIL_REVERSED"
    CHARGED_BACK = "CHARGED_BACK"
    OUR_MISTAKE = "OUR_MISTAKE"
    COMPLAINT = "COMPLAINT"
    HARDSHIP = "HARDSHIP"
    DISASTER = "DISASTER"
    GOODWILL = "GOODWILL"
    AGREED = "AGREED"
    LEGAL = "LEGAL"
    COST_ARISEN = "COST_ARISEN"
    LONG_UNPAID = "LONG_UNPAID"
    MONEY_CAME = "MONEY_CAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRepayment:
    """
    Undo a repayment, or a recovery, which goes by the correction that took it.

    `event_id` is the event it is on the loan, known once it is looked up.
    """

    repayment_id: str
    event_id: str = ""

    @property
    def is_recovery(self) -> bool:
        """Whether money that came in after a write-off is undone."""
        return self.repayment_id.startswith(CORRECTION_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waive:
    """Give up so much of what is owed of a kind, on one installment or the oldest first."""

    part: DueKind
    amount_fen: int
    installment_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Charge a fee or a cost that the loan's cost certificate names."""

    part: DueKind
    code: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CutRate:
    """Lower the contract rate from today on."""

    annual_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Defer:
    """Put the installments to come off by so many periods."""

    periods: int
    moratorium: Moratorium


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule:
    """Agree what is left anew over so many installments."""

    count: int
    first_due_on: date | None = None
    annual_rate: Decimal | None = None
    includes_arrears: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """Give the loan up in our books: nothing accrues any more, the debt stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover:
    """Take money that came in on a loan that was given up."""

    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """End a write-off: the loan accrues again from today."""


Act: TypeAlias = (
    UndoRepayment | Waive | Charge | CutRate | Defer | Reschedule | WriteOff | Recover | Reopen
)

ACTS: Mapping[ActKind, type[Act]] = {
    ActKind.REVERSAL: UndoRepayment,
    ActKind.WAIVER: Waive,
    ActKind.CHARGE: Charge,
    ActKind.RATE_CUT: CutRate,
    ActKind.DEFERRAL: Defer,
    ActKind.RESCHEDULING: Reschedule,
    ActKind.WRITE_OFF: WriteOff,
    ActKind.RECOVERY: Recover,
    ActKind.REOPENING: Reopen,
}
"""Every kind of correction and its act."""

_KIND_OF: Mapping[type[Act], ActKind] = {act: kind for kind, act in ACTS.items()}

_UNDOING = frozenset(
    {
        CorrectionReason.BOOKED_IN_ERROR,
        CorrectionReason.RAIL_REVERSED,
        CorrectionReason.CHARGED_BACK,
    }
)
_RELIEF = frozenset(
    {
        CorrectionReason.OUR_MISTAKE,
        CorrectionReason.COMPLAINT,
        CorrectionReason.HARDSHIP,
        CorrectionReason.DISASTER,
        CorrectionReason.GOODWILL,
        CorrectionReason.AGREED,
        CorrectionReason.LEGAL,
    }
)

REASONS: Mapping[ActKind, frozenset[CorrectionReason]] = {
    ActKind.REVERSAL: _UNDOING,
    ActKind.WAIVER: _RELIEF,
    ActKind.CHARGE: frozenset({CorrectionReason.COST_ARISEN, CorrectionReason.LEGAL}),
    ActKind.RATE_CUT: _RELIEF,
    ActKind.DEFERRAL: _RELIEF,
    ActKind.RESCHEDULING: _RELIEF,
    ActKind.WRITE_OFF: frozenset(
        {CorrectionReason.LONG_UNPAID, CorrectionReason.HARDSHIP, CorrectionReason.LEGAL}
    ),
    ActKind.RECOVERY: frozenset({CorrectionReason.MONEY_CAME, CorrectionReason.LEGAL}),
    ActKind.REOPENING: frozenset(
        {CorrectionReason.AGREED, CorrectionReason.OUR_MISTAKE, CorrectionReason.LEGAL}
    ),
}
"""Why each kind may be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """An event's own id, the business date from which it counts, and when it is recorded."""

    event_id: str
    effective_on: date
    recorded_at: datetime


def kind_of(act: Act) -> ActKind:
    """Return what kind of correction an act is."""
    return _KIND_OF[type(act)]


def act_as_json(act: Act) -> dict[str, Any]:
    """Return an act's own values, to be kept beside its kind."""
    return cast("dict[str, Any]", msgspec.to_builtins(act))


def act_from_json(kind: ActKind, written: Mapping[str, Any]) -> Act:
    """Return the act that was kept."""
    return msgspec.convert(dict(written), ACTS[kind])


def event_of(act: Act, stamp: Stamp) -> Event:
    """Return the event that an act becomes; an undoing's stands for what payments records."""
    parts: dict[str, Any] = {
        "id": stamp.event_id,
        "effective_on": stamp.effective_on,
        "recorded_at": stamp.recorded_at,
    }
    event: Event
    match act:
        case UndoRepayment(event_id=reverses):
            event = RepaymentReversed(**parts, reverses=reverses)
        case Waive(part=part, amount_fen=amount_fen, installment_number=number):
            event = Waived(**parts, kind=part, amount_fen=amount_fen, installment_number=number)
        case Charge(part=part, code=code, amount_fen=amount_fen):
            event = Charged(**parts, kind=part, code=code, amount_fen=amount_fen)
        case CutRate(annual_rate=annual_rate):
            event = RateLowered(**parts, annual_rate=annual_rate)
        case Defer(periods=periods, moratorium=moratorium):
            event = Deferred(**parts, periods=periods, moratorium=moratorium)
        case Reschedule():
            event = Rescheduled(
                **parts,
                count=act.count,
                first_due_on=act.first_due_on,
                annual_rate=act.annual_rate,
                includes_arrears=act.includes_arrears,
            )
        case WriteOff():
            event = WrittenOff(**parts)
        case Recover(amount_fen=amount_fen):
            event = Recovered(**parts, amount_fen=amount_fen)
        case Reopen():
            event = Reopened(**parts)
    return event
