"""A catalog and its partners, published by the app once, then written as they stood."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from app.catalog import operations as catalog
from app.foundation.database import current, fetch, transaction
from app.partners import operations as partners

WRITTEN = (
    "product_version",
    "region_pack",
    "policy_value",
    "scorecard",
    "partner_version",
    "revision WHERE subject_id = 'catalog'",
)
"""All that publishing writes."""

Load = Callable[[Path], Awaitable[object]]
_Rows = list[dict[str, Any]]
_kept: dict[tuple[str, datetime, Load, Path], dict[str, _Rows]] = {}


async def publish_catalog(folder: Path = catalog.FIXTURES) -> None:
    """Publish a folder's catalog into a test's database."""
    await _publish(catalog.load_catalog, folder)


async def publish_all(folder: Path = catalog.FIXTURES) -> None:
    """Publish a folder's catalog and its partners into a test's database."""
    await _publish(_load_both, folder)


async def _load_both(folder: Path) -> None:
    await catalog.load_catalog(folder)
    await partners.load_partners(folder)


async def _publish(load: Load, folder: Path) -> None:
    """Let the app do it the first time; reading and checking the files took most of a test."""
    if await fetch("SELECT 1 FROM product_version LIMIT 1"):  # the app knows what is new then
        await load(folder)
        return
    key = (current().dialect, current().clock.now(), load, folder)
    if key not in _kept:
        await load(folder)
        _kept[key] = await _written()
        return
    async with transaction() as tx:
        for table, rows in _kept[key].items():
            places = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
            await tx.run(
                f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {places}",
                [value for row in rows for value in row.values()],
            )


async def _written() -> dict[str, _Rows]:
    found = {one.split()[0]: await fetch(f"SELECT * FROM {one}") for one in WRITTEN}
    return {table: rows for table, rows in found.items() if rows}
