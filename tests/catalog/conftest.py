"""The catalog as it stands in fixtures, read once, and published where a test asks for it."""

from datetime import date

import pytest

from app.catalog import operations
from app.catalog.rules import CatalogContent, PolicyBook, Product, RegionPack
from app.foundation.database import Database
from tests.published import publish_catalog

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="session")
def catalog() -> CatalogContent:
    """Read the fixtures."""
    return operations.read_catalog(operations.FIXTURES).content


@pytest.fixture(scope="session")
def products(catalog: CatalogContent) -> dict[str, Product]:
    """Give the products by code."""
    return {product.code: product for product in catalog.products}


@pytest.fixture(scope="session")
def packs(catalog: CatalogContent) -> dict[str, RegionPack]:
    """Give the region packs by code."""
    return {pack.code: pack for pack in catalog.regions}


@pytest.fixture(scope="session")
def book(catalog: CatalogContent) -> PolicyBook:
    """Give the policy of the tests' day."""
    return PolicyBook.on_day(TODAY, catalog.policy_values)


@pytest.fixture
async def published(database: Database) -> Database:
    """Publish the fixtures into the test's database."""
    await publish_catalog()
    return database
