"""Borrowers join a county's contest by their own choice, and leave it."""

from dataclasses import dataclass

from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput
from app.foundation.revision import revise
from app.identity.queries.regions import regions_by_borrower
from app.literacy.errors import CountyUnknown
from app.literacy.models import LearnerRow
from app.literacy.rules.contest import contest_key, drawn, village_from

CHANCE_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinContest:
    """A borrower takes part in their county's contests, for their village."""

    borrower_id: str
    village: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveContest:
    """A borrower takes part no more."""

    borrower_id: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseReading:
    """A borrower chooses which version of lessons they are shown first."""

    borrower_id: str
    reads_plain: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


async def join_contest(command: JoinContest) -> None:
    """
    Take part from now on: points count in the month's contest, under a nickname drawn by chance.

    Joining again with another village, or from another county, moves the month's points there; the
    nickname stays.

    Raises:
        CountyUnknown: The borrower has not said where they live.
        InvalidInput: The village is no name.
        IdempotencyConflict: The key was used for another command.
    """
    village = village_from(command.village)
    if village is None:
        raise InvalidInput("input.village", "literacy.reason.village")
    county = (await regions_by_borrower([command.borrower_id])).get(command.borrower_id)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        if county is None:
            raise CountyUnknown
        team_id = await _team(tx, county, village)
        nickname = drawn(int.from_bytes(tx.random_bytes(CHANCE_BYTES), "big"))
        await tx.run(
            "INSERT INTO learner (id, reads_plain, nickname, county, team_id)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET county = excluded.county,"
            " team_id = excluded.team_id, nickname = COALESCE(learner.nickname, excluded.nickname)",
            [command.borrower_id, False, nickname, county, team_id],
        )
        await tx.run(
            "UPDATE contest_score SET team_id = ?, contest_key = ? WHERE score_key = ?",
            [
                team_id,
                contest_key(tx.today, county),
                f"{tx.today:%Y-%m}:{command.borrower_id}",
            ],
        )
        await revise(tx, command.borrower_id)
        await claim.settle(tx, {})


async def leave_contest(command: LeaveContest) -> None:
    """
    Take part no more, and leave every board at once; points of lessons stay.

    Raises:
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        await LearnerRow.filter(id=command.borrower_id).update(
            nickname=None, county=None, team_id=None
        )
        await tx.run("DELETE FROM contest_score WHERE borrower_id = ?", [command.borrower_id])
        await revise(tx, command.borrower_id)
        await claim.settle(tx, {})


async def choose_reading(command: ChooseReading) -> None:
    """
    Remember which version of lessons a borrower is shown first.

    Raises:
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return
        await tx.run(
            "INSERT INTO learner (id, reads_plain) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET reads_plain = excluded.reads_plain",
            [command.borrower_id, command.reads_plain],
        )
        await revise(tx, command.borrower_id)
        await claim.settle(tx, {})


async def _team(tx: Transaction, county: str, village: str) -> str:
    key = f"{county}:{village.casefold()}"
    await tx.run(
        "INSERT INTO learning_team (id, team_key, county, village) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (team_key) DO NOTHING",
        [tx.new_id("lt"), key, county, village],
    )
    rows = await tx.rows("SELECT id FROM learning_team WHERE team_key = ?", [key])
    return str(rows[0]["id"])
