"""
The home screen written by hand: what any framework is measured against.

No graph, no object mapper, no checks beyond the session's: eight statements by their primary or
foreign keys, the two values opened that are shown, the same sentences, and the same bytes.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.catalog.queries import product_versions
from app.foundation import database
from app.foundation.clock import moment_of
from app.foundation.sealing import Cell, unseal_all
from app.foundation.sealing.cells import KeyClass
from app.foundation.text import language_of, text
from app.identity.queries.callers import own_token
from app.identity.rules import people, tokens
from app.identity.rules.tokens import TokenKind
from app.literacy.queries import course
from app.literacy.rules import SUGGESTIONS_MAX, Moment, suggestions_from
from app.literacy.rules.reviewing import REVIEWS_MAX
from app.messaging.queries import Notification
from app.messaging.rules import Kind

Read = Callable[[str, Sequence[Any]], Awaitable[Sequence[Any]]]
"""Takes SQL with `?` placeholders and returns rows that read as mappings."""

NOTIFICATIONS = 3
_SHOWN = {"name": KeyClass.IDENTITY, "phone": KeyClass.CONTACT}
"""What is sealed of what the screen shows."""
_WHO = (
    "SELECT s.borrower_id, s.device_id, s.trust, b.name, b.phone, b.completed_at, d.on_date"
    " FROM session s JOIN borrower b ON b.id = s.borrower_id"
    " LEFT JOIN business_day d ON d.id = 1 WHERE s.id = ? AND s.ended_at IS NULL"
)
_LOANS = (
    "SELECT id, product_version_id, product_code, balance_fen, due_now_fen, overdue_fen, status,"
    " past_due_since, next_number, next_due_on, next_amount_fen, as_of"
    " FROM servicing_loan WHERE borrower_id = ? ORDER BY opened_on DESC, id DESC LIMIT 100"
)
_UNREAD = "SELECT COUNT(*) AS unread FROM notification WHERE borrower_id = ? AND read_at IS NULL"
_TOLD = (
    "SELECT id, borrower_id, kind, data, created_at, read_at FROM notification"
    f" WHERE borrower_id = ? ORDER BY created_at DESC, id DESC LIMIT {NOTIFICATIONS}"
)
_SUGGESTED = (
    "SELECT slug, moment, suggested_on FROM lesson_suggestion WHERE borrower_id = ?"
    f" ORDER BY suggested_on DESC, id DESC LIMIT {SUGGESTIONS_MAX * len(Moment)}"
)
_READ = "SELECT slug FROM lesson_progress WHERE borrower_id = ? AND completed_at IS NOT NULL"
_REVIEWS = (
    "SELECT slug FROM lesson_review WHERE borrower_id = ? AND due_on <= ?"
    f" ORDER BY due_on, slug LIMIT {REVIEWS_MAX}"
)


class Floor:
    """`GET /floor`: the home screen, as somebody would write it who has nothing else to serve."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._read: Read | None = None
        self._names: dict[str, dict[str, str]] = {}
        """Products' names by version and language; versions never change."""

    async def answer(self, request: Request) -> Response:
        """Answer with the home screen of whoever signed in."""
        read = self._read = self._read or await _reader(self._url)
        language = language_of(request.headers.get("accept-language"))
        written = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = own_token(TokenKind.ACCESS, written)
        now = database.current().clock.now()
        if token is None or not tokens.is_current(token, now, tokens.ACCESS_LIFETIME):
            return Response(status_code=401)
        (who,) = await read(_WHO, [token.session_id])
        borrower_id: str = who["borrower_id"]
        name, phone = await unseal_all(
            [
                (Cell("borrower", column, borrower_id, borrower_id, kind), bytes(who[column]))
                for column, kind in _SHOWN.items()
            ]
        )
        sees_all = who["trust"] == "FULL" and who["device_id"] is None
        today = date.fromisoformat(who["on_date"])
        told = await read(_TOLD, [borrower_id])
        data = {
            "me": {
                "id": borrower_id,
                "name": name if sees_all else people.masked_name(name),
                "phone": people.masked_phone(phone),
                "isProfileComplete": who["completed_at"] is not None,
            },
            "loans": [
                await self._loan(row, today, language) for row in await read(_LOANS, [borrower_id])
            ],
            "unreadCount": (await read(_UNREAD, [borrower_id]))[0]["unread"],
            "notifications": {"edges": [{"node": _notification(row, language)} for row in told]},
            "lessonSuggestions": [
                {
                    "reason": text(f"literacy.moment.{one.moment.name}", language),
                    "lesson": {
                        "slug": one.lesson.slug,
                        "title": one.lesson.texts[language].title,
                        "minutes": one.lesson.minutes,
                    },
                }
                for one in suggestions_from(
                    course(),
                    [
                        (row["slug"], Moment(row["moment"]), _day(row["suggested_on"]))
                        for row in await read(_SUGGESTED, [borrower_id])
                    ],
                    completed=frozenset(row["slug"] for row in await read(_READ, [borrower_id])),
                    due=[
                        row["slug"] for row in await read(_REVIEWS, [borrower_id, who["on_date"]])
                    ],
                )
            ],
        }
        return Response(orjson.dumps({"data": data}), media_type="application/json")

    async def _loan(self, row: Any, today: date, language: str) -> dict[str, Any]:  # noqa: ANN401 - a row
        since = row["past_due_since"]
        on = max(today, _day(row["as_of"]))
        return {
            "id": row["id"],
            "productName": await self._name(row["product_version_id"], language),
            "balance": row["balance_fen"],
            "dueNow": row["due_now_fen"],
            "overdue": row["overdue_fen"],
            "status": row["status"],
            "daysPastDue": 0 if since is None else (on - _day(since)).days,
            "nextInstallment": None
            if row["next_number"] is None
            else {
                "number": row["next_number"],
                "dueOn": _day(row["next_due_on"]).isoformat(),
                "amount": row["next_amount_fen"],
            },
        }

    async def _name(self, version_id: str, language: str) -> str:
        if version_id not in self._names:
            (version,) = await product_versions([version_id])
            assert version is not None, "a loan's product is there"
            wording = version.product.wording
            self._names[version_id] = {one: words.name for one, words in wording.items()}
        return self._names[version_id][language]


def _notification(row: Any, language: str) -> dict[str, Any]:  # noqa: ANN401 - a row
    told = Notification(
        notification_id=row["id"],
        borrower_id=row["borrower_id"],
        kind=Kind(row["kind"]),
        data=orjson.loads(row["data"]),
        created_at=_moment(row["created_at"]),
        read_at=None if row["read_at"] is None else _moment(row["read_at"]),
    )
    return {
        "id": told.notification_id,
        "kind": told.kind.value,
        "title": told.title(language),
        "body": told.body(language),
        "createdAt": told.created_at.isoformat(),
        "readAt": None if told.read_at is None else told.read_at.isoformat(),
    }


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: datetime | str | int) -> datetime:
    if isinstance(value, int):
        return moment_of(value)
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def _reader(url: str) -> Read:
    """Return what reads the database with the least between: sqlite3 in process, or asyncpg."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(urlsplit(url).path, check_same_thread=False)
        connection.row_factory = sqlite3.Row

        async def read(sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
            return connection.execute(sql, parameters).fetchall()

        return read
    pool = await asyncpg.create_pool(url, min_size=4, max_size=8)

    async def fetched(sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
        first, *rest = sql.split("?")
        placed = first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))
        return await pool.fetch(placed, *parameters)

    return fetched
