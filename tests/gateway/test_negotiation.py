"""What a client likes best is what it gets, by weight, then by how closely it was named."""

import pytest

from app.gateway.negotiation import EVENT_STREAM, GRAPHQL_MEDIA, JSON_MEDIA, MIXED, chosen
from app.gateway.profiles import Profile
from app.gateway.running import Outcome
from app.settings import HttpProfile

DRAFT, NPM = Profile(HttpProfile.DRAFT), Profile(HttpProfile.NPM)
URQL = f"{GRAPHQL_MEDIA}, application/graphql+json, {JSON_MEDIA}, {EVENT_STREAM}, multipart/mixed"


@pytest.mark.parametrize(
    ("accept", "draft", "npm"),
    [
        (None, GRAPHQL_MEDIA, JSON_MEDIA),
        ("", GRAPHQL_MEDIA, JSON_MEDIA),
        ("*/*", GRAPHQL_MEDIA, JSON_MEDIA),
        ("application/*", GRAPHQL_MEDIA, JSON_MEDIA),
        ("text/html, */*;q=0.8", GRAPHQL_MEDIA, JSON_MEDIA),
        (f"{JSON_MEDIA}, {GRAPHQL_MEDIA}", JSON_MEDIA, JSON_MEDIA),
        (f"{GRAPHQL_MEDIA}, {JSON_MEDIA}", GRAPHQL_MEDIA, GRAPHQL_MEDIA),
        (f"{JSON_MEDIA};q=0.5, {GRAPHQL_MEDIA};q=0.51", GRAPHQL_MEDIA, GRAPHQL_MEDIA),
        (f"*/*, {JSON_MEDIA}", JSON_MEDIA, JSON_MEDIA),
        (f"{GRAPHQL_MEDIA};q=0, */*", JSON_MEDIA, JSON_MEDIA),
        (f"{JSON_MEDIA};q=0, */*;q=0.1", GRAPHQL_MEDIA, GRAPHQL_MEDIA),
        (f"application/*;q=0, {JSON_MEDIA};q=0.1", JSON_MEDIA, JSON_MEDIA),
        (f"{GRAPHQL_MEDIA}; charset=utf-8", GRAPHQL_MEDIA, GRAPHQL_MEDIA),
        (f"{JSON_MEDIA};charset=utf-16, {GRAPHQL_MEDIA};q=0.1", GRAPHQL_MEDIA, GRAPHQL_MEDIA),
        (EVENT_STREAM, EVENT_STREAM, EVENT_STREAM),
        ("text/*", None, None),
        (URQL, GRAPHQL_MEDIA, GRAPHQL_MEDIA),
        (f"{MIXED}, {JSON_MEDIA}", JSON_MEDIA, JSON_MEDIA),
        (f"{MIXED}, */*", GRAPHQL_MEDIA, JSON_MEDIA),
        (f"{MIXED}, {JSON_MEDIA};q=0.9", MIXED, MIXED),
        (f"{MIXED};q=0.1, text/plain", MIXED, MIXED),
        ("multipart/*", None, None),
        ("text/plain", None, None),
        (f"{JSON_MEDIA};q=0", None, None),
        (f"{JSON_MEDIA};q=nan", None, None),
        (f"{JSON_MEDIA};q=1e1", None, None),
        (f"{JSON_MEDIA};q=-1", None, None),
        (f"{JSON_MEDIA};q=1.001", None, None),
        ("x," * 60 + JSON_MEDIA, None, None),
    ],
)
def test_the_media_type_goes_by_weight_then_by_how_closely_it_is_named(
    accept: str | None, draft: str | None, npm: str | None
) -> None:
    assert chosen(accept, DRAFT.offers) == draft
    assert chosen(accept, NPM.offers) == npm


@pytest.mark.parametrize(
    ("outcome", "media", "draft", "npm"),
    [
        (Outcome.COMPLETE, GRAPHQL_MEDIA, 200, 200),
        (Outcome.PARTIAL, GRAPHQL_MEDIA, 294, 200),
        (Outcome.NOT_RUN, GRAPHQL_MEDIA, 422, 400),
        (Outcome.COMPLETE, JSON_MEDIA, 200, 200),
        (Outcome.PARTIAL, JSON_MEDIA, 294, 200),
        (Outcome.NOT_RUN, JSON_MEDIA, 422, 200),
    ],
)
def test_an_answers_status_says_how_far_it_got_and_of_old_not_in_plain_json(
    outcome: Outcome, media: str, draft: int, npm: int
) -> None:
    assert DRAFT.status(outcome, media) == draft
    assert NPM.status(outcome, media) == npm


@pytest.mark.parametrize(
    ("status", "code", "media", "npm"),
    [
        (400, "BAD_JSON", GRAPHQL_MEDIA, 400),
        (422, "BAD_REQUEST", GRAPHQL_MEDIA, 400),
        (422, "OPERATION_UNKNOWN", GRAPHQL_MEDIA, 400),
        (404, "PERSISTED_QUERY_NOT_FOUND", GRAPHQL_MEDIA, 404),
        (415, "MEDIA_TYPE", GRAPHQL_MEDIA, 415),
        (400, "BAD_JSON", JSON_MEDIA, 400),
        (422, "BAD_REQUEST", JSON_MEDIA, 400),
        (422, "OPERATION_UNKNOWN", JSON_MEDIA, 200),
        (404, "PERSISTED_QUERY_NOT_FOUND", JSON_MEDIA, 200),
        (405, "METHOD_NOT_ALLOWED", JSON_MEDIA, 405),
        (429, "RATE_LIMITED", JSON_MEDIA, 429),
    ],
)
def test_a_refusal_keeps_its_status_but_of_old_for_what_is_graphqls_own_in_plain_json(
    status: int, code: str, media: str, npm: int
) -> None:
    assert DRAFT.refusal_status(status, code, media) == status
    assert NPM.refusal_status(status, code, media) == npm


@pytest.mark.parametrize("status", [200, 294, 400, 422, 503])
def test_only_what_succeeded_is_told_in_plain_json_and_of_old_everything(status: int) -> None:
    declared = JSON_MEDIA if status < 300 else GRAPHQL_MEDIA
    assert DRAFT.declared(JSON_MEDIA, status) == declared
    assert NPM.declared(JSON_MEDIA, status) == JSON_MEDIA
    assert DRAFT.declared(GRAPHQL_MEDIA, status) == GRAPHQL_MEDIA
