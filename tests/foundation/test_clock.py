"""Time is told in UTC, days are China's, and a millisecond is never lost."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.foundation.clock import FixedClock, SystemClock, local_date, milliseconds, moment_of


def test_clocks_tell_time_in_utc_and_days_in_china() -> None:
    late = FixedClock(datetime(2026, 11, 21, 16, 30, tzinfo=UTC))
    assert local_date(late.now()) == date(2026, 11, 22)
    late.advance(timedelta(hours=-1))
    assert local_date(late.now()) == date(2026, 11, 21)
    assert SystemClock().now().tzinfo is UTC


@given(st.integers(0, 253_402_300_799_999))
def test_a_stored_moment_comes_back_exactly(number: int) -> None:
    assert milliseconds(moment_of(number)) == number
