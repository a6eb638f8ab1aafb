"""What staff see of borrowers who may get into trouble, and borrowers of their lowered limit."""

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.caller import BorrowerCaller, StaffRole
from app.foundation.errors import Forbidden
from app.foundation.graphql import Connection, Fen, Info, asked_page, connection_of, enum_value
from app.origination import queries
from app.origination.graphql.types import DecisionReason

WATCHERS = frozenset({StaffRole.SUPERVISOR, StaffRole.RISK})

First = Annotated[int | None, strawberry.argument(description="How many, 1-100; 20 if left out.")]
After = Annotated[
    str | None, strawberry.argument(description="The endCursor of the page before; null to begin.")
]


@strawberry.enum(description="A sign of trouble ahead, seen in a month's look.")
class EarlyWarningKind(Enum):
    """Signs."""

    LATE = enum_value("LATE", "A payment is late; ask whether something happened.")
    FIRST_PAYMENT_MISSED = enum_value(
        "FIRST_PAYMENT_MISSED", "The very first payment is missing; it may be no borrower at all."
    )
    DEBT_HEAVY = enum_value("DEBT_HEAVY", "Debts take as much of the income as may be, or more.")
    SCORE_FELL = enum_value("SCORE_FELL", "The score is well below that of the decision.")


@strawberry.type(description="A borrower whom staff should ask, while it is early.")
class EarlyWarning:
    """A warning."""

    id: strawberry.ID = strawberry.field(description="Opaque, at most 16 characters.")
    borrower_id: strawberry.ID = strawberry.field(description="Send it to borrowerView.")
    kind: EarlyWarningKind = strawberry.field(description="The sign.")
    raised_on: date = strawberry.field(description="Since when it stands.")

    @classmethod
    def of(cls, warning: queries.EarlyWarning) -> "EarlyWarning":
        """Show a warning."""
        return cls(
            id=strawberry.ID(warning.warning_id),
            borrower_id=strawberry.ID(warning.borrower_id),
            kind=EarlyWarningKind[warning.kind.name],
            raised_on=warning.raised_on,
        )


@strawberry.type(description="The monthly look, for staff.")
class StaffWatchQuery:
    """What risk staff watch."""

    @strawberry.field(
        description="Signs of trouble that stand, oldest first; for supervisors and risk."
    )
    async def early_warnings(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[EarlyWarning] | None:
        """Page through the warnings."""
        if info.context.staff.role not in WATCHERS:
            raise Forbidden
        ask = asked_page("early warnings", first, after)
        page = await queries.early_warnings(ask)
        return connection_of("early warnings", ask, page, EarlyWarning.of)


@strawberry.type(description="A limit that a month's look lowered; signed loans stay as they are.")
class LoweredLimit:
    """A lowered limit."""

    limit: Fen = strawberry.field(
        description="The most that may be owed with anything borrowed anew, open loans included."
    )
    since: date = strawberry.field(description="Since when.")
    reasons: list[DecisionReason] = strawberry.field(
        description="Why, in plain words, and what would change it."
    )


@strawberry.type(description="The caller's own limit.")
class WatchQuery:
    """What a borrower reads of the monthly look."""

    @strawberry.field(
        description="The caller's limit for borrowing anew, if a month's look lowered it; null if"
        " not, and when nobody is signed in."
    )
    async def lowered_limit(self, info: Info) -> LoweredLimit | None:
        """Show the limit with its reasons."""
        caller = info.context.caller
        if not isinstance(caller, BorrowerCaller):
            return None
        found = await queries.draw_limit_of(caller.borrower_id)
        if found is None:
            return None
        language = info.context.language
        return LoweredLimit(
            limit=Fen(found.limit_fen),
            since=found.set_on,
            reasons=[
                DecisionReason(
                    code=code,
                    words=reason.words[language],
                    what_would_change_it=reason.what_would_change_it[language],
                )
                for code, reason in found.reasons
            ],
        )
