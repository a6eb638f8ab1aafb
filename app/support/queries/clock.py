"""A complaint's time as policy has it, and where else its borrower can turn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.catalog.queries import policy_book
from app.support.rules.complaints import ClockTerms, Extension


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a borrower can turn who is not content with us."""

    code: str
    """`regulator` or `city`: the name of its sentences."""
    phone: str


async def clock_terms(on: date) -> ClockTerms:
    """Return how long a complaint of a day may take, and when who is told."""
    book = await policy_book(on)
    days = _whole(book.table("complaint_days"))
    alerts = _whole(book.table("complaint_alert_working_days"))
    return ClockTerms(
        days=days["plain"],
        more={Extension.COMPLEX: days["complex"], Extension.SPECIAL: days["special"]},
        alert_working_days=(alerts["first"], alerts["again"]),
        escalate_hours=book.whole("complaint_escalation_hours"),
    )


async def routes(on: date) -> tuple[Route, ...]:
    """Return where else to turn, the regulator first."""
    table = (await policy_book(on)).table("complaint_routes")
    return tuple(Route(code=code, phone=str(phone)) for code, phone in table.items())


def _whole(table: Mapping[str, object]) -> dict[str, int]:
    return {name: int(str(value)) for name, value in table.items()}
