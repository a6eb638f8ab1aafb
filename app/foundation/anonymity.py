"""Figures of groups of people, in which nobody is told apart: small groups stand together."""

from collections.abc import Callable, Mapping
from typing import TypeVar

G = TypeVar("G")

PEOPLE_MIN = 5
"""A group of fewer people is never shown by itself: in a village, one is told from the others."""

OTHERS = "OTHERS"
"""The name of the group that small ones are part of."""


def without_small_groups(
    groups: Mapping[str, G],
    *,
    people: Callable[[G], int],
    together: Callable[[G, G], G],
    least: int = PEOPLE_MIN,
) -> dict[str, G]:
    """
    Put groups of fewer people than `least` together, so that sums stay and nobody is told apart.

    One small group alone would show in the difference to the sum over all, so the next smallest
    joins it, and so on until at least two groups and enough people stand together; where even all
    of them are fewer, all are one group, which says no more than the sum does.

    Returns:
        The groups that are shown, in the order given, with `OTHERS` at the end if there is one.
    """
    smallest_first = sorted(groups, key=lambda name: (people(groups[name]), name))
    joined: list[str] = []
    gathered: G | None = None
    for name in smallest_first:
        is_small = people(groups[name]) < least
        if not is_small and (gathered is None or (len(joined) > 1 and people(gathered) >= least)):
            break
        gathered = groups[name] if gathered is None else together(gathered, groups[name])
        joined.append(name)
    shown = {name: group for name, group in groups.items() if name not in joined}
    if gathered is not None:
        shown[OTHERS] = gathered
    return shown
