"""Handing a question to a person."""

from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import KEY_PER_TAP, Info, PlainProblem, problem_of
from app.support.graphql.types import Ticket
from app.support.graphql.wording import checked_words
from app.support.operations import OpenTicket, open_ticket
from app.support.rules import Category


@strawberry.input(description="A question for a person.")
class AskAPersonInput:
    """A question."""

    question: str = strawberry.field(
        description="What was asked of `ask`, or other words; at most 5,000 characters."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_PER_TAP)

    def as_command(self, borrower_id: str) -> OpenTicket:
        """
        Return the command.

        Raises:
            InvalidInput: The question is empty or too long.
        """
        return OpenTicket(
            caller_id=borrower_id,
            category=Category.QUESTION,
            text=checked_words(self.question, field="input.question"),
            loan_id=None,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="A person has the question; the ticket's answerDueAt says by when.")
class AskAPersonSuccess:
    """The ticket that was opened."""

    ticket: Ticket = strawberry.field(description="The ticket.")


AskAPersonResult = Annotated[
    AskAPersonSuccess | PlainProblem,
    strawberry.union("AskAPersonResult", description="What became of `askAPerson`."),
]


@strawberry.type
class AskingMutation:
    """The part of Mutation that hands a question over."""

    @strawberry.mutation(
        description="Hand a question to a person: a ticket is opened with it. Only then is it kept."
    )
    async def ask_a_person(
        self,
        info: Info,
        input: Annotated[AskAPersonInput, strawberry.argument(description="The question.")],
    ) -> AskAPersonResult:
        """Hand it over."""
        try:
            command = input.as_command(info.context.contact.borrower_id)
            return AskAPersonSuccess(ticket=Ticket.of(await open_ticket(command)))
        except Refusal as refusal:
            return problem_of(info, refusal)
