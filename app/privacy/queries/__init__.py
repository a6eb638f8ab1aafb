"""Reading privacy: who looked at a borrower's data, and what became of their rights."""

from app.privacy.queries.closing import Closing, ask_for_obstacles, deletion_plan
from app.privacy.queries.consents import consent_purpose, consent_purposes, recipient_names
from app.privacy.queries.holding import held_of
from app.privacy.queries.looks import LookSeen, borrowers_looked_at, look, looks_at
from app.privacy.queries.requests import (
    correction_answers,
    correction_asked,
    correction_words,
    corrections_asked_of,
    corrections_waiting,
    own_correction,
    own_review,
    review_answers,
    review_asked,
    review_words,
    reviews_asked_of,
    reviews_waiting,
)

__all__ = [
    "Closing",
    "LookSeen",
    "ask_for_obstacles",
    "borrowers_looked_at",
    "consent_purpose",
    "consent_purposes",
    "correction_answers",
    "correction_asked",
    "correction_words",
    "corrections_asked_of",
    "corrections_waiting",
    "deletion_plan",
    "held_of",
    "look",
    "looks_at",
    "own_correction",
    "own_review",
    "recipient_names",
    "review_answers",
    "review_asked",
    "review_words",
    "reviews_asked_of",
    "reviews_waiting",
]
