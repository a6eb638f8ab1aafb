"""What the close of a day takes, by what the day brings to each loan."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.commands.benches.bars import OnStep
from app.commands.benches.empty import opened_empty
from app.foundation.database import transaction
from app.loanmath.schedule import Method, Terms
from app.servicing import operations as servicing
from app.servicing.rules import INTEREST_CHARGE, PENALTY_CHARGE, OpenLoan

LOANS_PER_SECOND_LEAST = 20_000
"""Loans where an installment nears or falls due, on one core."""
PER_TRANSACTION = 200
MONTH = 31
WHAT = {
    "quiet": "nothing is due",
    "due_soon": "an installment nears",
    "due_today": "an installment falls due",
    "overdue": "it becomes overdue",
    "late": "penalty grows",
}
GOALS = ("due_soon", "due_today")


@dataclass(frozen=True, slots=True)
class Closed:
    """One day's close, all of whose loans have the same day."""

    name: str
    loans: int
    seconds: float
    cpu_seconds: float

    @property
    def per_cpu_second(self) -> float:
        """How many loans a core gets through in a second."""
        return self.loans / self.cpu_seconds

    @property
    def is_met(self) -> bool | None:
        """Whether it is as fast as it must be; None for what has no goal."""
        return self.per_cpu_second >= LOANS_PER_SECOND_LEAST if self.name in GOALS else None


async def measured(*, url: str | None, loans: int, on_step: OnStep) -> Sequence[Closed]:
    """Lend so often in an empty database, and close days until nobody has paid for two."""
    async with opened_empty(url):
        today = await _lent(loans, on_step)
        await servicing.run_days(today)
        due_on = _due_on(today)
        days = {
            "quiet": due_on - timedelta(days=10),
            "due_soon": due_on - timedelta(days=3),
            "due_today": due_on,
            "overdue": due_on + timedelta(days=1),
            "late": due_on + timedelta(days=6),
        }
        found: list[Closed] = []
        for number, (kind, day) in enumerate(days.items()):
            on_step(WHAT[kind], number, len(days))
            await servicing.run_days(day - timedelta(days=1))
            found.append(await _closed(kind, day))
    return found


async def _closed(name: str, day: date) -> Closed:
    began, cpu = time.monotonic(), time.process_time()
    (report,) = await servicing.run_days(day)
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    return Closed(name, report.loans_touched, seconds, cpu_seconds)


async def _lent(count: int, on_step: OnStep) -> date:
    async with transaction() as tx:
        today = tx.today
    for start in range(0, count, PER_TRANSACTION):
        on_step("loans are opened", start, count)
        async with transaction() as tx:
            for number in range(start, min(count, start + PER_TRANSACTION)):
                await servicing.open_loan(tx, _opening(number, today))
    return today


def _opening(number: int, today: date) -> OpenLoan:
    return OpenLoan(
        borrower_id=f"br{number:014d}",
        application_id=f"ap{number:014d}",
        product_code="small_shop",
        terms=_terms(today),
        agreement_id=f"ag{number:014d}",
        charge_codes=(INTEREST_CHARGE, PENALTY_CHARGE),
        disbursement_id=f"db{number:014d}",
        disbursed_on=today,
    )


def _terms(today: date) -> Terms:
    return Terms(
        principal_fen=1_200_000,
        annual_rate=Decimal("0.12"),
        method=Method.EQUAL_INSTALLMENT,
        disbursed_on=today,
        count=12,
        first_due_on=_due_on(today),
    )


def _due_on(today: date) -> date:
    return today + timedelta(days=MONTH)
