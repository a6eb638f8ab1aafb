"""Messaging's part of the borrower's graph: the inbox and the switches for text messages."""

from app.messaging.graphql.commands import MessagingMutation
from app.messaging.graphql.contacting import ContactMutation
from app.messaging.graphql.reads import NODES, MessagingQuery
from app.messaging.graphql.staff import StaffMessagingMutation, StaffMessagingQuery

__all__ = [
    "NODES",
    "ContactMutation",
    "MessagingMutation",
    "MessagingQuery",
    "StaffMessagingMutation",
    "StaffMessagingQuery",
]
