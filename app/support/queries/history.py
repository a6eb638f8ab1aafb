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
from app.payments.queries import repayments_of_borrower
from app.payments.rules import RepaymentView
from app.privacy.queries import looks_at
from app.privacy.queries.looks import LookSeen
from app.servicing import queries as servicing
from app.servicing.rules import TimelineEntry
from app.support.queries.tickets import Ticket, tickets_of

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanHappening:
    """Something that happened to one of the borrower's loans."""

    loan_id: str
    entry: TimelineEntry


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


async def _decided(borrower_id: str, before: Place | None, most: int) -> list[Line]:
    """Return decisions; those of a borrower's newest hundred applications."""
    page = await origination.applications_of(borrower_id, PageAsk(first=FIRST_MAX))
    ids = [one.application_id for _, one in page.items]
    found = [one for one in await origination.decisions_by_application(ids) if one is not None]
    lines = [Line(at=one.decided_at, line_id=one.decision_id, what=one) for one in found]
    return _newest([one for one in lines if before is None or one.place < before], most)


def _listed(
    read: Callable[[str, PageAsk], Awaitable[Page[V]]],
    line: Callable[[V], Line],
    key: Callable[[Place], Key] | None,
) -> Reading:
    """Read one of a borrower's own lists."""

    async def reading(borrower_id: str, before: Place | None, most: int) -> list[Line]:
        return await _older(lambda ask: read(borrower_id, ask), line, before, most, key)

    return reading


async def _older(
    read: Callable[[PageAsk], Awaitable[Page[V]]],
    line: Callable[[V], Line],
    before: Place | None,
    most: int,
    key: Callable[[Place], Key] | None,
) -> list[Line]:
    """
    Read a list of one kind, newest first, until enough of it is older than a place.

    `key` gives that place as the list's own key; None where the list does not go by time and id.
    """
    begins = None if before is None or key is None else key(before)
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


def _key(before: Place) -> Key:
    """Return a place as lists by time and id have it, whose ids are shorter than an event's."""
    return before[0].isoformat(), before[1][:ID_LENGTH]


def _key_in_milliseconds(before: Place) -> Key:
    """Return it as lists by whole milliseconds do: all of the place's own is read again."""
    return milliseconds(before[0]) + 1, ""


_READINGS: Mapping[LineKind, Reading] = {
    LineKind.NOTIFICATION: _listed(
        inbox_of,
        lambda one: Line(at=one.created_at, line_id=one.notification_id, what=one),
        _key,
    ),
    LineKind.LOAN_EVENT: _listed(
        servicing.timeline_of_borrower,
        lambda one: Line(
            at=one[1].recorded_at,
            line_id=f"{one[0]}:{one[1].seq:06}",
            what=LoanHappening(loan_id=one[0], entry=one[1]),
        ),
        lambda before: (*_key_in_milliseconds(before), 0),
    ),
    LineKind.TICKET: _listed(
        tickets_of,
        lambda one: Line(at=one.opened_at, line_id=one.ticket_id, what=one),
        _key,
    ),
    LineKind.REPAYMENT: _listed(
        repayments_of_borrower,
        lambda one: Line(at=one.initiated_at, line_id=one.repayment_id, what=one),
        _key,
    ),
    LineKind.LOOK: _listed(
        looks_at,
        lambda one: Line(at=one.looked_at, line_id=one.look_id, what=one),
        _key,
    ),
    LineKind.CONTACT: _listed(
        attempts_of,
        lambda one: Line(at=one.began_at, line_id=one.attempt_id, what=one),
        _key_in_milliseconds,
    ),
    LineKind.APPLICATION: _listed(
        origination.applications_of,
        lambda one: Line(at=one.started_at, line_id=one.application_id, what=one),
        None,
    ),
    LineKind.DECISION: _decided,
}
