"""Deleting and closing on the borrower's graph: what goes, what stays, until when, and why."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    Info,
    PlainProblem,
    Problem,
    enum_value,
    problem_of,
    problem_parts,
)
from app.foundation.text import text
from app.privacy import queries
from app.privacy.errors import AccountNotClosable
from app.privacy.errors import ClosingObstacle as Obstacle
from app.privacy.graphql.words import KEY
from app.privacy.operations.closing import CloseAccount, close_account
from app.privacy.operations.deleting import RequestDeletion, request_deletion
from app.privacy.rules.closing import DELETABLE, DeletionPlan, PlannedPart
from app.privacy.rules.closing import DataPart as Part


@strawberry.enum(description="A part of what we hold on the caller.")
class DataPart(Enum):
    """Parts of `rules.closing`."""

    WAYS_IN = enum_value("WAYS_IN", "Sessions, devices, the PIN, codes sent.")
    LEARNING = enum_value("LEARNING", "Lessons read, quiz answers, points.")
    OPTIONAL_CONSENTS = enum_value(
        "OPTIONAL_CONSENTS", "Voluntary consents, and what rests on them."
    )
    ADDRESS = enum_value("ADDRESS", "The address.")
    PROFILE = enum_value("PROFILE", "Phone number, income, purpose, bank card, region.")
    MESSAGES = enum_value("MESSAGES", "Notifications and text messages.")
    TICKETS = enum_value("TICKETS", "What was written to and by customer service.")
    APPLICATIONS = enum_value(
        "APPLICATIONS", "Applications that became no loan, and their decisions."
    )
    IDENTITY = enum_value("IDENTITY", "Name and resident ID.")
    LOAN_RECORDS = enum_value("LOAN_RECORDS", "Agreements, repayments, certificates.")
    AUDIT = enum_value("AUDIT", "The record of who did what, without names.")


@strawberry.enum(description="When a part goes.")
class DataFate(Enum):
    """Fates of `rules.closing`."""

    AT_ONCE = enum_value("AT_ONCE", "The moment the account is closed.")
    AFTER_DAYS = enum_value("AFTER_DAYS", "When the days to come back are over.")
    KEPT = enum_value("KEPT", "The law wants it kept: stored only, and gone after its date.")
    NAMELESS = enum_value("NAMELESS", "It stays, and leads to nobody any more.")


@strawberry.enum(description="What must be settled before an account can be closed.")
class ClosingObstacle(Enum):
    """Obstacles of `errors`."""

    LOAN_OPEN = enum_value("LOAN_OPEN", "A loan is not paid off.")
    MONEY_ON_ITS_WAY = enum_value("MONEY_ON_ITS_WAY", "A signed loan waits for its money.")
    REPAYMENT_UNDER_WAY = enum_value("REPAYMENT_UNDER_WAY", "A repayment has not arrived.")
    REFUND_OWED = enum_value("REFUND_OWED", "We hold money that is the caller's.")
    REFUND_UNDER_WAY = enum_value("REFUND_UNDER_WAY", "A refund has not arrived.")
    GUARANTEE_STANDS = enum_value(
        "GUARANTEE_STANDS", "The caller answers for somebody else's loan."
    )
    COMPLAINT_OPEN = enum_value("COMPLAINT_OPEN", "A complaint waits for our answer.")
    LOAN_CORRECTION_OPEN = enum_value(
        "LOAN_CORRECTION_OPEN", "A correction of a loan is undecided."
    )


@strawberry.type(description="One part, and what becomes of it when the account is closed.")
class DeletionPart:
    """A part."""

    part: DataPart = strawberry.field(description="Which.")
    fate: DataFate = strawberry.field(description="When it goes.")
    kept_until: date | None = strawberry.field(description="The last day the law keeps it.")
    title: str = strawberry.field(description="What it is, in plain words.")
    sentence: str = strawberry.field(description="What becomes of it, until when, and why.")
    can_delete_now: bool = strawberry.field(
        description="Whether requestDeletion deletes it without closing the account."
    )

    @classmethod
    def of(cls, one: PlannedPart, days: int, language: str) -> "DeletionPart":
        """Show a part in a language."""
        until = None if one.kept_until is None else one.kept_until.isoformat()
        return cls(
            part=DataPart(one.part.value),
            fate=DataFate(one.fate.value),
            kept_until=one.kept_until,
            title=text(f"privacy.deletion_part.{one.part}", language),
            sentence=text(f"privacy.deletion_fate.{one.fate}", language, days=days, until=until)
            if until is not None or one.fate.value != "KEPT"
            else text("privacy.deletion_fate.OVER", language, days=days),
            can_delete_now=one.part in DELETABLE,
        )


@strawberry.type(description="Something to settle first.")
class Obstruction:
    """An obstacle with its words."""

    obstacle: ClosingObstacle = strawberry.field(description="What.")
    sentence: str = strawberry.field(description="What to do about it.")

    @classmethod
    def of(cls, one: Obstacle, language: str) -> "Obstruction":
        """Show an obstacle in a language."""
        return cls(
            obstacle=ClosingObstacle(one.value),
            sentence=text(f"privacy.obstacle.{one}", language),
        )


@strawberry.type(description="What closing the account would do; show it before anything.")
class AccountDeletionPlan:
    """A plan."""

    parts: list[DeletionPart] = strawberry.field(description="Every part, what goes first first.")
    obstacles: list[Obstruction] = strawberry.field(description="What must be settled first.")
    days_to_come_back: int = strawberry.field(
        description="For so many days signing in once brings everything back."
    )
    summary: str = strawberry.field(description="All of it in a few sentences.")

    @classmethod
    def of(cls, plan: DeletionPlan, language: str) -> "AccountDeletionPlan":
        """Show a plan in a language."""
        return cls(
            parts=[DeletionPart.of(one, plan.days, language) for one in plan.parts],
            obstacles=[Obstruction.of(one, language) for one in plan.obstacles],
            days_to_come_back=plan.days,
            summary=text("privacy.closing.summary", language, days=plan.days),
        )


@strawberry.input(description="Closing the account.")
class CloseAccountInput:
    """Closing."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.input(description="Deleting one part without closing the account.")
