"""Collections' parts of both graphs: the borrower's contacts, and the desk's cases."""

from app.collections.graphql.borrower import CollectionsMutation, CollectionsQuery
from app.collections.graphql.staff import StaffCollectionsMutation, StaffCollectionsQuery

__all__ = [
    "CollectionsMutation",
    "CollectionsQuery",
    "StaffCollectionsMutation",
    "StaffCollectionsQuery",
]
