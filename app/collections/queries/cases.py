"""Reading cases: one, a borrower's, and the queue of those who work on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tortoise.expressions import Q

from app.catalog.queries import policy_book
from app.catalog.rules import PolicyBook
from app.collections.models import CollectionCaseRow
from app.collections.queries.holds import holds_by_borrower
from app.collections.rules import (
    OVER,
    Case,
    CaseState,
    Hold,
    HoldReason,
    NextStep,
    OfferedBy,
    SpecialArea,
    Stage,
    areas_from,
    special_until,
)
from app.foundation.clock import moment_of
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.foundation.paging import Page, PageAsk
from app.foundation.rekeying.shredding import forgotten_people
from app.identity.queries.regions import regions_by_borrower
from app.loanmath.life import Bucket
from app.servicing import queries as servicing
from app.servicing.rules import LoanSummary

NOT_OVER = tuple(state for state in CaseState if state not in OVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedCase:
    """A case with what whoever works on it needs; it names nobody."""

    case: Case
    loan: LoanSummary
    holds: tuple[Hold, ...]
    special_until: date | None
    """The last day of the special status of where the borrower lives; None where there is none."""

    @property
    def next_step(self) -> NextStep:
        """Return what it waits for."""
        is_estate = any(one.reason is HoldReason.DEATH for one in self.holds)
        is_held = bool(self.holds) or self.special_until is not None
        return self.case.next_step(is_held=is_held, is_estate=is_estate)


async def case(case_id: str) -> Case:
    """
    Return a case.

    Raises:
        NotFound: There is none of this id.
    """
    row = None
    if has_id_shape(case_id, "cc"):
        row = await CollectionCaseRow.get_or_none(id=case_id)
    if row is None:
        raise NotFound("input.caseId")
    return case_from(row)


async def queued_case(found: Case, today: date) -> QueuedCase:
    """Return a case as the queue shows it."""
    return (await _queued([found], today))[0]


async def queue(
    ask: PageAsk, today: date, *, assigned_to: str | None = None, stage: Stage | None = None
) -> Page[QueuedCase]:
    """
    Return a page of cases that are not over, the oldest first; of one assignee, if one is named.

    Those of the forgotten are not among them: there is nobody left to ask.
    """
    found = CollectionCaseRow.filter(state__in=[state.value for state in NOT_OVER]).exclude(
        borrower_id__in=forgotten_people()
    )
    if assigned_to is not None:
        found = found.filter(assigned_to=assigned_to)
    if stage is not None:
        found = found.filter(stage=stage.value)
    if ask.after is not None:
        at, last_id = int(ask.after[0]), str(ask.after[1])
        found = found.filter(Q(opened_at__gt=at) | Q(opened_at=at, id__gt=last_id))
    rows = await found.order_by("opened_at", "id").limit(ask.first + 1)
    queued = await _queued([case_from(row) for row in rows], today)
    keys = [(row.opened_at, row.id) for row in rows]
    return Page[QueuedCase].cut(list(zip(keys, queued, strict=True)), ask)


def areas_on(book: PolicyBook, day: date) -> list[SpecialArea]:
    """Return the counties with a special status on a day; none before the first was known."""
    name = "special_areas"
    known = areas_from(book.words(name)) if name in book.values else ()
    return [one for one in known if one.stands_on(day)]


async def specials_by_borrower(
    borrower_ids: Sequence[str], book: PolicyBook, today: date
) -> dict[str, date]:
    """Return the last day of the special status of those who live where there is one today."""
    areas = areas_on(book, today)
    if not areas:
        return {}
    counties = await regions_by_borrower(sorted(set(borrower_ids)))
    found = {one: special_until(areas, county, today) for one, county in counties.items()}
    return {one: until for one, until in found.items() if until is not None}


def case_from(row: CollectionCaseRow) -> Case:
    """Turn a row into the value that leaves the room."""
    return Case(
        case_id=row.id,
        borrower_id=row.borrower_id,
        loan_id=row.loan_id,
        state=CaseState(row.state),
        stage=Stage(row.stage),
        bucket=Bucket(row.bucket),
        opened_on=date.fromisoformat(row.opened_on),
        opened_at=moment_of(row.opened_at),
        assigned_to=row.assigned_to,
        is_with_agency=bool(row.is_with_agency),
        offered_at=_moment(row.offered_at),
        offered_by=None if row.offered_by is None else OfferedBy(row.offered_by),
        closed_at=_moment(row.closed_at),
    )


async def _queued(cases: Sequence[Case], today: date) -> list[QueuedCase]:
    people = [one.borrower_id for one in cases]
    loans = await servicing.loans_by_id([one.loan_id for one in cases])
    holds = await holds_by_borrower(people, today)
    specials = await specials_by_borrower(people, await policy_book(today), today)
    return [
        QueuedCase(
            case=one,
            loan=loan,
            holds=held,
            special_until=specials.get(one.borrower_id),
        )
        for one, loan, held in zip(cases, _known(loans), holds, strict=True)
    ]


def _known(loans: Sequence[LoanSummary | None]) -> list[LoanSummary]:
    """Loans are never deleted, so that each case has its own."""
    known = [one for one in loans if one is not None]
    assert len(known) == len(loans), "a case is about a loan"
    return known


def _moment(milliseconds_since_1970: int | None) -> datetime | None:
    return None if milliseconds_since_1970 is None else moment_of(milliseconds_since_1970)
