"""The graphs put together from the rooms' parts: one for borrowers, one for staff."""

from collections.abc import Mapping
from typing import Annotated, cast

import strawberry
from strawberry.schema.config import StrawberryConfig

from app.catalog.graphql import NODES as CATALOG_NODES
from app.catalog.graphql import CatalogQuery
from app.collections.graphql import (
    CollectionsMutation,
    CollectionsQuery,
    StaffCollectionsMutation,
    StaffCollectionsQuery,
)
from app.foundation.errors import InvalidInput
from app.foundation.graphql import FEN_MAX, SCALARS, Info, Node, NodeResolver, PlainProblem
from app.foundation.ids import has_id_shape
from app.gateway.intents import BeginIntentMutation
from app.gateway.plan.leaves import WHOLE_UP_TO
from app.gateway.subscriptions import Subscription
from app.gateway.sync.graph import SyncMutation
from app.gateway.trust import gated
from app.household.graphql import HouseholdMutation, HouseholdQuery
from app.identity.graphql import NODES as IDENTITY_NODES
from app.identity.graphql import (
    IdentityMutation,
    IdentityQuery,
    IntentMutation,
    StaffIdentityMutation,
    StaffIdentityQuery,
)
from app.literacy.graphql import LiteracyMutation, LiteracyQuery
from app.messaging.graphql import NODES as MESSAGING_NODES
from app.messaging.graphql import (
    ContactMutation,
    MessagingMutation,
    MessagingQuery,
    StaffMessagingMutation,
    StaffMessagingQuery,
)
from app.origination.graphql import NODES as ORIGINATION_NODES
from app.origination.graphql import (
    AssistedMutation,
    AssistedQuery,
    DocumentMutation,
    GuaranteeMutation,
    GuaranteeQuery,
    HandoverMutation,
    HandoverQuery,
    OriginationMutation,
    OriginationQuery,
    StaffAssistedMutation,
    StaffAssistedQuery,
    StaffHandoverQuery,
    StaffOriginationMutation,
    StaffOriginationQuery,
)
from app.origination.graphql.partnering import StaffPartnerQuery
from app.partners.graphql import PartnersQuery
from app.payments.graphql import NODES as PAYMENTS_NODES
from app.payments.graphql import PaymentsMutation, PaymentsQuery
from app.payments.graphql.cash.staff import StaffCashMutation, StaffCashQuery
from app.privacy.graphql import NODES as PRIVACY_NODES
from app.privacy.graphql import PrivacyQuery, RightsMutation, RightsQuery
from app.rewards.graphql import RewardsMutation, RewardsQuery
from app.servicing.graphql import NODES as SERVICING_NODES
from app.servicing.graphql import HardshipMutation, ServicingQuery
from app.servicing.graphql.settling import StaffSettlementQuery
from app.support.graphql import NODES as SUPPORT_NODES
from app.support.graphql import (
    StaffAuditQuery,
    StaffCatalogMutation,
    StaffCatalogQuery,
    StaffCollectingQuery,
    StaffCorrectionMutation,
    StaffCorrectionQuery,
    StaffReportQuery,
    StaffRevealMutation,
    StaffRevealQuery,
    StaffRewardsMutation,
    StaffRewardsQuery,
    StaffRightsMutation,
    StaffRightsQuery,
    StaffSupportMutation,
    StaffSupportQuery,
    SupportMutation,
    SupportQuery,
)

NODES_MAX = 50
NODES: Mapping[str, NodeResolver] = {
    **IDENTITY_NODES,
    **CATALOG_NODES,
    **ORIGINATION_NODES,
    **SERVICING_NODES,
    **PAYMENTS_NODES,
    **MESSAGING_NODES,
    **PRIVACY_NODES,
    **SUPPORT_NODES,
}
"""Who finds a node, by the two letters its id begins with."""


