"""The question of the day from a borrower's own plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from app.foundation.database import business_date
from app.foundation.errors import Refusal
from app.literacy.models import FigureAnswerRow
from app.literacy.rules.figures import LATE_DAYS, FigureQuestion, OwnPlan, questions_on
from app.servicing import queries as servicing
from app.servicing.rules import LoanRef, PlanLine


async def figure_question(
    borrower_id: str, loan_id: str | None = None, today: date | None = None
) -> FigureQuestion | None:
    """
    Return a question from a borrower's own figures that they have not answered today.

    About that loan, else about the newest that is open; None where nothing is left to ask.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    today = today or await business_date()
    if loan_id is None:
        loans = await servicing.loans_of(borrower_id, today)
        loan_id = next((one.ref.loan_id for one in loans if not one.is_closed), None)
        if loan_id is None:
            return None
    ref = LoanRef(borrower_id=borrower_id, loan_id=loan_id)
    asked = await questions_today(ref, today)
    rows = await FigureAnswerRow.filter(
        borrower_id=borrower_id, loan_id=loan_id, asked_on=today.isoformat()
    )
    answered = {(row.kind, row.number) for row in rows}
    left = [one for one in asked if (one.kind.value, one.number) not in answered]
    return left[0] if left else None


async def questions_today(ref: LoanRef, today: date) -> Sequence[FigureQuestion]:
    """
    Return all of a day's questions about a loan; none about one that is closed.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    loan = await servicing.loan(ref, today)
    if loan.is_closed:
        return ()
    lines = (await servicing.plans_by_loan([ref.loan_id]))[0]
    plan = OwnPlan(loan_id=ref.loan_id, disbursed_fen=loan.disbursed_fen, lines=tuple(lines))
    if not plan.ahead:
        return ()
    late_fen = await late_fen_of(ref, plan.ahead[0])
    return questions_on(replace(plan, late_fen=late_fen), today)


async def late_fen_of(ref: LoanRef, line: PlanLine) -> int | None:
    """Return what ten days late would cost; None where a calendar that far is not published."""
    try:
        later = await servicing.state_of(ref, line.payable_on + timedelta(days=LATE_DAYS))
    except Refusal:
        return None
    return next((row.penalty_fen for row in later.rows if row.number == line.number), None)
