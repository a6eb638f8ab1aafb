"""Rows of cash that partners' agents take; times in milliseconds."""

from datetime import timedelta
from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.clock import moment_of
from app.foundation.database import current
from app.foundation.sealing import Fading
from app.payments.rules.cash import LATE_BY, CashHandover, CashState, CashView, HandoverState
from app.payments.rules.certificate import code_of
from app.servicing.rules import LoanRef

CODE_LABEL = "cash_code.code"


class CashCodeRow(Model):
    """What finds a loan by the digits its borrower's phone shows; gone once it is used."""

    fades: ClassVar = Fading(labels=("cash_code.code",), lives=timedelta(days=2))

    id = fields.CharField(max_length=16, primary_key=True)
    code_index = fields.CharField(max_length=32, unique=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    expires_at = fields.BigIntField(db_index=True)

    class Meta:
        table = "cash_code"


class CashRow(Model):
    """Cash an agent counted for a loan, until its borrower confirms it: then a receipt's number."""

    id = fields.CharField(max_length=16, primary_key=True)
    agent_id = fields.CharField(max_length=16)
    partner_code = fields.CharField(max_length=48)
    shop_zh = fields.CharField(max_length=64)
    shop_en = fields.CharField(max_length=64)
    """The partner's name as it was then."""
    borrower_id = fields.CharField(max_length=16, db_index=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    amount_fen = fields.BigIntField()
    state = fields.CharField(max_length=12)
    started_on = fields.CharField(max_length=10)
    """By the clock in China; what an agent takes is counted by it."""
    started_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    received_at = fields.BigIntField(null=True)
    repayment_id = fields.CharField(max_length=16, null=True, unique=True)
    check_sha256 = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "cash"
        indexes = (("agent_id", "started_on"), ("partner_code", "state"))

    def as_view(self) -> CashView:
        """Return what other rooms may know of it, as it stands now."""
        expires_at = moment_of(self.expires_at)
        state = CashState(self.state)
        # Not at once: whoever hands it back must not be overtaken by a word that is being booked.
        if state is CashState.COUNTED and expires_at + LATE_BY <= current().clock.now():
            state = CashState.EXPIRED
        return CashView(
            cash_id=self.id,
            agent_id=self.agent_id,
            partner_code=self.partner_code,
            shop={"zh-Hans": self.shop_zh, "en": self.shop_en},
            loan=LoanRef(borrower_id=self.borrower_id, loan_id=self.loan_id),
            amount_fen=self.amount_fen,
            state=state,
            started_at=moment_of(self.started_at),
            expires_at=expires_at,
            received_at=None if self.received_at is None else moment_of(self.received_at),
            repayment_id=self.repayment_id,
            check_code=None if self.check_sha256 is None else code_of(self.check_sha256),
        )


class CashHandoverRow(Model):
    """Cash that reached us from a partner: one member of staff says so, another confirms."""

    id = fields.CharField(max_length=16, primary_key=True)
    partner_code = fields.CharField(max_length=48, db_index=True)
    amount_fen = fields.BigIntField()
    reference = fields.CharField(max_length=32)
    state = fields.CharField(max_length=12, db_index=True)
    proposed_by = fields.CharField(max_length=16)
    proposed_at = fields.BigIntField()
    decided_by = fields.CharField(max_length=16, null=True)
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "cash_handover"

    def as_view(self) -> CashHandover:
        """Return it as a value."""
        return CashHandover(
            handover_id=self.id,
            partner_code=self.partner_code,
            amount_fen=self.amount_fen,
            reference=self.reference,
            state=HandoverState(self.state),
            proposed_by=self.proposed_by,
            proposed_at=moment_of(self.proposed_at),
            decided_by=self.decided_by,
            decided_at=None if self.decided_at is None else moment_of(self.decided_at),
        )


class CashTillRow(Model):
    """A partner's till: whoever adds to what it owes, or takes away, holds this row first."""

    id = fields.CharField(max_length=48, primary_key=True)
    counted_at = fields.BigIntField()

    class Meta:
        table = "cash_till"


class CashMissRow(Model):
    """How many codes that are nobody's an agent typed on a day; the key is both."""

    id = fields.CharField(max_length=32, primary_key=True)
    misses = fields.IntField()

    class Meta:
        table = "cash_miss"
