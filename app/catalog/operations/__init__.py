"""Publishing a catalog: from a folder of fixtures, or from the desk by one and another."""

from app.catalog.operations.publishing import (
    FIXTURES,
    CatalogFolder,
    CatalogLoaded,
    Version,
    load_catalog,
    publish,
    read_catalog,
)

__all__ = [
    "FIXTURES",
    "CatalogFolder",
    "CatalogLoaded",
    "Version",
    "load_catalog",
    "publish",
    "read_catalog",
]
