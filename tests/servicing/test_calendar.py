"""Due dates on days off: seen elsewhere as published, left open until then, and put right after."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.foundation.database import business_date
from app.foundation.text import text
from app.foundation.working_days import ChineseWorkingDays, install_working_days
from app.ledger import queries as ledger
from app.ledger import rules as accounts
from app.loanmath.calendar import BusinessDays
from app.loanmath.life import LoanStatus
from app.loanmath.schedule import Terms
from app.servicing import operations, queries
from app.servicing.errors import CalendarUnpublished, CloseNeedsCalendar
from app.servicing.queries.checking import Looked
from app.servicing.rules import PlanLine
from tests.servicing.conftest import (
    Lend,
    Pay,
    everything,
    facts,
    is_sound,
    plain_terms,
)

Publish = Callable[[str], None]

NEXT_YEAR = """
[[years]]
year = 2027
source = "made up for this test"
holidays = [
    { name = "元旦", from = 2026-12-31, to = 2027-01-02 },
    { name = "春节", from = 2027-02-20, to = 2027-02-28 },
]
workdays = [2026-12-27, 2027-02-13]
"""

CORRECTED_YEAR = """
[[years]]
year = 2026
source = "made up for this test"
holidays = [{ name = "test", from = 2026-12-28, to = 2026-12-28 }]
"""

TOLD = ("InstallmentDueSoon", "InstallmentDueToday")


@pytest.fixture
def publish(tmp_path: Path) -> Iterator[Publish]:
    """Write years over the library's, as a deployment would, and take them away again."""

    def write(years: str) -> None:
        path = tmp_path / "working_days.toml"
        path.write_text(years, encoding="utf-8")
        install_working_days(ChineseWorkingDays.read(path))

    write("")
    yield write
    install_working_days(None)


def shifting(shift: BusinessDays = BusinessDays.NEXT, **changes: Any) -> Terms:  # noqa: ANN401
    return plain_terms(**{"business_days": shift, "due_day": 27} | changes)


async def plan_of(loan_id: str) -> list[PlanLine]:
    (plan,) = await queries.plans_by_loan([loan_id])
    return plan


async def payable(loan_id: str) -> list[date]:
    return [line.payable_on for line in await plan_of(loan_id)]


@pytest.mark.usefixtures("publish")
async def test_an_installment_due_on_a_sunday_is_in_time_on_monday(lend: Lend, pay: Pay) -> None:
    loan = await lend(shifting())
    first = (await plan_of(loan.loan_id))[0]
    assert (first.due_on, first.payable_on) == (date(2026, 12, 27), date(2026, 12, 28))

    await operations.run_days(date(2026, 12, 28))
    summary = await queries.loan(loan)
    assert (summary.status, summary.next_due_on) == (LoanStatus.ACTIVE, date(2026, 12, 28))
    assert [fact["due_on"] for fact in await facts(*TOLD)] == [
        "2026-12-28",
        "2026-12-28",
    ]
    await pay(loan, summary.due_now_fen)
    await operations.run_days(date(2026, 12, 30))
    assert await facts("InstallmentOverdue") == []
    assert (await plan_of(loan.loan_id))[0].interest_fen == first.interest_fen
    assert await is_sound()


@pytest.mark.usefixtures("publish")
@pytest.mark.parametrize(
    ("shift", "due_day", "payable_on"),
    [
        (BusinessDays.NEXT, 3, date(2026, 10, 8)),  # National Day, 1 to 7 October
        (BusinessDays.PREVIOUS, 3, date(2026, 9, 30)),
        (BusinessDays.MODIFIED_FOLLOWING, 31, date(2026, 10, 30)),  # a Saturday ending its month
        (BusinessDays.NEXT, 10, date(2026, 10, 10)),  # a Saturday that is worked
    ],
)
async def test_lateness_counts_from_the_day_on_which_it_could_be_paid(
    lend: Lend, shift: BusinessDays, due_day: int, payable_on: date
) -> None:
    loan = await lend(
        shifting(shift, due_day=due_day, disbursed_on=date(2026, 9, 20)),
        disbursed_on=date(2026, 9, 20),
    )
    first = (await plan_of(loan.loan_id))[0]
    assert (first.due_on.month, first.payable_on) == (10, payable_on)
    assert (await queries.loan(loan)).days_past_due == (date(2026, 11, 21) - payable_on).days
    assert await is_sound()


@pytest.mark.usefixtures("publish")
async def test_a_plan_into_years_unpublished_opens_at_its_nominal_dates(lend: Lend) -> None:
    loan = await lend(shifting(count=24))
    plan = await plan_of(loan.loan_id)
    assert all(line.payable_on == line.due_on for line in plan[1:])
    assert plan[-1].due_on == date(2028, 11, 27)
    assert await is_sound()


