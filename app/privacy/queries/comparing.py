"""
Comparing the record of looks and reveals with the audit chain, row by row.

Whoever holds the database could take a look from the record that the borrower reads, or put one
in; the chain has an entry of each, with a digest of the look's row.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.foundation.audit import ALARM, Difference, Rows, StoredEntry, about_of
from app.foundation.canonical import canonical_json, sha256_of
from app.foundation.clock import milliseconds
from app.foundation.database import fetch
from app.foundation.database.stored import as_text, stored_texts
from app.privacy.models import LookRow

PAGE = 500
LOOK = ("borrower_id", "staff_id", "staff_role", "staff_name", "what", "reason", "ticket_id")
REVEAL = ("staff_id", "borrower_id", "field", "look_id", "request_id")


def look_digest(row: LookRow) -> str:
    """Return the digest by which the chain knows a look's row."""
    values = [str(getattr(row, name) or "") for name in LOOK]
    return _digest([row.id, *values, milliseconds(row.looked_at)])


def _digest(content: list[Any]) -> str:
    return sha256_of(canonical_json(content))


class LooksAndReveals:
    """
    The rows of both tables as the chain tells them; hears every entry, then compares.

    Looks from before there was a chain have no entry, and are passed over by their date. Of those
    whose entry has no digest as yet, the role and name of who looked cannot be compared.
    """

    def __init__(self) -> None:
        self._looks = Rows("look")
        self._reveals = Rows("reveal")
        self._since: int | None = None

    def hear(self, entry: StoredEntry) -> None:
        """Take in a look, and the reveal it was for."""
        if self._since is None:
            self._since = entry.recorded_at
        about = about_of(entry)
        look_id = about.get("look")
        if look_id is None or entry.kind.startswith(ALARM):
            return
        said = about.get("row") or _undigested(
            entry.subject_id, entry.actor, about, entry.recorded_at
        )
        self._looks.say(str(look_id), entry.seq, str(said))
        if "reveal" in about:
            content = [entry.actor, entry.subject_id, about.get("field"), look_id]
            told = [*(str(one or "") for one in (*content, about.get("request")))]
            self._reveals.say(
                str(about["reveal"]), entry.seq, _digest([*told, str(entry.recorded_at)])
            )

    async def differences(self) -> Sequence[Difference]:
        """Compare both tables."""
        found: list[Difference] = []
        last = ""
        while rows := await _page("look", (*LOOK, "looked_at"), last):
            last = rows[-1]["id"]
            for row in rows:
                found += self._of_look(row)
        last = ""
        while rows := await _page("reveal", (*REVEAL, "revealed_at"), last):
            last = rows[-1]["id"]
            for row in rows:
                content = [row[name] or "" for name in REVEAL]
                one = self._reveals.compare(
                    row["id"], [_digest([*content, str(row["revealed_at"])])]
                )
                found += [] if one is None else [one]
        return [*found, *self._looks.left(), *self._reveals.left()]

    def _of_look(self, row: dict[str, Any]) -> list[Difference]:
        looked_at = _moment(row["looked_at"])
        if not self._looks.knows(row["id"]) and (looked_at or 0) < (self._since or 0):
            return []
        values = [row[name] or "" for name in LOOK]
        contents = [
            _digest([row["id"], *values, looked_at]),
            _undigested(
                row["borrower_id"], row["staff_id"], row | {"ticket": row["ticket_id"]}, looked_at
            ),
        ]
        one = self._looks.compare(row["id"], contents)
        return [] if one is None else [one]


def _undigested(
    borrower_id: str | None, staff_id: str, about: dict[str, Any], at: int | None
) -> str:
    """Describe a look by what the first entries said of one, before they had a digest."""
    told = [str(about.get(name) or "") for name in ("what", "reason", "ticket")]
    return "|".join((borrower_id or "", staff_id, *told, str(at)))


def _moment(held: object) -> int | None:
    """Return milliseconds of a time as a database holds it; None for what is none."""
    try:
        moment = held if isinstance(held, datetime) else datetime.fromisoformat(str(held))
    except ValueError:
        return None
    return milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


async def _page(table: str, columns: tuple[str, ...], after: str) -> list[dict[str, Any]]:
    rows = await fetch(
        f"SELECT id, {stored_texts(columns)} FROM {table} WHERE id > ? ORDER BY id LIMIT {PAGE}",
        [after],
    )
    return [as_text(row) for row in rows]
