"""Ids are short, typed, ordered by time and not to be guessed."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from app.foundation.ids import has_id_shape, new_id

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_ids_are_short_typed_and_ordered_by_time() -> None:
    first = new_id("ln", now=NOON, entropy=secrets.token_bytes)
    later = new_id("ln", now=NOON + timedelta(seconds=1), entropy=secrets.token_bytes)
    assert len(first) == 16
    assert first < later
    assert has_id_shape(first, "ln")
    assert not has_id_shape(first, "br")
    assert not has_id_shape(first + "x")
    assert not has_id_shape("ln'; DROP TABLE ")


def test_ids_of_one_second_do_not_meet() -> None:
    made = {new_id("ln", now=NOON, entropy=secrets.token_bytes) for _ in range(10_000)}
    assert len(made) == 10_000


@pytest.mark.parametrize(
    "now", [datetime(1970, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_a_clock_gone_wrong_still_makes_ids(now: datetime) -> None:
    assert has_id_shape(new_id("ln", now=now, entropy=secrets.token_bytes), "ln")


def test_a_prefix_has_two_letters() -> None:
    with pytest.raises(AssertionError):
        new_id("loan", now=NOON, entropy=secrets.token_bytes)
