"""A complaint's clock, without a database: what any history leaves true."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.clock import local_date
from app.foundation.working_days import somebody_works
from app.support.errors import ExtensionOutOfTurn, ExtensionUsed
from app.support.rules.complaints import (
    ClockTerms,
    Extension,
    Signal,
    check_extension,
    deadline,
    is_span,
    signal_at,
    signals,
    working_day_before,
)
from tests.conftest import START

TERMS = ClockTerms(
    days=15,
    more={Extension.COMPLEX: 15, Extension.SPECIAL: 30},
    alert_working_days=(5, 1),
    escalate_hours=24,
)
MOMENTS = st.integers(0, 2 * 365 * 24).map(lambda hours: START + timedelta(hours=hours))
KINDS = st.sets(st.sampled_from(Extension))


def test_a_complaint_has_fifteen_days_thirty_if_complex_and_sixty_at_the_very_most() -> None:
    assert deadline(START, TERMS) - START == timedelta(days=15)
    assert deadline(START, TERMS, {Extension.COMPLEX}) - START == timedelta(days=30)
    assert deadline(START, TERMS, set(Extension)) - START == timedelta(days=60)


def test_the_desk_is_told_on_a_day_it_works_though_the_deadline_is_a_holiday() -> None:
    # 15 February 2026 begins the Spring Festival, whose Saturday before is worked for it.
    assert working_day_before(date(2026, 2, 18), 1, somebody_works) == date(2026, 2, 14)
    assert working_day_before(date(2026, 2, 18), 5, somebody_works) == date(2026, 2, 10)


@given(MOMENTS, KINDS)
def test_signals_come_in_order_before_the_deadline_and_the_desk_is_open(
    began: datetime, used: set[Extension]
) -> None:
    due_at = deadline(began, TERMS, used)
    near, close, escalate, passed = signals(due_at, TERMS, somebody_works)
    assert near < close <= escalate < passed == due_at
    assert near >= began - timedelta(days=8), "even where the longest holidays lie before it"
    assert somebody_works(local_date(near))
    assert somebody_works(local_date(close))


@given(MOMENTS, st.lists(st.integers(0, 24 * 40), max_size=12))
def test_whoever_looks_now_and_then_misses_no_signal_and_gets_none_twice(
    began: datetime, looks: list[int]
) -> None:
    moments = signals(deadline(began, TERMS), TERMS, somebody_works)
    told: list[Signal] = []
    last = Signal.NONE
    for hours in sorted(looks):
        reached = signal_at(began + timedelta(hours=hours), moments)
        told += [one for one in Signal if last < one <= reached]
        last = max(last, reached)
    assert told == [one for one in Signal if Signal.NONE < one <= last]


@given(st.lists(st.tuples(st.sampled_from(Extension), st.booleans()), max_size=8))
def test_each_extension_is_had_once_and_the_longest_only_after_the_first(
    wishes: list[tuple[Extension, bool]],
) -> None:
    used: list[Extension] = []
    for kind, is_running in wishes:
        try:
            check_extension(kind, used=used, asked=(), is_running=is_running)
        except (ExtensionUsed, ExtensionOutOfTurn):
            continue
        used.append(kind)
    assert used == list(Extension)[: len(used)]
    assert deadline(START, TERMS, used) <= START + timedelta(days=60)


def test_days_that_no_calendar_counts_over_are_no_span() -> None:
    assert is_span(date(2026, 11, 1), date(2026, 11, 1), days_max=1)
    for since, until in (
        (date(2026, 11, 2), date(2026, 11, 1)),
        (date(2026, 11, 1), date(2026, 11, 2)),
        (date.min, date.min),
        (date.max, date.max),
    ):
        assert not is_span(since, until, days_max=1)


def test_what_waits_for_a_second_person_is_not_asked_again() -> None:
    with pytest.raises(ExtensionUsed):
        check_extension(
            Extension.SPECIAL, used={Extension.COMPLEX}, asked={Extension.SPECIAL}, is_running=True
        )
