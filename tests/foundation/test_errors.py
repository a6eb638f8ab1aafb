"""A refusal says what, where and with which values."""

import pytest

from app.foundation.errors import (
    InvalidInput,
    NotFound,
    RateLimited,
    Refusal,
    StillInFlight,
)


def test_a_refusal_tells_its_code_field_and_data() -> None:
    refusal = RateLimited(60, field="input.phone")
    assert refusal.details() == {"retry_after_seconds": 60, "field": "input.phone"}
    assert refusal.text_key == "foundation.refusal.RATE_LIMITED"
    assert str(StillInFlight()) == "STILL_IN_FLIGHT"
    assert NotFound("input.id").field == "input.id"


def test_an_invalid_input_has_the_sentence_of_its_reason() -> None:
    refusal = InvalidInput("first", "foundation.reason.page_size", most=100)
    assert refusal.text_key == "foundation.reason.page_size"
    assert refusal.details() == {"most": 100}


def test_a_refusal_belongs_to_its_room() -> None:
    made = type(
        "Late", (Refusal,), {"code": "LATE_FOR_A_TEST", "__module__": "app.payments.errors"}
    )
    assert made.room == "payments"


def test_two_refusals_never_share_a_code() -> None:
    with pytest.raises(TypeError, match="NOT_FOUND"):
        type("Another", (Refusal,), {"code": "NOT_FOUND"})
