"""Rows of the catalog: immutable dated versions, each with its content and that content's hash."""

from tortoise import fields
from tortoise.models import Model


class DatedContentRow(Model):
    """What every version has; a row is written once and never changed."""

    id = fields.CharField(max_length=16, primary_key=True)
    version_key = fields.CharField(max_length=64, unique=True)
    code = fields.CharField(max_length=48, db_index=True)
    effective_from = fields.CharField(max_length=10)
    content = fields.TextField()
    sha256 = fields.CharField(max_length=64)
    published_at = fields.DatetimeField()

    class Meta:
        abstract = True


class ProductVersionRow(DatedContentRow):
    """One version of one product; its key is code and version."""

    class Meta:
        table = "product_version"


class RegionPackRow(DatedContentRow):
    """One version of one region's pack; its key is code and version."""

    class Meta:
        table = "region_pack"


class PolicyValueRow(DatedContentRow):
    """One policy value; its key is name and first day."""

    class Meta:
        table = "policy_value"


class ScorecardRow(DatedContentRow):
    """One version of the scorecard; its key is the version."""

    class Meta:
        table = "scorecard"


class VersionProposalRow(Model):
    """A version that one member of staff proposed and another decides on, whatever became of it."""

    id = fields.CharField(max_length=16, primary_key=True)
    kind = fields.CharField(max_length=16)
    code = fields.CharField(max_length=48)
    version_key = fields.CharField(max_length=64)
    live_key = fields.CharField(max_length=80, null=True, unique=True)
    """Kind and code while it waits, so that two proposals never wait for one next version."""
    effective_from = fields.CharField(max_length=10)
    content = fields.TextField()
    sha256 = fields.CharField(max_length=64)
    why = fields.TextField()
    state = fields.CharField(max_length=16)
    maker_id = fields.CharField(max_length=16)
    checker_id = fields.CharField(max_length=16, null=True)
    proposed_at = fields.BigIntField()
    decided_at = fields.BigIntField(null=True)

    class Meta:
        table = "version_proposal"
