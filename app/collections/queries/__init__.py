"""Reading collections: cases, holds, what was permitted and tried, and whether all was lawful."""

from app.collections.queries.breaches import (
    Breach,
    BreachKind,
    breaches,
    overdue_without_offer,
    permitted_messages,
)
from app.collections.queries.cases import (
    QueuedCase,
    case,
    case_from,
    queue,
    queued_case,
    specials_by_borrower,
)
from app.collections.queries.contacts import (
    Agreement,
    Permit,
    agreement_of,
    attempts_of,
    attempts_of_case,
    calls_of_day,
    permit,
    permits_of_case,
    recorded_attempt,
)
from app.collections.queries.holding import held_of
from app.collections.queries.holds import holds_by_borrower, holds_of
from app.collections.queries.promises import open_promise_of, promises_of_case
from app.collections.queries.scripts import script

__all__ = [
    "Agreement",
    "Breach",
    "BreachKind",
    "Permit",
    "QueuedCase",
    "agreement_of",
    "attempts_of",
    "attempts_of_case",
    "breaches",
    "calls_of_day",
    "case",
    "case_from",
    "held_of",
    "holds_by_borrower",
    "holds_of",
    "open_promise_of",
    "overdue_without_offer",
    "permit",
    "permits_of_case",
    "permitted_messages",
    "promises_of_case",
    "queue",
    "queued_case",
    "recorded_attempt",
    "script",
    "specials_by_borrower",
]
