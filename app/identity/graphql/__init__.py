"""Identity's parts of both graphs: borrowers' and staff's."""

from app.identity.graphql.borrower import NODES, IdentityMutation, IdentityQuery
from app.identity.graphql.intents import Intent, IntentMutation
from app.identity.graphql.staff import StaffIdentityMutation, StaffIdentityQuery
from app.identity.graphql.types import Language, StaffMember, StaffRole

__all__ = [
    "NODES",
    "IdentityMutation",
    "IdentityQuery",
    "Intent",
    "IntentMutation",
    "Language",
    "StaffIdentityMutation",
    "StaffIdentityQuery",
    "StaffMember",
    "StaffRole",
]
