"""Who may be greeted: people who agreed to news, and the month of a birthday, never its day."""

from collections import defaultdict
from collections.abc import Sequence

from app.foundation.audit import Met, sound_broken_seals
from app.foundation.database import fetch
from app.foundation.sealing import SealBroken, blind_indexes
from app.identity.models import BorrowerRow, ConsentLineRow
from app.identity.queries.borrowers import Opened, open_rows
from app.identity.queries.consents import consent_line
from app.identity.queries.recovery import STOPPED
from app.identity.rules.consents import ConsentAct, ConsentLine, standing
from app.identity.rules.people import birth_date_of


async def ever_agreed_to(purpose: str, *, after: str, most: int) -> list[str]:
    """
    Return borrowers who agreed to a use of their data at some time, in the order of their ids.

    Whoever acts on it asks right before whether they still do: it may have been taken back.
    """
    rows = await fetch(
        "SELECT DISTINCT borrower_id FROM consent_line"
        " WHERE purpose = ? AND act = ? AND borrower_id > ? ORDER BY borrower_id LIMIT ?",
        [purpose, ConsentAct.GIVEN.value, after, most],
    )
    return [row["borrower_id"] for row in rows]


async def agreeing_among(borrower_ids: Sequence[str], purpose: str) -> set[str]:
    """Return who of some agrees to a use of their data at this moment; one query for any number."""
    rows = await ConsentLineRow.filter(borrower_id__in=list(borrower_ids)).order_by("number")
    lines: defaultdict[str, list[ConsentLine]] = defaultdict(list)
    for row in rows:
        lines[row.borrower_id].append(consent_line(row))
    return {
        borrower_id
        for borrower_id, theirs in lines.items()
        if any(to.purpose == purpose and not to.recipient for to in standing(theirs))
    }


async def reached_among(borrower_ids: Sequence[str]) -> set[str]:
    """
    Return to whom of some anything may be sent: their number is theirs, and not stopped.

    Whoever's number does not open as it was written is not among them; the alarm is sounded.
    """
    rows = await BorrowerRow.filter(id__in=list(borrower_ids), lost_phone_at__isnull=True)
    phones = await _opened([row for row in rows if not row.is_forgotten], "phone")
    indexes = {one: blind_indexes(STOPPED, phone) for one, phone in phones.items()}
    asked = [index for theirs in indexes.values() for index in theirs]
    stopped: set[str] = set()
    if asked:
        places = ", ".join("?" for _ in asked)
        found = await fetch(
            f"SELECT phone_index FROM stopped_number WHERE phone_index IN ({places})", asked
        )
        stopped = {row["phone_index"] for row in found}
    return {one for one, theirs in indexes.items() if stopped.isdisjoint(theirs)}


async def birth_months_of(borrower_ids: Sequence[str]) -> dict[str, int]:
    """
    Return the months of some people's birthdays, 1 to 12, of whom they are known.

    Nothing but the month leaves this function. One altered row keeps nobody else from theirs; the
    alarm is sounded.
    """
    rows = await BorrowerRow.filter(id__in=list(borrower_ids))
    numbers = await _opened([row for row in rows if not row.is_forgotten], "resident_id")
    return {one: birth_date_of(number).month for one, number in numbers.items()}


async def _opened(rows: Sequence[BorrowerRow], column: str) -> dict[str, str]:
    """Open a column of some rows, where it was filled and opens."""
    try:
        opened = list(zip(rows, await open_rows(rows, (column,)), strict=True))
    except SealBroken:
        opened = [(row, values) for row in rows for values in await _one_opened(row, column)]
    return {row.id: value for row, values in opened if (value := values[column]) is not None}


async def _one_opened(row: BorrowerRow, column: str) -> list[Opened]:
    try:
        return await open_rows([row], (column,))
    except SealBroken as broken:
        await sound_broken_seals(broken, Met.WORKER)
        return []
