"""Rows of servicing: loans with their terms, events, and the projections made of both."""

from datetime import date
from typing import Any, ClassVar

import msgspec
import orjson
from tortoise import fields
from tortoise.models import Model

from app.foundation.caller import StaffRole
from app.foundation.clock import moment_of
from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable
from app.loanmath.life import (
    Charged,
    Event,
    InstallmentStatus,
    Waived,
)
from app.loanmath.record import event_from_json
from app.servicing.models.summaries import funders_of, signed_from, summary_columns_of, summary_from
from app.servicing.rules import (
    DayReport,
    Funder,
    LoanRef,
    LoanSummary,
    PlanLine,
    Position,
    Signed,
    TimelineEntry,
    position_from_json,
)
from app.servicing.rules.corrections import (
    ActKind,
    Correction,
    CorrectionFigures,
    CorrectionReason,
    CorrectionState,
)
from app.servicing.rules.hardship import HardshipRequest, HardshipState, ReliefKind


class LoanRow(Model):
    """
    One loan: what was signed, and figures derived from it and its events.

    What stands below `as_of` is a projection as of that day; `told_on` is the last closed day whose
    news the borrower was told.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    application_id = fields.CharField(max_length=16, db_index=True)
    agreement_id = fields.CharField(max_length=16)
    disbursement_id = fields.CharField(max_length=64, unique=True)
    product_code = fields.CharField(max_length=64)
    product_version_id = fields.CharField(max_length=64)
    terms = fields.TextField()
    funders = fields.TextField()
    opened_on = fields.DateField()
    told_on = fields.DateField()
    events_count = fields.IntField()
    as_of = fields.DateField()
    annual_rate = fields.CharField(max_length=40)
    disbursed_fen = fields.BigIntField()
    principal_fen = fields.BigIntField()
    balance_fen = fields.BigIntField()
    due_now_fen = fields.BigIntField()
    overdue_fen = fields.BigIntField()
    penalty_fen = fields.BigIntField()
    unapplied_fen = fields.BigIntField()
    past_due_since = fields.DateField(null=True, db_index=True)
    bucket = fields.CharField(max_length=16)
    status = fields.CharField(max_length=16)
    next_number = fields.IntField(null=True)
    next_due_on = fields.DateField(null=True)
    next_amount_fen = fields.BigIntField()
    installments = fields.IntField()
    closes_on = fields.DateField()
    closed_on = fields.DateField(null=True)
    next_event_on = fields.DateField(null=True, db_index=True)
    awaits_year = fields.IntField(null=True, db_index=True)
    position = fields.TextField()
    returnable_until = fields.DateField(null=True)
    """The last day on which it can be given back at no cost; none where no agreement says so."""

    class Meta:
        table = "servicing_loan"

    @property
    def ref(self) -> LoanRef:
        """Whose loan, and which."""
        return LoanRef(borrower_id=self.borrower_id, loan_id=self.id)

    def signed(self) -> Signed:
        """Return what never changes about the loan."""
        return signed_from(vars(self))

    def lenders(self) -> tuple[Funder, ...]:
        """Return who lends which part."""
        return funders_of(self.funders)

    def kept_position(self) -> Position:
        """Return the loan's part of the ledger as of the row."""
        return position_from_json(orjson.loads(self.position))

    def as_summary(self, on: date) -> LoanSummary:
        """Return the loan as it stands on a day before the next on which anything changes."""
        return summary_from(summary_columns_of(vars(self)), on)


