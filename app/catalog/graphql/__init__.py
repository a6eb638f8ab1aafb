"""The catalog's part of the graph; reading it needs no sign-in."""

from typing import Annotated

import strawberry

from app.catalog import queries
from app.catalog.graphql.types import Product, ProductFee, ProductLender, Region, WholeCost
from app.catalog.graphql.words import ConsentKind, LoanNeed, LoanPayee, RepaymentMethod
from app.catalog.rules import Need
from app.foundation.errors import NotFound
from app.foundation.graphql import Info, NodeResolver, checked_id, checked_text

__all__ = [
    "NODES",
    "CatalogQuery",
    "ConsentKind",
    "LoanNeed",
    "LoanPayee",
    "Product",
    "ProductFee",
    "ProductLender",
    "Region",
    "RepaymentMethod",
    "WholeCost",
]

REGION_CODE_MAX = 6

RegionCode = Annotated[
    str, strawberry.argument(description="Where the borrower lives: a code from `regions`.")
]
OptionalRegionCode = Annotated[
    str | None,
    strawberry.argument(description="Where it would be borrowed; null for the product as such."),
]
OptionalNeed = Annotated[
    LoanNeed | None,
    strawberry.argument(description="What the money is for; null for the best of each need."),
]
ProductId = Annotated[strawberry.ID, strawberry.argument(description="The product's id.")]


@strawberry.type(description="What can be borrowed, and where.")
class CatalogQuery:
    """The catalog's reads."""

    @strawberry.field(description="Every province and county where one can borrow, by code.")
    async def regions(self, info: Info) -> list[Region] | None:
        """List the regions."""
        packs = await queries.regions(info.context.today)
        return [Region.of(pack, info.context.language) for pack in packs]

    @strawberry.field(
        description="At most five suited products, best first. A region we do not lend in is"
        " answered with the error REGION_UNKNOWN."
    )
    async def products(
        self, info: Info, region_code: RegionCode, need: OptionalNeed = None
    ) -> list[Product] | None:
        """List the products for a need in a region."""
        context = info.context
        code = checked_text(region_code, field="regionCode", most=REGION_CODE_MAX)
        wanted = None if need is None else Need[need.name]
        chosen = await queries.products_for(code, context.today, wanted)
        book = await queries.policy_book(context.today)
        return [Product.of(choice, book, context.language) for choice in chosen]

    @strawberry.field(
        description="One product version by its id, as offered in a region; null when there is"
        " none. Also versions that are no longer offered."
    )
    async def product(
        self,
        info: Info,
        id: ProductId,
        region_code: OptionalRegionCode = None,
    ) -> Product | None:
        """Show one product."""
        context = info.context
        version_id = checked_id(id, "pr", field="id")
        try:
            offered = await queries.version_in(version_id, region_code, context.today)
        except NotFound:
            return None
        return Product.of(offered, await queries.policy_book(context.today), context.language)


async def product_node(info: Info, id_: str) -> Product | None:
    """Find a product version by its global id."""
    try:
        offered = await queries.version_in(id_, None, info.context.today)
    except NotFound:
        return None
    book = await queries.policy_book(info.context.today)
    return Product.of(offered, book, info.context.language)


NODES: dict[str, NodeResolver] = {"pr": product_node}
"""Who finds a node of this room, by the first two letters of its id."""
