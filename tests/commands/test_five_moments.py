"""A lesson that is missing, late, hidden or about something else stops the story."""

from datetime import date
from typing import Any

import pytest

from app.commands import five_moments
from app.commands.five_moments import Moment, harvest_news, lesson_at, token_copied
from app.commands.personas import persona
from app.commands.phoning import PhoneError
from tests.commands.test_story import ScriptedPhone, story_of, success

MISSED = Moment(name="AFTER_MISSED", since=date(2026, 12, 23), until=date(2026, 12, 27))


def shown(moment: str = "AFTER_MISSED", on: str | None = "2026-12-23") -> dict[str, Any]:
    return {
        "reason": "晚了一期别慌",
        "moment": moment,
        "suggestedOn": on,
        "lesson": {"slug": "one-payment-missed"},
    }


def lessons(*slugs: str) -> dict[str, Any]:
    return {"edges": [{"node": {"slug": slug}} for slug in slugs]}


FITTING: dict[str, Any] = {
    "lesson_suggestions": [[], [shown("FRAUD_WARNING"), shown()]],
    "lessons": lessons("one-payment-missed"),
    "lesson": {
        "title": "晚了一期",
        "version": 1,
        "quiz": {"question": "？", "options": ["a", "b"]},
    },
    "open_lesson": success(),
    "answer_quiz": [success(isRight=False), success(isRight=True, points=10)],
}


async def test_a_fitting_lesson_is_waited_for_opened_and_its_quiz_answered() -> None:
    told = await lesson_at(story_of(**FITTING), MISSED)
    assert told == "晚了一期别慌：《晚了一期》？ 答对了，共 10 分"


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (
            {"lesson_suggestions": [[shown("FRAUD_WARNING")]]},
            "waited for a lesson for AFTER_MISSED",
        ),
        ({"lesson_suggestions": [[shown(on="2026-12-22")]]}, "waited for"),
        ({"lesson_suggestions": [[shown(on=None)]]}, "waited for"),
        ({"lesson_suggestions": [[shown("NONE", None), shown()]]}, "below what can wait"),
        ({"lessons": lessons("paying-early")}, "does not fit"),
    ],
)
async def test_what_does_not_fit_is_told(answers: dict[str, Any], says: str) -> None:
    with pytest.raises(PhoneError, match=says):
        await lesson_at(story_of(**{**FITTING, **answers}), MISSED)


async def test_a_copied_token_that_works_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def scripted(address: str, **_rest: object) -> ScriptedPhone:
        return ScriptedPhone(address, answers={"refresh_session": [success()]})

    monkeypatch.setattr(five_moments, "Phone", scripted)
    with pytest.raises(PhoneError, match="a copied token renews"):
        await token_copied(story_of())


def test_a_harvest_is_near_by_the_crop_that_repays_the_loan() -> None:
    since, until = date(2026, 12, 27), date(2027, 11, 22)
    assert harvest_news(persona("tea_grower"), since=since, until=until) == date(2027, 2, 8)
    with pytest.raises(PhoneError, match="nothing is harvested"):
        harvest_news(persona("washing_machine_family"), since=since, until=until)
