"""Questions from the borrower's own plan, and their answers."""

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import Fen, Info, PlainProblem, checked_id, problem_of
from app.literacy import operations, queries
from app.literacy.rules.figures import FigureKind, FigureQuestion


@strawberry.enum(name="FigureKind", description="What a question about the own plan asks for.")
class AskedFigure(Enum):
    """Kinds of `rules.figures.FigureKind`."""

    INSTALLMENT = strawberry.enum_value(
        "INSTALLMENT", description="What one installment asks in all."
    )
    LEFT_AFTER = strawberry.enum_value(
        "LEFT_AFTER", description="How much of the principal is left after one installment."
    )
    LATE_DAYS = strawberry.enum_value(
        "LATE_DAYS", description="What paying the next installment ten days late costs more."
    )
    TOTAL_COST = strawberry.enum_value(
        "TOTAL_COST", description="What the whole loan costs beyond what was lent."
    )


@strawberry.type(
    name="FigureQuestion",
    description="A question from the caller's own plan, such as what they will pay in March.",
)
class OwnFigureQuestion:
    """One question with three amounts."""

    kind: AskedFigure = strawberry.field(description="What it asks for.")
    loan_id: strawberry.ID = strawberry.field(description="The loan it is about.")
    number: int = strawberry.field(description="The installment's number; 0 for the whole loan.")
    due_on: date | None = strawberry.field(
        description="When that installment is paid; null for the whole loan."
    )
    text: str = strawberry.field(description="The question, in the caller's language.")
    options: list[Fen] = strawberry.field(
        description="Three amounts; `answerFigureQuestion` takes one of them."
    )

    @classmethod
    def of(cls, info: Info, question: FigureQuestion) -> "OwnFigureQuestion":
        """Show a question."""
        shown: dict[str, object] = {}
        if question.payable_on is not None:
            shown["on"] = question.payable_on
        return cls(
            kind=AskedFigure(question.kind.value),
            loan_id=strawberry.ID(question.loan_id),
            number=question.number,
            due_on=question.payable_on,
            text=info.context.text(
                f"literacy.figure.{question.kind.value}", **question.figures, **shown
            ),
            options=[Fen(one) for one in question.options],
        )


@strawberry.input(description="The borrower's answer to a question from their own plan.")
class AnswerFigureQuestionInput:
    """An answer."""

    loan_id: strawberry.ID = strawberry.field(description="The loan it is about.")
    kind: AskedFigure = strawberry.field(description="What was asked for.")
    number: int = strawberry.field(description="The question's installment; 0 for the whole loan.")
    choice: Fen = strawberry.field(description="The amount that was chosen.")
    idempotency_key: strawberry.ID = strawberry.field(
        description="1 to 64 characters, new for each answer; send it again when retrying."
    )

    def as_command(self, borrower_id: str) -> operations.AnswerFigure:
        """
        Return the command.

        Raises:
            InvalidInput: The id is not a loan's.
        """
        return operations.AnswerFigure(
            borrower_id=borrower_id,
            loan_id=checked_id(self.loan_id, "ln", field="input.loanId"),
            kind=FigureKind(self.kind.value),
            number=self.number,
            choice_fen=self.choice,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The answer was taken; it may be right or wrong.")
class AnswerFigureQuestionSuccess:
    """How the answer did, and why."""

    is_right: bool = strawberry.field(description="Whether it is right.")
    right: Fen = strawberry.field(description="The right amount.")
    explanation: str = strawberry.field(
        description="How it comes about, by the plan's own figures; show it after every answer."
    )
    points_given: int = strawberry.field(
        description="Five for a first answer of the day that is right, else 0."
    )
    points: int = strawberry.field(description="All the caller's points now.")


AnswerFigureQuestionResult = Annotated[
    AnswerFigureQuestionSuccess | PlainProblem,
    strawberry.union(
        "AnswerFigureQuestionResult", description="What became of `answerFigureQuestion`."
    ),
]


@strawberry.type
class FigureQuery:
    """The part of Query about the borrower's own figures."""

    @strawberry.field(
        description="A question from the caller's own plan that they have not answered today; null"
        " without an open loan, or when all of today's are answered."
    )
    async def my_figure_question(
        self,
        info: Info,
        loan_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="The loan; the newest open one if null."),
        ] = None,
    ) -> OwnFigureQuestion | None:
        """Ask one."""
        checked = None if loan_id is None else checked_id(loan_id, "ln", field="loanId")
        question = await queries.figure_question(
            info.context.borrower_id, checked, info.context.today
        )
        return None if question is None else OwnFigureQuestion.of(info, question)


@strawberry.type
class FigureMutation:
    """The part of Mutation about the borrower's own figures."""

    @strawberry.mutation(
        description="Answer a question from the own plan. Right at the first try it brings five"
        " points, once for each question and day."
    )
    async def answer_figure_question(
        self,
        info: Info,
        input: Annotated[AnswerFigureQuestionInput, strawberry.argument(description="The answer.")],
    ) -> AnswerFigureQuestionResult:
        """Take an answer."""
        try:
            outcome = await operations.answer_figure(input.as_command(info.context.borrower_id))
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AnswerFigureQuestionSuccess(
            is_right=outcome.is_right,
            right=Fen(outcome.right_fen),
            explanation=info.context.text(
                f"literacy.figure_explained.{input.kind.value}", **outcome.figures
            ),
            points_given=outcome.points_given,
            points=outcome.points,
        )
