"""Terms and events as JSON and back."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.interest import DayCount
from app.loanmath.life import RepaymentReceived, Waived, fold
from app.loanmath.record import (
    EVENT_KINDS,
    event_as_json,
    event_from_json,
    state_as_json,
    terms_as_json,
    terms_from_json,
)
from app.loanmath.schedule import Fee, Method, Terms
from app.loanmath.waterfall import DueKind
from tests.loanmath.drawn import any_terms
from tests.loanmath.lives import examples, lent, plain_terms

TERMS: Mapping[str, Any] = {
    "principal_fen": 1_000_000,
    "annual_rate": "0.144",
    "method": "EQUAL_INSTALLMENT",
    "disbursed_on": "2026-01-15",
    "count": 12,
}
REPAYMENT: Mapping[str, Any] = {
    "event": "RepaymentReceived",
    "id": "e1",
    "effective_on": "2026-02-15",
    "recorded_at": "2026-02-15T10:00:00+08:00",
    "amount_fen": 89_975,
}


@given(any_terms())
@examples(100)
def test_terms_survive_their_record(terms: Terms) -> None:
    assert terms_from_json(json.loads(json.dumps(terms_as_json(terms)))) == terms


def test_terms_are_recorded_with_every_default() -> None:
    recorded = terms_as_json(plain_terms())
    assert recorded["grace_days"] == 3
    assert recorded["penalty_factor"] == "1.5"
    assert recorded["due_day"] is None
    assert recorded["disbursed_on"] == "2026-01-15"


def test_fields_with_a_default_may_be_left_out() -> None:
    assert terms_from_json(TERMS) == plain_terms()


def test_choices_are_read_in_the_fields_own_writing() -> None:
    read = terms_from_json({**TERMS, "method": "equal-principal", "day_count": "act/365f"})
    assert (read.method, read.day_count) == (Method.EQUAL_PRINCIPAL, DayCount.ACT_365F)
    assert terms_from_json({**TERMS, "day_count": "30E/360"}).day_count is DayCount.THIRTY_E_360
    assert terms_from_json({**TERMS, "day_count": "30/360"}).day_count is DayCount.THIRTY_360


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"colour": 1}, "colour", "unknown_field"),
        ({"principal_fen": "5"}, "principal_fen", "not_a_whole_number"),
        ({"principal_fen": True}, "principal_fen", "not_a_whole_number"),
        ({"annual_rate": 0.1}, "annual_rate", "not_a_decimal_string"),
        ({"annual_rate": "ten"}, "annual_rate", "not_a_decimal_string"),
        ({"annual_rate": "1" * 50}, "annual_rate", "not_a_decimal_string"),
        ({"method": "BALLOON"}, "method", "not_a_choice"),
        ({"method": 3}, "method", "not_a_choice"),
        ({"disbursed_on": "yesterday"}, "disbursed_on", "not_an_iso_date"),
        ({"overdue_bears_interest": 1}, "overdue_bears_interest", "not_true_or_false"),
        ({"fees": "none"}, "fees", "not_a_list"),
        ({"fees": [3]}, "fees[0]", "not_an_object"),
        ({"fees": [{"amount_fen": 3}]}, "fees[0].code", "missing"),
        ({"fees": [{"code": 3}]}, "fees[0].code", "not_a_text"),
        ({"fees": [{"code": "x" * 201}]}, "fees[0].code", "not_a_text"),
        ({"season_weights": [1, "2"]}, "season_weights[1]", "not_a_whole_number"),
        ({"waterfall": {"steps": [["DUE"]]}}, "waterfall.steps[0]", "wrong_length"),
        ({"waterfall": {"steps": []}}, "waterfall", "incomplete"),
        ({"count": 0}, "count", "out_of_range"),
    ],
)
def test_what_makes_no_terms_is_refused_by_name(
    changes: Mapping[str, object], field: str, reason: str
) -> None:
    with pytest.raises(TermsRefused) as refused:
        terms_from_json({**TERMS, **changes})
    assert (refused.value.field, refused.value.reason) == (field, reason)


def test_a_missing_term_is_named() -> None:
    with pytest.raises(TermsRefused, match="principal_fen: missing"):
        terms_from_json({})


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(TermsRefused, match=r"^terms: not_an_object$"):
        terms_from_json([])  # pyright: ignore[reportArgumentType] - what JSON may hold
    with pytest.raises(EventRefused) as refused:
        event_from_json({})
    found = refused.value
    assert (found.event_id, found.field, found.reason) == ("?", "event", "unknown")


def test_nested_values_are_read() -> None:
    read = terms_from_json({**TERMS, "due_day": 5, "fees": [{"code": "x", "rate": "0"}]})
    assert read.due_day == 5
    assert read.fees == (Fee(code="x", rate=Decimal(0)),)


def test_an_event_survives_its_record() -> None:
    read = event_from_json(REPAYMENT)
    at = datetime(2026, 2, 15, 10, tzinfo=timezone(timedelta(hours=8)))
    assert read == RepaymentReceived(
        id="e1", effective_on=date(2026, 2, 15), recorded_at=at, amount_fen=89_975
    )
    assert event_as_json(read) == {
        **REPAYMENT,
        "recorded_at": "2026-02-15T02:00:00+00:00",
        "prepayment": None,
        "returns": False,
    }


def test_an_event_with_a_kind_of_due_survives_too() -> None:
    waived = Waived(
        id="e1",
        effective_on=date(2026, 2, 15),
        recorded_at=datetime(2026, 2, 15, tzinfo=UTC),
        kind=DueKind.PENALTY,
        amount_fen=5,
    )
    assert event_from_json(event_as_json(waived)) == waived


def test_every_event_has_its_name() -> None:
    assert sorted(EVENT_KINDS) == [
        "ChargebackReceived",
        "Charged",
        "CouponApplied",
        "CouponReversed",
        "Deferred",
        "Disbursed",
        "RateLowered",
        "Recovered",
        "RefundReversed",
        "Refunded",
        "Reopened",
        "RepaymentReceived",
        "RepaymentReversed",
        "Rescheduled",
        "Waived",
        "WrittenOff",
    ]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"event": "Forgotten"}, "event", "unknown"),
        ({"mood": "glad"}, "mood", "unknown_field"),
        ({"amount_fen": None}, "amount_fen", "not_a_whole_number"),
        ({"recorded_at": "2026-02-15T10:00:00"}, "recorded_at", "not_an_iso_time_with_zone"),
        ({"recorded_at": 5}, "recorded_at", "not_an_iso_time_with_zone"),
    ],
)
def test_what_makes_no_event_is_refused_by_name(
    changes: Mapping[str, object], field: str, reason: str
) -> None:
    with pytest.raises(EventRefused) as refused:
        event_from_json({**REPAYMENT, **changes})
    assert (refused.value.event_id, refused.value.field, refused.value.reason) == (
        "e1",
        field,
        reason,
    )


def test_a_state_is_shown_as_json() -> None:
    life = lent()
    shown = state_as_json(fold(life.terms, life.events, date(2026, 1, 25)))
    assert shown["on"] == "2026-01-25"
    assert shown["status"] == "ACTIVE"
    assert json.loads(json.dumps(shown)) == shown
