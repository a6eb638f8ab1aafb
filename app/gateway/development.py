"""Pages for developers: the SMS inbox, and GraphiQL with our operations ready to run."""

import html
import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyotp
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.foundation.clock import SHANGHAI
from app.foundation.errors import InvalidInput
from app.gateway.wire import JSON_MEDIA, BadRequest, json_response, refused

OPERATIONS = Path(__file__).parents[2] / "fixtures" / "operations"
PAGES = Path(__file__).parent / "pages"
GRAPHIQL_PACKAGE = "graphene_django_graphiql_static"
INBOX_MAX = 50
IDS = {
    "am": "autoDebitId",
    "ap": "applicationId",
    "br": "borrowerId",
    "dv": "deviceId",
    "ln": "loanId",
    "of": "offerId",
    "pr": "productId",
    "rp": "repaymentId",
    "ss": "sessionId",
    "tk": "ticketId",
}
"""The placeholder that an id fills in an example, by the two letters it begins with."""
FIRST = {
    "borrower": ("loans", "applications", "application", "products", "repayments", "my_tickets"),
    "staff": ("ticket_queue",),
}
"""The examples that run as soon as somebody has signed in, for the ids they show."""


class InboxMessage(Protocol):
    """A text message as the phone shows it."""

    @property
    def phone(self) -> str:
        """Return the number it was sent to."""
        ...

    @property
    def text(self) -> str:
        """Return what it says."""
        ...

    @property
    def delivered_at(self) -> datetime:
        """Return when it arrived."""
        ...


class Inbox(Protocol):
    """The development carrier's memory of what it delivered."""

    async def inbox(
        self, phone: str | None = None, limit: int = INBOX_MAX
    ) -> Sequence[InboxMessage]:
        """
        Return the newest messages first, of one phone or of all.

        Raises:
            InvalidInput: The phone is no mobile number.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPeople:
    """Whom the development pages offer to sign in as."""

    borrowers: Sequence[Mapping[str, str]] = ()
    staff: Sequence[Mapping[str, str]] = ()
    staff_secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Authenticator secrets behind /dev/staff-code, by staff name; none outside the demo."""


class InboxPage:
    """`GET /dev/inbox`: what every phone has received; JSON for scripts, a page for people."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def answer(self, request: Request) -> Response:
        """Show the newest messages; 400 for what is no phone number."""
        try:
            messages = await self._inbox.inbox(request.query_params.get("phone"), INBOX_MAX)
        except InvalidInput:
            return refused(
                BadRequest(400, "INVALID_INPUT", "This is no mobile number."), JSON_MEDIA
            )
        if "text/html" not in request.headers.get("accept", ""):
            return json_response([_as_json(one) for one in messages])
        rows = "".join(_as_bubble(one) for one in messages)
        page = (PAGES / "inbox.html").read_text(encoding="utf-8")
        return HTMLResponse(page.replace("<!--messages-->", rows or "<li>No messages yet.</li>"))


def _as_json(message: InboxMessage) -> dict[str, str]:
    at = message.delivered_at.isoformat()
    return {"phone": message.phone, "text": message.text, "deliveredAt": at}


def _as_bubble(message: InboxMessage) -> str:
    at = f"{message.delivered_at.astimezone(SHANGHAI):%m-%d %H:%M}"
    phone, text = html.escape(message.phone), html.escape(message.text)
    return f"<li><b>{phone}</b><time>{at}</time><p>{text}</p></li>"


def development_routes(inbox: Inbox, staff_secrets: Mapping[str, str]) -> list[BaseRoute]:
    """Return the pages of `/dev`: the inbox, authenticator codes of the demo's staff, GraphiQL."""

    async def staff_code(request: Request) -> Response:
        secret = staff_secrets.get(request.query_params.get("name", ""))
        return json_response({"code": None if secret is None else pyotp.TOTP(secret).now()})

    routes: list[BaseRoute] = [
        Route("/dev/inbox", InboxPage(inbox).answer),
        Route("/dev/staff-code", staff_code),
    ]
    files = graphiql_files()
    if files is not None:
        routes.append(Mount("/dev/graphiql", StaticFiles(directory=files)))
    return routes


def graphiql_files() -> Path | None:
    """Return the folder of GraphiQL's own files, if the package that carries them is there."""
    found = importlib.util.find_spec(GRAPHIQL_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "static" / GRAPHIQL_PACKAGE
    return folder if folder.is_dir() else None


@dataclass(frozen=True, slots=True)
class Example:
    """An operation of `fixtures/operations`, with the variables to try it with."""

    name: str
    query: str
    variables: str


def examples(folder: str) -> list[Example]:
    """
    Return the operations of one graph (`borrower` or `staff`), in file order.

    A comment of a file may hold `variables: {…}` in JSON; the page fills in `"<loanId>"` and the
    like from what the answers before have shown.
    """
    found: list[Example] = []
    for path in sorted((OPERATIONS / folder).glob("*.graphql")):
        text = path.read_text(encoding="utf-8")
        named = re.search(r"^# variables: (\{.*\})$", text, re.MULTILINE)
        variables = json.dumps(json.loads(named[1]) if named else {}, ensure_ascii=False, indent=2)
        found.append(Example(path.stem, text, variables))
    return found


def explorer_page(folder: str, *, endpoint: str, people: Sequence[Mapping[str, str]]) -> str:
    """Return GraphiQL for one graph, with a tab for each example and people to sign in as."""
    facts = {
        "endpoint": endpoint,
        "graph": folder,
        "people": list(people),
        "ids": IDS,
        "first": FIRST[folder],
        "examples": [
            {"name": one.name, "query": one.query, "variables": one.variables}
            for one in examples(folder)
        ],
    }
    page = (PAGES / "explorer.html").read_text(encoding="utf-8")
    embedded = json.dumps(facts, ensure_ascii=False).replace("</", "<\\/")
    return page.replace("/*facts*/ {}", embedded)
