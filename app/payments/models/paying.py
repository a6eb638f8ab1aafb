"""Rows of repayments, refunds, quotes, certificates and mandates."""

from typing import ClassVar

from msgspec.json import decode
from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, MarkedTable, SealedField, SealedTable
from app.loanmath.schedule import Prepayment
from app.payments.ports import FailureReason
from app.payments.rules import (
    PayoffQuoteView,
    Receipt,
    RepaymentChannel,
    RepaymentStatus,
    RepaymentView,
)
from app.payments.rules.mandates import (
    AttemptView,
    Caps,
    DebitStatus,
    MandateStatus,
    MandateView,
)
from app.payments.rules.refunds import RefundFailure, RefundStatus, RefundView
from app.servicing.rules import LoanRef, ReversalReason


def certificate_cell(number: str, borrower_id: str, column: str) -> Cell:
    """Return the place of a payoff certificate's document or of its words in a language."""
    return PayoffCertificateRow.seals.cell(column, number, borrower_id)


def refund_cell(refund_id: str, borrower_id: str) -> Cell:
    """Return the place of the card that a refund goes to."""
    return RefundRow.seals.cell("payee", refund_id, borrower_id)


def consent_cell(consent_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of the words a borrower agreed to, or of the end of their card's number."""
    return MandateConsentRow.seals.cell(column, consent_id, borrower_id)


class RepaymentRow(Model):
    """
    One repayment, from the wish to the receipt.

    `poll_at` (milliseconds) is when the rail is asked next; empty when nothing is awaited.
    `fault` names what did not fit in the rail's last word about it; a person must look.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16)
    loan_id = fields.CharField(max_length=16, db_index=True)
    amount_fen = fields.BigIntField()
    status = fields.CharField(max_length=16)
    channel = fields.CharField(
        max_length=16,
        default=RepaymentChannel.MOBILE.value,
        db_default=RepaymentChannel.MOBILE.value,
    )
    payoff_quote_id = fields.CharField(max_length=16, null=True, db_index=True)
    prepayment = fields.CharField(max_length=24, null=True)
    initiated_at = fields.DatetimeField()
    initiated_on = fields.DateField()
    provider_ref = fields.CharField(max_length=64, null=True, unique=True)
    in_wallet = fields.BooleanField(null=True)
    """Whether the order is for the borrower's own wallet, which their app opens itself."""
    takes_refunds = fields.BooleanField(null=True)
    """Whether the provider can send money of it back the way it came."""
    pay_link = fields.CharField(max_length=512, null=True)
    poll_at = fields.BigIntField(null=True, db_index=True)
    received_on = fields.DateField(null=True)
    receipt = fields.TextField(null=True)
    failure = fields.CharField(max_length=32, null=True)
    reversal = fields.CharField(max_length=32, null=True)
    fault = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "repayment"
        indexes = (("borrower_id",),)

    @property
    def loan(self) -> LoanRef:
        """Return whose loan it pays."""
        return LoanRef(borrower_id=self.borrower_id, loan_id=self.loan_id)

    def direction(self) -> Prepayment | None:
        """Return what money beyond the dues does; None where the borrower did not say."""
        return None if self.prepayment is None else Prepayment(self.prepayment)

    def as_view(self) -> RepaymentView:
        """Return what other rooms may know of it."""
        return RepaymentView(
            repayment_id=self.id,
            loan=self.loan,
            amount_fen=self.amount_fen,
            status=RepaymentStatus(self.status),
            initiated_at=self.initiated_at,
            initiated_on=self.initiated_on,
            channel=RepaymentChannel(self.channel),
            payoff_quote_id=self.payoff_quote_id,
            prepayment=self.direction(),
            pay_link=self.pay_link,
            received_on=self.received_on,
            receipt=decode(self.receipt, type=Receipt) if self.receipt else None,
            failure=None if self.failure is None else FailureReason(self.failure),
            reversal=None if self.reversal is None else ReversalReason(self.reversal),
        )


class RefundRow(Model):
    """
    Money held that a borrower asked for, from the wish until no bank returns it any more.

    `payee` is the card or wallet it goes to, sealed; with `payee_freeze_id`, one named while the
    borrower was forced, which is shown and never paid. With `source_id` the money goes back the way
    that repayment of the loan came, and `payee` names the repayment. `settled_at` is the moment the
    rail's last word is about. `poll_at` (milliseconds) is when the rail is asked next; empty when
    nothing is awaited.
    """

    seals: ClassVar = SealedTable(
        table="refund",
        columns={"payee": KeyClass.HELD},
        formerly={"payee": KeyClass.IDENTITY},
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16)
    loan_id = fields.CharField(max_length=16, db_index=True)
    amount_fen = fields.BigIntField()
    status = fields.CharField(max_length=16)
    payee = SealedField()
    payee_freeze_id = fields.CharField(max_length=16, null=True)
    source_id = fields.CharField(max_length=16, null=True)
    requested_at = fields.DatetimeField()
    requested_on = fields.DateField()
    provider_ref = fields.CharField(max_length=64, null=True, unique=True)
    poll_at = fields.BigIntField(null=True, db_index=True)
    settled_at = fields.DatetimeField(null=True)
    failure = fields.CharField(max_length=32, null=True)
    fault = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "refund"
        indexes = (("borrower_id",),)

    @property
    def loan(self) -> LoanRef:
        """Return whose loan held the money."""
        return LoanRef(borrower_id=self.borrower_id, loan_id=self.loan_id)

    def as_view(self) -> RefundView:
        """Return what other rooms may know of it."""
        return RefundView(
            refund_id=self.id,
            loan=self.loan,
            amount_fen=self.amount_fen,
            status=RefundStatus(self.status),
            requested_at=self.requested_at,
            requested_on=self.requested_on,
            settled_at=self.settled_at,
            failure=None if self.failure is None else RefundFailure(self.failure),
        )


class PayoffQuoteRow(Model):
    """One promise of what closes a loan on one day."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16)
    loan_id = fields.CharField(max_length=16, db_index=True)
    amount_fen = fields.BigIntField()
    principal_fen = fields.BigIntField()
    interest_fen = fields.BigIntField()
    fee_fen = fields.BigIntField()
    cost_fen = fields.BigIntField(default=0, db_default=0)
    penalty_fen = fields.BigIntField()
    quoted_on = fields.DateField()
    returns = fields.BooleanField(null=True)
    """Whether it gives the loan back at its principal; it came with that very repayment."""

    class Meta:
        table = "payoff_quote"
        indexes = (("borrower_id",),)

    def as_view(self) -> PayoffQuoteView:
        """Return the quote."""
        return PayoffQuoteView(
            quote_id=self.id,
            loan=LoanRef(borrower_id=self.borrower_id, loan_id=self.loan_id),
            amount_fen=self.amount_fen,
            principal_fen=self.principal_fen,
            interest_fen=self.interest_fen,
            fee_fen=self.fee_fen,
            cost_fen=self.cost_fen,
            penalty_fen=self.penalty_fen,
            quoted_on=self.quoted_on,
        )


class RailNoticeRow(Model):
    """
    One notice of the rail, taken once, with what it did.

    The key is the order's id, `/`, and the rail's event id.
    """

    id = fields.CharField(max_length=129, primary_key=True)
    order_id = fields.CharField(max_length=64, db_index=True)
    status = fields.CharField(max_length=16)
    amount_fen = fields.BigIntField(null=True)
    outcome = fields.CharField(max_length=32, db_index=True)
    taken_at = fields.DatetimeField()

    class Meta:
        table = "rail_notice"


class PayoffCertificateRow(Model):
    """
    One payoff certificate; what it says is written once, only its revocation is added.

    The key is its number. `live_key` is the loan while the certificate holds, so a loan has one at
    most; `basis` is the hash of what it states of the loan, to notice that it has changed.
    """

    seals: ClassVar = SealedTable(
        table="payoff_certificate",
        columns=dict.fromkeys(("document", "text_zh", "text_en"), KeyClass.HELD),
        formerly=dict.fromkeys(("document", "text_zh", "text_en"), KeyClass.CONTENT),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    document = SealedField()
    text_zh = SealedField()
    text_en = SealedField()
    sha256 = fields.CharField(max_length=64)
    basis = fields.CharField(max_length=64)
    issued_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    revocation = fields.CharField(max_length=16, null=True)

    class Meta:
        table = "payoff_certificate"


class MandateRow(Model):
    """
    One borrower's mandate to debit the dues of one loan.

    `live_key` is the loan while the mandate is live, so a loan has one at most. `card_mark` is a
    keyed hash of the card agreed to: another card is never debited. A round is one due date with
    its attempts; `next_on` is the business date of the next one, empty when none is planned, and
    `next_at` (milliseconds) when it is looked at next.
    """

    marks: ClassVar = MarkedTable(
        table="mandate",
        columns=("card_mark",),
        of=("borrower", "bank_card"),
        label="mandate.card",
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    status = fields.CharField(max_length=16)
    consent_id = fields.CharField(max_length=16)
    card_mark = fields.CharField(max_length=32)
    cap_per_debit_fen = fields.BigIntField()
    cap_per_month_fen = fields.BigIntField(null=True)
    floor_fen = fields.BigIntField()
    set_up_at = fields.DatetimeField()
    agreed_on = fields.DateField()
    announced_for = fields.DateField(null=True)
    announced_on = fields.DateField(null=True)
    round_on = fields.DateField(null=True)
    round_number = fields.IntField()
    next_on = fields.DateField(null=True, db_index=True)
    next_at = fields.BigIntField()
    failures = fields.IntField()
    stopped_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mandate"

    @property
    def loan(self) -> LoanRef:
        """Return whose loan it pays."""
        return LoanRef(borrower_id=self.borrower_id, loan_id=self.loan_id)

    @property
    def caps(self) -> Caps:
        """Return the bounds the borrower set."""
        return Caps(
            per_debit_fen=self.cap_per_debit_fen,
            per_month_fen=self.cap_per_month_fen,
            floor_fen=self.floor_fen,
        )

    def as_view(self) -> MandateView:
        """Return what other rooms may know of it."""
        return MandateView(
            mandate_id=self.id,
            loan=self.loan,
            status=MandateStatus(self.status),
            caps=self.caps,
            consent_id=self.consent_id,
            set_up_at=self.set_up_at,
            agreed_on=self.agreed_on,
            failures=self.failures,
            next_on=self.next_on,
            stopped_at=self.stopped_at,
        )


class MandateConsentRow(Model):
    """One agreement to the words of a mandate; written once, only its end is added."""

    seals: ClassVar = SealedTable(
        table="mandate_consent",
        columns={"words": KeyClass.HELD, "card_tail": KeyClass.HELD},
        formerly={"words": KeyClass.CONTENT, "card_tail": KeyClass.IDENTITY},
    )

    id = fields.CharField(max_length=16, primary_key=True)
    mandate_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16)
    version = fields.IntField()
    language = fields.CharField(max_length=8)
    sha256 = fields.CharField(max_length=64)
    words = SealedField()
    card_tail = SealedField()
    agreed_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mandate_consent"
        indexes = (("borrower_id",),)


class DebitAttemptRow(Model):
    """
    One attempt to debit a due.

    `attempt_key` is made of loan, due date and number, so that none is ever made twice; the rail
    knows it by the id of its repayment.
    """

    id = fields.CharField(max_length=16, primary_key=True)
    attempt_key = fields.CharField(max_length=40, unique=True)
    mandate_id = fields.CharField(max_length=16, db_index=True)
    consent_id = fields.CharField(max_length=16)
    borrower_id = fields.CharField(max_length=16)
    loan_id = fields.CharField(max_length=16, db_index=True)
    due_on = fields.DateField()
    number = fields.IntField()
    status = fields.CharField(max_length=16)
    amount_fen = fields.BigIntField()
    repayment_id = fields.CharField(max_length=16, unique=True, null=True)
    attempted_on = fields.DateField()
    attempted_at = fields.DatetimeField()
    reason = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "debit_attempt"
        indexes = (("borrower_id",),)

    def as_view(self) -> AttemptView:
        """Return what other rooms may know of it."""
        return AttemptView(
            attempt_id=self.id,
            loan=LoanRef(borrower_id=self.borrower_id, loan_id=self.loan_id),
            due_on=self.due_on,
            number=self.number,
            status=DebitStatus(self.status),
            amount_fen=self.amount_fen,
            attempted_on=self.attempted_on,
            attempted_at=self.attempted_at,
            consent_id=self.consent_id,
            reason=self.reason,
            repayment_id=self.repayment_id,
        )
