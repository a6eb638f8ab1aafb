"""Alarms: what somebody has to look into, in the log at once and in the chain for good."""

from collections.abc import Iterator
from enum import StrEnum

from app.foundation.audit.chain import ALARM, SYSTEM, Entry, cell_name, record
from app.foundation.database import joined, transaction
from app.foundation.log import logger, place_of
from app.foundation.metrics import Counts
from app.foundation.sealing import Forgotten, SealBroken

log = logger(__name__)

SEAL_BROKEN = ALARM + "seal_broken"
_BROKEN = Counts("broken_seals_total", "Broken seals, by who met with them", "met")


class Met(StrEnum):
    """Which part of the system met with what an alarm is about."""

    GATEWAY = "gateway"
    WORKER = "worker"
    COMMAND = "command"


for _met in Met:
    _BROKEN.of(_met.value)  # told as 0 before, so that the first one shows


async def sound_broken_seals(failure: BaseException, met: Met) -> int:
    """
    Write an alarm for each broken seal within a failure, in a transaction of its own.

    It names table, column and row, never a value. The log tells it even if the database cannot.

    Returns:
        How many broken seals there were; none for any other failure.
    """
    found = list(broken_seals_in(failure))
    for broken in found:
        cell = broken.cell
        place = "unknown" if cell is None else cell_name(cell)
        _BROKEN.of(met.value).add()
        log.critical("alarm", kind=SEAL_BROKEN, place=place, met=met, line=place_of(broken))
    if not found or joined() is not None:
        return len(found)
    try:
        async with transaction() as tx:
            for broken in found:
                await record(tx, _entry_of(broken, met))
    except Exception as failed:  # noqa: BLE001 - whoever met the break still has to be answered
        log.critical("alarm_not_recorded", error=type(failed).__name__)
    return len(found)


def _entry_of(broken: SealBroken, met: Met) -> Entry:
    cell = broken.cell
    if cell is None:
        return Entry(SEAL_BROKEN, None, SYSTEM, {"place": "unknown", "met": met.value})
    about = {"place": cell_name(cell), "met": met.value}
    return Entry(SEAL_BROKEN, cell.subject_id, SYSTEM, about)


def broken_seals_in(failure: BaseException) -> Iterator[SealBroken]:
    """Find the broken seals in a failure: itself, what it wraps or gathers, what it came of."""
    seen: set[int] = set()
    waiting: list[BaseException] = [failure]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, SealBroken):
            if not isinstance(one, Forgotten):  # nobody tampered with what is gone by our own doing
                yield one
            continue
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions  # pyright: ignore[reportUnknownMemberType] - of any kind
        came_of = one.__cause__ if one.__suppress_context__ else one.__context__
        parts = (getattr(one, "original_error", None), came_of)
        waiting += [part for part in parts if isinstance(part, BaseException)]
