"""Rows of partners: immutable dated versions, as in the catalog."""

from tortoise import fields
from tortoise.models import Model

from app.catalog.queries import keep_in
from app.catalog.rules.proposing import VersionKind


class PartnerVersionRow(Model):
    """One version of one partner; its key is code and version."""

    id = fields.CharField(max_length=16, primary_key=True)
    version_key = fields.CharField(max_length=64, unique=True)
    code = fields.CharField(max_length=48, db_index=True)
    effective_from = fields.CharField(max_length=10)
    content = fields.TextField()
    sha256 = fields.CharField(max_length=64)
    published_at = fields.DatetimeField()

    class Meta:
        table = "partner_version"


keep_in(VersionKind.PARTNER, PartnerVersionRow, "pt")
