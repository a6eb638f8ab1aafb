"""What codes may cost, and how many must come back: the rules alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.clock import milliseconds
from app.identity.rules import codes, limits
from app.identity.rules.limits import Slot

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
PRESENT = limits.slot_of(milliseconds(NOW))


def test_a_prefix_is_the_network_and_the_home_region() -> None:
    assert limits.prefix_of("+8613800138000") == "+861380013"


@pytest.mark.parametrize(
    ("sends", "redeemed", "age", "outcome"),
    [
        (30, 0, 2, "rests"),
        (30, 7, 2, "rests"),
        (30, 8, 2, "goes on"),
        (29, 0, 2, "goes on"),
        (200, 0, 1, "goes on"),
        (200, 0, 0, "goes on"),
        (200, 0, 12, "rests"),
        (200, 0, 13, "goes on"),
    ],
    ids=[
        "none came back",
        "under a quarter",
        "a quarter and more",
        "too few to say",
        "still being typed",
        "just sent",
        "an hour ago",
        "forgotten",
    ],
)
def test_a_prefix_rests_while_too_few_of_its_codes_come_back(
    sends: int, redeemed: int, age: int, outcome: str
) -> None:
    slots = [Slot(PRESENT - age, sends, redeemed)]
    wait = limits.wait_for_prefix(slots, NOW)
    assert ("rests" if wait else "goes on") == outcome
    assert wait <= timedelta(hours=1, minutes=5)


slots_of_an_hour = st.lists(
    st.tuples(st.integers(0, 15), st.integers(0, 60), st.integers(0, 60)).map(
        lambda drawn: Slot(PRESENT - drawn[0], drawn[1], min(drawn[1], drawn[2]))
    ),
    max_size=8,
    unique_by=lambda slot: slot.number,
)


@given(slots_of_an_hour, st.integers(0, 299))
def test_waiting_as_long_as_told_opens_a_prefix_again(slots: list[Slot], second: int) -> None:
    now = NOW + timedelta(seconds=second)
    wait = limits.wait_for_prefix(slots, now)
    later = now + timedelta(seconds=codes.whole_seconds(wait))
    assert limits.wait_for_prefix(slots, later) == timedelta(0)


@given(st.integers(0, 10**6))
def test_an_hour_ends_within_the_hour(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    rest = limits.until_next_hour(now)
    assert timedelta(0) < rest <= timedelta(hours=1)
    assert limits.hour_of(now + rest) == limits.hour_of(now) + 1


@pytest.mark.parametrize(("failures", "digits"), [(0, 6), (4_999, 6), (5_000, 8), (10**6, 8)])
def test_codes_are_longer_after_five_thousand_failures(failures: int, digits: int) -> None:
    assert limits.digits_after(failures) == digits
