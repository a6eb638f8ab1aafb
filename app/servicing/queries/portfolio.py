"""The book loan by loan on any day, for reports that sum it up one way or another."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.foundation.database import business_date, fetch
from app.foundation.database.stored import day_in, day_or_none
from app.ledger import queries as ledger
from app.ledger.queries.books import loan_balances
from app.loanmath.life import Bucket
from app.loanmath.schedule import Terms, due_dates
from app.servicing.models import LoanEventRow, SettlementRow
from app.servicing.models.summaries import funders_of, terms_of
from app.servicing.queries.settling import settlement
from app.servicing.rules import Funder
from app.servicing.rules.settling import DaySettlement, settlement_from

LOANS_AT_ONCE = 1_000
RECOVERED = "Recovered"
RESTRUCTURING = ("Rescheduled", "Deferred")
"""Events that put new terms or dates in the place of those signed."""
UNDOING = ("RepaymentReversed", "ChargebackReceived")
"""Events after which money that came in never did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedLoan:
    """
    One loan as it stood when a day ended.

    Attributes:
        loan_id: Its id.
        borrower_id: Whose it is.
        application_id: The application it came from.
        product_code: The product's code.
        funders: Who lends which part.
        terms: As signed.
        opened_on: The day the money arrived.
        closed_on: The day nothing was owed any more, if that was by the day.
        disbursed_fen: What was lent.
        principal_fen: Principal still on the books, as the ledger has it.
        written_off_fen: Principal given up and still owed.
        bucket: How late it is now; None of a day that is past.
        was_restructured: Whether installments were put off or agreed anew by the day.
    """

    loan_id: str
    borrower_id: str
    application_id: str
    product_code: str
    funders: tuple[Funder, ...]
    terms: Terms
    opened_on: date
    closed_on: date | None
    disbursed_fen: int
    principal_fen: int
    written_off_fen: int
    bucket: Bucket | None
    was_restructured: bool

    @property
    def closed_early(self) -> bool:
        """Whether it was over before its last due date as signed."""
        return self.closed_on is not None and self.closed_on < due_dates(self.terms)[-1]


async def book_of(on: date) -> AsyncIterator[list[BookedLoan]]:
    """Give every loan there was by the end of a day, by id, a thousand at a time."""
    is_today = on >= await business_date()
    through, after = await ledger.last_number_for(on), ""
    while rows := await fetch(
        "SELECT id, borrower_id, application_id, product_code, funders, terms, opened_on,"
        " closed_on, disbursed_fen, bucket FROM servicing_loan"
        f" WHERE id > ? AND opened_on <= ? ORDER BY id LIMIT {LOANS_AT_ONCE}",
        [after, on],
    ):
        ids = [str(row["id"]) for row in rows]
        balances = await loan_balances(ids, through=through)
        restructured = await _restructured(ids, on)
        yield [
            BookedLoan(
                **{name: row[name] for name in ("borrower_id", "application_id", "product_code")},
                loan_id=row["id"],
                funders=funders_of(row["funders"]),
                terms=terms_of(row["terms"]),
                opened_on=day_in(row["opened_on"]),
                closed_on=_by(day_or_none(row["closed_on"]), on),
                disbursed_fen=row["disbursed_fen"],
                principal_fen=balance.principal_fen,
                written_off_fen=balance.written_off_fen,
                bucket=Bucket(row["bucket"]) if is_today else None,
                was_restructured=row["id"] in restructured,
            )
            for row, balance in zip(rows, balances, strict=True)
        ]
        after = ids[-1]


def _by(day: date | None, on: date) -> date | None:
    return day if day is not None and day <= on else None


async def _restructured(loan_ids: list[str], on: date) -> set[str]:
    rows = await fetch(
        "SELECT DISTINCT loan_id FROM servicing_loan_event"
        f" WHERE loan_id IN ({', '.join('?' for _ in loan_ids)})"
        f" AND kind IN ({', '.join('?' for _ in RESTRUCTURING)}) AND effective_on <= ?",
        [*loan_ids, *RESTRUCTURING, on],
    )
    return {str(row["loan_id"]) for row in rows}


async def recovered_between(since: date, until: date) -> int:
    """Return what came in on loans given up, less what of it was undone; both days count."""
    within = LoanEventRow.filter(effective_on__gte=since, effective_on__lte=until)
    came = await within.filter(kind=RECOVERED)
    undone = [row.reverses for row in await within.filter(kind__in=UNDOING)]
    gone = await LoanEventRow.filter(kind=RECOVERED, id__in=undone) if undone else []
    return _sum_fen(came) - _sum_fen(gone)


def _sum_fen(rows: Sequence[LoanEventRow]) -> int:
    return sum(row.as_timeline_entry().amount_fen or 0 for row in rows)


async def settlements_between(since: date, until: date) -> list[DaySettlement]:
    """
    Return what each day came to for every partner, oldest first; both days count.

    Closed days as they were kept; the business date, if it is among them, as it stands so far.
    """
    rows = await SettlementRow.filter(
        on_date__gte=since.isoformat(), on_date__lte=until.isoformat()
    ).order_by("on_date")
    found = [settlement_from(row.content) for row in rows]
    last = until if not found else date.fromisoformat(found[-1].on_date)
    today, first = await business_date(), await ledger.first_day()
    if since <= today <= until and first is not None and (not found or last < today):
        found.append(await settlement(today))
    return found
