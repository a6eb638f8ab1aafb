"""Every version there was, who proposed and approved it, and what waits for a second person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

import orjson
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from app.catalog.models import (
    DatedContentRow,
    PolicyValueRow,
    ProductVersionRow,
    RegionPackRow,
    ScorecardRow,
    VersionProposalRow,
)
from app.catalog.rules import (
    CatalogContent,
    policy_value_from,
    product_from,
    region_from,
    scorecard_from,
)
from app.catalog.rules.proposing import (
    CARD_CODE,
    WAITS_FOR,
    Proposal,
    ProposalState,
    VersionKind,
)
from app.foundation.clock import milliseconds, moment_of
from app.foundation.errors import NotFound
from app.foundation.paging import Page, PageAsk

WAITING_MAX = 100
ROWS: dict[VersionKind, tuple[type[DatedContentRow], str]] = {
    VersionKind.PRODUCT: (ProductVersionRow, "pr"),
    VersionKind.REGION: (RegionPackRow, "rg"),
    VersionKind.POLICY: (PolicyValueRow, "pv"),
    VersionKind.SCORECARD: (ScorecardRow, "sd"),
}
"""Where versions of each kind are kept, and how their ids begin."""


def keep_in(kind: VersionKind, row_type: type[Model], prefix: str) -> None:
    """Say where a room above keeps its versions: rows with the columns of dated content."""
    ROWS[kind] = (cast("type[DatedContentRow]", row_type), prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """One version as it was published; it never changes."""

    version_id: str
    kind: VersionKind
    code: str
    version_key: str
    effective_from: date
    content: str = field(repr=False)
    sha256: str
    published_at: datetime
    proposal: Proposal | None
    """Who proposed and approved it at the desk; None for what came with the fixtures."""


async def published_content() -> CatalogContent:
    """Return everything that is published, whatever its day."""
    return CatalogContent(
        products=tuple(product_from(one) for one in await _contents(ProductVersionRow)),
        regions=tuple(region_from(one) for one in await _contents(RegionPackRow)),
        policy_values=tuple(policy_value_from(one) for one in await _contents(PolicyValueRow)),
        scorecards=tuple(scorecard_from(one) for one in await _contents(ScorecardRow)),
    )


async def newest_content(kind: VersionKind, code: str) -> dict[str, Any] | None:
    """Return the document of the version that begins last; None where there is none."""
    return _last(await _contents_of(kind, code))


async def content_before(
    kind: VersionKind, code: str, version_key: str, day: date
) -> dict[str, Any] | None:
    """Return the document that holds on a day but for one version; None where there is none."""
    found = await _contents_of(kind, code)
    return _last(
        {
            key: content
            for key, content in found.items()
            if key != version_key and content["effective_from"] <= day.isoformat()
        }
    )


async def versions_of(kind: VersionKind, code: str, ask: PageAsk) -> Page[PublishedVersion]:
    """Return a page of the versions of one thing, the one that begins last first."""
    found = _rows_of(kind, code)
    if ask.after is not None:
        day, last = str(ask.after[0]), str(ask.after[1])
        found = found.filter(Q(effective_from__lt=day) | Q(effective_from=day, id__lt=last))
    rows = await found.order_by("-effective_from", "-id").limit(ask.first + 1)
    by_key = await _proposals_by_key(kind, [row.version_key for row in rows])
    versions = [
        PublishedVersion(
            version_id=row.id,
            kind=kind,
            code=row.code,
            version_key=row.version_key,
            effective_from=date.fromisoformat(row.effective_from),
            content=row.content,
            sha256=row.sha256,
            published_at=row.published_at,
            proposal=by_key.get(row.version_key),
        )
        for row in rows
    ]
    return Page[PublishedVersion].cut(
        [((one.effective_from.isoformat(), one.version_id), one) for one in versions], ask
    )


async def proposal(proposal_id: str) -> Proposal:
    """
    Return one proposed version.

    Raises:
        NotFound: There is none of this id.
    """
    row = await VersionProposalRow.get_or_none(id=proposal_id)
    if row is None:
        raise NotFound
    return _proposal(row)


async def waiting_proposals(now: datetime) -> list[Proposal]:
    """Return the versions that wait for somebody else, oldest first; at most 100."""
    since = milliseconds(now - WAITS_FOR)
    rows = VersionProposalRow.filter(state=ProposalState.PROPOSED.value, proposed_at__gt=since)
    return [_proposal(row) for row in await rows.order_by("proposed_at", "id").limit(WAITING_MAX)]


def _rows_of(kind: VersionKind, code: str) -> QuerySet[DatedContentRow]:
    """Ask for all versions of one thing; those of the scorecard are kept under their numbers."""
    row_type, _ = ROWS[kind]
    if kind is VersionKind.SCORECARD:
        return row_type.all() if code == CARD_CODE else row_type.filter(id=None)
    return row_type.filter(code=code)


async def _contents_of(kind: VersionKind, code: str) -> dict[str, dict[str, Any]]:
    rows = await _rows_of(kind, code)
    return {row.version_key: orjson.loads(row.content) for row in rows}


def _last(contents: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    return max(
        contents.values(),
        key=lambda one: (one["effective_from"], one.get("version", 0)),
        default=None,
    )


async def _contents(row_type: type[DatedContentRow]) -> list[object]:
    return [
        orjson.loads(str(content))
        for content in await row_type.all().order_by("id").values_list("content", flat=True)
    ]


async def _proposals_by_key(kind: VersionKind, keys: list[str]) -> dict[str, Proposal]:
    rows = await VersionProposalRow.filter(
        kind=kind.value, version_key__in=keys, state=ProposalState.PUBLISHED.value
    )
    return {row.version_key: _proposal(row) for row in rows}


def _proposal(row: VersionProposalRow) -> Proposal:
    return Proposal(
        proposal_id=row.id,
        kind=VersionKind(row.kind),
        code=row.code,
        version_key=row.version_key,
        effective_from=date.fromisoformat(row.effective_from),
        content=row.content,
        sha256=row.sha256,
        why=row.why,
        state=ProposalState(row.state),
        maker_id=row.maker_id,
        checker_id=row.checker_id,
        proposed_at=moment_of(row.proposed_at),
        decided_at=None if row.decided_at is None else moment_of(row.decided_at),
    )
