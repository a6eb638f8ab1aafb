"""Which applications wait for a lender, because one has left the published list."""

from collections.abc import Sequence
from datetime import date

from app.catalog import queries as catalog
from app.catalog.errors import ProductNotOffered, RegionUnknown
from app.foundation.database import business_date
from app.origination.models import ApplicationRow
from app.origination.queries.offered import offered_of
from app.partners import queries as partners


async def lacking_lender(rows: Sequence[ApplicationRow]) -> frozenset[str]:
    """
    Return which of these applications cannot be handed in today for want of a listed lender.

    What counts is the version in force, as it does when one is handed in: a new version with other
    lenders lets them go on.
    """
    today = await business_date()
    kept = await partners.are_listed([offered_of(row.offered).product for row in rows], today)
    left = [row for row, is_listed in zip(rows, kept, strict=True) if not is_listed]
    return frozenset([row.id for row in left if not await _has_new_lenders(row, today)])


async def _has_new_lenders(row: ApplicationRow, today: date) -> bool:
    try:
        offered = await catalog.offered_product(row.product_code, row.region_code, today)
    except (ProductNotOffered, RegionUnknown):
        return True  # the product has ended, which is another thing to be told
    return (await partners.are_listed([offered.product], today))[0]
