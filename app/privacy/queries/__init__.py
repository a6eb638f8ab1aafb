"""Reading privacy: who looked at a borrower's data, and what became of their rights."""

from app.privacy.queries.looks import LookSeen, borrowers_looked_at, look, looks_at

__all__ = ["LookSeen", "borrowers_looked_at", "look", "looks_at"]
