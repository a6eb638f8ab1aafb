"""Facts that privacy announces."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerForgotten(Fact):
    """A borrower's keys were destroyed; what rooms keep of them in plain is to go too."""

    borrower_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCorrectionAsked(Fact):
    """A borrower wants something put right that staff must check; the desk is to know."""

    request_id: str
    borrower_id: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCorrectionDecided(Fact):
    """A correction was made, or refused with an answer."""

    request_id: str
    borrower_id: str
    is_made: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAnswered(Fact):
    """A person looked at a decision by machine: it stands, or is decided anew."""

    review_id: str
    borrower_id: str
    application_id: str
    is_sent_back: bool
