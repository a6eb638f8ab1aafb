"""Whether the process lives, and whether it should be sent requests."""

import shutil
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.foundation import database
from app.foundation.database import fetch, transaction
from app.foundation.database.migrating import missing_migrations
from app.foundation.errors import TemporarilyUnavailable
from app.gateway.wire import json_response

DISK_BYTES_MIN = 64 * 1024 * 1024
"""Below this the process says it is not ready, before writing fails."""


class Health:
    """Liveness and readiness, which differ: a live process may have no database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        """Where the data is, whose disk must have room."""

    async def alive(self, _request: Request) -> Response:
        """`GET /healthz`: the event loop turns."""
        return json_response({"ok": True})

    async def ready(self, _request: Request) -> Response:
        """`GET /readyz`: database writable, schema current, room on the disk; 503 otherwise."""
        checks = await self._checks()
        is_ready = all(checks.values())
        return json_response({"ok": is_ready, "checks": checks}, status=200 if is_ready else 503)

    async def _checks(self) -> dict[str, bool]:
        try:
            await fetch("SELECT 1")
            async with transaction() as tx:
                await tx.run("UPDATE business_day SET on_date = on_date WHERE id = 1")
            is_current = not await missing_migrations(database.current())
        except TemporarilyUnavailable:
            return {"database": False}
        return {
            "database": True,
            "schema": is_current,
            "disk": shutil.disk_usage(self._folder).free > DISK_BYTES_MIN,
        }
