"""Who must not handle a complaint, because it may be about what they did."""

from datetime import timedelta

from app.collections.queries.interests import collectors_of
from app.foundation.clock import moment_of
from app.origination.queries.interests import deciders_of
from app.servicing.queries.interests import correctors_of
from app.support.models import TicketMessageRow, TicketRow, TicketStepRow
from app.support.rules import Author
from app.support.rules.complaints import Happened, Interest

MILLISECOND = timedelta(milliseconds=1)
"""What a step's moment is exact to, where a message's is to the microsecond."""


async def interest_of(staff_id: str, row: TicketRow) -> Interest | None:
    """
    Return why a member of staff may not handle a complaint; None where nothing stands against it.

    The rule wants somebody without a direct interest (银行业保险业消费投诉处理管理办法:
    指定与被投诉事项无直接利益关系的人员). So nobody who decided on the applications, changed the
    loans, collected from the borrower, wrote in the ticket complained about, or had a hand in this
    one until it was last closed.
    """
    if staff_id in await deciders_of(row.borrower_id):
        return Interest.DECIDED_APPLICATION
    if staff_id in await correctors_of(row.borrower_id):
        return Interest.CORRECTED_LOAN
    if staff_id in await collectors_of(row.borrower_id):
        return Interest.COLLECTED
    if row.about_ticket_id is not None and await _wrote_in(staff_id, row.about_ticket_id):
        return Interest.ANSWERED_TICKET
    if await _handled_before(staff_id, row.id):
        return Interest.HANDLED_BEFORE
    return None


async def _wrote_in(staff_id: str, ticket_id: str) -> bool:
    return await TicketMessageRow.filter(
        ticket_id=ticket_id, staff_id=staff_id, author=Author.STAFF.value
    ).exists()


async def _handled_before(staff_id: str, ticket_id: str) -> bool:
    """
    Tell whether they answered or closed it, and the borrower is asked, or was not content.

    While it was never closed, whoever answered goes on with it: a reply is talk, no new complaint.
    Who only wrote down what a borrower said on the phone, which is the first message, answered
    nothing.
    """
    closings = TicketStepRow.filter(ticket_id=ticket_id, what=Happened.CLOSED.value)
    if await closings.filter(staff_id=staff_id).exists():
        return True
    last = await closings.order_by("-round").first()
    if last is None:
        return False
    answers = TicketMessageRow.filter(
        ticket_id=ticket_id, staff_id=staff_id, author=Author.STAFF.value, number__gt=1
    )
    until = moment_of(last.happened_at) + MILLISECOND
    return await answers.filter(written_at__lt=until).exists()
