"""The GraphQL endpoint over HTTP: one request in, one JSON answer out, whatever was sent."""

from collections.abc import Mapping
from dataclasses import replace

from graphql import DocumentNode, OperationDefinitionNode, OperationType
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry import Schema

from app.foundation.errors import TemporarilyUnavailable
from app.foundation.graphql import Context
from app.foundation.text import text
from app.gateway.asking import (
    Asked,
    asked,
    asked_by_short_id,
    asked_in_url,
    json_object,
    variables_of,
)
from app.gateway.authentication import (
    CHALLENGE,
    PROOF_HEADER,
    PROOF_REFUSALS,
    bearer_of,
    proven,
    sent_request,
)
from app.gateway.context import context_of, language_in
from app.gateway.documents import Prepared, only_reads
from app.gateway.early import check_not_early
from app.gateway.event_streams import event_stream, events_of, only
from app.gateway.freshness import is_unchanged
from app.gateway.incremental import Incremental
from app.gateway.limits import is_refresh
from app.gateway.negotiation import EVENT_STREAM, MIXED, chosen
from app.gateway.parts import OLDER_FORM, alone, parted
from app.gateway.profiles import SUCCEEDED, Profile
from app.gateway.running import Answered, Outcome, Runner, refused_document
from app.gateway.secrets import SECRET
from app.gateway.sessions import Session
from app.gateway.standing import Standing
from app.gateway.streaming import Streaming
from app.gateway.wire import (
    JSON_MEDIA,
    BadRequest,
    body_of,
    bounded_body,
    header_of,
    refused,
    unchanged_response,
    written_response,
)

DEFAULT = Profile()
URL_BYTES_MAX = 8 * 1024
"""A longer query component is refused; what is that long goes by POST."""
NOT_IN_URLS = frozenset({"Query.ask"})
"""Fields that take what a person writes, so that no URL and no log of URLs may hold it."""
IN_URL = frozenset({"GET", "HEAD"})
"""Methods of requests whose question stands in the URL."""
ALLOWED = "GET, HEAD, POST"
_UTF8 = frozenset({"utf-8", "utf8"})


