"""Reading policy: what is in force on a day, put together once after each publishing."""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import cast

import orjson

from app.catalog import rules
from app.catalog.rules import PolicyBook, PolicyValue
from app.foundation.database import current, fetch, joined
from app.foundation.revision import CATALOG

VALUES_CACHED = 1024
"""More than all values a catalog holds; a value never changes, so it is read from text once."""
BOOKS_CACHED = 64
"""Days that are asked about by turns: today's, and those on which something was agreed."""

_KEPT = ("policy values", "")
_REVISION = f"SELECT revision FROM revision WHERE subject_id = '{CATALOG}'"
_EVERYTHING = f"SELECT content, ({_REVISION}) AS revision FROM policy_value"


@dataclass(slots=True)
class _Published:
    """Every value that was published up to a revision of the catalog."""

    revision: int | None
    values: tuple[PolicyValue, ...]
    books: dict[date, PolicyBook] = field(default_factory=dict[date, PolicyBook])

    def book(self, on: date) -> PolicyBook:
        """Return a day's book, put together when first asked for."""
        known = self.books.get(on)
        if known is None:
            if len(self.books) >= BOOKS_CACHED:
                del self.books[next(iter(self.books))]
            known = self.books[on] = PolicyBook.on_day(on, self.values)
        return known


async def policy_book(on: date) -> PolicyBook:
    """
    Return every policy value in force on a day.

    Values are only ever added, and whoever adds one counts the catalog's revision up in the same
    transaction. So where a process knows the values, one number tells whether they are all.
    """
    known = cast("_Published | None", current().kept.get(_KEPT))
    if known is not None and await _revision() == known.revision:
        return known.book(on)
    rows = await fetch(_EVERYTHING)
    if not rows:
        return PolicyBook.on_day(on, ())
    found = _Published(rows[0]["revision"], tuple(_policy_value(row["content"]) for row in rows))
    _keep(found)
    return found.book(on)


async def policy(name: str, on: date) -> PolicyValue:
    """
    Return a policy value in force on a day, with its unit, kind and source.

    Raises:
        PolicyValueMissing: Nothing of that name holds on the day.
    """
    return (await policy_book(on)).value(name)


async def _revision() -> int | None:
    rows = await fetch(_REVISION)
    return rows[0]["revision"] if rows else None


def _keep(found: _Published) -> None:
    """Keep what was read; inside a transaction, which may have published itself, if it commits."""
    kept, tx = current().kept, joined()
    if tx is None:
        kept[_KEPT] = found
    else:
        tx.after_commit(lambda: kept.update({_KEPT: found}))


@lru_cache(VALUES_CACHED)
def _policy_value(content: str) -> PolicyValue:
    return rules.policy_value_from(orjson.loads(content))
