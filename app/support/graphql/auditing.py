"""The auditor's reading of the audit chain on the staff graph."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

from app.foundation import audit
from app.foundation.audit import ALARM, EntrySeen, Sought
from app.foundation.caller import StaffRole
from app.foundation.graphql import Connection, Info, asked_page, connection_of, id_or_none
from app.support import operations

AUDITORS = frozenset({StaffRole.AUDITOR})


@strawberry.type(description="One recorded act in its place in the audit chain.")
class AuditEntry:
    """An entry."""

    seq: int = strawberry.field(description="Its number; the chain has no gap.")
    kind: str = strawberry.field(description="What was done, such as desk.revealed.")
    subject: strawberry.ID | None = strawberry.field(description="The borrower it is about.")
    actor: str = strawberry.field(description="The id of who did it, or `system`.")
    about: str = strawberry.field(
        description="Ids, codes, counts and digests as canonical JSON; nothing personal."
    )
    recorded_at: datetime = strawberry.field(description="When.")
    hash: str = strawberry.field(description="SHA-256 over it and all before it, in hexadecimal.")

    @classmethod
    def of(cls, entry: EntrySeen) -> "AuditEntry":
        """Show an entry."""
        subject = entry.subject_id
        return cls(
            seq=entry.seq,
            kind=entry.kind,
            subject=id_or_none(subject),
            actor=entry.actor,
            about=entry.about,
            recorded_at=entry.recorded_at,
            hash=entry.hash,
        )


@strawberry.input(description="What to look for; what is left out may be anything.")
class AuditFilter:
    """A filter."""

    subject: strawberry.ID | None = strawberry.field(
        description="Only about this borrower.", default=None
    )
    actor: str | None = strawberry.field(
        description="Only what this one did: an id, or `system`.", default=None
    )
    kind: str | None = strawberry.field(
        description="Only this kind; with a dot at its end, all that begin so: `desk.`",
        default=None,
    )
    since: datetime | None = strawberry.field(description="Not before this.", default=None)
    until: datetime | None = strawberry.field(description="Before this.", default=None)

    def as_sought(self) -> Sought:
        """Return it as the chain is searched; a time without a zone is UTC."""
        return Sought(
            subject_id=self.subject,
            actor=self.actor,
            kind=self.kind,
            since=_aware(self.since),
            until=_aware(self.until),
        )


def _aware(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


@strawberry.type(description="The auditor's queries.")
class StaffAuditQuery:
    """Searching the chain."""

    @strawberry.field(description="Entries of the audit chain, newest first; for auditors.")
    async def audit_entries(
        self,
        info: Info,
        where: Annotated[
            AuditFilter | None, strawberry.argument(description="Left out, all entries.")
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[AuditEntry] | None:
        """Return a page of entries."""
        sought = Sought() if where is None else where.as_sought()
        return await _found(info, sought, first, after)

    @strawberry.field(
        description="Alarms, newest first: broken seals, limits reached, canaries looked at, a"
        " chain that does not hold. For auditors."
    )
    async def alarms(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many; 1 to 100, 20 if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = None,
    ) -> Connection[AuditEntry] | None:
        """Return a page of alarms."""
        return await _found(info, Sought(kind=ALARM), first, after)


async def _found(
    info: Info, sought: Sought, first: int | None, after: str | None
) -> Connection[AuditEntry]:
    await operations.staff_at_desk(info.context.staff, AUDITORS)
    ask = asked_page("audit", first, after)
    page = await audit.entries(sought, ask)
    return connection_of("audit", ask, page, AuditEntry.of)
