"""Questions are made from the borrower's own plan, and only a first right answer brings points."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from app.foundation.errors import InvalidInput, NotFound
from app.literacy import operations, queries
from app.literacy.rules.figures import FIGURE_POINTS, FigureKind, FigureQuestion
from app.servicing import queries as servicing
from app.servicing.rules import LoanRef
from tests.literacy.conftest import JUN, run, today_is
from tests.servicing.conftest import MEI, Lend, Pay, lend, pay

__all__ = ["lend", "pay"]

pytestmark = pytest.mark.usefixtures("course")

QUESTION = "{ myFigureQuestion { kind loanId number dueOn text options } }"
ANSWER = """
mutation Answer($input: AnswerFigureQuestionInput!) {
  answerFigureQuestion(input: $input) {
    ... on AnswerFigureQuestionSuccess { isRight right explanation pointsGiven points }
    ... on Problem { code field }
  }
}
"""


async def answer(asked: dict[str, Any], choice: int, key: str) -> dict[str, Any]:
    given = {name: asked[name] for name in ("loanId", "kind", "number")}
    chosen = given | {"choice": choice, "idempotencyKey": key}
    return (await run(ANSWER, borrower_id=MEI, input=chosen))["answerFigureQuestion"]


async def right_fen(loan: LoanRef, kind: str, number: int) -> int:
    """Work the right figure out another way: from the state of the loan, not from its plan."""
    state = await servicing.state_of(loan, date(2026, 11, 21))
    rows = {row.number: row for row in state.rows}
    match FigureKind(kind):
        case FigureKind.INSTALLMENT:
            row = rows[number]
            return row.principal_fen + row.interest_fen + row.fee_fen
        case FigureKind.LEFT_AFTER:
            return 120_000 - sum(rows[at].principal_fen for at in range(1, number + 1))
        case FigureKind.LATE_DAYS:
            late = await servicing.state_of(loan, date(2026, 12, 31))
            return late.penalty_fen
        case FigureKind.TOTAL_COST:
            return sum(row.interest_fen + row.fee_fen for row in state.rows)


async def test_each_figure_is_asked_once_a_day_with_its_explanation(lend: Lend) -> None:
    loan = await lend()
    await today_is(date(2026, 11, 25))
    seen: set[str] = set()
    while asked := (await run(QUESTION, borrower_id=MEI))["myFigureQuestion"]:
        assert asked["loanId"] == loan.loan_id
        assert len(set(asked["options"])) == 3
        right = await right_fen(loan, asked["kind"], asked["number"])
        assert right in asked["options"], asked
        wrong = next(one for one in asked["options"] if one != right)
        is_wrong = asked["kind"] == "LEFT_AFTER"
        told = await answer(asked, wrong if is_wrong else right, asked["kind"])
        points = 0 if is_wrong else FIGURE_POINTS
        assert (told["isRight"], told["right"], told["pointsGiven"]) == (
            not is_wrong,
            right,
            points,
        )
        yuan, fen = divmod(right, 100)
        assert f"{yuan:,}.{fen:02d}" in told["explanation"]
        later = await answer(asked, right, f"{asked['kind']}-again")
        assert (later["pointsGiven"], later["points"]) == (0, told["points"])
        seen.add(asked["kind"])
    assert seen == {kind.value for kind in FigureKind}
    assert (await queries.learning_of(MEI)).points == 3 * FIGURE_POINTS
    await today_is(date(2026, 11, 26))
    assert (await run(QUESTION, borrower_id=MEI))["myFigureQuestion"] is not None


async def ask(loan_id: str | None = None, borrower_id: str = MEI) -> FigureQuestion | None:
    return await queries.figure_question(borrower_id, loan_id)


def answering(question: FigureQuestion, key: str, **changes: Any) -> operations.AnswerFigure:  # noqa: ANN401 - any of its own fields
    usual: dict[str, Any] = {
        "borrower_id": MEI,
        "loan_id": question.loan_id,
        "kind": question.kind,
        "number": question.number,
        "choice_fen": question.right_fen,
        "idempotency_key": key,
    }
    return operations.AnswerFigure(**(usual | changes))


async def test_ten_right_answers_at_once_bring_points_once_and_others_nothing(lend: Lend) -> None:
    loan = await lend()
    question = await ask(loan.loan_id)
    assert question is not None
    many = [operations.answer_figure(answering(question, f"try-{n}")) for n in range(10)]
    outcomes = await asyncio.gather(*many)
    assert sorted(one.points_given for one in outcomes) == [0] * 9 + [FIGURE_POINTS]
    with pytest.raises(InvalidInput):
        await operations.answer_figure(answering(question, "none", choice_fen=1))
    with pytest.raises(NotFound):
        await operations.answer_figure(answering(question, "not-asked", number=99))
    with pytest.raises(NotFound):
        await operations.answer_figure(answering(question, "not-theirs", borrower_id=JUN))
    with pytest.raises(NotFound):
        await ask(loan.loan_id, JUN)
    assert await ask(borrower_id=JUN) is None
    assert (await queries.learning_of(MEI)).points == FIGURE_POINTS
    assert (await queries.learning_of(JUN)).points == 0


async def test_an_answer_sent_again_is_the_same_and_a_loan_paid_off_asks_nothing(
    lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    question = await ask(loan.loan_id)
    assert question is not None
    once = await operations.answer_figure(answering(question, "once"))
    assert await operations.answer_figure(answering(question, "once")) == once
    payoff = await servicing.payoff_on(loan, date(2026, 11, 21))
    await pay(loan, payoff.amount_fen)
    assert await ask(loan.loan_id) is None
    assert await ask() is None


async def test_over_the_days_every_installment_has_its_turn(lend: Lend) -> None:
    loan = await lend()
    first_asked: set[tuple[FigureKind, int]] = set()
    for day in range(24):
        await today_is(date(2026, 11, 21) + timedelta(days=day))
        question = await ask(loan.loan_id)
        assert question is not None
        assert question.right_fen in question.options
        first_asked.add((question.kind, question.number))
    assert {number for kind, number in first_asked if kind is FigureKind.INSTALLMENT} == {
        *range(1, 7)
    }
    assert {kind for kind, _ in first_asked} == set(FigureKind)
