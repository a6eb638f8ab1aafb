"""Handing a borrower a copy of everything we hold on them: at their wish, or through staff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from app.catalog.queries import policy_book
from app.foundation import audit
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.holding import Held, HoldsData
from app.foundation.revision import revise
from app.identity import queries as identity
from app.identity.rules import StaffMember
from app.privacy.errors import TooManyExports
from app.privacy.models import DataExportRow
from app.privacy.operations.looks import Look, record_look
from app.privacy.ports import Holders
from app.privacy.rules import Reason, What
from app.privacy.rules.copying import fingerprint, masked, portable, readable

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCopy:
    """One copy: for machines and for people."""

    copy_id: str
    made_at: datetime
    is_masked: bool
    json: str = field(repr=False)
    text: str = field(repr=False)
    sha256: str
    """Of the JSON's UTF-8 bytes."""


class _Installed:
    holders: Holders = MappingProxyType({})


def collect_from(holders: Mapping[str, HoldsData]) -> None:
    """Name every room that holds something on borrowers; `main` does, once."""
    _Installed.holders = dict(holders)


async def export_data(
    borrower_id: str, *, language: str, by: StaffMember | None = None, is_clear: bool = False
) -> DataCopy:
    """
    Put together everything held on a borrower, opened; nothing of it is kept.

    The borrower may ask so many times a day, so that a stolen phone cannot make us read for ever.
    A member of staff who hands it to them is on the borrower's record of looks.

    Names, addresses, income and words are in clear, as the borrower sees them everywhere. Resident
    IDs and the numbers of cards are masked, as they are on every screen, unless the request itself
    is signed by the key of the borrower's phone: to take away what one gave us is one's right
    (PIPL art. 45), and that signature is the freshest and fullest proof there is. Signing in by a
    code proves less. A copy through staff is always masked: they see such a number only by a
    reveal, and a card's with a second person.

    Args:
        borrower_id: Whose data.
        language: Of the copy for people.
        by: Who takes the copy for the borrower, if they don't do it themselves.
        is_clear: Whether the phone's key signed for all of it; never beside `by`.

    Raises:
        NotFound: There is no such borrower.
        TooManyExports: The borrower has had as many copies today as there are in a day.
    """
    assert by is None or not is_clear, "staff have reveals instead"
    await identity.profile_of(borrower_id)
    async with transaction() as tx:
        row = await _counted(tx, borrower_id, by)
    rooms: dict[str, Held] = {}
    for room, held_of in _Installed.holders.items():
        rooms[room] = await held_of(borrower_id)
    assert rooms, "the rooms that hold data are named at start"
    made_at, is_masked = tx.now, not is_clear
    if is_masked:
        rooms = masked(rooms)
    document = portable(borrower_id, rooms, made_at, is_masked=is_masked)
    copy = DataCopy(
        copy_id=row.id,
        made_at=made_at,
        is_masked=is_masked,
        json=document,
        text=readable(rooms, made_at, language, is_masked=is_masked),
        sha256=fingerprint(document),
    )
    async with transaction() as tx:
        row.sha256, row.bytes_count = copy.sha256, len(document.encode())
        await row.save(update_fields=["sha256", "bytes_count"])
        await audit.record(
            tx,
            audit.Entry(
                "privacy.copy_made",
                borrower_id,
                row.asked_by,
                {"copy_id": row.id, "sha256": copy.sha256, "is_masked": is_masked},
            ),
        )
    return copy


async def _counted(tx: Transaction, borrower_id: str, by: StaffMember | None) -> DataExportRow:
    """Count a copy before it is made, so that many at once get no more than one by one."""
    await revise(tx, borrower_id)
    if by is not None:
        await _on_record(tx, borrower_id, by)
    else:
        most = (await policy_book(tx.today)).whole("data_copies_per_day_max")
        since = milliseconds(tx.now - A_DAY)
        made = DataExportRow.filter(
            borrower_id=borrower_id, asked_by=borrower_id, made_at__gt=since
        )
        if await made.count() >= most:
            raise TooManyExports(most, int(A_DAY.total_seconds()))
    return await DataExportRow.create(
        id=tx.new_id("dx"),
        borrower_id=borrower_id,
        asked_by=borrower_id if by is None else by.staff_id,
        sha256="",
        bytes_count=0,
        made_at=milliseconds(tx.now),
    )


async def _on_record(tx: Transaction, borrower_id: str, by: StaffMember) -> None:
    look = Look(
        staff_id=by.staff_id,
        staff_role=by.role,
        staff_name=by.name,
        borrower_id=borrower_id,
        what=What.WHOLE_COPY,
        reason=Reason.BORROWER_ASKED,
    )
    await record_look(tx, look)
