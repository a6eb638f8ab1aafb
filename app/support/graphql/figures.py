"""How complaints went, as the desk sees it: counts and shares, nobody named."""

from datetime import date
from fractions import Fraction

import strawberry

from app.loanmath.money import round_ratio
from app.support import queries


@strawberry.type(description="Complaints of one kind, counted.")
class ComplaintTally:
    """A tally."""

    name: str | None = strawberry.field(
        description="Which kind: a value of the enum, or a county's code; null where nothing is"
        " said, and for the total."
    )
    opened: int = strawberry.field(description="How many were opened.")
    answered: int = strawberry.field(description="How many have an answer.")
    in_time: int = strawberry.field(description="How many of those before any deadline.")
    late: int = strawberry.field(description="How many passed a deadline without an answer.")
    escalated: int = strawberry.field(description="How many became a supervisor's.")
    reopened: int = strawberry.field(description="How many were opened again.")
    closed: int = strawberry.field(description="How many are closed now.")
    days_to_answer: str | None = strawberry.field(
        description="Days to the first answer on average, to a tenth; null before there is one."
    )
    satisfaction: str | None = strawberry.field(
        description="The average score, 1 to 5, to a tenth; null where nobody rated."
    )

    @classmethod
    def of(cls, tally: queries.ComplaintTally) -> "ComplaintTally":
        """Show a tally."""
        return cls(
            name=tally.name,
            opened=tally.opened,
            answered=tally.answered,
            in_time=tally.in_time,
            late=tally.late,
            escalated=tally.escalated,
            reopened=tally.reopened,
            closed=tally.closed,
            days_to_answer=_tenths(tally.days_to_answer),
            satisfaction=_tenths(tally.satisfaction),
        )


@strawberry.type(description="Complaints opened within some days, as they stand now.")
class ComplaintFigures:
    """Figures."""

    since: date = strawberry.field(description="The first day.")
    until: date = strawberry.field(description="The last.")
    total: ComplaintTally = strawberry.field(description="All of them.")
    by_subcategory: list[ComplaintTally] = strawberry.field(description="By what they are about.")
    by_county: list[ComplaintTally] = strawberry.field(description="By county, largest first.")
    by_root_cause: list[ComplaintTally] = strawberry.field(description="By why there were any.")
    by_outcome: list[ComplaintTally] = strawberry.field(description="By how they ended.")

    @classmethod
    def of(cls, figures: queries.ComplaintFigures) -> "ComplaintFigures":
        """Show figures."""
        return cls(
            since=figures.since,
            until=figures.until,
            total=ComplaintTally.of(figures.total),
            by_subcategory=[ComplaintTally.of(one) for one in figures.by_subcategory],
            by_county=[ComplaintTally.of(one) for one in figures.by_county],
            by_root_cause=[ComplaintTally.of(one) for one in figures.by_root_cause],
            by_outcome=[ComplaintTally.of(one) for one in figures.by_outcome],
        )


def _tenths(share: Fraction | None) -> str | None:
    """Write a fraction with one decimal, halves up."""
    if share is None:
        return None
    tenths = round_ratio(share.numerator * 10, share.denominator)
    return f"{tenths // 10}.{tenths % 10}"
