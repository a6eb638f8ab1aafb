"""Contests of a county, teams of villages, and how a borrower likes to read."""

from datetime import date
from typing import Annotated

import strawberry

from app.foundation.errors import InvalidInput, Refusal
from app.foundation.graphql import KEY_PER_TAP, Info, PlainProblem, checked_text, problem_of
from app.literacy import operations, queries
from app.literacy.rules import contest as rules

VILLAGE_TYPED_MAX = 60


@strawberry.type(description="One learner of a board, under a nickname drawn by chance.")
class ContestLine:
    """A place, a nickname, points."""

    rank: int = strawberry.field(description="The place, from 1.")
    nickname: str = strawberry.field(description="The nickname, in the caller's language.")
    points: int = strawberry.field(description="Points of this month.")
    is_me: bool = strawberry.field(description="Whether it is the caller.")


@strawberry.type(description="One village of a board.")
class ContestTeam:
    """A place, a village, points."""

    rank: int = strawberry.field(description="The place, from 1.")
    village: str = strawberry.field(description="The village's name.")
    people: int = strawberry.field(description="How many of it have points: five or more.")
    points: int = strawberry.field(description="Their points of this month together.")
    is_mine: bool = strawberry.field(description="Whether the caller is of it.")


@strawberry.type(
    description="The contest of the caller's county in a month. Nobody's name is in it; a board or"
    " a village of fewer than five people is not shown."
)
class Contest:
    """A contest as one of its learners sees it."""

    month: str = strawberry.field(description="Such as `2026-11`.")
    county: str = strawberry.field(description="The county's code (GB/T 2260).")
    village: str = strawberry.field(description="The caller's team.")
    nickname: str = strawberry.field(description="What others see of the caller.")
    points: int = strawberry.field(description="The caller's points in this contest.")
    rank: int | None = strawberry.field(description="The caller's place; null without a point.")
    people: int | None = strawberry.field(
        description="How many have points; null where they are fewer than five."
    )
    board: list[ContestLine] = strawberry.field(
        description="The first twenty; empty where they are fewer than five."
    )
    teams: list[ContestTeam] = strawberry.field(
        description="At most twenty villages with five people or more, most points first."
    )

    @classmethod
    def of(cls, info: Info, contest: rules.Contest) -> "Contest":
        """Show a contest."""
        return cls(
            month=contest.month,
            county=contest.county,
            village=contest.village,
            nickname=_nickname(info, contest.nickname),
            points=contest.points,
            rank=contest.rank,
            people=contest.people,
            board=[
                ContestLine(
                    rank=line.rank,
                    nickname=_nickname(info, line.nickname),
                    points=line.points,
                    is_me=line.is_me,
                )
                for line in contest.board
            ],
            teams=[
                ContestTeam(
                    rank=team.rank,
                    village=team.village,
                    people=team.people,
                    points=team.points,
                    is_mine=team.is_mine,
                )
                for team in contest.teams
            ],
        )


def _nickname(info: Info, nickname: rules.Nickname) -> str:
    return info.context.text(
        "literacy.contest.nickname",
        quality=info.context.text(f"literacy.quality.{nickname.quality:02d}"),
        thing=info.context.text(f"literacy.thing.{nickname.thing:02d}"),
        number=nickname.number,
    )


