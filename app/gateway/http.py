"""The GraphQL endpoint over HTTP: one request in, one JSON answer out, whatever was sent."""

from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    execute,
)
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from strawberry import Schema

from app.foundation.audit import Met, sound_broken_seals
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.graphql import Context
from app.foundation.text import language_of, text
from app.gateway.authentication import CHALLENGE, PROOF_REFUSALS, proven
from app.gateway.context import context_of
from app.gateway.documents import Documents, Prepared, only_reads
from app.gateway.limits import is_refresh
from app.gateway.masking import BAD_VARIABLES, shown
from app.gateway.secrets import SECRET
from app.gateway.wire import (
    GRAPHQL_MEDIA,
    JSON_MEDIA,
    BadRequest,
    answer_media,
    bounded_body,
    json_response,
    refused,
)

PARTIAL = 294
"""The draft's status for an answer with both data and errors."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a GraphQL request asks for."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


class GraphQLEndpoint:
    """
    One graph behind one path, after the GraphQL-over-HTTP draft of August 2026.

    `POST` with JSON; `GET` for queries; the page for people who write operations, in development.
    """

    def __init__(self, schema: Schema, *, explorer: str | None) -> None:
        self._schema = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
        self._documents = Documents(self._schema)
        self._explorer = explorer

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        media = JSON_MEDIA
        try:
            if self._explorer is not None and _wants_page(request):
                return HTMLResponse(self._explorer)
            media = answer_media(request)
            return await self._run(request, media)
        except BadRequest as problem:
            return refused(problem, media)
        except PROOF_REFUSALS as refusal:
            language = language_of(request.headers.get("accept-language"))
            unproven = BadRequest(401, refusal.code, text(refusal.text_key, language), CHALLENGE)
            return refused(unproven, media)
        except TemporarilyUnavailable as problem:
            wait = str(problem.retry_after_seconds)
            unavailable = BadRequest(503, problem.code, "Try again later.", {"retry-after": wait})
            return refused(unavailable, media)

    async def _run(self, request: Request, media: str) -> Response:
        body = await bounded_body(request) if request.method == "POST" else b""
        asked = _asked_by(request, body)
        prepared = self._documents.prepare(asked.query)
        context = await context_of(request, body)
        if prepared.errors:
            return _not_run(prepared, context, media)
        operation = prepared.operation(asked.operation_name)
        if operation is None:
            raise BadRequest(
                400, "OPERATION_UNKNOWN", "Name one of the document's operations in operationName."
            )
        if request.method == "GET" and not only_reads(operation):
            raise BadRequest(
                405, "METHOD_NOT_ALLOWED", "GET carries queries only.", {"allow": "POST"}
            )
        assert prepared.document is not None, "a document without errors was parsed"
        await _prove(request, context, prepared.document, operation)
        running = execute(
            self._schema,
            prepared.document,
            context_value=context,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
        )
        result = await running if isawaitable(running) else running
        assert isinstance(result, ExecutionResult), "nothing here is delivered in parts"
        for error in result.errors or ():
            await sound_broken_seals(error, Met.GATEWAY)
        answer = _answered(result, context, media)
        if prepared.tells_secret:
            answer.headers["cache-control"] = SECRET
        return answer


async def _prove(
    request: Request, context: Context, document: DocumentNode, operation: OperationDefinitionNode
) -> None:
    """Let a session that is bound to a key prove what it sends; a refresh is proven where it is."""
    assert context.sent is not None, "a request was sent"
    if is_refresh(operation, document):
        return
    context.caller = await proven(
        request, context.caller, context.sent, must_prove=not only_reads(operation)
    )


def _wants_page(request: Request) -> bool:
    accepts = request.headers.get("accept", "")
    return (
        request.method == "GET" and "text/html" in accepts and "query" not in request.query_params
    )


def _asked_by(request: Request, body: bytes) -> Asked:
    if request.method == "GET":
        return _asked_in_url(request)
    if request.method != "POST":
        raise BadRequest(405, "METHOD_NOT_ALLOWED", "Use POST or GET.", {"allow": "GET, POST"})
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != JSON_MEDIA:
        raise BadRequest(415, "MEDIA_TYPE", f"Send {JSON_MEDIA}.")
    return _asked(_json_object(body, "The body"))


def _asked_in_url(request: Request) -> Asked:
    given: dict[str, Any] = {
        "query": request.query_params.get("query"),
        "operationName": request.query_params.get("operationName") or None,
    }
    if variables := request.query_params.get("variables"):
        given["variables"] = _json_object(variables.encode(), "variables")
    return _asked(given)


def _json_object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadRequest(400, "BAD_JSON", f"{what} must be JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise BadRequest(400, "BAD_REQUEST", f"{what} must be a JSON object.")
    return value


def _asked(given: dict[str, Any]) -> Asked:
    query, variables = given.get("query"), given.get("variables")
    operation_name = given.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest(400, "BAD_REQUEST", "query must be a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, "BAD_REQUEST", "variables must be an object or null.")
    if operation_name is not None and not isinstance(operation_name, str):
        raise BadRequest(400, "BAD_REQUEST", "operationName must be a string or null.")
    if not isinstance(given.get("extensions"), dict | None):
        raise BadRequest(400, "BAD_REQUEST", "extensions must be an object or null.")
    return Asked(query, variables or {}, operation_name)


def _not_run(prepared: Prepared, context: Context, media: str) -> Response:
    errors = [shown(error, context.language) for error in prepared.errors]
    status = _strict(400 if prepared.is_unparsable else 422, media)
    return json_response({"errors": errors}, status=status, media=media)


def _answered(result: ExecutionResult, context: Context, media: str) -> Response:
    if not result.errors:
        return json_response({"data": result.data}, media=media)
    errors = [shown(error, context.language, otherwise=BAD_VARIABLES) for error in result.errors]
    if result.data is None and _before_running(result.errors):
        return json_response({"errors": errors}, status=_strict(422, media), media=media)
    answer = {"errors": errors, "data": result.data}
    status = _strict(PARTIAL, media) if result.data is not None else 200
    return json_response(answer, status=status, media=media)


def _strict(status: int, media: str) -> int:
    """Clients of plain JSON expect 200 for anything that was GraphQL at all."""
    return status if media == GRAPHQL_MEDIA else 200


def _before_running(errors: list[GraphQLError]) -> bool:
    return all(error.path is None for error in errors)
