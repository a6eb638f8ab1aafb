"""Origination's parts of both graphs: the way from a wish to money, and its review by staff."""

from app.origination.graphql.agents import StaffAssistedMutation, StaffAssistedQuery
from app.origination.graphql.assisting import AssistedMutation, AssistedQuery
from app.origination.graphql.borrower import NODES, OriginationMutation, OriginationQuery
from app.origination.graphql.guaranteeing import GuaranteeMutation, GuaranteeQuery
from app.origination.graphql.handing_over import HandoverMutation, HandoverQuery
from app.origination.graphql.handovers import StaffHandoverQuery
from app.origination.graphql.staff import StaffOriginationMutation, StaffOriginationQuery
from app.origination.graphql.types import LoanApplication
from app.origination.graphql.uploading import DocumentMutation

__all__ = [
    "NODES",
    "AssistedMutation",
    "AssistedQuery",
    "DocumentMutation",
    "GuaranteeMutation",
    "GuaranteeQuery",
    "HandoverMutation",
    "HandoverQuery",
    "LoanApplication",
    "OriginationMutation",
    "OriginationQuery",
    "StaffAssistedMutation",
    "StaffAssistedQuery",
    "StaffHandoverQuery",
    "StaffOriginationMutation",
    "StaffOriginationQuery",
]
