"""Facts that privacy announces."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCorrectionAsked(Fact):
    """A borrower wants something put right that staff must check; the desk is to know."""

    request_id: str
    borrower_id: str
    field: str
