"""A notice is read only when it is signed, fresh, and exactly a notice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments.ports import FailureReason, RailStatus
from app.payments.rules import (
    SIGNATURE_HEADER,
    NoticeMalformed,
    RailNotice,
    RailOrderKind,
    parse_notice,
    signature_of,
    verify_signature,
)

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
OURS = "between-rail-and-us"
GOOD: dict[str, Any] = {
    "event_id": "ev1",
    "kind": "collection",
    "order_id": "rp00000000000001",
    "provider_ref": "TW1",
    "status": "SUCCEEDED",
    "amount_fen": 12_345,
    "occurred_at": "2026-11-21T10:00:00+08:00",
}


def test_a_notice_is_read() -> None:
    assert parse_notice(orjson.dumps(GOOD)) == RailNotice(
        event_id="ev1",
        kind=RailOrderKind.COLLECTION,
        order_id="rp00000000000001",
        provider_ref="TW1",
        status=RailStatus.SUCCEEDED,
        amount_fen=12_345,
        occurred_at=NOW,
    )
    failed = GOOD | {"status": "FAILED", "reason": "DECLINED"}
    assert parse_notice(orjson.dumps(failed)).reason is FailureReason.DECLINED


@pytest.mark.parametrize("missing", GOOD)
def test_a_notice_with_a_field_missing_is_refused(missing: str) -> None:
    rest = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(NoticeMalformed):
        parse_notice(orjson.dumps(rest))


@pytest.mark.parametrize(
    "wrong",
    [
        {"more": 1},
        {"amount_fen": 0},
        {"amount_fen": -1},
        {"amount_fen": 1.0},
        {"amount_fen": "5"},
        {"amount_fen": True},
        {"amount_fen": 2**53},
        {"kind": "COLLECTION"},
        {"status": "UNKNOWN"},
        {"status": "succeeded"},
        {"status": None},
        {"reason": "bored"},
        {"order_id": ""},
        {"order_id": "a" * 65},
        {"order_id": "rp1\n"},
        {"order_id": "rp1' OR 1=1"},
        {"event_id": "事件"},
        {"provider_ref": ["TW1"]},
        {"occurred_at": "2026-11-21T10:00:00"},
        {"occurred_at": 1_795_226_400},
        {"occurred_at": "0001-01-01T00:00:00+00:00"},
        {"occurred_at": "9999-12-31T23:59:59+00:00"},
        {"occurred_at": "yesterday"},
    ],
    ids=str,
)
def test_a_malformed_notice_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(NoticeMalformed):
        parse_notice(orjson.dumps(GOOD | wrong))


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"5", b'"x"', b"[]", b"\xff\xfe", b"{", b"[" * 60_000, b'{"a":' * 60_000],
    ids=lambda body: repr(body[:8]),
)
def test_a_body_that_is_no_notice_is_refused(body: bytes) -> None:
    with pytest.raises(NoticeMalformed):
        parse_notice(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_notice_or_refused(body: bytes) -> None:
    with pytest.raises(NoticeMalformed):
        parse_notice(body)


def signed(body: bytes, *, secret: str = OURS, at: datetime = NOW) -> dict[str, str]:
    return {SIGNATURE_HEADER: signature_of(secret, body, at)}


def test_our_signature_is_known_however_the_header_is_written() -> None:
    headers = signed(b"body")
    assert verify_signature(OURS, headers, b"body", NOW)
    lower = {name.lower(): value for name, value in headers.items()}
    assert verify_signature(OURS, {"content-type": "x", **lower}, b"body", NOW)


def test_the_signature_is_the_documented_one() -> None:
    # echo -n '1795226400.body' | openssl dgst -sha256 -hmac between-rail-and-us
    assert signature_of(OURS, b"body", NOW) == (
        "t=1795226400,v1=da43f7b255b2ac42c5b33f48da9a5a18f5bc8d94b001fb781405b457e45e6da4"
    )


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_signature_holds_for_five_minutes(minutes: int) -> None:
    headers = signed(b"body")
    assert verify_signature(OURS, headers, b"body", NOW + timedelta(minutes=minutes))
    beyond = NOW + timedelta(minutes=minutes, seconds=1 if minutes > 0 else -1)
    assert not verify_signature(OURS, headers, b"body", beyond)


def test_a_forged_signature_is_refused() -> None:
    assert not verify_signature(OURS, signed(b"body", secret="theirs"), b"body", NOW)
    assert not verify_signature(OURS, signed(b"body"), b"other body", NOW)
    moved = signed(b"body", at=NOW - timedelta(hours=1))[SIGNATURE_HEADER].split(",")[1]
    replayed = {SIGNATURE_HEADER: f"t={int(NOW.timestamp())},{moved}"}
    assert not verify_signature(OURS, replayed, b"body", NOW)


@pytest.mark.parametrize(
    "header",
    ["", "t=,v1=", "v1=00", "t=1795226400", "t=-1,v1=" + "0" * 64, "t=٣,v1=" + "0" * 64, "é"],
)
def test_a_malformed_signature_is_refused(header: str) -> None:
    assert not verify_signature(OURS, {SIGNATURE_HEADER: header}, b"body", NOW)
    assert not verify_signature(OURS, {}, b"body", NOW)


@given(st.text(max_size=100), st.binary(max_size=50))
def test_nobody_guesses_a_signature(header: str, body: bytes) -> None:
    assert not verify_signature(OURS, {SIGNATURE_HEADER: header}, body, NOW)
