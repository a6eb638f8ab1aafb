"""Publishing a catalog: from a folder of fixtures, or from the desk by one and another."""

from app.catalog.operations.proposing import (
    ValueCheck,
    decide_version,
    propose_version,
    propose_withdrawal,
    take_back_version,
)
from app.catalog.operations.publishing import (
    FIXTURES,
    CatalogFolder,
    CatalogLoaded,
    Version,
    load_catalog,
    publish,
    publish_catalog,
    read_catalog,
)
from app.catalog.operations.staff_leaving import withdraw_proposals

__all__ = [
    "FIXTURES",
    "CatalogFolder",
    "CatalogLoaded",
    "ValueCheck",
    "Version",
    "decide_version",
    "load_catalog",
    "propose_version",
    "propose_withdrawal",
    "publish",
    "publish_catalog",
    "read_catalog",
    "take_back_version",
    "withdraw_proposals",
]
