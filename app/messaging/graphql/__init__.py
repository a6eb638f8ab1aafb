"""Messaging's part of the borrower's graph: the inbox and the switches for text messages."""

from app.messaging.graphql.commands import MessagingMutation
from app.messaging.graphql.reads import NODES, MessagingQuery

__all__ = ["NODES", "MessagingMutation", "MessagingQuery"]
