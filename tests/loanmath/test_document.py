"""Terms and events as people write them."""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loanmath.agreed import agreed_plan
from app.loanmath.calendar import ListedDays
from app.loanmath.document import events_of, terms_of, working_days_of
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.interest import DayCount
from app.loanmath.life import CouponApplied, Disbursed, RateLowered, RepaymentReceived, Rescheduled
from app.loanmath.quote import quote_of, replay
from app.loanmath.record import EVENT_KINDS
from app.loanmath.schedule import (
    Drawdown,
    EarlyFee,
    EarlyFeeOn,
    Fee,
    FeeBase,
    InterestStep,
    Method,
    Terms,
    Unit,
)
from app.loanmath.waterfall import LEGAL, Direction, DueKind, Step, Timing, Waterfall
from tests.loanmath.lives import examples, plain_terms

PLAIN: Mapping[str, Any] = {
    "principal": "10000",
    "rate": "14.4",
    "installments": 12,
    "method": "equal-installment",
    "disbursed_on": "2026-01-15",
}


FIELDS = [field.name for field in fields_of(Terms)]
SHORT = ["rate", "daily_rate", "installments", "principal", "installment", "down_payment"]
EVENT_FIELDS = sorted({field.name for kind in EVENT_KINDS.values() for field in fields_of(kind)})


def written(**changes: object) -> dict[str, object]:
    return {**PLAIN, **changes}


def test_yuan_and_percent_have_short_names_and_long_ones() -> None:
    long = {
        "principal_fen": 1_000_000,
        "annual_rate": "0.144",
        "count": "12",
        "method": "EQUAL_INSTALLMENT",
        "disbursed-on": "2026-01-15",
    }
    assert terms_of(PLAIN) == terms_of(long) == plain_terms()


@pytest.mark.parametrize(
    ("principal", "fen"),
    [("10000", 1_000_000), ("0.01", 1), (10, 1_000), ("1234.5", 123_450), (" 7.00 ", 700)],
)
def test_yuan_may_be_text_or_a_whole_number(principal: object, fen: int) -> None:
    assert terms_of(written(principal=principal)).principal_fen == fen


@pytest.mark.parametrize(
    ("rate", "annual_rate"), [("14.4", "0.144"), (14, "0.14"), ("0", "0"), ("1E1", "0.1")]
)
def test_a_rate_is_percent_a_year(rate: object, annual_rate: str) -> None:
    assert terms_of(written(rate=rate)).annual_rate == Decimal(annual_rate)


@pytest.mark.parametrize(
    ("day_count", "days"),
    [
        ("act/365f", 365),
        ("act/360", 360),
        ("30/360", 360),
        ("30e/360", 360),
        ("act/364", 364),
        ("act/act", 365),
    ],
)
def test_a_daily_rate_makes_a_year_of_its_day_counts_days(day_count: str, days: int) -> None:
    document = written(daily_rate="0.05", day_count=day_count)
    del document["rate"]
    assert terms_of(document).annual_rate == Decimal("0.0005") * days


def test_a_daily_rate_is_by_the_actual_day_unless_said() -> None:
    document = written(daily_rate="0.05")
    del document["rate"]
    assert terms_of(document).day_count is DayCount.ACT_365F


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("months/12", DayCount.MONTHS_12),
        ("Months-12", DayCount.MONTHS_12),
        ("30/360", DayCount.THIRTY_360),
        ("30E/360", DayCount.THIRTY_E_360),
        ("ACT/365", DayCount.ACT_365F),
        ("act/act", DayCount.ACT_ACT_1_JAN),
        ("effective", DayCount.EFFECTIVE),
    ],
)
def test_day_counts_are_known_by_their_usual_names(name: str, choice: DayCount) -> None:
    assert terms_of(written(day_count=name)).day_count is choice


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("等额本息", Method.EQUAL_INSTALLMENT),
        ("等额本金", Method.EQUAL_PRINCIPAL),
        ("先息后本", Method.INTEREST_ONLY),
        ("一次还本付息", Method.BULLET),
        ("等本等息", Method.FLAT),
        ("随借随还", Method.REVOLVING),
    ],
)
def test_methods_are_known_by_their_chinese_names(name: str, method: Method) -> None:
    assert terms_of(written(method=name)).method is method


