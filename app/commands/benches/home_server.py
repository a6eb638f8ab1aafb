"""The server that the home screen's costs are measured on: the app, and the floor beside it."""

from time import process_time_ns

import orjson
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.commands.benches.floor import Floor
from app.commands.serving import settle_memory
from app.main import create_app
from app.settings import Settings


async def serve(settings: Settings) -> None:
    """Serve until killed: the app as ever, `/floor`, and `/cpu` with the processor's time spent."""
    app = app_with_floor(settings)
    app.router.routes += [Route("/cpu", _spent)]
    server = Server(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        log_enabled=False,
    )
    async with app.router.lifespan_context(app):
        settle_memory()
        await server.serve()


def app_with_floor(settings: Settings) -> Starlette:
    """Return the app as ever, and `/floor` before all of its routes, as it would be by itself."""
    app = create_app(settings)
    app.router.routes.insert(0, Route("/floor", Floor(settings.database_url).answer))
    return app


async def _spent(_request: Request) -> Response:
    return Response(orjson.dumps({"ns": process_time_ns()}), media_type="application/json")
