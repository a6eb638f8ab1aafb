"""A decision made again from what it saw: the same bytes, or it is said what differs."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.catalog import queries as catalog
from app.foundation.errors import NotFound
from app.foundation.sealing import Forgotten, SealBroken, unseal_all
from app.origination.errors import NothingToOffer, RuleStands
from app.origination.models import DecisionRow, MonthlyScoreRow, SecondDecisionRow
from app.origination.rules.decision import decide, verdict_from
from app.origination.rules.overturning import decided_anew
from app.origination.rules.snapshot import Snapshot, snapshot_from

REPLAY_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A decision as it was written down, and as its snapshot decides it now."""

    decision_id: str
    model_version: int
    stored: bytes = field(repr=False)
    recomputed: bytes = field(repr=False)
    problems: tuple[str, ...]
    """What is not as it was, in words that name fields and no values; empty if all is."""
    is_forgotten: bool = False
    """Whether its borrower's data was deleted, so that nobody can make it again."""

    @property
    def is_identical(self) -> bool:
        """Whether both are the same bytes and nothing they were made from has changed."""
        return self.stored == self.recomputed and not self.problems

    @property
    def sha256(self) -> str:
        """Return the hash of what was written down."""
        return hashlib.sha256(self.stored).hexdigest()


Row = DecisionRow | SecondDecisionRow | MonthlyScoreRow
_KINDS: tuple[type[Row], ...] = (DecisionRow, SecondDecisionRow, MonthlyScoreRow)
"""Everything that a scorecard decided: on applications, anew after a person, and every month."""


async def replay(decision_id: str) -> Replay:
    """
    Make a decision again from its sealed snapshot and the scorecard version it names.

    It may be an application's, one made anew by a person, or a month's look.

    Raises:
        NotFound: There is no such decision.
        SealBroken: What was sealed with it was altered.
        Forgotten: Its borrower's data was deleted.
    """
    row = await _row(decision_id)
    snapshot_text, verdict = await unseal_all(
        [
            (row.seals.cell(column, row.id, row.borrower_id), bytes(getattr(row, column)))
            for column in ("snapshot", "verdict")
        ]
    )
    snapshot = snapshot_from(snapshot_text)
    card = await catalog.scorecard_version(snapshot.model_version)
    if isinstance(row, SecondDecisionRow):
        # The sum a person let be offered stands in what they decided.
        most_fen = verdict_from(verdict).limit_fen
        again = decided_anew(snapshot, card, most_fen=most_fen).as_json()
    else:
        again = decide(snapshot, card).as_json()
    return Replay(
        decision_id=row.id,
        model_version=row.model_version,
        stored=verdict.encode(),
        recomputed=again.encode(),
        problems=(
            *await _changed_inputs(row, snapshot),
            *_differences(orjson.loads(verdict), orjson.loads(again)),
        ),
    )


async def replay_told(decision_id: str) -> Replay:
    """
    Make a decision again; what cannot be made again is told, not raised.

    Raises:
        NotFound: There is no such decision.
    """
    return await _told(await _row(decision_id))


async def replay_all() -> AsyncIterator[Replay]:
    """
    Make every decision again, those of a kind oldest first, as `replay_told` does.

    A borrower who was forgotten leaves decisions that nobody can open; that is no problem.
    """
    for kind in _KINDS:
        after = ""
        while True:
            rows = await kind.filter(id__gt=after).order_by("id").limit(REPLAY_BATCH)
            for row in rows:
                yield await _told(row)
            if len(rows) < REPLAY_BATCH:
                break
            after = rows[-1].id


async def _row(decision_id: str) -> Row:
    for kind in _KINDS:
        row = await kind.get_or_none(id=decision_id)
        if row is not None:
            return row
    raise NotFound


async def _told(row: Row) -> Replay:
    problems: tuple[str, ...] = ()
    is_forgotten = False
    try:
        return await replay(row.id)
    except Forgotten:
        is_forgotten = True
    except SealBroken:
        problems = ("what it saw or found was altered after it was sealed",)
    except NotFound:
        problems = (f"scorecard {row.model_version} is gone",)
    except (RuleStands, NothingToOffer):
        problems = ("a rule refuses now what a person approved then",)
    return Replay(
        decision_id=row.id,
        model_version=row.model_version,
        stored=b"",
        recomputed=b"",
        problems=problems,
        is_forgotten=is_forgotten,
    )


async def _changed_inputs(row: Row, snapshot: Snapshot) -> list[str]:
    """Name what stands beside the sealed snapshot and is not as the decision left it."""
    found: list[str] = []
    if row.model_version != snapshot.model_version:
        found.append(f"the row names scorecard {row.model_version}")
    # Decisions of the first days did not keep the hash; the recomputation alone speaks for them.
    kept = snapshot.model_sha256
    if kept and kept != await catalog.scorecard_sha256(snapshot.model_version):
        found.append(f"scorecard {snapshot.model_version} has other content than it had then")
    return found


def _differences(stored: dict[str, Any], again: dict[str, Any], under: str = "") -> list[str]:
    """Name the fields that came out otherwise, and never what they say: it is personal."""
    found: list[str] = []
    for name in sorted({*stored, *again}):
        before, now = stored.get(name), again.get(name)
        if isinstance(before, dict) and isinstance(now, dict):
            found += _differences(before, now, f"{under}{name}.")
        elif before != now:
            found.append(f"{under}{name} comes out otherwise")
    return found
