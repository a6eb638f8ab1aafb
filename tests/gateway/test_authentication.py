"""Whoever shows no token, or a wrong one, is anonymous; a request never fails for it."""

from datetime import UTC, datetime

import pytest
from starlette.requests import Request

from app.foundation.caller import Anonymous, BorrowerCaller, Caller
from app.gateway import authentication
from app.gateway.authentication import TOKEN_LENGTH_MAX, caller_of

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
BORROWER = BorrowerCaller(borrower_id="br00000000000001", session_id="ss00000000000001")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which tokens are looked up; one of them is good."""
    tokens: list[str] = []

    async def authenticate(token: str, now: datetime) -> tuple[Caller | None, None]:
        assert now == NOW
        tokens.append(token)
        return (BORROWER if token == "good" else None), None

    monkeypatch.setattr(authentication.identity, "authenticate_with_versions", authenticate)
    return tokens


def request(authorization: str | None) -> Request:
    headers = [] if authorization is None else [(b"authorization", authorization.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_good_token_names_its_borrower(asked: list[str], scheme: str) -> None:
    assert await caller_of(request(f"{scheme} good"), NOW) == BORROWER
    assert asked == ["good"]


async def test_a_wrong_token_is_anonymous(asked: list[str]) -> None:
    assert await caller_of(request("Bearer wrong"), NOW) == Anonymous()
    assert asked == ["wrong"]


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "good",
        "Basic good",
        "Token good",
        "Bearer " + "x" * (TOKEN_LENGTH_MAX + 1),
    ],
)
async def test_what_cannot_be_a_token_is_not_looked_up(
    asked: list[str], authorization: str | None
) -> None:
    assert await caller_of(request(authorization), NOW) == Anonymous()
    assert asked == []
