"""A borrower answers a question about their own plan."""

from dataclasses import asdict, dataclass

from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.revision import revise
from app.literacy.operations.scoring import points_of, score
from app.literacy.queries.asking import questions_today
from app.literacy.queries.earned import source_of_figure
from app.literacy.rules.figures import FIGURE_POINTS, FigureKind, FigureQuestion
from app.servicing.rules import LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFigure:
    """A borrower chooses one of the amounts they were shown."""

    borrower_id: str
    loan_id: str
    kind: FigureKind
    number: int
    choice_fen: int
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureOutcome:
    """What became of an answer, with the question as it was then for the explanation."""

    is_right: bool
    right_fen: int
    figures: dict[str, object]
    points_given: int
    points: int


async def answer_figure(command: AnswerFigure) -> FigureOutcome:
    """
    Take an answer to a question of the day; right at the first try, it brings five points.

    Each question brings them once a day; a wrong answer is explained, and no further one counts.

    Raises:
        NotFound: There is no such loan, or this is not asked about it today.
        InvalidInput: The amount is none of the options.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return FigureOutcome(**claim.answer)
        ref = LoanRef(borrower_id=command.borrower_id, loan_id=command.loan_id)
        asked = await questions_today(ref, tx.today)
        key = (command.kind, command.number)
        question = next((one for one in asked if (one.kind, one.number) == key), None)
        if question is None:
            raise NotFound("input.kind")
        if command.choice_fen not in question.options:
            raise InvalidInput("input.choice", "literacy.reason.amount")
        outcome = await _answer(tx, command, question)
        await claim.settle(tx, asdict(outcome))
    return outcome


async def _answer(
    tx: Transaction, command: AnswerFigure, question: FigureQuestion
) -> FigureOutcome:
    is_right = command.choice_fen == question.right_fen
    points = FIGURE_POINTS if is_right else 0
    answer_key = f"{command.loan_id}:{question.kind.value}:{question.number}:{tx.today.isoformat()}"
    first = await tx.rows(
        "INSERT INTO figure_answer (id, answer_key, borrower_id, loan_id, kind, number, asked_on,"
        " choice_fen, right_fen, points) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (answer_key) DO NOTHING RETURNING id",
        [
            tx.new_id("fq"),
            answer_key,
            command.borrower_id,
            command.loan_id,
            question.kind.value,
            question.number,
            tx.today.isoformat(),
            command.choice_fen,
            question.right_fen,
            points,
        ],
    )
    if first and points:
        await score(tx, command.borrower_id, points, source=source_of_figure(answer_key))
    if first:
        await revise(tx, command.borrower_id)
    return FigureOutcome(
        is_right=is_right,
        right_fen=question.right_fen,
        figures=dict(question.figures),
        points_given=points if first else 0,
        points=await points_of(tx, command.borrower_id),
    )
