"""Everything around one borrower in one list, newest first, page by page."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from app.collections.queries import attempts_of
from app.collections.rules import Attempt
from app.foundation.clock import milliseconds
from app.foundation.ids import ID_LENGTH
from app.foundation.paging import FIRST_MAX, Key, Page, PageAsk
from app.messaging.queries import Notification, inbox_of
from app.origination import queries as origination
from app.origination.queries import ApplicationView, DecisionView
from app.payments.queries import repayments_of
from app.payments.rules import RepaymentView
from app.privacy.queries import looks_at
from app.privacy.queries.looks import LookSeen
from app.servicing import queries as servicing
from app.support.queries.tickets import Ticket, tickets_of
from app.support.queries.timeline import LoanHappening

V = TypeVar("V")
Place = tuple[datetime, str]
"""When, and the id of what happened, so that no two lines share a place."""


class LineKind(StrEnum):
    """What a line of the history is."""

    NOTIFICATION = "NOTIFICATION"
    LOAN_EVENT = "LOAN_EVENT"
    TICKET = "TICKET"
    REPAYMENT = "REPAYMENT"
    LOOK = "LOOK"
    CONTACT = "CONTACT"
    APPLICATION = "APPLICATION"
    DECISION = "DECISION"


What = (
    Notification
    | LoanHappening
    | Ticket
    | RepaymentView
    | LookSeen
    | Attempt
    | ApplicationView
    | DecisionView
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the history."""

    at: datetime
    line_id: str
    what: What

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return self.at, self.line_id


async def history_of(
    borrower_id: str, ask: PageAsk, kinds: Collection[LineKind] = tuple(LineKind)
) -> Page[Line]:
    """
    Return a page of what happened around a borrower: told, lent, repaid, asked, seen, contacted.

    Each kind is read in its own order, no further than the page needs, and the lists are merged;
    a page begins where the one before ended, whatever has happened since.
    """
    before = _before(ask)
    most = ask.first + 1
    lines = [
        line
        for kind in LineKind
        if kind in kinds
        for line in await _READINGS[kind](borrower_id, before, most)
    ]
    newest = sorted(lines, key=lambda one: one.place, reverse=True)[:most]
    keys: list[Key] = [(one.at.isoformat(), one.line_id) for one in newest]
    return Page[Line].cut(list(zip(keys, newest, strict=True)), ask)


Reading = Callable[[str, Place | None, int], Awaitable[list[Line]]]


def _before(ask: PageAsk) -> Place | None:
    if ask.after is None:
        return None
    return datetime.fromisoformat(str(ask.after[0])), str(ask.after[1])


async def _told(borrower_id: str, before: Place | None, most: int) -> list[Line]:
    return await _older(
        lambda ask: inbox_of(borrower_id, ask),
        lambda one: Line(at=one.created_at, line_id=one.notification_id, what=one),
        before,
        most,
        begins=_key(before),
    )


async def _asked(borrower_id: str, before: Place | None, most: int) -> list[Line]:
    return await _older(
        lambda ask: tickets_of(borrower_id, ask),
        lambda one: Line(at=one.opened_at, line_id=one.ticket_id, what=one),
        before,
        most,
        begins=_key(before),
    )


async def _seen(borrower_id: str, before: Place | None, most: int) -> list[Line]:
    return await _older(
        lambda ask: looks_at(borrower_id, ask),
        lambda one: Line(at=one.looked_at, line_id=one.look_id, what=one),
        before,
        most,
        begins=_key(before),
    )


async def _contacted(borrower_id: str, before: Place | None, most: int) -> list[Line]:
    return await _older(
        lambda ask: attempts_of(borrower_id, ask),
        lambda one: Line(at=one.began_at, line_id=one.attempt_id, what=one),
        before,
        most,
        begins=None if before is None else (milliseconds(before[0]), before[1][:ID_LENGTH]),
    )


async def _applied(borrower_id: str, before: Place | None, most: int) -> list[Line]:
    return await _older(
        lambda ask: origination.applications_of(borrower_id, ask),
        lambda one: Line(at=one.started_at, line_id=one.application_id, what=one),
        before,
        most,
    )


async def _decided(borrower_id: str, before: Place | None, most: int) -> list[Line]:
    """Return decisions; those of a borrower's newest hundred applications."""
    page = await origination.applications_of(borrower_id, PageAsk(first=FIRST_MAX))
    ids = [one.application_id for _, one in page.items]
    found = [one for one in await origination.decisions_by_application(ids) if one is not None]
    lines = [Line(at=one.decided_at, line_id=one.decision_id, what=one) for one in found]
    return _newest([one for one in lines if before is None or one.place < before], most)


async def _repaid(borrower_id: str, before: Place | None, most: int) -> list[Line]:
    lines: list[Line] = []
    for loan in await servicing.loans_of(borrower_id):
        lines += await _older(
            lambda ask, ref=loan.ref: repayments_of(ref, ask),
            lambda one: Line(at=one.initiated_at, line_id=one.repayment_id, what=one),
            before,
            most,
            begins=_key(before),
        )
    return _newest(lines, most)


async def _lent(borrower_id: str, before: Place | None, most: int) -> list[Line]:
    lines: list[Line] = []
    for loan in await servicing.loans_of(borrower_id):
        loan_id = loan.ref.loan_id
        lines += await _older(
            lambda ask, ref=loan.ref: servicing.timeline_of(ref, ask),
            lambda one, loan_id=loan_id: Line(
                at=one.recorded_at,
                line_id=f"{loan_id}:{one.seq:06}",
                what=LoanHappening(loan_id=loan_id, entry=one),
            ),
            before,
            most,
        )
    return _newest(lines, most)


async def _older(
    read: Callable[[PageAsk], Awaitable[Page[V]]],
    line: Callable[[V], Line],
    before: Place | None,
    most: int,
    *,
    begins: Key | None = None,
) -> list[Line]:
    """
    Read a list of one kind, newest first, until enough of it is older than a place.

    `begins` is that place as the list's own key, where it goes by time and id, too.
    """
    ask, found = PageAsk(first=min(most, FIRST_MAX), after=begins), list[Line]()
    while True:
        page = await read(ask)
        lines = [line(one) for _, one in page.items]
        found += [one for one in lines if before is None or one.place < before]
        if len(found) >= most or not page.has_more:
            return found[:most]
        ask = PageAsk(first=FIRST_MAX, after=page.items[-1][0])


def _newest(lines: list[Line], most: int) -> list[Line]:
    return sorted(lines, key=lambda one: one.place, reverse=True)[:most]


def _key(before: Place | None) -> Key | None:
    """Return a place as lists by time and id have it, whose ids are shorter than an event's."""
    return None if before is None else (before[0].isoformat(), before[1][:ID_LENGTH])


_READINGS: Mapping[LineKind, Reading] = {
    LineKind.NOTIFICATION: _told,
    LineKind.LOAN_EVENT: _lent,
    LineKind.TICKET: _asked,
    LineKind.REPAYMENT: _repaid,
    LineKind.LOOK: _seen,
    LineKind.CONTACT: _contacted,
    LineKind.APPLICATION: _applied,
    LineKind.DECISION: _decided,
}
