"""Reading partners as of a day."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import orjson

from app.catalog.rules import Fault, Product
from app.foundation.database import business_date
from app.partners import rules
from app.partners.models import PartnerVersionRow
from app.partners.rules import Lender, Partner, PartnerKind

VERSIONS_CACHED = 256
"""More than all versions there are; a version never changes, so it is read from text once."""


async def partners(on: date) -> list[Partner]:
    """Return every partner on the published list on a day, by code."""
    known = await _partners(on)
    return [known[code] for code in sorted(known) if known[code].is_listed_on(on)]


async def funders(on: date) -> list[Partner]:
    """Return those on the list who lend, our own book among them, by code."""
    return [partner for partner in await partners(on) if partner.is_funder]


async def cash_partners(on: date) -> list[Partner]:
    """Return those who take repayments in cash, or did before they left the list, by code."""
    known = await _partners(on)
    return [known[code] for code in sorted(known) if known[code].kind is PartnerKind.CASH_AGENT]


async def cash_partner_of(staff_name: str, on: date) -> Partner | None:
    """Return for whom somebody takes cash who signs in by this name; None where for nobody."""
    listed = (one for one in await cash_partners(on) if one.is_listed_on(on))
    found = (one for one in listed if staff_name in one.takers)
    return next(found, None)


async def lenders_of(product: Product, on: date) -> tuple[Lender, ...]:
    """
    Return who lends a product and which part, largest share first.

    Raises:
        PartnerNotListed: A lender, or who collects a fee, is not on the list on that day.
    """
    return rules.lenders_of(product, await _partners(on), on)


async def are_listed(products: Sequence[Product], on: date) -> list[bool]:
    """Tell of each product whether everybody it names is on the list on a day; one query."""
    known = await _partners(on)
    return [rules.is_listed(product, known, on) for product in products]


async def as_listed(product: Product, on: date) -> Product:
    """
    Return a product as those lend it who are on the list on a day.

    Raises:
        PartnerNotListed: It cannot be lent without somebody who is not.
    """
    return rules.as_listed(product, await _partners(on), on)


async def naming_faults(product: Product, on: date) -> list[Fault]:
    """Name what is wrong with the partners a product names, as they stand on a day."""
    return list(rules.naming_faults(product, await _partners(on)))


async def partner_faults(partner: Partner) -> list[Fault]:
    """Name what speaks against a version of a partner from the desk, as of today."""
    rows = await PartnerVersionRow.filter(code=partner.code)
    published = [_partner(row.content) for row in rows]
    return rules.version_faults(partner, published, await business_date())


async def _partners(on: date) -> dict[str, Partner]:
    rows = await PartnerVersionRow.filter(effective_from__lte=on.isoformat())
    versions = sorted(
        (_partner(row.content) for row in rows), key=lambda one: (one.effective_from, one.version)
    )
    return {partner.code: partner for partner in versions}


@lru_cache(VERSIONS_CACHED)
def _partner(content: str) -> Partner:
    return rules.partner_from(orjson.loads(content))
