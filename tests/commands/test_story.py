"""The story stops at whatever a borrower would find wrong, and says what it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.commands.personas import persona
from app.commands.phoning import Phone, PhoneError
from app.commands.story import Story

FIELDS = {"find_by_phone": "find_borrowers", "find_by_last_four": "find_borrowers"}
"""Operations that are not called what their field is."""
Step = Callable[[Story], Awaitable[str]]


@dataclass
class ScriptedPhone(Phone):
    """A phone whose answers are written down: each operation's in order, the last for ever."""

    answers: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])

    async def run(self, operation: str, **variables: object) -> dict[str, Any]:
        assert variables is not None
        told = self.answers[operation]
        first, *rest = FIELDS.get(operation, operation).split("_")
        name = first + "".join(word.capitalize() for word in rest)
        return {name: told.pop(0) if len(told) > 1 else told[0]}

    async def code_in_inbox(self, phone: str, *, after: str = "") -> str:
        return f"{phone}{after}"


async def at_once(_seconds: float) -> None:
    return


def success(**content: object) -> dict[str, Any]:
    return {"__typename": "Success", **content}


def problem(code: str, **content: object) -> dict[str, Any]:
    return {"__typename": "PlainProblem", "code": code, **content}


CERTIFICATE = success(
    certificate={"hash": "h", "questions": [], "annualizedCost": "15%", "totalCost": 1}
)
QUESTION = {"kind": "TOTAL", "choices": [{"key": "a"}, {"key": "b"}]}
LOAN = {
    "lent": 100,
    "installments": [{"principal": 99}],
    "dueNow": 0,
    "balance": 1,
    "status": "CURRENT",
}
PAID = {
    "repay": success(repayment={"id": "rp1"}),
    "repayment": {"status": "ALLOCATED", "receipt": {"summary": "收到"}},
}


def story_of(**answers: Any) -> Story:  # noqa: ANN401 - any JSON
    told = {name: one if isinstance(one, list) else [one] for name, one in answers.items()}
    phone = ScriptedPhone("http://nowhere", pause=at_once, answers=told)
    return Story(phone=phone, persona=persona("washing_machine_family"))


async def pay_one_yuan(story: Story) -> str:
    return await story.repay(100)


async def wait_for_overdue(story: Story) -> str:
    return await story.inbox("OVERDUE")


@pytest.mark.parametrize(
    ("step", "answers", "says"),
    [
        (
            Story.refresh,
            {
                "refresh_session": [
                    success(refreshToken="a", accessToken="x"),
                    success(refreshToken="b", accessToken="y"),
                ]
            },
            "would log the borrower out",
        ),
        (
            Story.read_certificate,
            {"open_certificate": CERTIFICATE, "confirm_cost": success()},
            "before it could be read",
        ),
        (
            Story.read_certificate,
            {"open_certificate": CERTIFICATE, "confirm_cost": problem("STEP_OUT_OF_ORDER")},
            "STEP_OUT_OF_ORDER",
        ),
        (
            Story.read_certificate,
            {
                "open_certificate": CERTIFICATE,
                "confirm_cost": problem("READING_TIME_NOT_OVER", secondsLeft=10),
            },
            "never ends",
        ),
        (Story.plan, {"loan": LOAN}, "does not repay the principal"),
        (
            pay_one_yuan,
            {**PAID, "repayment": {"status": "FAILED", "receipt": None}},
            "ended as FAILED",
        ),
        (Story.pay_what_is_due, {"loan": LOAN}, "nothing is due"),
        (
            Story.pay_off,
            {
                **PAID,
                "quote_payoff": success(quote={"id": "pq1", "amount": 1, "amountInCapitals": "壹"}),
                "loan": LOAN,
            },
            "the payoff left 1 fen, CURRENT",
        ),
        (Story.who_looked, {"who_looked_at_me": {"edges": []}}, "is not shown"),
        (
            wait_for_overdue,
            {"notifications": {"edges": [{"node": {"kind": "DUE_SOON"}}]}},
            "waited for OVERDUE in vain",
        ),
    ],
)
async def test_what_is_off_is_told(step: Step, answers: dict[str, Any], says: str) -> None:
    with pytest.raises(PhoneError, match=says):
        await step(story_of(**answers))


async def test_wrong_answers_are_explained_and_do_not_stop_the_story() -> None:
    wrong = success(answers=[{"isRight": False, "explanation": "要算上所有费用"}])
    asked = {**CERTIFICATE["certificate"], "questions": [QUESTION]}
    story = story_of(
        open_certificate=success(certificate=asked),
        answer_comprehension=wrong,
        confirm_cost=[problem("READING_TIME_NOT_OVER", secondsLeft=1), success()],
    )
    assert "要算上所有费用" in await story.read_certificate()


async def test_a_quiz_that_nobody_can_solve_gives_no_points() -> None:
    story = story_of(
        lesson_suggestions=[[{"lesson": {"slug": "yearly-rate"}}]],
        lesson={"title": "年化", "version": 1, "quiz": {"question": "?", "options": ["a", "b"]}},
        open_lesson=success(),
        answer_quiz=success(isRight=False, points=10),
    )
    assert "共 0 分" in await story.learn()
