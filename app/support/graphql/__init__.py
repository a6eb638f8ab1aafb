"""Support's parts of both graphs: the borrower's tickets, the service desk, corrections."""

from app.support.graphql.borrower import NODES, SupportMutation, SupportQuery
from app.support.graphql.corrections import StaffCorrectionMutation, StaffCorrectionQuery
from app.support.graphql.desk import StaffSupportMutation, StaffSupportQuery

__all__ = [
    "NODES",
    "StaffCorrectionMutation",
    "StaffCorrectionQuery",
    "StaffSupportMutation",
    "StaffSupportQuery",
    "SupportMutation",
    "SupportQuery",
]
