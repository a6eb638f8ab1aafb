"""A few device-weeks on a bad line; `python -m tests.long.device_weeks` lives a thousand."""

import random

from app.foundation.clock import FixedClock
from tests.identity.conftest import LAN, Person
from tests.identity.handsets import handset_of
from tests.long.device_weeks import Life


async def test_thirty_percent_of_replies_lost_force_nobody_to_sign_in_again(
    person: Person, clock: FixedClock
) -> None:
    """Threat 14."""
    handsets = [await handset_of(person), await handset_of(person, LAN)]
    seen = await Life(clock, random.Random(14), 0.3).live(handsets, 1)  # noqa: S311 - the weather
    assert seen.forced == 0
    assert seen.openings > 25
    assert seen.lost_replies > 20
