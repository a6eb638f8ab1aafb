"""Reading collections: cases, holds, what was permitted and tried, and whether all was lawful."""

from app.collections.queries.holds import holds_by_borrower, holds_of

__all__ = ["holds_by_borrower", "holds_of"]
