"""The session behind a connection that stays: asked for again whenever it matters."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from app.foundation import database
from app.foundation.caller import Anonymous, BorrowerCaller, Caller
from app.foundation.changes import changes_of
from app.foundation.graphql import Context
from app.gateway.context import context_for
from app.gateway.standing import SESSION_CHECK_SECONDS
from app.identity import operations as identity


@dataclass(slots=True)
class Session:
    """Who a connection was opened by, for as long as their session lives."""

    token: str = field(default="", repr=False)
    caller: Caller = field(default_factory=Anonymous)
    language: str = ""
    address: str = ""
    is_early: bool = False
    """Whether the connection was asked for in TLS early data."""

    @property
    def borrower(self) -> BorrowerCaller | None:
        """Return the borrower, if one has signed in."""
        return self.caller if isinstance(self.caller, BorrowerCaller) else None

    @property
    def name(self) -> str | None:
        """Return who it is counted under; none for nobody."""
        return self.borrower.borrower_id if self.borrower else None

    async def context(self) -> Context | None:
        """Return the context of one operation or event; none where the session is over."""
        if not await self.lives():
            return None
        return await context_for(self.caller, self.language, self.address)

    async def lives(self) -> bool:
        """Ask whether the session is still there, and as trusted as it is by now."""
        if self.borrower is None:
            return True
        found = await identity.authenticate(self.token, database.current().clock.now())
        if not isinstance(found, BorrowerCaller) or found.session_id != self.borrower.session_id:
            return False
        self.caller = replace(found, is_proven=self.borrower.is_proven)
        return True

    async def over(self) -> None:
        """Wait until the session is over: ended by anybody, or run out; nobody's never is."""
        if self.borrower is None:
            await asyncio.Event().wait()
            return
        coming: asyncio.Future[None] | None = None
        async with aclosing(changes_of(self.borrower.borrower_id)) as changes:
            try:
                while await self.lives():
                    coming = coming or asyncio.ensure_future(anext(changes))
                    await asyncio.wait({coming}, timeout=SESSION_CHECK_SECONDS)
                    if coming.done():
                        coming = None
            finally:
                if coming is not None:
                    await ended(coming)


async def ended(task: asyncio.Future[Any]) -> None:
    """Cancel what is still waiting, and wait until it has ended."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
