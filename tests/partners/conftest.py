"""Catalog and partners as they stand in fixtures."""

import pytest

from app.catalog import operations as catalog
from app.catalog.rules import Product
from app.foundation.database import Database
from app.partners import operations
from app.partners.rules import Partner
from tests.published import publish_all


@pytest.fixture(scope="session")
def products() -> dict[str, Product]:
    """Give the products by code."""
    content = catalog.read_catalog(catalog.FIXTURES).content
    return {product.code: product for product in content.products}


@pytest.fixture(scope="session")
def partners() -> dict[str, Partner]:
    """Give the partners by code."""
    return {partner.code: partner for partner, _ in operations.read_partners(catalog.FIXTURES)}


@pytest.fixture
async def published(database: Database) -> Database:
    """Publish catalog and partners into the test's database."""
    await publish_all()
    return database
