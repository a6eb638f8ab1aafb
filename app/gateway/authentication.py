"""From a bearer token and a proof to a caller; whoever shows no good token is anonymous."""

import hashlib
from datetime import datetime

from starlette.requests import HTTPConnection, Request

from app.foundation.caller import Anonymous, BorrowerCaller, Caller, SentRequest
from app.foundation.versions import Versions
from app.gateway.wire import header_of
from app.identity import operations as identity
from app.identity.errors import ProofInvalid, ProofReplayed, ProofRequired

TOKEN_LENGTH_MAX = 64
PROOF_HEADER = b"proof"
PROOF_LENGTH_MAX = 100
_HASH_OF_NOTHING = hashlib.sha256().digest()
PROOF_REFUSALS = (ProofRequired, ProofInvalid, ProofReplayed)
"""Answered as 401 before anything runs; the phone signs the same request again, or signs in."""
CHALLENGE = {"www-authenticate": "Proof"}
"""What a 401 must say (RFC 9110, section 15.5.2)."""


async def caller_of(request: Request, now: datetime) -> Caller:
    """Return who sends a request, as `caller_with_versions` does."""
    return (await caller_with_versions(request, now))[0]


async def caller_with_versions(request: Request, now: datetime) -> tuple[Caller, Versions | None]:
    """
    Return who sends a request, and what their answers hang on where they are a borrower.

    A token that is malformed, over or revoked makes the caller anonymous rather than failing the
    request: public fields still answer, and private ones say that signing in is needed.
    """
    token = bearer_of(request)
    if not token:
        return Anonymous(), None
    caller, versions = await identity.authenticate_with_versions(token, now)
    return caller or Anonymous(), versions


def sent_request(request: Request, body: bytes) -> SentRequest:
    """Describe a request as far as a proof covers it."""
    raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    target = raw_path + b"?" + query if query else raw_path
    proof = header_of(request, PROOF_HEADER) or ""
    return SentRequest(
        method=request.method,
        target=target.decode("utf-8", "surrogateescape"),
        body_hash=hashlib.sha256(body).digest() if body else _HASH_OF_NOTHING,
        proof=proof[: PROOF_LENGTH_MAX + 1],
    )


async def proven(
    request: Request, caller: Caller, sent: SentRequest, *, must_prove: bool
) -> Caller:
    """
    Check the proof of a request from a session that is bound to a device's key.

    One that is there is checked and used up, needed or not: a wrong one is never passed over.

    Raises:
        ProofRequired: It must be there, and is not.
        ProofInvalid: It is not this request's, or not by this session's key.
        ProofReplayed: It was used before.
    """
    if not isinstance(caller, BorrowerCaller) or not (must_prove or sent.proof):
        return caller
    return await identity.prove(caller, sent, bearer_of(request))


def bearer_of(request: HTTPConnection) -> str:
    """Return the token that a request shows; empty where there is none, or it cannot be one."""
    return token_in(header_of(request, b"authorization") or "")


def token_in(authorization: str) -> str:
    """Return the token of an Authorization header."""
    scheme, _, token = authorization.partition(" ")
    return token if scheme.lower() == "bearer" and len(token) <= TOKEN_LENGTH_MAX else ""
