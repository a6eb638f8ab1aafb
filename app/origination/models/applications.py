"""Rows of origination: applications, consents, decisions, offers, certificates, agreements."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def application_cell(application_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of one of an application's sealed values."""
    return ApplicationRow.seals.cell(column, application_id, borrower_id)


def decision_cell(decision_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of a decision's snapshot or verdict."""
    return DecisionRow.seals.cell(column, decision_id, borrower_id)


def agreement_cell(agreement_id: str, borrower_id: str, column: str) -> Cell:
    """Return the place of an agreement's text, payee or evidence."""
    return AgreementRow.seals.cell(column, agreement_id, borrower_id)


class ApplicationRow(Model):
    """One loan application, from the first step to its end."""

    seals: ClassVar = SealedTable(
        table="loan_application",
        columns={
            "purpose": KeyClass.CONTENT,
            "monthly_income": KeyClass.CONTACT,
            "debt_payments": KeyClass.CONTACT,
            "income_months": KeyClass.CONTACT,
            "merchant": KeyClass.CONTENT,
        },
    )

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    product_code = fields.CharField(max_length=40)
    region_code = fields.CharField(max_length=6)
    offered = fields.TextField()
    """The product as it stands in the region: of the day it was begun, then of the submission."""
    state = fields.CharField(max_length=20, db_index=True)
    amount_fen = fields.BigIntField(null=True)
    months = fields.SmallIntField(null=True)
    purpose = SealedField(null=True)
    monthly_income = SealedField(null=True)
    debt_payments = SealedField(null=True)
    income_months = SealedField(null=True)
    """The months of the year in which income comes, as numbers; all of them if it is steady."""
    merchant = SealedField(null=True)
    offer_id = fields.CharField(max_length=16, null=True)
    """The offer accepted last."""
    loan_id = fields.CharField(max_length=16, null=True)
    line_id = fields.CharField(max_length=16, null=True)
    """Of a draw on a line: the application whose loan opened that line."""
    started_at = fields.DatetimeField()
    changed_at = fields.DatetimeField()
    submitted_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField()
    expires_on = fields.DateField()
    """The last business date; the close of day looks at it."""
    expired_from = fields.CharField(max_length=20, null=True)
    """Where it stood when its time was over; none of those that ended before it was kept."""

    class Meta:
        table = "loan_application"


class ConsentRow(Model):
    """One consent, given once and perhaps taken back."""

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    kind = fields.CharField(max_length=24)
    recipient = fields.CharField(max_length=40)
    version = fields.SmallIntField()
    language = fields.CharField(max_length=8)
    text_sha256 = fields.CharField(max_length=64)
    given_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    live_key = fields.CharField(max_length=96, unique=True, null=True)
    """Application, kind and recipient, while it stands: nobody consents twice to one thing."""

    class Meta:
        table = "application_consent"


class DecisionRow(Model):
    """One decision, with everything it saw and everything it found, sealed."""

    seals: ClassVar = SealedTable(
        table="decision",
        columns={"snapshot": KeyClass.CONTACT, "verdict": KeyClass.CONTACT},
    )

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    model_version = fields.IntField()
    outcome = fields.CharField(max_length=8)
    reasons = fields.TextField()
    snapshot = SealedField()
    verdict = SealedField()
    decided_at = fields.DatetimeField()
    decided_on = fields.DateField()
    reviewed_outcome = fields.CharField(max_length=8, null=True)
    reviewed_by = fields.CharField(max_length=16, null=True)
    reviewed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "decision"


class OfferRow(Model):
    """One immutable offer."""

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    place = fields.SmallIntField()
    kind = fields.CharField(max_length=8)
    terms = fields.TextField()
    plan_sha256 = fields.CharField(max_length=64)
    funders = fields.TextField()
    better = fields.TextField(null=True)
    """The cheapest way that fits besides, as JSON; none of offers from before it was looked for."""
    reductions = fields.TextField(null=True)
    """What others pay of the interest, as JSON; none where they pay nothing."""
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    expires_on = fields.DateField()
    recalled_at = fields.BigIntField(null=True)
    """When it was taken back, because a person had to look once more; it is shown no longer."""

    class Meta:
        table = "offer"


class CertificateRow(Model):
    """One cost certificate: its exact words, when it was opened, and when it was confirmed."""

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16)
    offer_id = fields.CharField(max_length=16)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    """The application, while this is the certificate that counts."""
    content = fields.TextField()
    sha256 = fields.CharField(max_length=64)
    made_at = fields.DatetimeField()
    opened_at = fields.DatetimeField(null=True)
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "cost_certificate"
        indexes = (("borrower_id",),)


class ComprehensionAnswerRow(Model):
    """One answer to a question about the cost; wrong ones are kept too, to measure the words."""

    id = fields.CharField(max_length=16, primary_key=True)
    certificate_id = fields.CharField(max_length=16, db_index=True)
    question = fields.CharField(max_length=16)
    choice = fields.CharField(max_length=8)
    is_right = fields.BooleanField()
    answered_at = fields.DatetimeField()

    class Meta:
        table = "comprehension_answer"


class AgreementRow(Model):
    """One agreement's exact text, sealed, and the evidence of its signature."""

    seals: ClassVar = SealedTable(
        table="agreement",
        columns=dict.fromkeys(("text", "payee", "evidence"), KeyClass.HELD),
        formerly=dict.fromkeys(("text", "payee", "evidence"), KeyClass.CONTENT),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    offer_id = fields.CharField(max_length=16)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    """The application, while this is the text that counts."""
    template = fields.CharField(max_length=24)
    text = SealedField()
    sha256 = fields.CharField(max_length=64)
    payee = SealedField()
    """Where the money goes, as the text says: a card or wallet with its owner's name (a card alone
    where it was written before names went along), or a merchant's account."""
    payee_freeze_id = fields.CharField(max_length=16, null=True)
    """The freeze during which that card was named: the text names it, and no money goes there."""
    made_at = fields.DatetimeField()
    signed_at = fields.DatetimeField(null=True)
    evidence = SealedField(null=True)

    class Meta:
        table = "agreement"


class DisbursementRow(Model):
    """The money of one signed agreement: at most one an application, whatever happens."""

    id = fields.CharField(max_length=16, primary_key=True)
    application_id = fields.CharField(max_length=16, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    agreement_id = fields.CharField(max_length=16)
    amount_fen = fields.BigIntField()
    state = fields.CharField(max_length=12, db_index=True)
    provider_ref = fields.CharField(max_length=64, null=True)
    failure_reason = fields.CharField(max_length=24, null=True)
    disputed_fen = fields.BigIntField(null=True)
    reserved_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "disbursement"
