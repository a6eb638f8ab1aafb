"""Rows that reports are made of: what was counted of each loan, and the sums of it by bucket."""

from tortoise import fields
from tortoise.models import Model


class CountedLoanRow(Model):
    """What the sums hold of one loan."""

    loan_id = fields.CharField(max_length=16, primary_key=True)
    bucket = fields.CharField(max_length=16)
    principal_fen = fields.BigIntField()
    overdue_fen = fields.BigIntField()
    unapplied_fen = fields.BigIntField()

    class Meta:
        table = "servicing_counted_loan"


class CountedBookRow(Model):
    """The sums over the loans of one bucket; loans that are over have one of their own."""

    bucket = fields.CharField(max_length=16, primary_key=True)
    loans = fields.IntField()
    principal_fen = fields.BigIntField()
    overdue_fen = fields.BigIntField()
    unapplied_fen = fields.BigIntField()

    class Meta:
        table = "servicing_counted_book"