async def _node(info: Info, node_id: str) -> Node | None:
    resolver = NODES.get(node_id[:2])
    if resolver is None or not has_id_shape(node_id):
        return None
    return await resolver(info, node_id)


@strawberry.type(description="Looking things up again by id.")
class NodeQuery:
    """Relay's two fields."""

    @strawberry.field(description="One thing by its id; null when missing or not the caller's.")
    async def node(
        self,
        info: Info,
        id: Annotated[  # noqa: A002 - Relay's name
            strawberry.ID, strawberry.argument(description="An id that an answer has shown.")
        ],
    ) -> Node | None:
        """Find a node of any type."""
        return await _node(info, id)

    @strawberry.field(description="Several things by id, in order, each null when missing.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 50 ids.")],
    ) -> list[Node | None] | None:
        """Find up to 50 nodes."""
        if len(ids) > NODES_MAX:
            raise InvalidInput("ids", "foundation.reason.page_size", most=NODES_MAX)
        # Each is awaited as an item of its own: what one refuses leaves the others as they are.
        return cast("list[Node | None]", [_node(info, one) for one in ids])


@strawberry.type(description="Everything a borrower's phone can read.")
class Query(
    IdentityQuery,
    CatalogQuery,
    PartnersQuery,
    OriginationQuery,
    GuaranteeQuery,
    HandoverQuery,
    AssistedQuery,
    ServicingQuery,
    PaymentsQuery,
    CollectionsQuery,
    LiteracyQuery,
    RewardsQuery,
    HouseholdQuery,
    MessagingQuery,
    PrivacyQuery,
    RightsQuery,
    SupportQuery,
    NodeQuery,
):
    """The borrower graph's reads."""


@strawberry.type(description="Everything a borrower's phone can do.")
class Mutation(
    IdentityMutation,
    IntentMutation,
    BeginIntentMutation,
    OriginationMutation,
    DocumentMutation,
    GuaranteeMutation,
    HandoverMutation,
    AssistedMutation,
    HardshipMutation,
    PaymentsMutation,
    CollectionsMutation,
    LiteracyMutation,
    RewardsMutation,
    HouseholdMutation,
    MessagingMutation,
    ContactMutation,
    RightsMutation,
    SupportMutation,
    SyncMutation,
):
    """The borrower graph's commands."""


@strawberry.type(name="Query", description="Everything the service desk can read.")
class StaffQuery(
    StaffIdentityQuery,
    StaffSupportQuery,
    StaffOriginationQuery,
    StaffCollectionsQuery,
    StaffCollectingQuery,
    StaffAssistedQuery,
    StaffCashQuery,
    StaffCatalogQuery,
    StaffCorrectionQuery,
    StaffSettlementQuery,
    StaffPartnerQuery,
    StaffHandoverQuery,
    StaffMessagingQuery,
    StaffReportQuery,
    StaffRevealQuery,
    StaffRewardsQuery,
    StaffRightsQuery,
    StaffAuditQuery,
):
    """The staff graph's reads."""


@strawberry.type(name="Mutation", description="Everything the service desk can do.")
class StaffMutation(
    StaffIdentityMutation,
    StaffCatalogMutation,
    StaffSupportMutation,
    StaffOriginationMutation,
    StaffCollectionsMutation,
    StaffAssistedMutation,
    StaffCashMutation,
    StaffCorrectionMutation,
    StaffMessagingMutation,
    StaffRevealMutation,
    StaffRewardsMutation,
    StaffRightsMutation,
):
    """The staff graph's commands."""


def _schema(query: type, mutation: type, subscription: type | None = None) -> strawberry.Schema:
    schema = strawberry.Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        types=[PlainProblem],
        config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
    )
    schema._schema.type_map["Fen"].extensions[WHOLE_UP_TO] = FEN_MAX  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
    return schema


BORROWER_SCHEMA = gated(_schema(Query, Mutation, Subscription))
STAFF_SCHEMA = _schema(StaffQuery, StaffMutation)
