"""Contests are joined by choice, under drawn names, and a few people are never shown to others."""

import asyncio
from datetime import date
from typing import Any

import pytest
from stdnum.cn import ric

from app.foundation.database import fetch, transaction
from app.literacy import queries
from app.literacy.operations import AnswerQuiz, answer_quiz, forget_learning
from app.literacy.rules import Course
from app.literacy.rules.contest import NICKNAMES, nickname_of, village_from
from tests.identity.conftest import Person, heard, person, phones
from tests.literacy.conftest import run, today_is

__all__ = ["heard", "person", "phones"]

CONTEST = """{ myContest {
  month county village nickname points rank people
  board { rank nickname points isMe } teams { rank village people points isMine }
} }"""
JOIN = """
mutation Join($input: JoinContestInput!) {
  joinContest(input: $input) {
    ... on JoinContestSuccess { contest { village nickname points rank } }
    ... on Problem { code field message }
  }
}
"""
LEAVE = """
mutation Leave($input: LeaveContestInput!) {
  leaveContest(input: $input) { ... on LeaveContestSuccess { points } }
}
"""


async def join(borrower_id: str, village: str, key: str = "join") -> dict[str, Any]:
    given = {"village": village, "idempotencyKey": key}
    return (await run(JOIN, borrower_id=borrower_id, input=given))["joinContest"]


async def contest(borrower_id: str, language: str = "zh-Hans") -> dict[str, Any]:
    return (await run(CONTEST, borrower_id=borrower_id, language=language))["myContest"]


async def solve(course: Course, borrower_id: str, *places: int) -> None:
    """Answer some lessons' quizzes right, all at once."""
    await asyncio.gather(
        *(
            answer_quiz(
                AnswerQuiz(
                    borrower_id=borrower_id,
                    slug=course.lessons[place].slug,
                    choice=course.lessons[place].answer,
                    version=None,
                    idempotency_key=f"solve-{place}",
                )
            )
            for place in places
        )
    )


async def newcomer(person: Person, number: int, county: str = "610629") -> str:
    body = f"6126291980031{number:04d}"
    signed_in = await person.sign_in(f"1380013{number:04d}")
    await person.complete(
        signed_in.borrower_id,
        resident_id=body + ric.calc_check_digit(f"{body}0"),
        region_code=county,
        phone_tenure_months=12,
    )
    return signed_in.borrower_id


async def test_a_board_of_fewer_than_five_shows_each_their_own_rank_alone(
    person: Person, course: Course
) -> None:
    stranger = await person.sign_in()
    assert (await join(stranger.borrower_id, "旧县村"))["code"] == "COUNTY_UNKNOWN"
    assert await contest(stranger.borrower_id) is None

    people = [await newcomer(person, 1211 + number) for number in range(6)]
    first = people[0]
    assert (await join(first, "13800138000", "phone"))["field"] == "input.village"
    await solve(course, first, 0)
    for place, borrower_id in enumerate(people[:4]):
        joined = (await join(borrower_id, "旧县村"))["contest"]
        assert (joined["points"], joined["rank"]) == (0, None), "points count from joining on"
        await solve(course, borrower_id, *range(1, 3 + place))
    shown = await contest(first)
    assert (shown["points"], shown["rank"]) == (20, 4)
    assert (shown["people"], shown["board"], shown["teams"]) == (None, [], [])
    for place, borrower_id in enumerate(people[:4]):
        assert (await contest(borrower_id))["rank"] == 4 - place

    await join(people[4], "旧县 村")
    await join(people[5], "北谷")
    await solve(course, people[4], 1)
    await solve(course, people[5], *range(1, 8))
    assert (await contest(first))["people"] == 6
    assert (await contest(first))["teams"] == [], "four people, and one of a village by then"
    await join(people[4], "旧县村", "the same village as the others".replace(" ", "-"))

    shown = await contest(first)
    assert [line["points"] for line in shown["board"]] == [70, 50, 40, 30, 20, 10]
    assert [line["isMe"] for line in shown["board"]] == [False] * 4 + [True, False]
    assert shown["board"][4]["nickname"] == shown["nickname"]
    assert len({line["nickname"] for line in shown["board"]}) == 6
    team = {"rank": 1, "village": "旧县村", "people": 5, "points": 150, "isMine": True}
    assert shown["teams"] == [team]
    assert (await contest(people[5]))["teams"] == [team | {"isMine": False}]
    english = await contest(first, language="en")
    assert english["nickname"] != shown["nickname"]
    assert english["nickname"][-2:] == shown["nickname"][-2:]

    away = await newcomer(person, 1250, county="320830")
    await join(away, "旧县村")
    assert (await contest(away))["rank"] is None, "another county holds a contest of its own"
    left = await run(LEAVE, borrower_id=people[5], input={"idempotencyKey": "leave"})
    assert left["leaveContest"]["points"] == 70
    assert await contest(people[5]) is None
    async with transaction() as tx:
        await forget_learning(tx, people[4])
    shown = await contest(first)
    assert (shown["board"], shown["people"]) == ([], None), "four are left"

    await today_is(date(2026, 12, 1))
    assert (await contest(first))["points"] == 0
    then = await queries.contest_of(first, date(2026, 11, 30))
    assert then is not None
    assert then.points == 20
    stored = await fetch("SELECT * FROM contest_score")
    assert {row["contest_key"] for row in stored} == {"2026-11:610629"}


