"""Quotes from what a person types."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.interest import DayCount
from app.loanmath.life import LoanStatus
from app.loanmath.money import Rounding
from app.loanmath.quote import quote, quote_of, replay, replay_as_json, terms_of
from app.loanmath.schedule import Method, Unit
from tests.loanmath.lives import plain_terms

OPTIONS: Mapping[str, Any] = {
    "principal": "10000",
    "rate": "14.4",
    "installments": "12",
    "method": "equal-installment",
    "disbursed-on": "2026-01-15",
}


def test_options_make_the_terms_they_say() -> None:
    assert terms_of(OPTIONS) == plain_terms()


def test_a_quote_has_rows_totals_and_rates() -> None:
    quoted = quote_of(OPTIONS)
    assert [row.balance_fen for row in quoted.rows][-2:] == [88_913, 0]
    assert (quoted.interest_fen, quoted.fee_fen, quoted.total_fen) == (79_705, 0, 1_079_705)
    assert quoted.rates is not None
    assert abs(quoted.rates.irr_nominal - Decimal("0.144")) < Decimal("0.00001")
    assert quoted.daily is None


def test_a_quote_is_json() -> None:
    shown = quote_of({**OPTIONS, "fees": [{"code": "x", "amount": "1.50"}]}).as_json()
    assert json.loads(json.dumps(shown)) == shown
    assert shown["totals"] == {
        "principal_fen": 1_000_000,
        "interest_fen": 79_705,
        "fee_fen": 1_800,
        "total_fen": 1_081_505,
    }
    assert shown["daily_readings"] is None
    rows = shown["rows"]
    assert isinstance(rows, list)
    assert rows[0] == {
        "number": 1,
        "due_on": "2026-02-15",
        "payable_on": "2026-02-15",
        "principal_fen": 77_975,
        "interest_fen": 12_000,
        "fee_fen": 150,
        "total_fen": 90_125,
        "balance_fen": 922_025,
    }


def test_a_daily_rate_is_interest_by_the_actual_day() -> None:
    options = {**OPTIONS, "daily_rate": "0.05", "method": "revolving"}
    del options["rate"]
    quoted = quote_of(options)
    assert (quoted.terms.annual_rate, quoted.terms.day_count) == (
        Decimal("0.1825"),
        DayCount.ACT_365F,
    )
    assert quoted.daily is not None
    assert quoted.as_json()["daily_readings"] == {
        "times_360": "0.1800",
        "times_365": "0.1825",
        "compounded": "0.200159410678",
    }
    over_360 = terms_of({**options, "day_count": "act/360"})
    assert (over_360.annual_rate, over_360.day_count) == (Decimal("0.18"), DayCount.ACT_360)


def test_flows_without_a_single_rate_are_quoted_without() -> None:
    a_fen_becomes_two_in_a_day = plain_terms(
        principal_fen=1,
        count=1,
        unit=Unit.DAY,
        day_count=DayCount.ACT_365F,
        method=Method.INTEREST_ONLY,
        annual_rate=Decimal(100),
        interest_rounding=Rounding.UP,
    )
    quoted = quote(a_fen_becomes_two_in_a_day)
    assert quoted.total_fen == 2
    assert quoted.rates is None
    assert quoted.as_json()["annual_rates"] is None


def test_the_terms_own_names_are_understood_too() -> None:
    document = {
        "principal_fen": 1_000_000,
        "annual_rate": "0.144",
        "count": 12,
        "method": "EQUAL_INSTALLMENT",
        "disbursed_on": "2026-01-15",
    }
    assert terms_of(document) == plain_terms()


def test_the_whole_parameter_set_can_be_given() -> None:
    read = terms_of(
        {
            **OPTIONS,
            "installment": "950.00",
            "grace_days": 5,
            "penalty_factor": "1.3",
            "season-weights": [],
            "due_day": None,
        }
    )
    assert (read.installment_fen, read.grace_days) == (95_000, 5)
    assert read.penalty_factor == Decimal("1.3")


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"principal": "ten"}, "principal", "not_an_amount_of_yuan"),
        ({"principal": 1.5}, "principal", "not_an_amount_of_yuan"),
        ({"principal": "0.001"}, "principal", "not_an_amount_of_yuan"),
        ({"principal_fen": 5}, "principal", "given_twice"),
        ({"rate": "many"}, "rate", "not_a_percentage"),
        ({"rate": "NaN"}, "rate", "not_a_percentage"),
        ({"rate": True}, "rate", "not_a_percentage"),
        ({"annual_rate": "0.1"}, "rate", "given_twice"),
        ({"daily_rate": "0.05"}, "daily_rate", "given_twice"),
        ({"count": 5}, "installments", "given_twice"),
        ({"installments": "9" * 50}, "count", "not_a_whole_number"),
        ({"installments": "twelve"}, "count", "not_a_whole_number"),
        ({"fees": [{"code": "x", "amount": "y"}]}, "fees[0].amount", "not_an_amount_of_yuan"),
        ({"fees": ["x"]}, "fees[0]", "not_an_object"),
        ({"fees": 5}, "fees", "not_a_list"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_wrong_options_are_refused_by_name(
    changes: Mapping[str, object], field: str, reason: str
) -> None:
    with pytest.raises(TermsRefused) as refused:
        quote_of({**OPTIONS, **changes})
    assert (refused.value.field, refused.value.reason) == (field, reason)


EVENTS: list[object] = [
    {"event": "Disbursed", "effective_on": "2026-01-15", "amount": "10000"},
    {"event": "RepaymentReceived", "effective-on": "2026-02-15", "amount_fen": 89_975},
    {"event": "RepaymentReceived", "effective_on": "2026-02-20", "amount": "100", "id": "late"},
    {"event": "RepaymentReversed", "effective_on": "2026-02-21", "reverses": "late"},
]


def test_a_life_in_which_nothing_happened_is_nothing() -> None:
    undated = {name: value for name, value in OPTIONS.items() if name != "disbursed-on"}
    assert replay(undated, [], date(2026, 2, 25)).status is LoanStatus.NOT_DISBURSED


def test_a_life_is_replayed_to_a_date() -> None:
    state = replay(OPTIONS, EVENTS, date(2026, 2, 25))
    assert state.status is LoanStatus.ACTIVE
    assert [part.event_id for part in state.allocations] == ["#2", "#2"]
    assert replay_as_json(state)["principal_fen"] == 1_000_000 - 77_975


@pytest.mark.parametrize(
    ("event", "event_id", "field"),
    [
        ("paid", "#1", "event"),
        ({"event": "Disbursed", "effective_on": "2026-01-15", "amount": "x"}, "#1", "amount"),
        ({"event": "Disbursed", "effective_on": "soon", "amount": "1"}, "#1", "effective_on"),
    ],
)
def test_a_wrong_event_is_refused_by_its_place(event: object, event_id: str, field: str) -> None:
    with pytest.raises(EventRefused) as refused:
        replay(OPTIONS, [event], date(2026, 2, 25))
    assert (refused.value.event_id, refused.value.field) == (event_id, field)
