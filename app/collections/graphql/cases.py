"""What staff see of late loans: cases, holds, permits and promises; none of it names anybody."""

from datetime import date, datetime

import strawberry

from app.collections import queries, rules
from app.collections.graphql.words import (
    CollectionCaseState,
    CollectionHoldReason,
    CollectionNextStep,
    CollectionStage,
    ContactChannel,
    ContactOutcome,
    ContactPurpose,
    ContestReason,
    OfferedBy,
    PermitReason,
)
from app.foundation.graphql import Fen


@strawberry.type(description="Why a borrower is left in peace, and since when.")
class CollectionHold:
    """A hold."""

    id: strawberry.ID = strawberry.field(description="Send it to decideCollectionMark.")
    reason: CollectionHoldReason = strawberry.field(description="Why.")
    reference: str = strawberry.field(
        description="What it is about: a ticket, loan, contact or case."
    )
    placed_at: datetime = strawberry.field(description="Since when.")
    until_on: date | None = strawberry.field(description="Its last day; null if none is known.")
    is_confirmed: bool = strawberry.field(description="Whether a second person found the same.")
    is_mine: bool = strawberry.field(description="Whether the caller set it.")

    @classmethod
    def of(cls, hold: rules.Hold, staff_id: str) -> "CollectionHold":
        """Show a hold."""
        return cls(
            id=strawberry.ID(hold.hold_id),
            reason=CollectionHoldReason[hold.reason.name],
            reference=hold.reference,
            placed_at=hold.placed_at,
            until_on=hold.until_on,
            is_confirmed=hold.confirmed_by is not None,
            is_mine=hold.placed_by == staff_id,
        )


@strawberry.type(description="A loan that is late; it names nobody.")
class CollectionCase:
    """A case."""

    id: strawberry.ID = strawberry.field(description="The case's id.")
    loan_id: strawberry.ID = strawberry.field(description="The loan.")
    state: CollectionCaseState = strawberry.field(description="Where it stands.")
    stage: CollectionStage = strawberry.field(description="How firmly it is pursued.")
    next_step: CollectionNextStep = strawberry.field(description="What it waits for.")
    opened_on: date = strawberry.field(description="Since which business day.")
    days_past_due: int = strawberry.field(description="How late the loan is today.")
    overdue: Fen = strawberry.field(description="How much is past due.")
    offered_at: datetime | None = strawberry.field(
        description="When relief was offered; the case goes no further while this is null."
    )
    offered_by: OfferedBy | None = strawberry.field(description="How it was offered.")
    assigned_to: str | None = strawberry.field(
        description="Who has it: a member of staff's id or an agency's code; null if nobody."
    )
    is_with_agency: bool = strawberry.field(description="Whether an agency has it.")
    is_mine: bool = strawberry.field(description="Whether the caller has it.")
    special_until: date | None = strawberry.field(
        description="The last day of the special status of the county; null where there is none."
    )
    holds: list[CollectionHold] = strawberry.field(
        description="Why the borrower is left in peace, oldest first; a few."
    )

    @classmethod
    def of(cls, queued: queries.QueuedCase, staff_id: str) -> "CollectionCase":
        """Show a case to a member of staff."""
        case, loan = queued.case, queued.loan
        return cls(
            id=strawberry.ID(case.case_id),
            loan_id=strawberry.ID(case.loan_id),
            state=CollectionCaseState[case.state.name],
            stage=CollectionStage[case.stage.name],
            next_step=CollectionNextStep[queued.next_step.name],
            opened_on=case.opened_on,
            days_past_due=loan.days_past_due,
            overdue=Fen(loan.overdue_fen),
            offered_at=case.offered_at,
            offered_by=None if case.offered_by is None else OfferedBy[case.offered_by.name],
            assigned_to=case.assigned_to,
            is_with_agency=case.is_with_agency,
            is_mine=case.assigned_to == staff_id,
            special_until=queued.special_until,
            holds=[CollectionHold.of(one, staff_id) for one in queued.holds],
        )


@strawberry.type(description="Leave to contact a debtor once, or the record that it was refused.")
class ContactPermit:
    """A permit."""

    id: strawberry.ID = strawberry.field(description="Send it to recordContact.")
    case_id: strawberry.ID = strawberry.field(description="For which case.")
    channel: ContactChannel = strawberry.field(description="How.")
    purpose: ContactPurpose = strawberry.field(description="What for.")
    agency: str | None = strawberry.field(description="For which agency; null for ourselves.")
    asked_at: datetime = strawberry.field(description="When it was asked for.")
    expires_at: datetime = strawberry.field(description="Until when the contact may begin.")
    is_used: bool = strawberry.field(description="Whether what came of it is written down.")
    reasons: list[PermitReason] = strawberry.field(
        description="Why it was refused; empty where it was given. At most 18."
    )

    @classmethod
    def of(cls, permit: queries.Permit) -> "ContactPermit":
        """Show a permit."""
        return cls(
            id=strawberry.ID(permit.permit_id),
            case_id=strawberry.ID(permit.case_id),
            channel=ContactChannel[permit.channel.name],
            purpose=ContactPurpose[permit.purpose.name],
            agency=permit.agency,
            asked_at=permit.asked_at,
            expires_at=permit.expires_at,
            is_used=permit.used_at is not None,
            reasons=[PermitReason[one.name] for one in permit.reasons],
        )


@strawberry.type(description="One contact with a borrower, as the desk sees it.")
class CollectionContact:
    """A contact."""

    id: strawberry.ID = strawberry.field(description="The contact's id.")
    channel: ContactChannel = strawberry.field(description="How.")
    purpose: ContactPurpose = strawberry.field(description="What for.")
    outcome: ContactOutcome = strawberry.field(description="What came of it.")
    began_at: datetime = strawberry.field(description="When.")
    by_staff: str | None = strawberry.field(
        description="The id of who contacted; null where a reminder went out by itself."
    )
    agency: str | None = strawberry.field(description="For which agency; null for ourselves.")
    contested_why: ContestReason | None = strawberry.field(
        description="What the borrower says was wrong with it; null if nothing."
    )

    @classmethod
    def of(cls, attempt: rules.Attempt) -> "CollectionContact":
        """Show a contact, without what was noted beside it."""
        why = attempt.contested_why
        return cls(
            id=strawberry.ID(attempt.attempt_id),
            channel=ContactChannel[attempt.channel.name],
            purpose=ContactPurpose[attempt.purpose.name],
            outcome=ContactOutcome[attempt.outcome.name],
            began_at=attempt.began_at,
            by_staff=attempt.by_staff,
            agency=attempt.agency,
            contested_why=None if why is None else ContestReason[why.name],
        )
