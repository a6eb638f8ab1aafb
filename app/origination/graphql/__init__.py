"""Origination's parts of both graphs: the way from a wish to money, and its review by staff."""

from app.origination.graphql.borrower import NODES, OriginationMutation, OriginationQuery
from app.origination.graphql.guaranteeing import GuaranteeMutation, GuaranteeQuery
from app.origination.graphql.staff import StaffOriginationMutation, StaffOriginationQuery
from app.origination.graphql.types import LoanApplication
from app.origination.graphql.uploading import DocumentMutation

__all__ = [
    "NODES",
    "DocumentMutation",
    "GuaranteeMutation",
    "GuaranteeQuery",
    "LoanApplication",
    "OriginationMutation",
    "OriginationQuery",
    "StaffOriginationMutation",
    "StaffOriginationQuery",
]
