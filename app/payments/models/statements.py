"""Rows of the provider's statements, and of what differs from them."""

from tortoise import fields
from tortoise.models import Model

from app.payments.rules.reconciling import (
    DifferenceKind,
    DifferenceState,
    DifferenceView,
    Resolution,
)


class StatementLineRow(Model):
    """
    One line of a provider's daily statement; the key is the day, `/`, and the order's id.

    What a provider confirmed when asked, of a day whose statement we never had, is kept likewise.
    """

    id = fields.CharField(max_length=80, primary_key=True)
    order_id = fields.CharField(max_length=64, db_index=True)
    on_date = fields.DateField()
    goes_out = fields.BooleanField()
    status = fields.CharField(max_length=16)
    amount_fen = fields.BigIntField(null=True)

    class Meta:
        table = "statement_line"


class ReconciliationRow(Model):
    """One day compared with the provider's statement; the key is the day, as ISO text."""

    id = fields.CharField(max_length=10, primary_key=True)
    sha256 = fields.CharField(max_length=64)
    lines = fields.IntField()
    matched = fields.IntField()
    healed = fields.IntField()
    left_open = fields.IntField()
    finished_at = fields.DatetimeField()

    class Meta:
        table = "reconciliation"


class DifferenceRow(Model):
    """
    One order on which a statement and our books differ.

    `difference_key` is the kind, `/`, and the order's id: one row, however often it is found. Two
    members of staff resolve it: one proposes (`proposed_by`), another agrees (`resolved_by`).
    """

    id = fields.CharField(max_length=16, primary_key=True)
    difference_key = fields.CharField(max_length=96, unique=True)
    on_date = fields.DateField()
    order_id = fields.CharField(max_length=64)
    kind = fields.CharField(max_length=16)
    state = fields.CharField(max_length=12, db_index=True)
    ours = fields.CharField(max_length=16, null=True)
    ours_fen = fields.BigIntField(null=True)
    theirs = fields.CharField(max_length=16, null=True)
    theirs_fen = fields.BigIntField(null=True)
    found_at = fields.DatetimeField()
    resolution = fields.CharField(max_length=24, null=True)
    proposed_by = fields.CharField(max_length=16, null=True)
    resolved_by = fields.CharField(max_length=16, null=True)
    resolved_at = fields.DatetimeField(null=True)

    class Meta:
        table = "reconciliation_difference"

    def as_view(self) -> DifferenceView:
        """Return what staff read of it."""
        return DifferenceView(
            difference_id=self.id,
            on=self.on_date,
            order_id=self.order_id,
            kind=DifferenceKind(self.kind),
            state=DifferenceState(self.state),
            ours=self.ours,
            ours_fen=self.ours_fen,
            theirs=self.theirs,
            theirs_fen=self.theirs_fen,
            found_at=self.found_at,
            resolution=None if self.resolution is None else Resolution(self.resolution),
            proposed_by=self.proposed_by,
        )
