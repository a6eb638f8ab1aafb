"""Origination's problems: refusals with the data a phone needs to help."""

import strawberry

from app.catalog.errors import AmountNotOffered
from app.catalog.rules import OfferedProduct
from app.foundation.errors import Refusal
from app.foundation.graphql import Fen, Info, PlainProblem, Problem, problem_of, problem_parts
from app.origination.errors import (
    ApplicationIncomplete,
    ComprehensionMissing,
    PersonLimitExceeded,
    ReadingTimeNotOver,
    StepOutOfOrder,
)
from app.origination.graphql.types import MissingStep, missing_steps
from app.origination.graphql.words import ComprehensionQuestionKind, LoanApplicationState


@strawberry.type(description="The application does not stand where this step is possible.")
class StepOutOfOrderProblem(Problem):
    """A step out of order."""

    state: LoanApplicationState = strawberry.field(
        description="Where it stands; fetch the application again and show its nextStep."
    )

    @classmethod
    def of(cls, info: Info, refusal: StepOutOfOrder) -> "StepOutOfOrderProblem":
        """Show where the application stands."""
        return cls(**problem_parts(info, refusal), state=LoanApplicationState[refusal.state])


@strawberry.type(description="Something is missing before the application can be handed in.")
class ApplicationIncompleteProblem(Problem):
    """An incomplete application."""

    missing: list[MissingStep] = strawberry.field(description="All of it, in the order to ask.")

    @classmethod
    def of(
        cls, info: Info, refusal: ApplicationIncomplete, offered: OfferedProduct
    ) -> "ApplicationIncompleteProblem":
        """Show everything that is missing."""
        missing = missing_steps(info, refusal.missing, offered)
        return cls(**problem_parts(info, refusal), missing=missing)


@strawberry.type(description="The amount is outside what the product lends there, or off its step.")
class AmountNotOfferedProblem(Problem):
    """An amount that is not offered."""

    minimum: Fen = strawberry.field(description="The least.")
    maximum: Fen = strawberry.field(description="The most.")
    step: Fen = strawberry.field(description="Amounts are multiples of this.")

    @classmethod
    def of(cls, info: Info, refusal: AmountNotOffered) -> "AmountNotOfferedProblem":
        """Show the bounds."""
        return cls(
            **problem_parts(info, refusal),
            minimum=Fen(refusal.min_fen),
            maximum=Fen(refusal.max_fen),
            step=Fen(refusal.step_fen),
        )


@strawberry.type(description="The certificate was opened too short a time ago to be confirmed.")
class ReadingTimeNotOverProblem(Problem):
    """Not read long enough."""

    seconds_left: int = strawberry.field(description="Show a countdown of so many seconds.")

    @classmethod
    def of(cls, info: Info, refusal: ReadingTimeNotOver) -> "ReadingTimeNotOverProblem":
        """Show how long to wait."""
        return cls(**problem_parts(info, refusal), seconds_left=refusal.seconds_left)


@strawberry.type(description="Not every question about the cost is answered right yet.")
class ComprehensionMissingProblem(Problem):
    """Questions left."""

    questions_left: list[ComprehensionQuestionKind] = strawberry.field(
        description="Ask these (again)."
    )

    @classmethod
    def of(cls, info: Info, refusal: ComprehensionMissing) -> "ComprehensionMissingProblem":
        """Show which questions are left."""
        left = [ComprehensionQuestionKind[question] for question in refusal.questions_left]
        return cls(**problem_parts(info, refusal), questions_left=left)


@strawberry.type(description="With this loan the borrower would owe more than one person may.")
class PersonLimitExceededProblem(Problem):
    """Above one person's limit."""

    limit: Fen = strawberry.field(description="The most one person may owe.")
    left: Fen = strawberry.field(description="What is still free of it.")

    @classmethod
    def of(cls, info: Info, refusal: PersonLimitExceeded) -> "PersonLimitExceededProblem":
        """Show what is still free."""
        return cls(
            **problem_parts(info, refusal),
            limit=Fen(refusal.limit_fen),
            left=Fen(refusal.left_fen),
        )


def step_problem(info: Info, refusal: Refusal) -> StepOutOfOrderProblem | PlainProblem:
    """Show a refusal that any step may meet."""
    if isinstance(refusal, StepOutOfOrder):
        return StepOutOfOrderProblem.of(info, refusal)
    return problem_of(info, refusal)


def limit_problem(
    info: Info, refusal: Refusal
) -> StepOutOfOrderProblem | PersonLimitExceededProblem | PlainProblem:
    """Show a refusal that a signature may meet."""
    if isinstance(refusal, PersonLimitExceeded):
        return PersonLimitExceededProblem.of(info, refusal)
    return step_problem(info, refusal)
