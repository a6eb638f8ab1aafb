"""Work that is done in turn, where what fails takes nothing else with it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tortoise.queryset import QuerySet

from app.foundation.audit import Met, sound_broken_seals
from app.foundation.log import logger, place_of
from app.foundation.metrics import Counts

log = logger(__name__)

FAILED = Counts(
    "errands_failed_total", "Errands of the worker that failed, and its rounds of them", "errand"
)

Errand = Callable[[], Awaitable[object]]


async def do_all(errands: Mapping[str, Errand]) -> None:
    """
    Do each errand, one after another, whatever becomes of those before it.

    Raises:
        Exception: What the first errand raised that failed, once all others were done. Its alarm,
            if it was a broken seal, is for whoever asked; those of the others were sounded.
    """
    failures = [
        failure
        for name, errand in errands.items()
        if (failure := await _failure_of(name, errand)) is not None
    ]
    for failure in failures[1:]:
        await sound_broken_seals(failure, Met.WORKER)
    if failures:
        raise failures[0]


class Turn:
    """
    Where a round goes on that looks after so many at a time, so that everybody's turn comes.

    Some may wait for long, and must not hold up those who came after them. Each process goes round
    for itself, and begins anew with its first.
    """

    def __init__(self) -> None:
        self._after = ""

    async def take(self, found: QuerySet[Any], most: int) -> list[str]:
        """Return the ids whose turn it is: those after whom it was last, then the first again."""
        taken = await _ids(found.filter(id__gt=self._after), most)
        if len(taken) < most:
            taken += await _ids(found.filter(id__lte=self._after), most - len(taken))
        self._after = taken[-1] if taken else ""
        return taken


async def _ids(found: QuerySet[Any], most: int) -> list[str]:
    return [str(row.id) for row in await found.order_by("id").limit(most)]


async def _failure_of(name: str, errand: Errand) -> Exception | None:
    failed = FAILED.of(name)  # told as 0 before it ever fails, so that the first failure shows
    try:
        await errand()
    except Exception as failure:  # noqa: BLE001 - told to whoever asked, after all others
        failed.add()
        log.warning("errand_failed", errand=name, place=place_of(failure))
        return failure
    return None
