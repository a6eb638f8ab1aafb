"""Asking outside for what a decision goes by: the bureau, and each source agreed to, once."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from app.foundation.log import logger
from app.origination.ports import (
    AlternativeRecords,
    BureauSummary,
    CreditBureau,
    RecordKind,
    RecordSource,
    SourceUnavailable,
)

log = logger(__name__)

SOURCE_SECONDS = 5
"""How long one source may take to answer once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whom to ask about, and what they have agreed to; without consent nothing is asked."""

    query_id: str
    person_reference: str
    asks_bureau: bool
    kinds: frozenset[RecordKind]
    may_wait: bool
    """Whether a source that is silent now may still be waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of it; a source that stayed silent is named, and nothing is guessed for it."""

    summary: BureauSummary | None
    records: AlternativeRecords
    silent: tuple[str, ...]


async def look_up(question: Question, bureau: CreditBureau, source: RecordSource | None) -> Looked:
    """
    Ask the bureau and every source agreed to; call it outside any transaction.

    The query's id is the application's, so asking again leaves no second trace.

    Raises:
        BureauUnavailable: The bureau gave no answer.
        SourceUnavailable: A source gave none, and it may still be waited for.
    """
    summary = None
    if question.asks_bureau:
        summary = await bureau.summary(question.query_id, question.person_reference)
    kinds = sorted(question.kinds) if source is not None else []
    answers = await asyncio.gather(*(_asked(question, kind, source) for kind in kinds))
    silent = tuple(
        kind.value for kind, answer in zip(kinds, answers, strict=True) if answer is None
    )
    if silent and question.may_wait:
        raise SourceUnavailable(", ".join(silent))
    if silent:
        log.warning("records_not_there", query_id=question.query_id, silent=silent)
    return Looked(summary=summary, records=_together(answers), silent=silent)


async def _asked(
    question: Question, kind: RecordKind, source: RecordSource | None
) -> AlternativeRecords | None:
    assert source is not None, "a kind is asked for where there is a source"
    try:
        async with asyncio.timeout(SOURCE_SECONDS):
            answer = await source.records(question.query_id, question.person_reference, kind)
    except (SourceUnavailable, TimeoutError):
        return None
    return answer.only(kind)


def _together(answers: Iterable[AlternativeRecords | None]) -> AlternativeRecords:
    """Lay what several sources say beside each other; each says something else."""
    records = AlternativeRecords()
    for answer in answers:
        if answer is not None:
            records = answer.over(records)
    return records
