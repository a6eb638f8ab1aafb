"""Rows as drivers give them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

Found = tuple[Sequence[Sequence[Any]], list[tuple[Any, ...]]]
"""Columns, each told by its name first, and the rows' values in their order."""


class Record(Protocol):
    """A row that is a mapping of its columns, and whose values are gone through in order."""

    def __iter__(self) -> Iterator[Any]:
        """Go through the values."""
        ...

    def __getitem__(self, key: str, /) -> Any:  # noqa: ANN401 - whatever the column holds
        """Return a column's value."""
        ...

    def keys(self) -> Iterable[str]:
        """Return the columns' names."""
        ...


def by_name(found: Found) -> list[dict[str, Any]]:
    """
    Return rows as mappings.

    `sqlite3.Row` looks for each name among all the others: a wide row takes twice as long.
    """
    names = [column[0] for column in found[0]]
    return [dict(zip(names, row, strict=True)) for row in found[1]]