def test_every_kind_of_parameter_can_be_written() -> None:
    terms = terms_of(
        written(
            installment="950.00",
            down_payment="1000.00",
            due_dates=[f"2026-{month:02d}-20" for month in range(2, 13)] + ["2027-01-20"],
            drawdowns=[
                {"on": "2026-01-15", "amount": "6000"},
                {"on": "2026-03-15", "amount_fen": 400_000},
            ],
            fees=[
                {"code": "a", "amount": "1.50"},
                {"code": "b", "percent": "2", "base": "principal", "timing": "spread"},
                {"code": "c", "rate": "0.01", "base": "balance"},
            ],
            early_fee={"percent": "1", "amount": "5", "on": "payoff", "periods": 6},
            negative_amortization=True,
            interest_step="at-settlement",
            unit="month",
            odd_day_year="365",
        )
    )
    assert (terms.installment_fen, terms.down_payment_fen) == (95_000, 100_000)
    assert terms.due_dates[0] == date(2026, 2, 20)
    assert terms.drawdowns == (
        Drawdown(date(2026, 1, 15), 600_000),
        Drawdown(date(2026, 3, 15), 400_000),
    )
    assert [(fee.amount_fen, fee.rate) for fee in terms.fees] == [
        (150, Decimal(0)),
        (0, Decimal("0.02")),
        (0, Decimal("0.01")),
    ]
    assert terms.fees[2] == Fee(code="c", base=FeeBase.BALANCE, rate=Decimal("0.01"))
    assert terms.early_fee == EarlyFee(
        rate=Decimal("0.01"), amount_fen=500, on=EarlyFeeOn.PAYOFF, periods=6
    )
    assert (terms.interest_step, terms.unit) == (InterestStep.AT_SETTLEMENT, Unit.MONTH)
    assert terms.odd_day_year == 365


# Waterfalls


def test_an_order_of_kinds_has_past_due_first_then_due_then_in_advance() -> None:
    kinds = ["principal", "interest", "penalty", "fee"]
    read = terms_of(written(waterfall={"kinds": kinds, "direction": "horizontal"})).waterfall
    full = [DueKind.COST, DueKind.PRINCIPAL, DueKind.INTEREST, DueKind.PENALTY, DueKind.FEE]
    assert read.direction is Direction.HORIZONTAL
    assert read.steps == tuple(Step(timing, kind) for timing, kind in product(Timing, full))


def test_the_legal_order_is_written_by_its_kinds() -> None:
    kinds = ["COST", "FEE", "INTEREST", "PENALTY", "PRINCIPAL"]
    assert terms_of(written(waterfall={"kinds": kinds})).waterfall == LEGAL


@pytest.mark.parametrize(
    "step",
    [
        "DUE PRINCIPAL",
        "principal due",
        ["DUE", "PRINCIPAL"],
        ["principal", "due"],
        "Due  Principal",
    ],
)
def test_a_step_names_its_timing_and_its_kind_in_either_order(step: object) -> None:
    read = terms_of(written(waterfall={"steps": [step]})).waterfall
    assert read.steps[-1] == Step(Timing.DUE, DueKind.PRINCIPAL)
    assert read.is_complete


def test_steps_left_out_come_before_those_that_are_named() -> None:
    named = ["in-advance principal", "past-due principal", "due principal"]
    steps = terms_of(written(waterfall={"steps": named})).waterfall.steps
    assert steps[-3:] == (
        Step(Timing.IN_ADVANCE, DueKind.PRINCIPAL),
        Step(Timing.PAST_DUE, DueKind.PRINCIPAL),
        Step(Timing.DUE, DueKind.PRINCIPAL),
    )
    rest = Waterfall.of_kinds().steps
    assert list(steps[:-3]) == [step for step in rest if step.kind is not DueKind.PRINCIPAL]


# Working days


