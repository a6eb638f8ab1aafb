"""Whoever waits for an answer hears within a second that the database does not answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.foundation.database.patience import Hurry


class Hurrying:
    """Before every route: what runs until an answer begins is hurried."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a socket's operations are hurried one by one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with Hurry() as hurry:

            async def begun_send(message: Message) -> None:
                hurry.end()
                await send(message)

            await self._app(scope, receive, begun_send)