class LoanEventRow(Model):
    """
    One thing that happened to a loan; written once.

    `source_key` says what caused it, so that one cause has one event; `about` is the cause's id.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    seq = fields.IntField()
    source_key = fields.CharField(max_length=100, unique=True)
    kind = fields.CharField(max_length=32)
    about = fields.CharField(max_length=64)
    effective_on = fields.DateField()
    recorded_at = fields.BigIntField()
    body = fields.TextField()

    class Meta:
        table = "servicing_loan_event"

    def as_event(self) -> Event:
        """Return the event as the arithmetic knows it."""
        body: dict[str, Any] = orjson.loads(self.body)
        return event_from_json(body)

    def as_timeline_entry(
        self, *, reason: CorrectionReason | None = None, undone_fen: int | None = None
    ) -> TimelineEntry:
        """Return the event as people are shown it, with why staff did it, or how much it undid."""
        event = self.as_event()
        return TimelineEntry(
            event_id=self.id,
            seq=self.seq,
            kind=self.kind,
            about=self.about,
            effective_on=self.effective_on,
            recorded_at=moment_of(self.recorded_at),
            amount_fen=getattr(event, "amount_fen", undone_fen),
            part=event.kind if isinstance(event, Charged | Waived) else None,
            reason=None if reason is None else reason.value,
            payer=getattr(event, "payer", None) or None,
        )

    @property
    def reverses(self) -> str | None:
        """The id of the event that this one undoes, if it undoes any."""
        return getattr(self.as_event(), "reverses", None)


class InstallmentRow(Model):
    """One installment as it stands, derived; `id` is loan and number."""

    id = fields.CharField(max_length=24, primary_key=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    number = fields.IntField()
    due_on = fields.DateField()
    payable_on = fields.DateField(db_index=True)
    principal_fen = fields.BigIntField()
    interest_fen = fields.BigIntField()
    fee_fen = fields.BigIntField()
    cost_fen = fields.BigIntField(default=0, db_default=0)
    penalty_fen = fields.BigIntField()
    waived_fen = fields.BigIntField()
    paid_by_others_fen = fields.BigIntField(default=0, db_default=0)
    paid_principal_fen = fields.BigIntField()
    paid_interest_fen = fields.BigIntField()
    paid_fee_fen = fields.BigIntField()
    paid_cost_fen = fields.BigIntField(default=0, db_default=0)
    paid_penalty_fen = fields.BigIntField()
    status = fields.CharField(max_length=16)

    class Meta:
        table = "servicing_installment"

    @classmethod
    def of(cls, line: PlanLine) -> "InstallmentRow":
        """Make the row of a line."""
        return cls(id=installment_id(line.loan_id, line.number), **columns_of(line))

    def as_plan_line(self) -> PlanLine:
        """Return the line as other rooms know it."""
        values: dict[str, Any] = {name: getattr(self, name) for name in LINE_COLUMNS}
        values["status"] = InstallmentStatus(self.status)
        return PlanLine(**values)


LINE_COLUMNS = tuple(PlanLine.__dataclass_fields__)


def columns_of(line: PlanLine) -> dict[str, Any]:
    """Return a line's columns."""
    return {name: getattr(line, name) for name in LINE_COLUMNS} | {"status": line.status.value}


def installment_id(loan_id: str, number: int) -> str:
    """Return the key of an installment, the same whenever it is worked out."""
    return f"{loan_id}.{number:04d}"


class DayCloseRow(Model):
    """The day being closed and what has been done of it, one row; who closes holds it."""

    id = fields.IntField(primary_key=True, generated=False)
    on_date = fields.CharField(max_length=10)
    loans_touched = fields.IntField()
    due_soon = fields.IntField()
    due_today = fields.IntField()
    became_overdue = fields.IntField()
    bucket_changes = fields.IntField()
    counted_at = fields.BigIntField(null=True)
    """When what had happened to loans was last counted for a report; milliseconds."""

    class Meta:
        table = "servicing_day_close"


class DayReportRow(Model):
    """What one closed day left behind; written once."""

    on_date = fields.CharField(max_length=10, primary_key=True)
    report = fields.TextField()

    class Meta:
        table = "servicing_day_report"

    def as_report(self) -> DayReport:
        """Return the report."""
        return msgspec.json.decode(self.report, type=DayReport)


