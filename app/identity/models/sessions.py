"""Rows of the ways in: sessions, and who was identified in them."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from app.foundation.sealing import Cell, KeyClass, SealedField, SealedTable


def session_cell(session_id: str, borrower_id: str) -> Cell:
    """Return the place of a session's device name."""
    return SessionRow.seals.cell("device_name", session_id, borrower_id)


def identification_cell(identification_id: str, borrower_id: str) -> Cell:
    """Return the place of why staff believe that somebody is a borrower."""
    return IdentificationRow.seals.cell("reason", identification_id, borrower_id)


class SessionRow(Model):
    """A borrower's session: all tokens that ever descend from one sign-in."""

    seals: ClassVar = SealedTable(table="session", columns={"device_name": KeyClass.CONTENT})

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    device_name = SealedField()
    generation = fields.BigIntField(default=0)
    started_at = fields.BigIntField()
    refreshed_at = fields.BigIntField()
    last_used_on = fields.DateField()
    ended_at = fields.BigIntField(null=True)
    is_revoked = fields.BooleanField(default=False)
    device_id = fields.CharField(max_length=16, null=True)
    """The device whose key this session is bound to; none after signing in by code alone."""
    trust = fields.CharField(max_length=8, default="FULL", db_default="FULL")
    evidence = fields.CharField(max_length=100, null=True)
    """What its holder has shown; none of a session from before that was asked."""
    subscriber = fields.CharField(max_length=8, null=True)
    """What the register of numbers said when this session was started by a code."""
    full_at = fields.BigIntField(null=True)
    """When it is trusted fully unless somebody objects, where only time is missing."""
    phone_proven_at = fields.BigIntField(null=True)
    """When its holder last proved the borrower's number by a code."""

    class Meta:
        table = "session"


class IdentificationRow(Model):
    """Somebody who asks staff to see that a session is in the hands of its borrower."""

    seals: ClassVar = SealedTable(table="identification", columns={"reason": KeyClass.CONTENT})

    id = fields.CharField(max_length=16, primary_key=True)
    borrower_id = fields.CharField(max_length=16, db_index=True)
    session_id = fields.CharField(max_length=16)
    live_key = fields.CharField(max_length=16, unique=True, null=True)
    """The session, while it waits: one question at a time."""
    forgets_pin = fields.BooleanField(default=False)
    asked_at = fields.BigIntField()
    proposed_by = fields.CharField(max_length=16, null=True)
    proposed_at = fields.BigIntField(null=True)
    reason = SealedField(null=True)
    settled_by = fields.CharField(max_length=16, null=True)
    settled_at = fields.BigIntField(null=True)
    is_confirmed = fields.BooleanField(null=True)

    class Meta:
        table = "identification"
