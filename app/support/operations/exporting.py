"""Lists that leave the desk: asked for with a reason, let go by another, masked, and on record."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from app.catalog import queries as catalog
from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.identity.queries import check_stepped_up
from app.identity.queries.regions import is_lived_in
from app.identity.rules import StaffMember
from app.privacy.operations.reveals import hold_staff
from app.privacy.rules import Reason, What
from app.support.errors import ExportNotOpen, ExportOver, OwnExport
from app.support.models import DeskExportRow
from app.support.operations.desk import put_all_on_record, staff_at_desk
from app.support.queries.exports import (
    HEADERS,
    DeskExport,
    desk_export,
    export_from,
    export_limits,
    rows_of,
    waiting_exports,
)
from app.support.rules import check_may_wait
from app.support.rules.complaints import is_span
from app.support.rules.exports import (
    CHECKERS,
    MAKERS,
    ExportKind,
    ExportState,
    Listed,
    csv_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskExport:
    """Ask for a list of what was opened from one day to another, both included."""

    caller_id: str
    kind: ExportKind
    since: date
    until: date
    county: str | None
    reason: Reason
    """What those on the list read."""
    why: str
    """For whoever decides; nothing of a borrower belongs in it."""
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideExport:
    """Let a list go that somebody else asked for, or not."""

    caller_id: str
    export_id: str
    is_approved: bool
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadExport:
    """Take away a list one asked for."""

    caller_id: str
    export_id: str
    idempotency_key: str


async def ask_export(caller: StaffCaller, command: AskExport) -> DeskExport:
    """
    Ask for a list, once per idempotency key; nothing leaves yet.

    Raises:
        Forbidden: The role takes no lists away.
        InvalidInput: The days are in the wrong order, too many or yet to come; or nobody lives in
            such a county and nothing is lent there.
        TooManyWait: Ten lists that the caller asked for wait already.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, MAKERS)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await desk_export(claim.answer["export_id"])
        # The clock's day may be behind the business day, and the other way round at night.
        await _check_there_is(command, today=max(local_date(tx.now), tx.today))
        limits = await export_limits(local_date(tx.now))
        if not is_span(command.since, command.until, days_max=limits.days_max):
            raise InvalidInput("input.until", "support.reason.days", most=limits.days_max)
        await hold_staff(tx, staff.staff_id)
        check_may_wait(await waiting_exports(staff.staff_id, tx.now))
        row = await DeskExportRow.create(
            id=tx.new_id("dx"),
            kind=command.kind.value,
            since=command.since,
            until=command.until,
            county=command.county,
            reason=command.reason.value,
            why=command.why,
            state=ExportState.ASKED.value,
            asked_by=staff.staff_id,
            asked_name=staff.name,
            asked_at=milliseconds(tx.now),
            downloads=0,
        )
        await _put_in_chain(tx, "export.asked", staff, row)
        await claim.settle(tx, {"export_id": row.id})
        return export_from(row, tx.now)


async def decide_export(caller: StaffCaller, command: DecideExport) -> DeskExport:
    """
    Let a list go for a day, or refuse it, as the second person.

    Raises:
        Forbidden: The role lets no lists go.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such list.
        OwnExport: The caller asked for it.
        ExportNotOpen: It is decided already, or it has waited for more than a week.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, CHECKERS)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await desk_export(command.export_id)
        row = await DeskExportRow.filter(id=command.export_id).select_for_update().first()
        if row is None:
            raise NotFound("input.exportId")
        if row.asked_by == staff.staff_id:
            raise OwnExport
        if export_from(row, tx.now).state is not ExportState.ASKED:
            raise ExportNotOpen
        state = ExportState.APPROVED if command.is_approved else ExportState.REFUSED
        limits = await export_limits(local_date(tx.now))
        row.state = state.value
        row.decided_by, row.decided_at = staff.staff_id, milliseconds(tx.now)
        if command.is_approved:
            row.expires_at = milliseconds(tx.now + timedelta(hours=limits.hours_valid))
        await row.save()
        await _put_in_chain(tx, f"export.{state.value.lower()}", staff, row)
        await claim.settle(tx, {"export_id": row.id})
        return export_from(row, tx.now)


async def download_export(caller: StaffCaller, command: DownloadExport) -> Listed:
    """
    Take away a list that a second person let go: masked, so many rows, so many times, for a day.

    Everybody on it sees in `whoLookedAtMe` that they were. The same key sent again, because the
    answer was lost, gives the list as it is by then and counts once.

    Raises:
        Forbidden: The role takes no lists away.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such list of the caller's.
        ExportOver: Nobody let it go, or its day is over, or it was taken away often enough.
        IdempotencyConflict: The key was used for another command.
    """
    staff = await staff_at_desk(caller, MAKERS)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        limits = await export_limits(local_date(tx.now))
        row = await DeskExportRow.get_or_none(id=command.export_id, asked_by=staff.staff_id)
        if row is None:
            raise NotFound("input.exportId")
        counted = await tx.rows(
            "UPDATE desk_export SET downloads = downloads + ? WHERE id = ? AND state = ?"
            " AND expires_at > ? AND downloads <= ? RETURNING id",
            [
                int(claim.answer is None),
                row.id,
                ExportState.APPROVED.value,
                milliseconds(tx.now),
                limits.downloads_max - int(claim.answer is None),
            ],
        )
        if not counted:
            raise ExportOver
        export = export_from(row, tx.now)
        rows = await rows_of(export, most=limits.rows_max + 1)
        kept = rows[: limits.rows_max]
        content = csv_of(HEADERS[export.kind], [one.values for one in kept])
        listed = Listed(
            content=content,
            sha256=hashlib.sha256(content.encode()).hexdigest(),
            rows=len(kept),
            is_cut=len(rows) > limits.rows_max,
        )
        people = sorted({one.borrower_id for one in kept})
        await put_all_on_record(tx, staff, people, what=What.EXPORT, reason=export.reason)
        about = {"rows": listed.rows, "sha256": listed.sha256}
        await _put_in_chain(tx, "export.downloaded", staff, row, about)
        if claim.answer is None:
            await claim.settle(tx, {"export_id": row.id})
        return listed


async def _check_there_is(command: AskExport, *, today: date) -> None:
    """
    Check that there can be anything on a list.

    Raises:
        InvalidInput: Its days are yet to come, or its county is none that we know of.
    """
    for field, day in (("input.since", command.since), ("input.until", command.until)):
        if day > today:
            raise InvalidInput(field, "support.reason.future", today=today)
    county = command.county
    if county is None or await is_lived_in(county):
        return
    if county not in {one.code for one in await catalog.regions(today) if not one.is_province}:
        raise InvalidInput("input.regionCode", "support.reason.county")


async def _put_in_chain(
    tx: Transaction,
    kind: str,
    staff: StaffMember,
    row: DeskExportRow,
    more: dict[str, str | int] | None = None,
) -> None:
    about: dict[str, str | int] = {"export": row.id, "kind": row.kind, **(more or {})}
    await record(tx, Entry(kind, None, staff.staff_id, about))
