"""Errors as callers may see them: refusals in words, faults behind a reference."""

import secrets
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLSyntaxError

from app.foundation.audit import broken_seals_in
from app.foundation.database.failures import is_passing
from app.foundation.errors import REFUSED, Refusal, SealedDataBroken, TemporarilyUnavailable
from app.foundation.log import logger, place_of
from app.foundation.text import text
from app.gateway.limits import TooComplex
from app.gateway.wire import RETRY_AFTER

log = logger(__name__)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
TOO_COMPLEX = "TOO_COMPLEX"
BAD_VARIABLES = "BAD_USER_INPUT"
INTERNAL = "INTERNAL"
REFUSED.of(INTERNAL)  # told as 0 before there is one, so that the first shows
TIMEOUT = "TIMEOUT"
TIMEOUT_RETRY_SECONDS = 2
"""How long to let whatever was too slow come to rest."""
MESSAGE_MAX = 500
"""What graphql-core says may quote a deep value, indented: a thousandfold of what was sent."""


def shown(
    error: GraphQLError, language: str, *, otherwise: str = VALIDATION_FAILED
) -> dict[str, Any]:
    """
    Return one error as JSON: message, path, and a code from the documented list.

    `otherwise` is the code of what graphql-core refused by itself: by then it tells the phase.

    A refusal is told in the caller's language, and so is that a record is locked because a seal is
    broken. A fault is logged by its type under a reference
    and the caller gets the reference only: its text may hold what nobody should read.
    """
    cause = error.original_error
    if cause is not None and is_passing(cause):
        cause = TemporarilyUnavailable()
    elif cause is not None and is_broken_seal(cause):
        cause = SealedDataBroken()
    if isinstance(cause, Refusal):
        message = text(cause.text_key, language, **cause.details())
        return _as_json(error, message, code=cause.code, field=cause.field, **waiting(cause))
    if cause is None or error.path is None:
        return _as_json(error, error.message[:MESSAGE_MAX], code=_code_of(error, otherwise))
    return _masked(error, cause, language)


def timed_out(language: str) -> dict[str, Any]:
    """Return what is told of an operation that was stopped at its deadline."""
    words = text("foundation.fault.timeout", language)
    return told(TIMEOUT, words, **{RETRY_AFTER: TIMEOUT_RETRY_SECONDS})


def waiting(refusal: Refusal) -> dict[str, int]:
    """Return what the extensions of a refusal say of coming back later."""
    seconds: int | None = getattr(refusal, "retry_after_seconds", None)
    return {} if seconds is None else {RETRY_AFTER: seconds}


def told(code: str, message: str, **extensions: object) -> dict[str, Any]:
    """Return an error of the gateway's own as JSON."""
    REFUSED.of(code).add()
    return {"message": message, "extensions": {"code": code, **extensions}}


def is_broken_seal(failure: BaseException) -> bool:
    """Tell whether a failure comes of a value that was altered, moved or set back."""
    return next(broken_seals_in(failure), None) is not None


def _masked(error: GraphQLError, cause: Exception, language: str) -> dict[str, Any]:
    reference = noted_fault(cause, _field_of(error))
    message = text("foundation.fault.masked", language, reference=reference)
    return _as_json(error, message, code=INTERNAL, reference=reference)


def noted_fault(cause: Exception, where: str) -> str:
    """
    Log a fault by its type and place, never by its text, and return the reference to tell.

    `where` is a name of ours: an alias or a path is what the client wrote, and may say anything.
    """
    reference = secrets.token_hex(4)
    place = place_of(cause)
    log.error("fault", reference=reference, error=type(cause).__name__, place=place, where=where)
    return reference


def _field_of(error: GraphQLError) -> str:
    """Name the field that failed as the schema does; its path has the client's aliases."""
    for node in error.nodes or ():
        if isinstance(node, FieldNode):
            return node.name.value
    return "unknown"


def _code_of(error: GraphQLError, otherwise: str) -> str:
    if isinstance(error, GraphQLSyntaxError):
        return PARSE_FAILED
    if isinstance(error, TooComplex):
        return TOO_COMPLEX
    return otherwise


def _as_json(error: GraphQLError, message: str, code: str, **extensions: object) -> dict[str, Any]:
    REFUSED.of(code).add()
    shown_as: dict[str, Any] = {"message": message}
    if error.locations:
        shown_as["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    if error.path:
        shown_as["path"] = error.path
    known = {name: value for name, value in extensions.items() if value is not None}
    return {**shown_as, "extensions": {"code": code, **known}}