class RequestDeletionInput:
    """Deleting."""

    part: DataPart = strawberry.field(description="Which part; see canDeleteNow.")
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)


@strawberry.type(description="The account is closed; the caller is signed out everywhere.")
class CloseAccountSuccess:
    """Closed."""

    leaves_at: datetime = strawberry.field(
        description="Until then signing in once brings everything back; then the data are gone."
    )
    sentence: str = strawberry.field(description="What happens now; show it.")


@strawberry.type(description="The part is deleted.")
class RequestDeletionSuccess:
    """Deleted."""

    part: DataPart = strawberry.field(description="Which.")


@strawberry.type(description="Something must be settled before the account can be closed.")
class AccountNotClosableProblem(Problem):
    """Not yet."""

    obstacles: list[Obstruction] = strawberry.field(description="All of it.")


CloseAccountResult = Annotated[
    CloseAccountSuccess | AccountNotClosableProblem | PlainProblem,
    strawberry.union("CloseAccountResult", description="Closed, or why not."),
]
RequestDeletionResult = Annotated[
    RequestDeletionSuccess | PlainProblem,
    strawberry.union("RequestDeletionResult", description="Deleted, or why not."),
]


@strawberry.type(description="Queries about deleting and closing.")
class ClosingQuery:
    """What would become of one's data."""

    @strawberry.field(
        description="What closing the account would delete and keep, until when and why."
    )
    async def deletion_plan(self, info: Info) -> AccountDeletionPlan | None:
        """Show the plan."""
        plan = await queries.deletion_plan(info.context.borrower_id)
        return AccountDeletionPlan.of(plan, info.context.language)


@strawberry.type(description="Mutations about deleting and closing.")
class ClosingMutation:
    """Deleting and closing."""

    @strawberry.mutation(
        description="Close the caller's account: everything ends at once, and for some days signing"
        " in brings it back."
    )
    async def close_account(
        self,
        info: Info,
        input: Annotated[CloseAccountInput, strawberry.argument(description="The key.")],
    ) -> CloseAccountResult:
        """Close."""
        try:
            caller = info.context.borrower
            command = CloseAccount(
                caller_id=caller.borrower_id, idempotency_key=input.idempotency_key
            )
            closing = await close_account(command, session_id=caller.session_id)
        except AccountNotClosable as refusal:
            obstacles = [Obstruction.of(one, info.context.language) for one in refusal.obstacles]
            return AccountNotClosableProblem(**problem_parts(info, refusal), obstacles=obstacles)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return CloseAccountSuccess(
            leaves_at=closing.leaves_at,
            sentence=info.context.text("privacy.closing.done", until=closing.leaves_at),
        )

    @strawberry.mutation(
        description="Delete one part of the caller's data at once, without closing the account."
    )
    async def request_deletion(
        self,
        info: Info,
        input: Annotated[RequestDeletionInput, strawberry.argument(description="Which part.")],
    ) -> RequestDeletionResult:
        """Delete."""
        try:
            command = RequestDeletion(
                caller_id=info.context.borrower_id,
                part=Part(input.part.value),
                idempotency_key=input.idempotency_key,
            )
            await request_deletion(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RequestDeletionSuccess(part=input.part)
