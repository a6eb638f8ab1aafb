"""Searching the chain: by subject, actor, kind and time, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import fetch
from app.foundation.paging import Page, PageAsk


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for; None stands for all. A kind ending in a dot is the start of kinds."""

    subject_id: str | None = None
    actor: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySeen:
    """One entry of the chain."""

    seq: int
    kind: str
    subject_id: str | None
    actor: str
    about: str
    """Canonical JSON of ids, codes, counts and digests."""
    recorded_at: datetime
    hash: str


async def entries(sought: Sought, ask: PageAsk) -> Page[EntrySeen]:
    """Return a page of entries, newest first."""
    wheres, parameters = ["1 = 1"], list[Any]()
    for column, value in (("subject_id", sought.subject_id), ("actor", sought.actor)):
        if value is not None:
            wheres.append(f"{column} = ?")
            parameters.append(value)
    if sought.kind is not None:
        is_start = sought.kind.endswith(".")
        wheres.append("substr(kind, 1, ?) = ?" if is_start else "kind = ?")
        parameters += [len(sought.kind), sought.kind] if is_start else [sought.kind]
    for sign, moment in ((">=", sought.since), ("<", sought.until)):
        if moment is not None:
            wheres.append(f"recorded_at {sign} ?")
            parameters.append(milliseconds(moment))
    if ask.after is not None:
        wheres.append("seq < ?")
        parameters.append(ask.after[0])
    rows = await fetch(
        "SELECT seq, kind, subject_id, actor, about, recorded_at, hash FROM audit_entry"
        f" WHERE {' AND '.join(wheres)} ORDER BY seq DESC LIMIT ?",
        [*parameters, ask.first + 1],
    )
    return Page[EntrySeen].cut([((row["seq"],), _seen(row)) for row in rows], ask)


async def is_recorded_since(kind: str, actor: str, since: datetime) -> bool:
    """Tell whether somebody has an entry of a kind since a moment."""
    rows = await fetch(
        "SELECT 1 FROM audit_entry WHERE actor = ? AND kind = ? AND recorded_at > ? LIMIT 1",
        [actor, kind, milliseconds(since)],
    )
    return bool(rows)


def _seen(row: dict[str, Any]) -> EntrySeen:
    return EntrySeen(
        seq=row["seq"],
        kind=row["kind"],
        subject_id=row["subject_id"],
        actor=row["actor"],
        about=row["about"],
        recorded_at=moment_of(row["recorded_at"]),
        hash=row["hash"],
    )
