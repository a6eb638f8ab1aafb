"""Turns on a connection: one task at a time, for as long as the connection may be used."""

import asyncio
from collections.abc import Callable
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient, ConnectionWrapper


class Turn(ConnectionWrapper[Any]):
    """
    One task's turn on a connection that several share.

    A task that outlives its transaction still holds the transaction's client, but the connection
    beneath it is somebody else's by then: `check_open` refuses it. Tortoise's own wrapper asks
    nothing, and keeps the lock when the connection cannot be opened.
    """

    __slots__ = ("_check_open",)

    def __init__(
        self, lock: asyncio.Lock, client: BaseDBAsyncClient, check_open: Callable[[], None]
    ) -> None:
        super().__init__(lock, client)
        self._check_open = check_open

    async def __aenter__(self) -> Any:  # noqa: ANN401 - a driver's connection
        """Wait for the turn."""
        await self._lock.acquire()
        try:
            self._check_open()
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        return self.connection
