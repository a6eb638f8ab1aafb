"""Facts about households that others may act on."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class TightMonthNear(Fact):
    """A month begins in three weeks in which too little will be left to live on."""

    borrower_id: str
    month: str
    """Such as 2027-02; no amount leaves the household's room."""
    has_loan: bool = True
    """Whether anything is owed here, for which relief could be asked; no fact before said it."""