@pytest.mark.usefixtures("publish")
async def test_a_day_too_far_ahead_to_be_worked_out_is_refused(lend: Lend) -> None:
    loan = await lend(shifting())
    before = await everything()
    ahead = date(2027, 2, 1)
    for ask in (
        queries.payoff_on(loan, ahead),
        queries.state_of(loan, ahead),
        queries.preview_payment(loan, 10_000, ahead),
    ):
        with pytest.raises(CalendarUnpublished) as refused:
            await ask
        assert refused.value.year == 2027
    assert (await queries.payoff_on(loan, date(2027, 1, 26))).amount_fen > 0
    assert await everything() == before


async def test_no_day_is_closed_on_a_guess_and_the_close_goes_on_once_it_is_published(
    lend: Lend, publish: Publish
) -> None:
    plain = await lend(plain_terms(due_day=27))
    loan = await lend(shifting())
    await operations.run_days(date(2027, 1, 26))
    with pytest.raises(CloseNeedsCalendar) as refused:
        await operations.run_days(date(2027, 2, 3))
    assert (refused.value.year, refused.value.loan_id) == (2027, loan.loan_id)
    assert refused.value.on_date == date(2027, 1, 27)
    line = text(refused.value.text_key, "en", **refused.value.details())
    assert "2027" in line
    assert "fixtures/calendar/working_days.toml" in line
    assert await business_date() == date(2027, 1, 26)
    assert await is_sound()

    publish(NEXT_YEAR)
    await operations.run_days(date(2027, 2, 3))
    assert await business_date() == date(2027, 2, 3)
    assert (await payable(loan.loan_id))[1] == date(2027, 1, 27)
    assert (await payable(plain.loan_id))[1] == date(2027, 1, 27)
    assert await is_sound()


async def test_the_next_close_moves_the_due_dates_that_waited_for_a_year(
    lend: Lend, publish: Publish
) -> None:
    loan = await lend(shifting(BusinessDays.PREVIOUS))
    plain = await lend(plain_terms(due_day=27))
    before = await everything()
    assert (await payable(loan.loan_id))[:3] == [
        date(2026, 12, 25),
        date(2027, 1, 27),
        date(2027, 2, 27),
    ]
    publish(NEXT_YEAR)
    check = await queries.check_projections()
    assert any("payable_on is 2027-02-27 kept, 2027-02-19" in each for each in check.problems)

    (report,) = await operations.run_days(date(2026, 11, 22))

    assert report.loans_touched == 1
    assert (await payable(loan.loan_id))[:3] == [
        date(2026, 12, 27),  # a Sunday, worked by the next year's notice
        date(2027, 1, 27),
        date(2027, 2, 19),
    ]
    assert before["servicing_loan"] != (await everything())["servicing_loan"]
    assert (await payable(plain.loan_id))[2] == date(2027, 2, 27)
    assert await is_sound()
    (report,) = await operations.run_days(date(2026, 11, 23))
    assert report.loans_touched == 0, "done once"


async def test_what_moved_earlier_is_still_told_before_it_is_due(
    lend: Lend, publish: Publish
) -> None:
    await lend(shifting(BusinessDays.PREVIOUS))
    await operations.run_days(date(2027, 1, 20))
    publish(NEXT_YEAR)
    await operations.run_days(date(2027, 2, 19))
    told = [fact for fact in await facts(*TOLD) if fact["number"] == 3]
    assert sorted((fact["name"], fact["due_on"]) for fact in told) == [
        ("InstallmentDueSoon", "2027-02-19"),
        ("InstallmentDueToday", "2027-02-19"),
    ]


async def test_a_corrected_year_is_put_right_by_a_rebuild(lend: Lend, publish: Publish) -> None:
    loan = await lend(shifting())
    await operations.run_days(date(2026, 12, 29))
    assert (await queries.loan(loan)).days_past_due == 1
    publish(CORRECTED_YEAR)
    found: list[Looked] = []

    check = await operations.rebuild_all(heard=found.append)

    assert (check.loans, check.problems) == (1, ())
    assert "installment 1: payable_on is 2026-12-28 kept, 2026-12-29 worked out" in "\n".join(
        found[0].problems
    )
    assert (await queries.loan(loan)).days_past_due == 0
    assert await is_sound()


async def test_what_a_correction_changes_in_the_books_is_posted(
    lend: Lend, pay: Pay, publish: Publish
) -> None:
    loan = await lend(shifting(grace_days=0))
    await operations.run_days(date(2026, 12, 29))
    paid_fen = (await queries.loan(loan)).due_now_fen
    await pay(loan, paid_fen)
    penalty = partial(ledger.balance, accounts.income_penalty())
    assert await penalty() < 0
    publish(CORRECTED_YEAR)

    assert (await operations.rebuild_all()).is_right

    assert await penalty() == 0, "on the corrected calendar it was in time"
    assert (await queries.loan(loan)).principal_fen < 120_000
    assert await is_sound()
    before = await everything()
    assert (await operations.rebuild_all()).is_right
    assert await everything() == before, "posted once"
