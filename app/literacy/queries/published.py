"""Versions of the course that were proposed, and the one that is taught."""

from collections.abc import Sequence

import orjson
import zstandard

from app.foundation.clock import moment_of
from app.foundation.errors import NotFound
from app.literacy.models import CourseVersionRow
from app.literacy.rules import Course, course_from
from app.literacy.rules.publishing import (
    CourseChanges,
    CourseProposal,
    CourseState,
    changes_between,
)

VERSIONS_MAX = 20
CONTENTS_BYTES_MAX = 8 * 1024 * 1024


async def course_versions() -> Sequence[CourseProposal]:
    """Return the versions proposed last, newest first, at most twenty."""
    rows = await CourseVersionRow.all().order_by("-proposed_at", "-id").limit(VERSIONS_MAX)
    return [_proposal(row) for row in rows]


async def course_proposal(proposal_id: str) -> CourseProposal:
    """
    Return one proposal, whatever became of it.

    Raises:
        NotFound: There is none of this id.
    """
    row = await CourseVersionRow.get_or_none(id=proposal_id)
    if row is None:
        raise NotFound("proposalId")
    return _proposal(row)


async def changes_by_proposal(proposal_ids: Sequence[str]) -> list[CourseChanges]:
    """
    Return what proposals change of the course published now, in the order asked; two queries.

    Raises:
        NotFound: There is none of one of these ids.
    """
    rows = {row.id: row for row in await CourseVersionRow.filter(id__in=list(proposal_ids))}
    if not rows.keys() >= set(proposal_ids):
        raise NotFound("proposalId")
    published = await published_course()
    return [changes_between(published, opened(rows[one].contents)) for one in proposal_ids]


async def published_version() -> str | None:
    """Return the version published last; None before the first."""
    row = await _newest()
    return None if row is None else row.version


async def published_course() -> Course | None:
    """Return the course published last, from what was kept of it; None before the first."""
    row = await _newest()
    return None if row is None else opened(row.contents)


def packed(contents: dict[str, str]) -> bytes:
    """Return a course's files as they are kept."""
    return zstandard.ZstdCompressor(level=9).compress(orjson.dumps(contents))


def opened(kept: bytes) -> Course:
    """Return the course that files make which were kept."""
    whole = zstandard.ZstdDecompressor().decompress(bytes(kept), max_output_size=CONTENTS_BYTES_MAX)
    return course_from(orjson.loads(whole))


async def _newest() -> CourseVersionRow | None:
    published = CourseVersionRow.filter(state=CourseState.PUBLISHED.value)
    return await published.order_by("-decided_at", "-id").first()


def _proposal(row: CourseVersionRow) -> CourseProposal:
    return CourseProposal(
        proposal_id=row.id,
        version=row.version,
        state=CourseState(row.state),
        lessons=row.lessons,
        maker_id=row.proposed_by,
        proposed_at=moment_of(row.proposed_at),
        checker_id=row.decided_by,
        decided_at=None if row.decided_at is None else moment_of(row.decided_at),
    )
