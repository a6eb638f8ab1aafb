"""A late loan opened at the desk: who owes, masked, and all that was done about it; on record."""

from dataclasses import dataclass

from app.collections import operations as collections
from app.collections import queries as collections_queries
from app.collections.queries import Permit, QueuedCase
from app.collections.rules import Attempt, Promise
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import transaction
from app.identity import queries as identity
from app.identity.rules import Profile
from app.privacy.rules import Reason, What
from app.support.operations.browsing import check_no_browsing, noticing_browsing
from app.support.operations.desk import put_on_record, staff_at_desk

SHOWN_MAX = 50
"""Contacts and permits of one case that are shown, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCase:
    """A case with its borrower, masked, and its history."""

    queued: QueuedCase
    borrower: Profile | None
    """None once the borrower is forgotten."""
    attempts: list[Attempt]
    permits: list[Permit]
    promises: list[Promise]


async def open_case(caller: StaffCaller, case_id: str) -> OpenedCase:
    """
    Open a case; the look is on the borrower's record before this returns.

    Raises:
        Forbidden: The role does not read cases.
        NotFound: There is no such case.
        RateLimited: This member of staff has looked at too many borrowers within the hour.
    """
    staff = await staff_at_desk(caller, collections.READERS)
    case = await collections_queries.case(case_id)
    async with noticing_browsing(staff), transaction() as tx:
        await check_no_browsing(tx, staff)
        reason = Reason.AUDIT if staff.role is StaffRole.AUDITOR else Reason.LATE_PAYMENT
        await put_on_record(tx, staff, case.borrower_id, what=What.COLLECTION_CASE, reason=reason)
        today = tx.today
    return OpenedCase(
        queued=await collections_queries.queued_case(case, today),
        borrower=(await identity.profiles_by_id([case.borrower_id]))[0],
        attempts=await collections_queries.attempts_of_case(case_id, most=SHOWN_MAX),
        permits=await collections_queries.permits_of_case(case_id, most=SHOWN_MAX),
        promises=await collections_queries.promises_of_case(case_id),
    )
