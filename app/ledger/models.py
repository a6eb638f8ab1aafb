"""Rows of the ledger: postings, their entries, the chain's head, balances, permitted charges."""

from tortoise import fields
from tortoise.models import Model


class PostingRow(Model):
    """One posting; written once."""

    id = fields.CharField(max_length=16, primary_key=True)
    number = fields.BigIntField(unique=True)
    kind = fields.CharField(max_length=32)
    about = fields.CharField(max_length=16, db_index=True)
    source = fields.CharField(max_length=64)
    source_key = fields.CharField(max_length=100, unique=True)
    effective_on = fields.CharField(max_length=10)
    recorded_at = fields.BigIntField()
    prev_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "ledger_posting"


class EntryRow(Model):
    """One line of a posting; written once. `id` is the posting's number times 100 plus the line."""

    id = fields.BigIntField(primary_key=True, generated=False)
    posting_id = fields.CharField(max_length=16, db_index=True)
    line = fields.SmallIntField()
    account = fields.CharField(max_length=64, db_index=True)
    amount_fen = fields.BigIntField()
    code = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "ledger_entry"


class ChainRow(Model):
    """The last posting's number and hash, one row; whoever posts holds it."""

    id = fields.IntField(primary_key=True, generated=False)
    number = fields.BigIntField()
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "ledger_chain"


class BalanceRow(Model):
    """The sum of one account's entries, kept in the transaction that posts them."""

    account = fields.CharField(max_length=64, primary_key=True)
    balance_fen = fields.BigIntField()

    class Meta:
        table = "ledger_balance"


class ChargePermissionRow(Model):
    """A charge that a loan's confirmed cost certificate names; `id` is loan and code."""

    id = fields.CharField(max_length=50, primary_key=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    code = fields.CharField(max_length=32)

    class Meta:
        table = "ledger_charge_permission"
