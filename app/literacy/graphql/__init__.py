"""Literacy's part of the borrower's graph."""

from app.literacy.graphql.commands import LiteracyMutation
from app.literacy.graphql.reads import LiteracyQuery

__all__ = ["LiteracyMutation", "LiteracyQuery"]
