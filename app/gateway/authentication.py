"""From a bearer token to a caller; whoever shows none, or a wrong one, is anonymous."""

from datetime import datetime

from starlette.requests import Request

from app.foundation.caller import Anonymous, Caller
from app.identity import operations as identity

TOKEN_LENGTH_MAX = 64


async def caller_of(request: Request, now: datetime) -> Caller:
    """
    Return who sends a request.

    A token that is malformed, over or revoked makes the caller anonymous rather than failing the
    request: public fields still answer, and private ones say that signing in is needed.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > TOKEN_LENGTH_MAX:
        return Anonymous()
    return await identity.authenticate(token, now) or Anonymous()
