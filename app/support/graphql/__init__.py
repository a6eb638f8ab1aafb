"""Support's parts of both graphs: the borrower's tickets, and the service desk."""

from app.support.graphql.borrower import NODES, SupportMutation, SupportQuery
from app.support.graphql.desk import StaffSupportMutation, StaffSupportQuery

__all__ = [
    "NODES",
    "StaffSupportMutation",
    "StaffSupportQuery",
    "SupportMutation",
    "SupportQuery",
]
