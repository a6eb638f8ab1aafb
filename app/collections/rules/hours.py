"""Until when a moment's freedom lasts, among hours in which somebody is left in peace."""

from collections.abc import Sequence
from datetime import datetime, time

from app.foundation.day_hours import DayHours, next_time


def free_until(moment: datetime, quiet: Sequence[DayHours]) -> datetime:
    """
    Return when it is quiet again after a moment at which it is not, or when the day is over.

    What may be done now may be done until then, and is counted on one day.
    """
    ends = [next_time(moment, one.begins) for one in quiet if one.begins != one.ends]
    return min([*ends, next_time(moment, time())])
