"""A borrower writes down what their year brings and takes, and is warned of tight months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec
import orjson
from tortoise.expressions import Q

from app.foundation import idempotency, outbox
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.log import logger, place_of
from app.foundation.revision import revise
from app.foundation.sealing import Forgotten, SealBroken, seal
from app.household.events import TightMonthNear
from app.household.models import HouseholdRow, calendar_cell
from app.household.queries import dues_by_borrower, floor_on, household_from, household_of
from app.household.rules import Household, MonthLines, month_to_look_at, planned

log = logger(__name__)

BATCH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveHousehold:
    """What a borrower says of their household; what is not said stays as it was."""

    borrower_id: str
    people: int | None
    savings_fen: int | None
    months: Mapping[int, MonthLines] = field(repr=False)
    """Only months that are said anew, each whole."""
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saving:
    """The same as idempotency knows it: all that is said, in one text."""

    caller_id: str
    said: str = field(repr=False)
    idempotency_key: str


def _known(command: SaveHousehold) -> _Saving:
    said = (command.people, command.savings_fen, command.months)
    return _Saving(
        caller_id=command.borrower_id,
        said=_written(said),
        idempotency_key=command.idempotency_key,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearHousehold:
    """A borrower takes back all they said of their household."""

    borrower_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


async def save_household(command: SaveHousehold) -> None:
    """
    Keep what a borrower says of their year, one month or all of it, sealed under their own key.

    Months sent by two phones at once are both kept; of one month the later stays. It is looked at
    for tight months again at the next close of day.

    Raises:
        IdempotencyConflict: The key was used for another command.
        InvalidInput: The idempotency key is malformed.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, _known(command))
        if claim.answer is not None:
            return
        await revise(tx, command.borrower_id)  # holds the borrower's other commands until the end
        known = await household_of(command.borrower_id) or Household()
        said = msgspec.structs.replace(
            known.with_months(command.months),
            people=known.people if command.people is None else command.people,
            savings_fen=known.savings_fen if command.savings_fen is None else command.savings_fen,
        )
        await _keep(tx, command.borrower_id, said)
        await claim.settle(tx, {})


async def clear_household(command: ClearHousehold) -> None:
    """
    Delete what a borrower said of their household, warnings with it.

    Raises:
        IdempotencyConflict: The key was used for another command.
        InvalidInput: The idempotency key is malformed.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is None:
            await forget_household(tx, command.borrower_id)
            await claim.settle(tx, {})


async def forget_household(tx: Transaction, borrower_id: str) -> int:
    """Delete a borrower's calendar and warnings; return how many rows there were."""
    gone = 0
    for table in ("household", "tight_warning"):
        gone += await tx.run(f"DELETE FROM {table} WHERE borrower_id = ?", [borrower_id])
    await revise(tx, borrower_id)
    return gone


async def warn_of_tight_months(today: date) -> int:
    """
    Warn every household, three weeks ahead, of a month that will be tight; return how many.

    A month is looked at once for each household, some at a time; stopped at any point and run
    again, it goes on there, and nobody is warned of one month twice. A household whose keys cannot
    be had now is left to the next close, and holds up no other.
    """
    month = month_to_look_at(today)
    warned, after = 0, ""
    while True:
        async with transaction() as tx:
            waiting = HouseholdRow.filter(
                Q(looked_month=None) | Q(looked_month__lt=_name(month)), borrower_id__gt=after
            ).order_by("borrower_id")
            rows = await waiting.limit(BATCH_MAX).select_for_update()
            for borrower_id, has_loan in (await _tight_of(rows, month, today)).items():
                warned += await _warn(tx, borrower_id, month, has_loan=has_loan)
        if len(rows) < BATCH_MAX:
            return warned
        after = rows[-1].borrower_id


async def _tight_of(rows: Sequence[HouseholdRow], month: date, today: date) -> dict[str, bool]:
    """
    Note that a month of some households was looked at.

    Returns:
        Those for whom it is tight, and whether they owe anything.
    """
    if not rows:  # every night, until somebody says something of their household
        return {}
    dues = await dues_by_borrower([row.borrower_id for row in rows])
    floor_fen = (await floor_on(today)).person_fen
    looked_at, tight = list[str](), dict[str, bool]()
    for row in rows:
        try:
            household = await household_from(row)
            plan = planned(household, dues[row.borrower_id], today=today, floor_fen=floor_fen)
            if any(one.first_day == month for one in plan.tight):
                tight[row.borrower_id] = bool(dues[row.borrower_id])
        except TemporarilyUnavailable as away:
            place = place_of(away)
            log.warning("household_not_looked_at", borrower_id=row.borrower_id, place=place)
            continue
        except (Forgotten, SealBroken):  # the alarm for a broken seal is the reader's
            pass
        looked_at.append(row.borrower_id)
    await HouseholdRow.filter(borrower_id__in=looked_at).update(looked_month=_name(month))
    return tight


async def _warn(tx: Transaction, borrower_id: str, month: date, *, has_loan: bool) -> bool:
    first = await tx.rows(
        "INSERT INTO tight_warning (id, warning_key, borrower_id, month, told_on)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (warning_key) DO NOTHING RETURNING id",
        [
            tx.new_id("tw"),
            f"{borrower_id}:{_name(month)}",
            borrower_id,
            _name(month),
            tx.today.isoformat(),
        ],
    )
    if first:
        near = TightMonthNear(borrower_id=borrower_id, month=_name(month), has_loan=has_loan)
        await outbox.announce(tx, near)
    return bool(first)


async def _keep(tx: Transaction, borrower_id: str, said: Household) -> None:
    sealed = await seal(tx, calendar_cell(borrower_id), _written(said))
    await HouseholdRow.bulk_create(
        [
            HouseholdRow(
                borrower_id=borrower_id,
                calendar=sealed,
                saved_at=milliseconds(tx.now),
                looked_month=None,
            )
        ],
        on_conflict=["borrower_id"],
        update_fields=["calendar", "saved_at", "looked_month"],
    )


def _written(said: object) -> str:
    plain = msgspec.to_builtins(said, str_keys=True)
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()


def _name(month: date) -> str:
    return month.isoformat()[:7]
