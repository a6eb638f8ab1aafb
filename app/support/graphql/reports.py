"""Reports on the staff graph: the book by county and by partner, nothing of any borrower."""

from datetime import date
from typing import Annotated

import strawberry

from app.foundation.anonymity import OTHERS, PEOPLE_MIN
from app.foundation.caller import StaffRole
from app.foundation.database import business_date
from app.foundation.errors import Forbidden, InvalidInput
from app.foundation.graphql import Fen, Info
from app.loanmath.money import round_ratio
from app.support.queries.ageing import BASIS_POINTS
from app.support.queries.funding import FunderFigures, funders
from app.support.queries.reporting import UNKNOWN, Group, portfolio
from app.support.rules.complaints import is_span

READERS = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR, StaffRole.RISK, StaffRole.AUDITOR})

DAYS_MAX = 400

Since = Annotated[date, strawberry.argument(description="The first day of what happened.")]
On = Annotated[
    date, strawberry.argument(description="The last day, and the day of what is outstanding.")
]


@strawberry.type(description="What is lent in one county.")
class RegionLine:
    """A county, or the small ones together."""

    region: str | None = strawberry.field(
        description="The county's code (GB/T 2260); null for counties of fewer than"
        f" {PEOPLE_MIN} borrowers each, which stand together, and for who named none."
    )
    is_others: bool = strawberry.field(description="Whether it is small counties together.")
    borrowers: int = strawberry.field(description="How many people ever borrowed there.")
    loans: int = strawberry.field(description="Loans with principal outstanding.")
    outstanding: Fen = strawberry.field(description="Their principal.")
    written_off: Fen = strawberry.field(description="Principal given up and still owed.")
    lent_loans: int = strawberry.field(description="Loans disbursed in the days.")
    lent: Fen = strawberry.field(description="What was lent by them.")
    late: Fen | None = strawberry.field(
        description="Principal of loans with something past due; null for a day that is past."
    )
    over_ninety_days: Fen | None = strawberry.field(
        description="The part of it more than ninety days past due; null for a day that is past."
    )

    @classmethod
    def of(cls, name: str, one: Group, *, is_today: bool) -> "RegionLine":
        """Show a county."""
        return cls(
            region=None if name in {OTHERS, UNKNOWN} else name,
            is_others=name == OTHERS,
            borrowers=one.people,
            loans=one.loans,
            outstanding=Fen(one.outstanding_fen),
            written_off=Fen(one.written_off_fen),
            lent_loans=one.lent_loans,
            lent=Fen(one.lent_fen),
            late=Fen(one.late_fen) if is_today else None,
            over_ninety_days=Fen(one.bad_fen) if is_today else None,
        )


@strawberry.type(description="The book by county.")
class RegionReport:
    """A report."""

    regions: list[RegionLine] = strawberry.field(
        description="The counties, most outstanding first; small ones together at the end."
    )
    outstanding: Fen = strawberry.field(description="All principal outstanding.")
    problems: list[str] = strawberry.field(
        description="Each sum that is not the ledger's; none on a sound book."
    )


@strawberry.type(description="How one partner stands.")
class FunderLine:
    """A partner."""

    partner_code: str = strawberry.field(description="The partner, as in partners.")
    outstanding: Fen = strawberry.field(description="Its part of all principal outstanding.")
    share_basis_points: int | None = strawberry.field(
        description="That part in ten-thousandths of the whole; null of nothing."
    )
    written_off: Fen = strawberry.field(description="Its part of what was given up and is owed.")
    disbursed: Fen = strawberry.field(description="Its part of what was lent in the days.")
    principal: Fen = strawberry.field(description="Its part of the principal received.")
    interest: Fen = strawberry.field(description="Its part of the interest received.")
    penalty: Fen = strawberry.field(description="Its part of the penalty interest received.")
    fees: Fen = strawberry.field(description="Fees received that are its own.")
    taken_back: Fen = strawberry.field(description="What was undone, restated or refunded.")
    settled: Fen = strawberry.field(
        description="What closed days came to: above zero to be transferred to the partner."
    )
    owed: Fen = strawberry.field(description="The same of the day that is not closed yet.")

    @classmethod
    def of(cls, one: FunderFigures, total_fen: int) -> "FunderLine":
        """Show a partner."""
        return cls(
            partner_code=one.partner_code,
            outstanding=Fen(one.outstanding_fen),
            share_basis_points=round_ratio(BASIS_POINTS * one.outstanding_fen, total_fen)
            if total_fen
            else None,
            written_off=Fen(one.written_off_fen),
            disbursed=Fen(one.disbursed_fen),
            principal=Fen(one.principal_fen),
            interest=Fen(one.interest_fen),
            penalty=Fen(one.penalty_fen),
            fees=Fen(one.fee_fen),
            taken_back=Fen(one.taken_back_fen),
            settled=Fen(one.settled_fen),
            owed=Fen(one.owed_fen),
        )


@strawberry.type(description="How those who lend with us stand.")
class FunderReport:
    """A report."""

    partners: list[FunderLine] = strawberry.field(description="A line for each, by code.")
    outstanding: Fen = strawberry.field(description="All principal outstanding.")
    days: int = strawberry.field(description="How many days of settlement it sums up.")
    problems: list[str] = strawberry.field(
        description="Each sum that is not the ledger's; none on a sound book."
    )


@strawberry.type(description="Reports on the book.")
class StaffReportQuery:
    """What those who answer for the book can read."""

    @strawberry.field(
        description="The book by county as a day ended, and what was lent in the days up to it;"
        " for supervisors, directors, risk and auditors."
    )
    async def region_report(self, info: Info, since: Since, on: On) -> RegionReport | None:
        """Return the report."""
        await _check(info, since, on)
        book = await portfolio(since, on)
        return RegionReport(
            regions=[
                RegionLine.of(name, one, is_today=book.is_today)
                for name, one in book.counties.items()
            ],
            outstanding=Fen(book.whole.outstanding_fen),
            problems=list(book.problems),
        )

    @strawberry.field(
        description="Every partner's part of the book as a day ended, and what the days up to it"
        " came to; for supervisors, directors, risk and auditors."
    )
    async def funder_report(self, info: Info, since: Since, on: On) -> FunderReport | None:
        """Return the report."""
        await _check(info, since, on)
        found = await funders(since, on)
        return FunderReport(
            partners=[FunderLine.of(one, found.total_fen) for one in found.partners],
            outstanding=Fen(found.total_fen),
            days=found.days,
            problems=list(found.problems),
        )


async def _check(info: Info, since: date, on: date) -> None:
    if info.context.staff.role not in READERS:
        raise Forbidden
    today = await business_date()
    if on > today:
        raise InvalidInput("on", "support.reason.future", today=today)
    if not is_span(since, on, days_max=DAYS_MAX):
        raise InvalidInput("on", "support.reason.days", most=DAYS_MAX)
