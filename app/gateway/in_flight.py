"""What is being answered, for whoever stops the process."""

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send


class InFlight:
    """An app, and how many of its requests and connections are being answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._count = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and be counted meanwhile."""
        self._count += 1
        self._is_idle.clear()
        try:
            await self._app(scope, receive, send)
        finally:
            self._count -= 1
            if not self._count:
                self._is_idle.set()

    async def finished(self, seconds: float) -> None:
        """Wait until nothing is being answered, or for so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_idle.wait(), seconds)
