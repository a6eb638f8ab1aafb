"""Privacy's part of the borrower's graph: who looked at me, and the rights over one's data."""

from collections.abc import Mapping

import strawberry

from app.foundation.graphql import NodeResolver
from app.privacy.graphql.closing import ClosingMutation, ClosingQuery
from app.privacy.graphql.consents import ConsentMutation, ConsentQuery, consent_node
from app.privacy.graphql.copying import CopyQuery
from app.privacy.graphql.looks import NODES as LOOK_NODES
from app.privacy.graphql.looks import LookedAt, LookReason, PrivacyQuery
from app.privacy.graphql.requests import (
    RequestsMutation,
    RequestsQuery,
    correction_node,
    review_node,
)

__all__ = ["NODES", "LookReason", "LookedAt", "PrivacyQuery", "RightsMutation", "RightsQuery"]

NODES: Mapping[str, NodeResolver] = {
    **LOOK_NODES,
    "cr": consent_node,
    "cq": correction_node,
    "hv": review_node,
}
"""Who finds a node of this room, by the two letters its id begins with."""


@strawberry.type(description="Queries about the caller's rights over their data.")
class RightsQuery(ConsentQuery, CopyQuery, ClosingQuery, RequestsQuery):
    """What borrowers may ask."""


@strawberry.type(description="Mutations about the caller's rights over their data.")
class RightsMutation(ConsentMutation, ClosingMutation, RequestsMutation):
    """What borrowers may demand."""