def test_working_days_may_be_listed_by_hand() -> None:
    listed = working_days_of(
        {
            "working-days": {
                "holidays": ["2026-10-01"],
                "make-up-workdays": ["2026-10-10"],
                "weekend": [7],
            }
        }
    )
    assert listed == ListedDays(
        holidays=frozenset({date(2026, 10, 1)}),
        make_up_workdays=frozenset({date(2026, 10, 10)}),
        weekend=frozenset({7}),
    )
    assert working_days_of({}) is None
    assert working_days_of({"working_days": {}}) == ListedDays()


def test_a_document_with_its_own_working_days_is_quoted_and_replayed_by_them() -> None:
    document = written(
        business_days="next", working_days={"holidays": ["2026-02-16", "2026-02-17"]}
    )
    # 15 February 2026 is a Sunday.
    assert quote_of(document).rows[0].payable_on == date(2026, 2, 18)
    event = {"event": "Disbursed", "effective_on": "2026-01-15", "amount": "10000"}
    assert replay(document, [event], date(2026, 2, 18)).days_past_due == 0


def refused_terms(document: Mapping[str, object]) -> tuple[str, str]:
    with pytest.raises(TermsRefused) as refused:
        quote_of(document)
    return refused.value.field, refused.value.reason


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"waterfall": {"kinds": ["RENT"]}}, "waterfall.kinds[0]", "not_a_choice"),
        ({"waterfall": {"kinds": ["FEE"], "steps": []}}, "waterfall.kinds", "given_twice"),
        ({"waterfall": {"kinds": "FEE"}}, "waterfall.kinds", "unknown_field"),
        ({"waterfall": {"steps": ["DUE RENT"]}}, "waterfall.steps[0]", "not_a_choice"),
        ({"waterfall": {"steps": ["SOON FEE"]}}, "waterfall.steps[0]", "not_a_choice"),
        ({"waterfall": {"steps": ["DUE"]}}, "waterfall.steps[15]", "not_a_list"),
        ({"waterfall": {"steps": "DUE FEE"}}, "waterfall.steps", "not_a_list"),
        ({"waterfall": {"steps": ["DUE FEE", "DUE FEE"]}}, "waterfall", "incomplete"),
        ({"waterfall": {"order": []}}, "waterfall.order", "unknown_field"),
        ({"waterfall": "legal"}, "waterfall", "not_an_object"),
        ({"drawdowns": 5}, "drawdowns", "not_a_list"),
        ({"drawdowns": [5]}, "drawdowns[0]", "not_a_list"),
        ({"drawdowns": [{"on": "2026-01-15"}]}, "drawdowns[0].amount_fen", "missing"),
        ({"drawdowns": [{"amount": "5"}]}, "drawdowns[0].on", "missing"),
        (
            {"drawdowns": [{"on": "2026-01-15", "amount": "5", "to": "me"}]},
            "drawdowns[0].to",
            "unknown_field",
        ),
        (
            {"drawdowns": [{"on": "2026-01-15", "amount": "x"}]},
            "drawdowns[0].amount",
            "not_an_amount_of_yuan",
        ),
        ({"drawdowns": [["2026-01-15", "5"]]}, "drawdowns[0][1]", "not_a_whole_number"),
        ({"drawdowns": [["soon", 5]]}, "drawdowns[0][0]", "not_an_iso_date"),
        ({"early_fee": 5}, "early_fee", "not_an_object"),
        ({"early_fee": {"percent": "x"}}, "early_fee.percent", "not_a_percentage"),
        ({"early_fee": {"percent": 1, "rate": "0"}}, "early_fee.percent", "given_twice"),
        ({"early_fee": {"percent": 200}}, "early_fee.rate", "out_of_range"),
        ({"early_fee": {"amount": "-1"}}, "early_fee.amount_fen", "out_of_range"),
        ({"early_fee": {"code": " "}}, "early_fee.code", "empty"),
        ({"early_fee": {"periods": 0}}, "early_fee.periods", "out_of_range"),
        ({"early_fee": {"on": "sunday"}}, "early_fee.on", "not_a_choice"),
        ({"fees": [{"code": "x", "percent": True}]}, "fees[0].percent", "not_a_percentage"),
        ({"fees": [{"code": "x", "amount": True}]}, "fees[0].amount", "not_an_amount_of_yuan"),
        ({"fees": "none"}, "fees", "not_a_list"),
        ({"working_days": []}, "working_days", "not_an_object"),
        ({"working_days": {"feasts": []}}, "working_days.feasts", "unknown_field"),
        ({"working_days": {"holidays": ["soon"]}}, "working_days.holidays", "not_iso_dates"),
        ({"working_days": {"holidays": 5}}, "working_days.holidays", "not_iso_dates"),
        ({"working_days": {"weekend": [8]}}, "working_days.weekend", "out_of_range"),
        ({"working_days": {"weekend": [0]}}, "working_days.weekend", "out_of_range"),
        ({"working_days": {"weekend": ["6"]}}, "working_days.weekend", "out_of_range"),
        ({"working_days": {"weekend": 6}}, "working_days.weekend", "out_of_range"),
        (
            {"working_days": {"weekend": [1, 2, 3, 4, 5, 6, 7]}},
            "working_days.weekend",
            "out_of_range",
        ),
        ({"daily_rate": "x", "rate": None}, "daily_rate", "not_a_percentage"),
        ({"rate": "1" * 60}, "annual_rate", "not_a_decimal_string"),
        ({"installments": "9" * 41}, "count", "not_a_whole_number"),
        ({"disbursed_on": 20260115}, "disbursed_on", "not_an_iso_date"),
    ],
)
def test_what_is_written_wrong_is_refused_by_name(
    changes: dict[str, object], field: str, reason: str
) -> None:
    assert refused_terms(written(**changes)) == (field, reason)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.integers(0, 60)
    | st.text(max_size=8)
    | st.sampled_from(["1", "0.5", "2026-02-03", "DUE FEE", "flat", "-1", "1e9", "NaN"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*FIELDS, "code", "amount", "percent", "on", "kinds", "steps"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
"""Whatever JSON can say, near enough to what is asked for to get far."""


@given(st.dictionaries(st.sampled_from([*FIELDS, *SHORT]), anything, max_size=3))
@examples(300)
def test_whatever_is_written_is_a_plan_or_a_refusal_of_a_field(changes: dict[str, Any]) -> None:
    refused: TermsRefused | None = None
    try:
        terms = terms_of(written(**changes))
        working_days_of(written(**changes))
        if terms.count <= 60:
            agreed_plan(terms)
    except TermsRefused as refusal:
        refused = refusal
    assert refused is None or refused.field


@given(
    st.sampled_from(sorted(EVENT_KINDS)),
    st.dictionaries(st.sampled_from([*EVENT_FIELDS, "rate", "amount", "?"]), anything, max_size=4),
)
@examples(300)
def test_whatever_happens_is_followed_or_refused(kind: str, fields: dict[str, Any]) -> None:
    lending = {"event": "Disbursed", "effective_on": "2026-01-15", "amount": "10000"}
    event = {"event": kind, "effective_on": "2026-02-20", "count": 3, "periods": 2, **fields}
    known = {field.name for field in fields_of(EVENT_KINDS[kind])} | {"event", *fields}
    event = {name: value for name, value in event.items() if name in known}
    refused: EventRefused | None = None
    try:
        replay(PLAIN, [lending, event], date(2026, 3, 1))
    except EventRefused as refusal:
        refused = refusal
    assert refused is None or refused.field


# Events


def test_events_take_their_place_for_a_name_and_a_time() -> None:
    first, second = events_of(
        [
            {"event": "Disbursed", "effective_on": "2026-01-15", "amount": "10000"},
            {"event": "RepaymentReceived", "effective-on": "2026-02-15", "amount_fen": 5},
        ]
    )
    assert isinstance(first, Disbursed)
    assert isinstance(second, RepaymentReceived)
    assert (first.id, second.id) == ("#1", "#2")
    assert first.recorded_at < second.recorded_at
    assert (first.amount_fen, second.amount_fen) == (1_000_000, 5)


def test_yuan_and_percent_are_understood_in_events_too() -> None:
    rescheduled, lowered, coupon = events_of(
        [
            {
                "event": "Rescheduled",
                "effective_on": "2026-02-15",
                "count": 6,
                "installment": "500.00",
                "rate": "9.9",
            },
            {"event": "RateLowered", "effective_on": "2026-02-15", "rate": "9"},
            {"event": "CouponApplied", "effective_on": "2026-02-15", "code": "x", "amount": "5"},
        ]
    )
    assert isinstance(rescheduled, Rescheduled)
    assert isinstance(lowered, RateLowered)
    assert isinstance(coupon, CouponApplied)
    assert (rescheduled.installment_fen, rescheduled.annual_rate) == (50_000, Decimal("0.099"))
    assert (lowered.annual_rate, coupon.amount_fen) == (Decimal("0.09"), 500)


@pytest.mark.parametrize(
    ("event", "event_id", "field", "reason"),
    [
        ("paid", "#1", "event", "not_an_object"),
        ({"effective_on": "2026-01-15"}, "#1", "event", "unknown"),
        (
            {"event": "Disbursed", "effective_on": "2026-01-15", "amount": "x", "id": "money"},
            "money",
            "amount",
            "not_an_amount_of_yuan",
        ),
        (
            {"event": "Disbursed", "effective_on": "2026-01-15", "amount": "5", "amount_fen": 500},
            "#1",
            "amount",
            "given_twice",
        ),
        (
            {"event": "RateLowered", "effective_on": "2026-01-15", "rate": "low"},
            "#1",
            "rate",
            "not_a_percentage",
        ),
        (
            {"event": "RateLowered", "effective_on": "2026-01-15", "rate": 5, "annual_rate": "0"},
            "#1",
            "rate",
            "given_twice",
        ),
        ({"event": "WrittenOff"}, "#1", "effective_on", "missing"),
        ({"event": "WrittenOff", "effective_on": "15.1."}, "#1", "effective_on", "not_an_iso_date"),
        (
            {"event": "WrittenOff", "effective_on": "2026-01-15", "recorded_at": "2026-01-15"},
            "#1",
            "recorded_at",
            "not_an_iso_time_with_zone",
        ),
    ],
)
def test_an_event_written_wrong_is_refused_by_its_name(
    event: object, event_id: str, field: str, reason: str
) -> None:
    with pytest.raises(EventRefused) as refused:
        events_of([event])
    found = refused.value
    assert (found.event_id, found.field, found.reason) == (event_id, field, reason)


def test_a_whole_life_with_every_kind_of_event_can_be_written_down() -> None:
    life = [
        {"event": "Disbursed", "on": "2026-01-15", "amount": "10000"},
        {"event": "CouponApplied", "on": "2026-01-20", "code": "spring", "amount": "20.00"},
        {"event": "CouponApplied", "on": "2026-01-20", "code": "x", "amount": "1", "id": "given"},
        {"event": "CouponReversed", "on": "2026-01-21", "reverses": "given"},
        {"event": "Charged", "on": "2026-02-01", "code": "court", "amount": "7", "kind": "cost"},
        {"event": "RepaymentReceived", "on": "2026-02-15", "amount": "900", "id": "first"},
        {"event": "RepaymentReversed", "on": "2026-02-20", "reverses": "first"},
        {"event": "RepaymentReceived", "on": "2026-02-21", "amount": "950", "id": "second"},
        {"event": "ChargebackReceived", "on": "2026-02-25", "reverses": "second"},
        {"event": "RateLowered", "on": "2026-03-01", "rate": "12"},
        {"event": "Deferred", "on": "2026-03-02", "periods": 1, "moratorium": "principal"},
        {"event": "Waived", "on": "2026-03-20", "kind": "penalty", "amount": "100"},
        {"event": "Rescheduled", "on": "2026-03-25", "count": 6},
        {"event": "WrittenOff", "on": "2026-05-01"},
        {"event": "Recovered", "on": "2026-06-01", "amount": "20000"},
        {"event": "Refunded", "on": "2026-06-02", "amount": "10", "id": "back"},
        {"event": "RefundReversed", "on": "2026-06-02", "reverses": "back"},
        {"event": "Reopened", "on": "2026-06-03"},
    ]
    assert {event["event"] for event in life} == set(EVENT_KINDS)
    events: list[object] = [
        {("effective_on" if name == "on" else name): value for name, value in event.items()}
        for event in life
    ]
    state = replay(PLAIN, events, date(2026, 6, 3))
    assert state.payoff_fen == 0
    assert state.unapplied_fen > 0
