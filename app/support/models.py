"""Rows of the service desk: tickets and what is written in them."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import KeyClass, SealedField, SealedTable


class TicketRow(Model):
    """One matter a borrower has brought up; `due_at` counts while it is our turn."""

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    category = fields.CharField(max_length=12)
    state = fields.CharField(max_length=12)
    loan_id = fields.CharField(max_length=16, null=True)
    opened_at = fields.DatetimeField()
    due_at = fields.DatetimeField(db_index=True)
    answered_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    score = fields.SmallIntField(null=True)
    message_count = fields.IntField(default=0)
    subcategory = fields.CharField(max_length=16, null=True)
    county = fields.CharField(max_length=6, null=True)
    """Where the borrower lived when they complained."""
    about_ticket_id = fields.CharField(max_length=16, null=True)
    """The ticket whose answer is complained about."""
    assignee_id = fields.CharField(max_length=16, null=True)
    assignee_name = fields.CharField(max_length=64, null=True)
    taken_at = fields.BigIntField(null=True)
    round = fields.IntField(db_default=1)
    """How many times the clock was started."""
    round_began_at = fields.BigIntField(null=True)
    signaled = fields.SmallIntField(db_default=0)
    """How far the desk was told that this deadline comes near."""
    next_signal_at = fields.BigIntField(null=True)
    """
    When there may be more to tell; 0 where the clock was set and nobody has looked since. None
    where nothing is left to tell, and in rows from before there was this column.
    """
    escalated_at = fields.BigIntField(null=True)
    first_answered_at = fields.BigIntField(null=True)
    hours_to_answer = fields.IntField(null=True)
    """Whole hours from opening to the first answer."""
    was_late = fields.BooleanField(db_default=False)
    """Whether a deadline ever passed without an answer."""
    was_escalated = fields.BooleanField(db_default=False)
    outcome = fields.CharField(max_length=24, null=True)
    root_cause = fields.CharField(max_length=24, null=True)

    class Meta:
        table = "ticket"
        indexes = (
            ("state", "due_at"),  # what waits is little among all that ever was
            ("next_signal_at",),  # and what has something to tell right now is next to nothing
        )


class TicketMessageRow(Model):
    """One message in a ticket; the text is sealed under the borrower's key."""

    seals: ClassVar = SealedTable(
        table="ticket_message",
        columns={"text": KeyClass.CONTENT},
        through=("ticket_id", "ticket"),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    ticket_id = fields.CharField(max_length=16, db_index=True)
    number = fields.IntField()
    author = fields.CharField(max_length=8)
    staff_id = fields.CharField(max_length=16, null=True)
    staff_name = fields.CharField(max_length=64, null=True)
    text = SealedField()
    written_at = fields.DatetimeField()

    class Meta:
        table = "ticket_message"


class TicketExtensionRow(Model):
    """More time for a complaint: why, who asked, and who granted it."""

    seals: ClassVar = SealedTable(
        table="ticket_extension",
        columns={"reason": KeyClass.CONTENT},
        through=("ticket_id", "ticket"),
    )

    id = fields.CharField(max_length=16, primary_key=True)
    ticket_id = fields.CharField(max_length=16, db_index=True)
    round = fields.IntField()
    kind = fields.CharField(max_length=8)
    days = fields.IntField()
    reason = SealedField()
    state = fields.CharField(max_length=8, db_index=True)
    asked_by = fields.CharField(max_length=16)
    asked_name = fields.CharField(max_length=64)
    asked_at = fields.BigIntField()
    decided_by = fields.CharField(max_length=16, null=True)
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "ticket_extension"


class TicketStepRow(Model):
    """One step of a ticket at the desk, only ever added."""

    id = fields.CharField(max_length=16, primary_key=True)
    ticket_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    round = fields.IntField()
    what = fields.CharField(max_length=12)
    detail = fields.CharField(max_length=32, null=True)
    staff_id = fields.CharField(max_length=16, null=True)
    """Whom it is about: who took it, or to whom it was given."""
    staff_name = fields.CharField(max_length=64, null=True)
    happened_at = fields.BigIntField()

    class Meta:
        table = "ticket_step"


class TicketVisitRow(Model):
    """Asking a borrower, some days after, whether their complaint is really settled."""

    id = fields.CharField(max_length=16, primary_key=True)
    ticket_id = fields.CharField(max_length=16, db_index=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    round = fields.IntField()
    attempt = fields.SmallIntField()
    due_at = fields.BigIntField()
    state = fields.CharField(max_length=12)
    staff_id = fields.CharField(max_length=16, null=True)
    staff_name = fields.CharField(max_length=64, null=True)
    made_at = fields.BigIntField(null=True)

    class Meta:
        table = "ticket_visit"
        indexes = (("state", "due_at"),)


class DeskExportRow(Model):
    """A list that somebody wants to take away, masked: who asked, who agreed, until when."""

    id = fields.CharField(max_length=16, primary_key=True)
    kind = fields.CharField(max_length=12)
    since = fields.DateField()
    until = fields.DateField()
    county = fields.CharField(max_length=6, null=True)
    reason = fields.CharField(max_length=16)
    """What those on the list read."""
    why = fields.TextField()
    """Written by staff about their work; nothing of a borrower belongs in it."""
    state = fields.CharField(max_length=8, db_index=True)
    asked_by = fields.CharField(max_length=16)
    asked_name = fields.CharField(max_length=64)
    asked_at = fields.BigIntField()
    decided_by = fields.CharField(max_length=16, null=True)
    decided_at = fields.BigIntField(null=True)
    expires_at = fields.BigIntField(null=True)
    downloads = fields.IntField(db_default=0)

    class Meta:
        table = "desk_export"
