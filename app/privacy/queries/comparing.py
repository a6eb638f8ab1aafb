"""
Comparing the record of looks and reveals with the audit chain, row by row.

Whoever holds the database could take a look from the record that the borrower reads, or put one
in; the chain has an entry of each, with a digest of the look's row.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from app.foundation.audit import ALARM, Difference, Rows, StoredEntry, about_of
from app.foundation.canonical import canonical_json, sha256_of
from app.foundation.clock import milliseconds
from app.privacy.models import LookRow

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
        self._looks = Rows("look", "id", (*LOOK, "looked_at"), _of_look, self._is_older)
        self._reveals = Rows("reveal", "id", (*REVEAL, "revealed_at"), _of_reveal)
        self._since: int | None = None

    def hear(self, entry: StoredEntry) -> None:
        """Take in a look, and the reveal it was for."""
        recorded_at = cast("object", entry.recorded_at)  # SQLite takes any edit
        if self._since is None and isinstance(recorded_at, int):
            self._since = recorded_at
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

    async def look(self) -> None:
        """Compare both tables while others go on writing."""
        await self._looks.look()
        await self._reveals.look()

    async def differences(self) -> Sequence[Difference]:
        """Look again at what differed."""
        return [*await self._looks.differences(), *await self._reveals.differences()]

    def _is_older(self, row: dict[str, Any]) -> bool:
        return (_moment(row["looked_at"]) or 0) < (self._since or 0)


def _of_look(row: dict[str, Any]) -> list[str]:
    looked_at = _moment(row["looked_at"])
    digest = _digest([row["id"], *(row[name] or "" for name in LOOK), looked_at])
    about = row | {"ticket": row["ticket_id"]}
    return [digest, _undigested(row["borrower_id"], row["staff_id"], about, looked_at)]


def _of_reveal(row: dict[str, Any]) -> list[str]:
    return [_digest([*(row[name] or "" for name in REVEAL), str(row["revealed_at"])])]


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