@strawberry.input(description="The village for which the borrower takes part.")
class JoinContestInput:
    """Taking part."""

    village: str = strawberry.field(
        description="The village's name: 2 to 20 letters or characters, no digits. Others see it"
        " once five people of it have points."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.input(description="The wish to take part no more.")
class LeaveContestInput:
    """Leaving."""

    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.input(description="Which version of lessons the borrower wants first.")
class ChooseReadingInput:
    """A preference."""

    reads_plain: bool = strawberry.field(
        description="True for the plain version first, false for the full one."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)


@strawberry.type(description="The borrower takes part.")
class JoinContestSuccess:
    """The contest they are in now."""

    contest: Contest = strawberry.field(description="This month's contest.")


@strawberry.type(description="The borrower takes part no more.")
class LeaveContestSuccess:
    """Nothing is left of them on any board."""

    points: int = strawberry.field(description="All points, which stay.")


@strawberry.type(description="The preference is kept.")
class ChooseReadingSuccess:
    """What is kept."""

    reads_plain: bool = strawberry.field(description="Whether plain versions come first.")


JoinContestResult = Annotated[
    JoinContestSuccess | PlainProblem,
    strawberry.union("JoinContestResult", description="What became of `joinContest`."),
]
LeaveContestResult = Annotated[
    LeaveContestSuccess | PlainProblem,
    strawberry.union("LeaveContestResult", description="What became of `leaveContest`."),
]
ChooseReadingResult = Annotated[
    ChooseReadingSuccess | PlainProblem,
    strawberry.union("ChooseReadingResult", description="What became of `chooseReading`."),
]


@strawberry.type
class ContestQuery:
    """The part of Query about contests."""

    @strawberry.field(
        description="The contest of the caller's county in a month; null if they take part in none."
    )
    async def my_contest(
        self,
        info: Info,
        month: Annotated[
            str | None, strawberry.argument(description="Such as `2026-11`; this one if null.")
        ] = None,
    ) -> Contest | None:
        """Show a month's contest."""
        on = None if month is None else _month(month)
        contest = await queries.contest_of(info.context.borrower_id, on)
        return None if contest is None else Contest.of(info, contest)


@strawberry.type
class ContestMutation:
    """The part of Mutation about contests and reading."""

    @strawberry.mutation(
        description="Take part in the county's contests from now on, for a village, under a"
        " nickname drawn by chance. Joining again with another village moves the month's points."
    )
    async def join_contest(
        self,
        info: Info,
        input: Annotated[JoinContestInput, strawberry.argument(description="The village.")],
    ) -> JoinContestResult:
        """Join."""
        borrower_id = info.context.borrower_id
        try:
            await operations.join_contest(
                operations.JoinContest(
                    borrower_id=borrower_id,
                    village=checked_text(
                        input.village, field="input.village", most=VILLAGE_TYPED_MAX
                    ),
                    idempotency_key=input.idempotency_key,
                )
            )
            contest = await queries.contest_of(borrower_id)
        except Refusal as refusal:
            return problem_of(info, refusal)
        assert contest is not None, "whoever joined takes part"
        return JoinContestSuccess(contest=Contest.of(info, contest))

    @strawberry.mutation(
        description="Take part no more, and leave every board at once; points of lessons stay."
    )
    async def leave_contest(
        self,
        info: Info,
        input: Annotated[LeaveContestInput, strawberry.argument(description="The wish.")],
    ) -> LeaveContestResult:
        """Leave."""
        borrower_id = info.context.borrower_id
        try:
            await operations.leave_contest(
                operations.LeaveContest(
                    borrower_id=borrower_id, idempotency_key=input.idempotency_key
                )
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        return LeaveContestSuccess(points=(await queries.learning_of(borrower_id)).points)

    @strawberry.mutation(description="Choose whether the plain version of lessons is shown first.")
    async def choose_reading(
        self,
        info: Info,
        input: Annotated[ChooseReadingInput, strawberry.argument(description="The choice.")],
    ) -> ChooseReadingResult:
        """Keep the choice."""
        try:
            await operations.choose_reading(
                operations.ChooseReading(
                    borrower_id=info.context.borrower_id,
                    reads_plain=input.reads_plain,
                    idempotency_key=input.idempotency_key,
                )
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        return ChooseReadingSuccess(reads_plain=input.reads_plain)


def _month(typed: str) -> date:
    try:
        return date.fromisoformat(f"{typed}-01")
    except ValueError:
        raise InvalidInput("month", "literacy.reason.month") from None
