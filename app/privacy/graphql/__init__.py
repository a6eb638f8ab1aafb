"""Privacy's part of the borrower's graph: who looked at me, and the rights over one's data."""

from app.privacy.graphql.looks import NODES, LookedAt, LookReason, PrivacyQuery

__all__ = ["NODES", "LookReason", "LookedAt", "PrivacyQuery"]
