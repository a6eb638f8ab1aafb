"""Support's parts of both graphs: the borrower's tickets, the service desk, corrections."""

from app.support.graphql.auditing import StaffAuditQuery
from app.support.graphql.borrower import NODES, SupportMutation, SupportQuery
from app.support.graphql.collecting import StaffCollectingQuery
from app.support.graphql.corrections import StaffCorrectionMutation, StaffCorrectionQuery
from app.support.graphql.desk import StaffSupportMutation, StaffSupportQuery
from app.support.graphql.publishing import StaffCatalogMutation, StaffCatalogQuery
from app.support.graphql.reports import StaffReportQuery
from app.support.graphql.reveals import StaffRevealMutation, StaffRevealQuery
from app.support.graphql.rewards import StaffRewardsMutation, StaffRewardsQuery
from app.support.graphql.rights import StaffRightsMutation, StaffRightsQuery

__all__ = [
    "NODES",
    "StaffAuditQuery",
    "StaffCatalogMutation",
    "StaffCatalogQuery",
    "StaffCollectingQuery",
    "StaffCorrectionMutation",
    "StaffCorrectionQuery",
    "StaffReportQuery",
    "StaffRevealMutation",
    "StaffRevealQuery",
    "StaffRewardsMutation",
    "StaffRewardsQuery",
    "StaffRightsMutation",
    "StaffRightsQuery",
    "StaffSupportMutation",
    "StaffSupportQuery",
    "SupportMutation",
    "SupportQuery",
]