class CorrectionRow(Model):
    """
    One correction that somebody proposed, and what became of it.

    `events_count` is how many events the loan had when it was proposed; what was written is sealed
    under the borrower's key.
    """

    seals: ClassVar = SealedTable(
        table="servicing_correction",
        columns=dict.fromkeys(("note", "decision_note"), KeyClass.HELD),
        formerly=dict.fromkeys(("note", "decision_note"), KeyClass.CONTENT),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16)
    kind = fields.CharField(max_length=16)
    act = fields.TextField()
    reason = fields.CharField(max_length=16)
    amount_fen = fields.BigIntField()
    approver = fields.CharField(max_length=16)
    state = fields.CharField(max_length=16, db_index=True)
    events_count = fields.IntField()
    maker_id = fields.CharField(max_length=16)
    maker_name = fields.CharField(max_length=64)
    note = SealedField()
    proposed_at = fields.DatetimeField()
    proposed_on = fields.DateField()
    expires_on = fields.DateField()
    before = fields.TextField()
    after = fields.TextField()
    checker_id = fields.CharField(max_length=16, null=True)
    checker_name = fields.CharField(max_length=64, null=True)
    decision_note = SealedField(null=True)
    decided_at = fields.DatetimeField(null=True)
    event_id = fields.CharField(max_length=16, null=True, db_index=True)

    class Meta:
        table = "servicing_correction"
        indexes = (("borrower_id",),)

    def cell(self, column: str) -> Cell:
        """Return the place of what maker or checker wrote."""
        return self.seals.cell(column, self.id, self.borrower_id)

    def state_on(self, today: date) -> CorrectionState:
        """Return where it stands: an open one whose last day has passed is over."""
        state = CorrectionState(self.state)
        is_late = state is CorrectionState.PROPOSED and self.expires_on < today
        return CorrectionState.EXPIRED if is_late else state

    def as_correction(self, today: date) -> Correction:
        """Return what other rooms may know of it."""
        return Correction(
            correction_id=self.id,
            loan=LoanRef(borrower_id=self.borrower_id, loan_id=self.loan_id),
            kind=ActKind(self.kind),
            act_json=orjson.loads(self.act),
            reason=CorrectionReason(self.reason),
            amount_fen=self.amount_fen,
            approver=StaffRole(self.approver),
            state=self.state_on(today),
            maker_id=self.maker_id,
            maker_name=self.maker_name,
            proposed_at=self.proposed_at,
            proposed_on=self.proposed_on,
            expires_on=self.expires_on,
            checker_id=self.checker_id,
            checker_name=self.checker_name,
            decided_at=self.decided_at,
            event_id=self.event_id,
            before=msgspec.json.decode(self.before, type=CorrectionFigures),
            after=msgspec.json.decode(self.after, type=CorrectionFigures),
            events_known=self.events_count,
        )


class HardshipRequestRow(Model):
    """
    One arrangement that a borrower asked for, with the figures they were shown.

    `waiting_key` is the loan while the request waits for staff, so that one waits at a time.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    waiting_key = fields.CharField(max_length=16, unique=True, null=True)
    kind = fields.CharField(max_length=16)
    periods = fields.IntField()
    state = fields.CharField(max_length=16)
    difference_fen = fields.BigIntField()
    next_due_on = fields.DateField()
    next_amount_fen = fields.BigIntField()
    ends_on = fields.DateField()
    asked_at = fields.DatetimeField()
    asked_on = fields.DateField()

    class Meta:
        table = "servicing_hardship_request"

    def as_request(self) -> HardshipRequest:
        """Return what other rooms may know of it."""
        return HardshipRequest(
            request_id=self.id,
            loan=LoanRef(borrower_id=self.borrower_id, loan_id=self.loan_id),
            kind=ReliefKind(self.kind),
            periods=self.periods,
            state=HardshipState(self.state),
            difference_fen=self.difference_fen,
            next_due_on=self.next_due_on,
            next_amount_fen=self.next_amount_fen,
            ends_on=self.ends_on,
            asked_on=self.asked_on,
        )
