"""Rows of what others pay of loans' interest."""

from tortoise import fields
from tortoise.models import Model

from app.servicing.rules import ReductionLine

REDUCTION_COLUMNS = tuple(ReductionLine.__dataclass_fields__)


class ReductionRow(Model):
    """What one party pays of one installment, derived; `id` is installment, event, and if due."""

    id = fields.CharField(max_length=48, primary_key=True)
    loan_id = fields.CharField(max_length=16, db_index=True)
    number = fields.IntField()
    event_id = fields.CharField(max_length=16)
    payer = fields.CharField(max_length=32)
    code = fields.CharField(max_length=32)
    due_on = fields.DateField()
    year = fields.IntField()
    amount_fen = fields.BigIntField()
    is_due = fields.BooleanField()

    class Meta:
        table = "servicing_reduction"

    @classmethod
    def of(cls, line: ReductionLine) -> "ReductionRow":
        """Make the row of a line."""
        columns = {name: getattr(line, name) for name in REDUCTION_COLUMNS}
        return cls(id=reduction_id(line), **columns)

    def as_line(self) -> ReductionLine:
        """Return the line as other rooms know it."""
        return ReductionLine(**{name: getattr(self, name) for name in REDUCTION_COLUMNS})


def reduction_id(line: ReductionLine) -> str:
    """Return the key of a line, the same whenever it is worked out."""
    return f"{line.loan_id}.{line.number:04d}.{line.event_id}.{int(line.is_due)}"
