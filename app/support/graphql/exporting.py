"""Lists that leave the desk, on the staff graph: asked for, let go by another, masked."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import InvalidInput, Refusal
from app.foundation.graphql import (
    KEY_PER_CLICK,
    Info,
    PlainProblem,
    checked_id,
    checked_text,
    enum_value,
    problem_of,
)
from app.privacy.graphql import LookReason
from app.privacy.rules import Reason
from app.support.operations import exporting, staff_at_desk
from app.support.queries import exports as queries
from app.support.rules import exports as rules

WHY_MAX = 500
COUNTY_DIGITS = 6


@strawberry.enum(description="What a list is of.")
class ExportKind(Enum):
    """Kinds of `rules.exports.ExportKind`."""

    TICKETS = enum_value("TICKETS", "Tickets by when they were opened, without what was written.")
    LOANS = enum_value("LOANS", "Loans by when they were opened, as they stand.")


@strawberry.enum(description="Where a list stands.")
class ExportStanding(Enum):
    """States of `rules.exports.ExportState`."""

    ASKED = enum_value("ASKED", "It waits for a second person.")
    LAPSED = enum_value("LAPSED", "Nobody decided within a week; ask anew.")
    APPROVED = enum_value("APPROVED", "Who asked may take it away until expiresAt, three times.")
    REFUSED = enum_value("REFUSED", "It was refused.")


@strawberry.type(description="A list that somebody wants to take away.")
class DeskExport:
    """A list."""

    id: strawberry.ID = strawberry.field(description="The list's id.")
    kind: ExportKind = strawberry.field(description="What it is of.")
    since: date = strawberry.field(description="The first day.")
    until: date = strawberry.field(description="The last.")
    region_code: str | None = strawberry.field(description="Only this county; null for all.")
    reason: LookReason = strawberry.field(description="What those on it read.")
    why: str = strawberry.field(description="What it is for.")
    state: ExportStanding = strawberry.field(description="Where it stands.")
    asked_by: str = strawberry.field(description="The work name of who asked.")
    asked_at: datetime = strawberry.field(description="When.")
    expires_at: datetime | None = strawberry.field(
        description="Until when it can be taken away; null before somebody let it go."
    )
    downloads: int = strawberry.field(description="How many times it was taken away.")

    @classmethod
    def of(cls, export: queries.DeskExport) -> "DeskExport":
        """Show a list."""
        return cls(
            id=strawberry.ID(export.export_id),
            kind=ExportKind(export.kind.value),
            since=export.since,
            until=export.until,
            region_code=export.county,
            reason=LookReason(export.reason.value),
            why=export.why,
            state=ExportStanding(export.state.value),
            asked_by=export.asked_name,
            asked_at=export.asked_at,
            expires_at=export.expires_at,
            downloads=export.downloads,
        )


@strawberry.input(description="Which list is wanted, and what for.")
class AskExportInput:
    """A wish."""

    kind: ExportKind = strawberry.field(description="What it is of.")
    since: date = strawberry.field(description="The first day on which its rows were opened.")
    until: date = strawberry.field(description="The last; at most 366 days in all.")
    region_code: str | None = strawberry.field(
        description="Only borrowers who live in this county; leave out for all.", default=None
    )
    reason: LookReason = strawberry.field(description="Why; those on the list read it.")
    why: str = strawberry.field(
        description="What it is for, to whoever decides; at most 500 characters, and nothing of a"
        " borrower."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)

    def as_command(self, staff_id: str) -> exporting.AskExport:
        """
        Return the command.

        Raises:
            InvalidInput: The county is no code, or the reason is empty or too long.
        """
        county = self.region_code
        if county is not None and not (county.isdigit() and len(county) == COUNTY_DIGITS):
            raise InvalidInput("input.regionCode", "support.reason.region")
        return exporting.AskExport(
            caller_id=staff_id,
            kind=rules.ExportKind(self.kind.value),
            since=self.since,
            until=self.until,
            county=county,
            reason=Reason(self.reason.value),
            why=checked_text(self.why, field="input.why", most=WHY_MAX),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="It waits for a second person.")
class AskExportSuccess:
    """The list."""

    export: DeskExport = strawberry.field(description="The list.")


AskExportResult = Annotated[
    AskExportSuccess | PlainProblem,
    strawberry.union("AskExportResult", description="What became of `askExport`."),
]


@strawberry.input(description="Whether a list may leave.")
class DecideExportInput:
    """An answer."""

    export_id: strawberry.ID = strawberry.field(description="The list; one that waits.")
    is_approved: bool = strawberry.field(description="True to let it go, false to refuse.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="It is decided.")
class DecideExportSuccess:
    """The list."""

    export: DeskExport = strawberry.field(description="The list.")


DecideExportResult = Annotated[
    DecideExportSuccess | PlainProblem,
    strawberry.union("DecideExportResult", description="What became of `decideExport`."),
]


@strawberry.input(description="Which list to take away.")
class DownloadExportInput:
    """A list."""

    export_id: strawberry.ID = strawberry.field(
        description="The list; one that the caller asked for and another person let go."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_CLICK)


@strawberry.type(description="The list; everybody on it sees that they were.")
class DownloadExportSuccess:
    """A list in its text."""

    content: str = strawberry.field(
        description="Comma-separated values (RFC 4180), with a header; names and numbers masked."
    )
    sha256: str = strawberry.field(description="Of the content in UTF-8; the audit chain has it.")
    rows: int = strawberry.field(description="How many rows, without the header.")
    is_cut: bool = strawberry.field(
        description="Whether there are more rows than may leave at once."
    )


DownloadExportResult = Annotated[
    DownloadExportSuccess | PlainProblem,
    strawberry.union("DownloadExportResult", description="What became of `downloadExport`."),
]


@strawberry.type(description="Queries about lists that leave.")
class StaffExportQuery:
    """What was asked for."""

    @strawberry.field(description="Lists that were asked for, newest first; at most 100.")
    async def exports(self, info: Info) -> list[DeskExport] | None:
        """Return the lists."""
        await staff_at_desk(info.context.staff, rules.MAKERS | rules.CHECKERS)
        return [DeskExport.of(one) for one in await queries.newest_exports()]


@strawberry.type(description="Mutations about lists that leave.")
class StaffExportMutation:
    """Asking, deciding, taking away."""

    @strawberry.mutation(
        description="Ask for a list of tickets or loans, masked; a second person decides."
    )
    async def ask_export(
        self,
        info: Info,
        input: Annotated[AskExportInput, strawberry.argument(description="Which, and why.")],
    ) -> AskExportResult:
        """Ask."""
        try:
            staff = info.context.staff
            asked = await exporting.ask_export(staff, input.as_command(staff.staff_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AskExportSuccess(export=DeskExport.of(asked))

    @strawberry.mutation(
        description="Let a list go that a colleague asked for, or refuse it, after `staffStepUp`."
    )
    async def decide_export(
        self,
        info: Info,
        input: Annotated[DecideExportInput, strawberry.argument(description="The answer.")],
    ) -> DecideExportResult:
        """Decide."""
        try:
            staff = info.context.staff
            command = exporting.DecideExport(
                caller_id=staff.staff_id,
                export_id=checked_id(input.export_id, "dx", field="input.exportId"),
                is_approved=input.is_approved,
                idempotency_key=input.idempotency_key,
            )
            decided = await exporting.decide_export(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DecideExportSuccess(export=DeskExport.of(decided))

    @strawberry.mutation(
        description="Take away a list that one asked for and another person let go, after"
        " `staffStepUp`: at most 500 rows, three times, for a day."
    )
    async def download_export(
        self,
        info: Info,
        input: Annotated[DownloadExportInput, strawberry.argument(description="Which one.")],
    ) -> DownloadExportResult:
        """Take away."""
        try:
            staff = info.context.staff
            command = exporting.DownloadExport(
                caller_id=staff.staff_id,
                export_id=checked_id(input.export_id, "dx", field="input.exportId"),
                idempotency_key=input.idempotency_key,
            )
            listed = await exporting.download_export(staff, command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return DownloadExportSuccess(
            content=listed.content,
            sha256=listed.sha256,
            rows=listed.rows,
            is_cut=listed.is_cut,
        )
