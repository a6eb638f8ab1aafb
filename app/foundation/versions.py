"""What an answer may hang on besides its words: the lending day and two revisions, read at once."""

from datetime import date
from typing import NamedTuple

from app.foundation.clock import local_date
from app.foundation.database import current
from app.foundation.revision import CATALOG


class Versions(NamedTuple):
    """The lending day, a borrower's revision and the catalog's, as of one statement."""

    today: date
    own: int
    catalog: int


def versions_columns(borrower_id: str) -> str:
    """Return what a SELECT adds to its columns to read them; the argument is SQL for whose."""
    return (
        "(SELECT on_date FROM business_day WHERE id = 1) AS on_date,"
        f" (SELECT revision FROM revision WHERE subject_id = {borrower_id}) AS own_revision,"
        f" (SELECT revision FROM revision WHERE subject_id = '{CATALOG}') AS catalog_revision"
    )


def versions_in(on_date: str | None, own: int | None, catalog: int | None) -> Versions:
    """Read these columns of a row; before the first close the lending day is today."""
    today = local_date(current().clock.now()) if on_date is None else date.fromisoformat(on_date)
    return Versions(today, own or 0, catalog or 0)
