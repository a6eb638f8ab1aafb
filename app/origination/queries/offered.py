"""The product that an application keeps, read from its text."""

from functools import lru_cache

import orjson

from app.catalog.rules import OfferedProduct, offered_as_json, offered_from_json

OFFERED_CACHED = 1024
"""Products as they stand in regions, read from text once; few differ."""


@lru_cache(OFFERED_CACHED)
def offered_of(written: str) -> OfferedProduct:
    """Read the product an application keeps."""
    return offered_from_json(orjson.loads(written))


def offered_text(offered: OfferedProduct) -> str:
    """Write it down; the same product always gives the same text."""
    return orjson.dumps(offered_as_json(offered), option=orjson.OPT_SORT_KEYS).decode()
