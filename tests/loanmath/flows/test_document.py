"""The JSON form of cash flows: read exactly, repeats written out, anything wrong named by path."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from app.loanmath.apr import UnitPeriod, UnitTime
from app.loanmath.apr.answers import CashFlows, Convention
from app.loanmath.apr.units import DAY, MONTH, SEMIMONTH, YEAR
from app.loanmath.flows import FLOWS_MAX, FlowsRefused, flows_from_json
from app.loanmath.schedule import Unit

Document = Any
ON = "2026-01-31"


def read(document: Document) -> CashFlows:
    return flows_from_json(document)[0]


def by_month(*flows: object, **fields: object) -> dict[str, object]:
    return {"unit_period": "month", "flows": list(flows), **fields}


def amounts(document: Document) -> list[Fraction]:
    flows = read(document)
    return [Fraction(amount, flows.scale) for _, amount in (*flows.dated, *flows.timed)]


def days(*lines: dict[str, object], **fields: object) -> list[date]:
    return [day for day, _ in read({"flows": list(lines), **fields}).dated]


def times(*lines: object, unit: str = "month") -> list[Fraction]:
    return [time.total for time, _ in read({"unit_period": unit, "flows": list(lines)}).timed]


def test_a_list_alone_and_an_object_with_it_are_the_same() -> None:
    flows = [{"amount": "100.5", "on": ON}, {"amount": "-101", "on": "2026-02-28"}]
    assert flows_from_json(flows) == flows_from_json({"flows": flows, "convention": "all"})
    found = read(flows)
    assert found.dated == ((date(2026, 1, 31), 201), (date(2026, 2, 28), -202))
    assert (found.scale, found.unit_period, found.per_year) == (2, None, None)


@pytest.mark.parametrize(
    ("flow", "amount"),
    [
        ({"amount": "12.345678901"}, Fraction("12.345678901")),
        ({"amount": "-.5"}, Fraction(-1, 2)),
        ({"amount": "+7"}, Fraction(7)),
        ({"amount": 7}, Fraction(7)),
        ({"amount": Decimal("0.1")}, Fraction(1, 10)),
        ({"amount": Decimal("1e2")}, Fraction(100)),
        ({"amount_fen": -1234}, Fraction(-1234, 100)),
        ({"advance": "5"}, Fraction(5)),
        ({"advance_fen": 5}, Fraction(5, 100)),
        ({"payment": "5"}, Fraction(-5)),
        ({"payment_fen": "5"}, Fraction(-5, 100)),
        ({"payment": "0", "name": "nothing"}, Fraction(0)),
        ("5", Fraction(5)),
        (-5, Fraction(-5)),
    ],
)
def test_amounts_are_taken_exactly(flow: object, amount: Fraction) -> None:
    assert amounts(by_month(flow)) == [amount]


@pytest.mark.parametrize(
    ("at", "time"),
    [
        (3, UnitTime(3)),
        ("3", UnitTime(3)),
        ("1.5", UnitTime(1, Fraction(1, 2))),
        (Decimal("0.25"), UnitTime(0, Fraction(1, 4))),
        ("17/30", UnitTime(0, Fraction(17, 30))),
        ("1 17/30", UnitTime(1, Fraction(17, 30))),
        ("45/30", UnitTime(1, Fraction(1, 2))),
        ({"periods": 1, "fraction": "19/30"}, UnitTime(1, Fraction(19, 30))),
        ({"periods": "2"}, UnitTime(2)),
        ({"fraction": 1}, UnitTime(1)),
    ],
)
def test_times_are_numbers_or_fractions_of_unit_periods(at: object, time: UnitTime) -> None:
    assert read(by_month({"amount": 1, "at": at})).timed == ((time, 1),)


def test_flows_without_a_time_follow_one_another() -> None:
    assert times(100, {"amount": -50, "times": 2}, "-1") == [0, 1, 2, 3]
    spaced = times(100, {"amount": -50, "times": 2, "every": "1/2"})
    assert spaced == [0, 1, Fraction(3, 2)]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (None, [1, 2, 3]),
        (2, [1, 3, 5]),
        ("1/12", [1, Fraction(13, 12), Fraction(14, 12)]),
        ("0.5", [1, Fraction(3, 2), 2]),
        ("quarter", [1, 4, 7]),
        ("half a month", [1, Fraction(3, 2), 2]),
        ({"size": 2, "unit": "months"}, [1, 3, 5]),
    ],
)
def test_times_repeat_by_numbers_or_lengths(every: object, expected: list[Fraction]) -> None:
    assert times({"amount": 1, "at": 1, "times": 3, "every": every}) == expected


def test_a_year_of_weeks_is_a_weekly_unit_away() -> None:
    assert times({"amount": 1, "at": 0, "times": 2, "every": "1 year"}, unit="week") == [0, 52]


@pytest.mark.parametrize(
    ("first", "every", "expected"),
    [
        ("2026-01-31", "1 month", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("2026-01-30", "2 months", ["2026-01-30", "2026-03-30", "2026-05-30"]),
        ("2026-01-31", "2 weeks", ["2026-01-31", "2026-02-14", "2026-02-28"]),
        ("2026-01-31", "15 days", ["2026-01-31", "2026-02-15", "2026-03-02"]),
        ("2024-02-29", "year", ["2024-02-29", "2025-02-28", "2026-02-28"]),
        ("2026-01-01", "semimonth", ["2026-01-01", "2026-01-16", "2026-02-01"]),
        ("2026-01-16", "half a month", ["2026-01-16", "2026-02-01", "2026-02-16"]),
        ("2026-01-15", "half month", ["2026-01-15", "2026-01-30", "2026-02-15"]),
        ("2026-01-31", "half a year", ["2026-01-31", "2026-07-31", "2027-01-31"]),
        ("2026-01-31", {"size": 1, "unit": "QUARTER"}, ["2026-01-31", "2026-04-30", "2026-07-31"]),
    ],
)
def test_dates_repeat_and_keep_to_their_day(first: str, every: object, expected: list[str]) -> None:
    line: dict[str, object] = {"amount": 1, "on": first, "times": 3, "every": every}
    assert days(line) == list(map(date.fromisoformat, expected))


def test_a_due_day_says_which_day_is_meant() -> None:
    line: dict[str, object] = {"amount": 1, "on": "2026-02-28", "times": 2, "every": "1 month"}
    assert days(line)[1] == date(2026, 3, 28)
    assert days({**line, "due_day": 31})[1] == date(2026, 3, 31)


def test_the_unit_period_is_the_step_where_none_is_told() -> None:
    line: dict[str, object] = {"amount": 1, "on": ON, "times": 2}
    assert days(line, unit_period="2 weeks") == [date(2026, 1, 31), date(2026, 2, 14)]
    assert days({"amount": 1, "on": ON, "times": 1}) == [date(2026, 1, 31)]


@pytest.mark.parametrize(
    ("fields", "unit", "per_year"),
    [
        ({"unit_period": "day"}, DAY, 365),
        ({"unit_period": "2 weeks"}, UnitPeriod(2, Unit.WEEK), 26),
        ({"unit_period": "quarter"}, UnitPeriod(3, Unit.MONTH), 4),
        ({"unit_period": "semimonth"}, SEMIMONTH, 24),
        ({"unit_period": {"size": "1/2", "unit": "month"}}, SEMIMONTH, 24),
        ({"unit_period": {"unit": "year"}}, YEAR, 1),
        ({"unit_period": "12 Months"}, YEAR, 1),
        ({"periods_per_year": 12}, MONTH, 12),
        ({"periods_per_year": 1}, YEAR, 1),
        ({"periods_per_year": 24}, SEMIMONTH, 24),
        ({"periods_per_year": "26"}, UnitPeriod(2, Unit.WEEK), 26),
        ({"periods_per_year": 13}, UnitPeriod(4, Unit.WEEK), 13),
        ({"periods_per_year": 365}, DAY, 365),
        ({"periods_per_year": "365.25"}, None, Fraction(1461, 4)),
        ({"periods_per_year": "365/30"}, None, Fraction(73, 6)),
    ],
)
def test_a_unit_period_is_a_length_or_a_number_in_a_year(
    fields: dict[str, object], unit: UnitPeriod | None, per_year: Fraction
) -> None:
    found = read({"flows": [1, -1], **fields})
    assert (found.unit_period, found.per_year) == (unit, per_year)


def test_with_dates_a_number_in_a_year_must_be_a_length() -> None:
    flows = [{"amount": 1, "on": ON}]
    assert read({"flows": flows, "periods_per_year": 52}).unit_period == UnitPeriod(1, Unit.WEEK)
    assert refusal({"flows": flows, "periods_per_year": 100}) == (
        "periods_per_year: not_a_unit_of_dates"
    )


@pytest.mark.parametrize(
    ("written", "convention"),
    [
        ("irr", Convention.IRR),
        ("XIRR", Convention.XIRR),
        ("eu", Convention.EU),
        ("us_actuarial", Convention.US_ACTUARIAL),
        ("all", None),
        (None, None),
    ],
)
def test_a_document_may_name_its_convention(
    written: str | None, convention: Convention | None
) -> None:
    assert flows_from_json(by_month(1, -1, convention=written))[1] is convention


def test_a_start_may_lie_before_the_flows() -> None:
    flows = [{"amount": 1, "on": ON}]
    assert read({"flows": flows, "starts_on": "2026-01-01"}).starts_on == date(2026, 1, 1)
    assert read({"flows": flows, "starts_on": ON}).starts_on == date(2026, 1, 31)


def test_as_many_flows_as_there_may_be_are_read() -> None:
    line: dict[str, object] = {"amount": 1, "on": ON, "times": FLOWS_MAX, "every": "1 day"}
    assert days(line)[-1] == date(2026, 1, 31) + timedelta(days=FLOWS_MAX - 1)


def refusal(document: Document) -> str:
    with pytest.raises(FlowsRefused) as refused:
        flows_from_json(document)
    assert str(refused.value) == f"{refused.value.field}: {refused.value.reason}"
    return str(refused.value)


def dated(**fields: object) -> list[dict[str, object]]:
    return [{"amount": 1, "on": ON}, {"amount": -1, "on": ON, **fields}]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("flows", "flows: not_an_object"),
        (None, "flows: not_an_object"),
        ({}, "flows: missing"),
        ({"flows": {}}, "flows: not_a_list"),
        ([], "flows: empty"),
        ([1] * (FLOWS_MAX + 1), "flows: too_many"),
        (by_month(1, {"amount": 1, "times": FLOWS_MAX}), "flows: too_many"),
        (by_month(1, {"amount": 1, "times": 10**9}), "flows[1].times: too_many"),
        (by_month(1, {"amount": 1, "times": 0}), "flows[1].times: not_a_whole_number"),
        (by_month(1, {"amount": 1, "times": True}), "flows[1].times: not_a_whole_number"),
        (by_month(1, {"amount": 1, "times": "3"}), "flows[1].times: not_a_whole_number"),
        (by_month(1, colour="red"), "colour: unknown_field"),
        (by_month({"amount": 1, "colour\n": 1}), "flows[0].colour?: unknown_field"),
        ([1, -1], "unit_period: missing"),
        ([{"amount": 1, "at": 0}], "unit_period: missing"),
        (dated(on="soon"), "flows[1].on: not_an_iso_date"),
        (dated(on=20260131), "flows[1].on: not_an_iso_date"),
        (dated(on="1" * 1000), "flows[1].on: not_an_iso_date"),
        (dated(on="1700-01-01"), "flows[1].on: beyond_the_calendar"),
        (dated(on="9999-01-01"), "flows[1].on: beyond_the_calendar"),
        (dated(at=1), "flows[1].at: on_and_at_both_given"),
        ([*dated(), {"amount": 1, "at": 1}], "flows[2]: dates_and_periods_mixed"),
        ([*dated(), {"amount": 1}], "flows[2]: dates_and_periods_mixed"),
        (by_month(1, {"amount": 1, "at": 1}), "flows[1]: dates_and_periods_mixed"),
        (dated(times=2), "flows[1].every: missing"),
        (dated(times=2, every="often"), "flows[1].every: not_a_length_of_time"),
        (dated(times=2, every="x weeks"), "flows[1].every: not_a_length_of_time"),
        (dated(times=2, every="0 weeks"), "flows[1].every: not_a_length_of_time"),
        (dated(times=2, every="1.5 weeks"), "flows[1].every: not_a_length_of_time"),
        (dated(times=2, every=2), "flows[1].every: not_a_length_of_time"),
        (dated(times=2, every={"size": 1}), "flows[1].every.unit: not_a_unit"),
        (dated(times=2, every={"unit": 1}), "flows[1].every.unit: not_a_unit"),
        (dated(times=2, every={"unit": "day", "size": "x"}), "flows[1].every.size: not_a_number"),
        (
            dated(times=2, every={"unit": "day", "size": "1/2"}),
            "flows[1].every.size: not_a_length_of_time",
        ),
        (dated(times=9000, every="1 year"), "flows[1].times: beyond_the_calendar"),
        (dated(times=2, every="100000 years"), "flows[1].every: not_a_length_of_time"),
        (dated(due_day=30), "flows[1].due_day: not_the_first_dates"),
        (dated(due_day=32), "flows[1].due_day: too_many"),
        (by_month({"amount": 1, "due_day": 1}), "flows[0].due_day: not_without_dates"),
        (by_month({"amount": 1, "at": 1, "times": 2, "every": 0}), "flows[0].every: not_positive"),
        (by_month({"amount": 1, "times": 2, "every": "x"}), "flows[0].every: not_a_length_of_time"),
        (by_month({"amount": 1, "times": 2, "every": "-"}), "flows[0].every: not_a_number"),
        (by_month({}), "flows[0].amount: missing"),
        (by_month([]), "flows[0].amount: not_an_amount"),
        (by_month({"amount": 1, "payment": 1}), "flows[0].payment: given_twice"),
        (by_month({"amount": 1, "amount_fen": 1}), "flows[0].amount_fen: given_twice"),
        (by_month({"payment": "-1"}), "flows[0].payment: negative"),
        (by_month({"advance_fen": -1}), "flows[0].advance_fen: negative"),
        (by_month({"amount_fen": "1.5"}), "flows[0].amount_fen: not_a_whole_number"),
        (by_month({"amount": "1e400"}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": Decimal("1e400")}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": Decimal("1e-400")}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": Decimal("NaN")}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": Decimal("1" * 31)}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": 10**30}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": "1" * 31}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": 1.5}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": True}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": "1,000"}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": "1."}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": "一"}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": ""}), "flows[0].amount: not_an_amount"),
        (by_month({"amount": 1, "at": "x"}), "flows[0].at: not_a_time"),
        (by_month({"amount": 1, "at": "1/0"}), "flows[0].at: not_a_time"),
        (by_month({"amount": 1, "at": "1/x"}), "flows[0].at: not_a_time"),
        (by_month({"amount": 1, "at": "-1/2"}), "flows[0].at: not_a_time"),
        (by_month({"amount": 1, "at": -1}), "flows[0].at: before_the_start"),
        (by_month({"amount": 1, "at": 10**9}), "flows[0].at: too_late"),
        (
            by_month({"amount": 1, "at": {"periods": "1.5"}}),
            "flows[0].at.periods: not_a_whole_number",
        ),
        (
            by_month({"amount": 1, "at": {"fraction": "31/30"}}),
            "flows[0].at.fraction: not_a_fraction",
        ),
        (by_month({"amount": 1, "at": {"days": 1}}), "flows[0].at.days: unknown_field"),
        (
            by_month({"amount": 1, "at": "1/1000000007"}, {"amount": 1, "at": f"1/{10**20 + 1}"}),
            "flows: times_too_fine",
        ),
        (by_month(1, unit_period="3 years"), "unit_period: longer_than_a_year"),
        (by_month(1, unit_period="fortnight"), "unit_period: not_a_length_of_time"),
        (by_month(1, unit_period=1), "unit_period: not_a_length_of_time"),
        (by_month(1, periods_per_year=12), "periods_per_year: given_twice"),
        ({"flows": [1], "periods_per_year": 0}, "periods_per_year: not_from_1_to_366"),
        ({"flows": [1], "periods_per_year": "many"}, "periods_per_year: not_a_number"),
        (by_month(1, convention="apr"), "convention: not_a_convention"),
        (by_month(1, convention=1), "convention: not_a_convention"),
        (by_month(1, starts_on=ON), "starts_on: dates_and_periods_mixed"),
        ({"flows": dated(), "starts_on": "2026-02-01"}, "starts_on: after_a_flow"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_path(document: Document, says: str) -> None:
    assert refusal(document) == says


def test_order_and_nothing_change_nothing() -> None:
    flows = dated(on="2026-06-30")
    turned = [*reversed(flows), {"amount": "0", "on": "2027-01-01"}]
    assert {day: fen for day, fen in read(turned).dated if fen} == dict(read(flows).dated)
