"""Whether the process lives, and whether it should be sent requests."""

import os
import shutil
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.foundation import database
from app.foundation.database import fetch
from app.foundation.database.migrating import missing_migrations
from app.foundation.database.urls import database_files
from app.foundation.errors import TemporarilyUnavailable
from app.gateway.beside import Beside
from app.gateway.standing import Standing
from app.gateway.wire import json_response

DISK_BYTES_MIN = 64 * 1024 * 1024
"""Below this the process says it is not ready, before writing fails."""
_TAKES_WRITES = (
    "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS yes"
)


class Health:
    """Liveness and readiness, which differ: a live process may have no database."""

    def __init__(self, folder: Path, beside: Beside, standing: Standing) -> None:
        self._folder = folder
        """Where the data is, whose disk must have room."""
        self._beside = beside
        self._standing = standing

    async def alive(self, _request: Request) -> Response:
        """`GET /healthz`: the event loop turns."""
        return json_response({"ok": True})

    async def ready(self, _request: Request) -> Response:
        """
        `GET /readyz`: whether everything that requests need is there; 503 otherwise.

        The database answers and takes writes, the schema is current, every disk that is written to
        has room, the work beside requests is at work, and the process is not about to stop. It only
        reads: whoever asks this often, or asks it many times at once, must not hold up those who
        write.
        """
        checks = await self._checks()
        is_ready = all(checks.values())
        return json_response({"ok": is_ready, "checks": checks}, status=200 if is_ready else 503)

    async def _checks(self) -> dict[str, bool]:
        try:
            takes_writes = await _takes_writes()
            is_current = not await missing_migrations(database.current())
        except TemporarilyUnavailable:
            return {"database": False}
        return {
            "database": takes_writes,
            "schema": is_current,
            "disk": all(shutil.disk_usage(one).free > DISK_BYTES_MIN for one in self._disks()),
            "worker": self._beside.lives,
            "staying": not self._standing.is_ending,
        }

    def _disks(self) -> set[Path]:
        """Return the folders that are written to."""
        return {self._folder, *(path.parent for path in database_files(database.current().url))}


async def _takes_writes() -> bool:
    """
    Tell whether the database would take a write, without making one.

    Raises:
        TemporarilyUnavailable: It is away.
    """
    current = database.current()
    if current.dialect == "postgres":
        return bool((await fetch(_TAKES_WRITES))[0]["yes"])
    await fetch("SELECT 1")
    files = [path for path in database_files(current.url) if path.exists()]
    return all(os.access(path, os.W_OK) for path in files)