class GraphQLEndpoint:
    """
    One graph behind one path, after the GraphQL-over-HTTP draft of August 2026.

    `POST` with JSON; `GET` for queries; the page for people who write operations, in development.
    """

    def __init__(
        self,
        graph: Schema | Runner,
        *,
        explorer: str | None,
        profile: Profile = DEFAULT,
        standing: Standing | None = None,
    ) -> None:
        self._standing = standing or Standing()
        self._runner = graph if isinstance(graph, Runner) else Runner.over(graph)
        self._profile = profile
        self._explorer = explorer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of any method; a route that names some would tell these as allowed."""
        response = await self.answer(Request(scope, receive))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        media = JSON_MEDIA
        try:
            if self._explorer is not None and _wants_page(request):
                return HTMLResponse(self._explorer)
            media = self._media(request)
            return await self._run(request, media)
        except BadRequest as problem:
            return self._refused(problem, media, language_in(request))
        except PROOF_REFUSALS as refusal:
            language = language_in(request)
            unproven = BadRequest(401, refusal.code, text(refusal.text_key, language), CHALLENGE)
            return self._refused(unproven, media, language)
        except TemporarilyUnavailable as problem:
            wait = {"retry-after": str(problem.retry_after_seconds)}
            language = language_in(request)
            words = text(problem.text_key, language)
            return self._refused(BadRequest(503, problem.code, words, wait), media, language)

    def _media(self, request: Request) -> str:
        media = chosen(header_of(request, b"accept"), self._profile.offers)
        if media is None:
            accepted = " or ".join(self._profile.offers[:2])
            raise BadRequest(406, "NOT_ACCEPTABLE", f"Accept {accepted}.")
        return media

    def _refused(self, problem: BadRequest, media: str, language: str) -> Response:
        media = JSON_MEDIA if media in {EVENT_STREAM, MIXED} else media
        status = self._profile.refusal_status(problem.status, problem.code, media)
        declared = self._profile.declared(media, status)
        return refused(problem, declared, language=language, status=status)

    async def _run(self, request: Request, media: str) -> Response:
        method: str = request.scope["method"]
        sent = await bounded_body(request) if method == "POST" else b""
        wanted = _asked_by(request, sent)
        prepared = self._runner.document(wanted)
        if prepared.errors:
            unrun = 400 if prepared.is_unparsable else 422
            told = refused_document(prepared, language_in(request))
            return self._told(told, media, unrun=unrun)
        operation = self._runner.operation(prepared, wanted)
        if wanted.named:
            wanted = replace(wanted, variables=variables_of(wanted, operation))
        if method != "POST":
            _check_fits_url(operation, prepared)
        if operation.operation is OperationType.SUBSCRIPTION:
            return await self._subscribed(request, sent, wanted, prepared, operation)
        if prepared.in_parts is not None and media != EVENT_STREAM and _takes_parts(request):
            self._runner.measured(prepared, operation).begun.add()
            return await self._in_parts(request, sent, wanted, prepared.in_parts, media)
        with self._runner.place(prepared, operation):
            context = await context_of(request)
            await _prove(request, sent, context, prepared.document, operation)
            tag = None
            if method != "POST":
                tag = await self._runner.tag(prepared, operation, wanted, context)
            if tag is not None and is_unchanged(tag, header_of(request, b"if-none-match")):
                self._runner.measured(prepared, operation).unchanged.add()
                return unchanged_response(tag)
            answered = await self._runner.run(
                prepared,
                operation,
                wanted.variables,
                context,
                seconds_max=wanted.seconds_max,
                tells_cost=wanted.wants_cost,
            )
        headers: dict[str, str] = {}
        if prepared.tells_secret:
            headers["cache-control"] = SECRET
        if tag is not None and answered.outcome is Outcome.COMPLETE:
            headers["etag"] = tag
        return self._told(answered, media, headers=headers)

    async def _in_parts(
        self, request: Request, sent: bytes, wanted: Asked, prepared: Prepared, media: str
    ) -> Response:
        """Answer part by part; at once where nothing is left for later, or nothing ran."""
        operation = self._runner.operation(prepared, wanted)
        context = await context_of(request)
        await _prove(request, sent, context, prepared.document, operation)
        running = Incremental(
            self._runner,
            prepared,
            operation,
            wanted.variables,
            context,
            seconds_max=wanted.seconds_max,
            tells_cost=wanted.wants_cost,
        )
        by_path = OLDER_FORM.lower() in request.headers["accept"].lower()
        parts = await running.begin(by_path=by_path)
        if isinstance(parts, Answered):
            return self._told(parts, media)
        return parted(parts, by_path=by_path)

    async def _subscribed(
        self,
        request: Request,
        sent: bytes,
        wanted: Asked,
        prepared: Prepared,
        operation: OperationDefinitionNode,
    ) -> Response:
        """Answer with an event stream, whose session is asked for again at each event."""
        if chosen(request.headers.get("accept") or "*/*", (EVENT_STREAM,)) is None:
            message = f"Subscriptions are told as {EVENT_STREAM}, or over graphql-transport-ws."
            raise BadRequest(406, "NOT_ACCEPTABLE", message)
        context = await context_of(request)
        await _prove(request, sent, context, prepared.document, operation)
        session = Session(bearer_of(request), context.caller, context.language, context.address)
        self._standing.check(session.name, session.address)
        streaming = Streaming(self._runner, prepared, operation, wanted.variables)
        if refused_instead := streaming.admitted(context):
            return event_stream(only(refused_instead))
        answers = streaming.answers(session.context)
        return event_stream(events_of(answers, self._standing, session))

    def _told(
        self,
        answered: Answered,
        media: str,
        *,
        unrun: int = 422,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        status = self._profile.status(answered.outcome, media, unrun=unrun)
        if media == EVENT_STREAM:
            answer = event_stream(only(answered))
        elif media == MIXED and status in SUCCEEDED:
            answer = parted(alone(answered.body), by_path=False, status=status)
        else:
            declared = self._profile.declared(media, status)
            return written_response(answered.body, status=status, media=declared, headers=headers)
        answer.headers.update(headers or {})
        return answer


async def _prove(
    request: Request,
    body: bytes,
    context: Context,
    document: DocumentNode | None,
    operation: OperationDefinitionNode,
) -> None:
    """
    Let a session that is bound to a key prove what it sends; a refresh is proven where it is.

    Nothing is changed by what may be somebody's replay.
    """
    if operation.operation is OperationType.MUTATION:
        check_not_early(request)
    elif only_reads(operation) and header_of(request, PROOF_HEADER) is None:
        return
    context.sent = sent_request(request, body)
    assert document is not None, "a document without errors was parsed"
    if is_refresh(operation, document):
        return
    context.caller = await proven(
        request, context.caller, context.sent, must_prove=not only_reads(operation)
    )


def _takes_parts(request: Request) -> bool:
    """Tell whether a client named the media type of answers in parts: no wildcard is enough."""
    accept = request.headers.get("accept")
    return bool(accept) and chosen(accept, (MIXED,)) is not None


def _wants_page(request: Request) -> bool:
    if "text/html" not in (header_of(request, b"accept") or "") or request.method != "GET":
        return False
    return not {"query", "documentId", "extensions"} & request.query_params.keys()


def _check_fits_url(operation: OperationDefinitionNode, prepared: Prepared) -> None:
    if operation.operation is OperationType.MUTATION:
        message = "GET carries no mutations."
    elif prepared.fields & NOT_IN_URLS:
        message = "What a person writes stands in no URL; use POST."
    else:
        return
    raise BadRequest(405, "METHOD_NOT_ALLOWED", message, {"allow": "POST"})


def _asked_by(request: Request, sent: bytes) -> Asked:
    method: str = request.scope["method"]
    if method in IN_URL:
        query: bytes = request.scope.get("query_string", b"")
        if len(query) > URL_BYTES_MAX:
            raise BadRequest(414, "URL_TOO_LONG", "Send what is that long by POST.")
        short_id: str | None = request.path_params.get("short_id")
        if short_id is not None:
            return asked_by_short_id(short_id, request.query_params if query else {})
        return asked_in_url(request.query_params)
    if method != "POST":
        raise BadRequest(405, "METHOD_NOT_ALLOWED", "Use POST or GET.", {"allow": ALLOWED})
    media, *parameters = (
        part.strip().lower() for part in (header_of(request, b"content-type") or "").split(";")
    )
    if media != JSON_MEDIA:
        raise BadRequest(415, "MEDIA_TYPE", f"Send {JSON_MEDIA}.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in _UTF8:
            raise BadRequest(415, "MEDIA_TYPE", "Send JSON in UTF-8.")
    return asked(json_object(body_of(request, sent), "The body"))