async def test_joining_and_leaving_happen_once_per_key_and_months_are_told_apart(
    person: Person, course: Course
) -> None:
    mei = await newcomer(person, 1301)
    first, again = await join(mei, "北谷"), await join(mei, "北谷")
    assert first == again
    assert (await join(mei, "南谷"))["code"] == "IDEMPOTENCY_CONFLICT"
    moved = await join(mei, "南谷", "move")
    assert moved["contest"]["nickname"] == first["contest"]["nickname"]
    await solve(course, mei, 0)
    month = "query ($month: String) { myContest(month: $month) { month points village } }"
    told = {
        asked: (await run(month, borrower_id=mei, month=asked))["myContest"]
        for asked in ("2026-10", "2026-11", None)
    }
    assert told["2026-10"] == {"month": "2026-10", "points": 0, "village": "南谷"}
    assert told["2026-11"] == told[None] == told["2026-10"] | {"month": "2026-11", "points": 10}
    with pytest.raises(AssertionError, match=r"literacy\.reason\.month"):
        await run(month, borrower_id=mei, month="November")
    for _ in range(2):
        left = await run(LEAVE, borrower_id=mei, input={"idempotencyKey": "leave"})
        assert left["leaveContest"] == {"points": 10}
        assert await contest(mei) is None


@pytest.mark.usefixtures("database", "course")
async def test_whoever_prefers_plain_words_is_remembered() -> None:
    choose = """
    mutation Choose($input: ChooseReadingInput!) {
      chooseReading(input: $input) { ... on ChooseReadingSuccess { readsPlain } }
    }
    """
    asked = "{ myLearning { readsPlain } }"
    assert (await run(asked))["myLearning"] == {"readsPlain": False}
    for wish in (True, False, True):
        given = {"readsPlain": wish, "idempotencyKey": f"choose-{wish}"}
        await run(choose, input=given)
    assert (await run(asked))["myLearning"] == {"readsPlain": False}, "the first key again"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  旧县  村 ", "旧县 村"),
        ("Ｌｕｏｃｈｕａｎ", "Luochuan"),
        ("St. John", None),
        ("一", None),
        ("村" * 21, None),
        ("加我13800138000", None),
        ("村<b>", None),
    ],
)
def test_a_village_is_a_name_and_nothing_else(typed: str, kept: str | None) -> None:
    assert village_from(typed) == kept


def test_every_nickname_that_can_be_drawn_has_words() -> None:
    drawn = [nickname_of(one) for one in range(NICKNAMES)]
    assert len(set(drawn)) == NICKNAMES
    assert {one.quality for one in drawn} == {one.thing for one in drawn} == set(range(16))
    assert {one.number for one in drawn} == set(range(10, 100))
