"""When a harvest is near: the crop calendars of regions, read as days."""

from collections.abc import Sequence
from datetime import date, timedelta

HARVEST_DAYS_AHEAD = 21
"""How long before the first month of income from a crop its farmer is told: time to compare."""

MONTHS_IN_YEAR = 12


def next_harvest_news(month_weights: Sequence[int], *, since: date, until: date) -> date | None:
    """
    Return the first day after `since` from which a harvest is near; None if it is after `until`.

    Three weeks before the first day of each month in which a crop begins to bring money in: one
    with income after one without; where every month has some, the one with the most.

    Args:
        month_weights: How the crop's income falls on the months, January first; nothing for none.
        since: The day after which to look, such as the day the loan was paid out.
        until: The last due date of the loan.
    """
    begins = _beginnings(month_weights)
    for ahead in range(MONTHS_IN_YEAR + 2):
        years, month = divmod(since.month - 1 + ahead, MONTHS_IN_YEAR)
        if month not in begins:
            continue
        near = date(since.year + years, month + 1, 1) - timedelta(days=HARVEST_DAYS_AHEAD)
        if near > since:
            return near if near <= until else None
    return None


def _beginnings(weights: Sequence[int]) -> frozenset[int]:
    if not any(weights):
        return frozenset()
    begins = {month for month, weight in enumerate(weights) if weight and not weights[month - 1]}
    return frozenset(begins or {list(weights).index(max(weights))})
