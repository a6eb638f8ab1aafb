"""Taking an arrangement on the borrower's graph, and every way that may be answered."""

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry

from app.foundation.errors import Refusal
from app.foundation.graphql import (
    Info,
    PlainProblem,
    Problem,
    problem_of,
    problem_parts,
)
from app.servicing import operations, queries
from app.servicing.errors import HardshipOptionStale, HardshipWaiting
from app.servicing.graphql.hardship import ReliefKind
from app.servicing.graphql.refs import loan_ref
from app.servicing.graphql.types import Loan
from app.servicing.rules.hardship import HardshipRequest as RequestView
from app.servicing.rules.hardship import RequestHardship


@strawberry.enum(description="What became of a request for an arrangement.")
class HardshipRequestState(Enum):
    """States of `rules.hardship.HardshipState`."""

    ARRANGED = strawberry.enum_value("ARRANGED", description="It holds.")
    WAITING = strawberry.enum_value("WAITING", description="Staff are looking at it.")
    ANSWERED = strawberry.enum_value(
        "ANSWERED",
        description="Staff have arranged something; the loan and its history show what.",
    )
    REPLACED = strawberry.enum_value(
        "REPLACED", description="The borrower has taken another arrangement since."
    )
    LAPSED = strawberry.enum_value(
        "LAPSED", description="Its time was over, and the borrower has asked again."
    )


@strawberry.type(description="A request for an arrangement.")
class HardshipRequest:
    """What was asked for, and what became of it."""

    view: strawberry.Private[RequestView]
    id: strawberry.ID = strawberry.field(description="Its own id.")
    kind: ReliefKind = strawberry.field(description="What kind of arrangement it is.")
    state: HardshipRequestState = strawberry.field(description="What became of it.")
    asked_on: date = strawberry.field(description="The business date on which it was asked for.")

    @strawberry.field(description="What became of it and what to do next, as one sentence.")
    def explanation(self, info: Info) -> str:
        """Explain the state in the caller's language."""
        view = self.view
        return info.context.text(
            f"servicing.hardship_request.{view.state.value}",
            next_due_on=view.next_due_on,
            next_amount_fen=view.next_amount_fen,
        )

    @strawberry.field(description="The loan as it stands now.")
    async def loan(self, info: Info) -> Loan:
        """Show the loan."""
        loan = await queries.loan(self.view.loan, info.context.today)
        return Loan.of(loan, info.context.language)

    @classmethod
    def of(cls, view: RequestView) -> "HardshipRequest":
        """Show a request."""
        return cls(
            view=view,
            id=strawberry.ID(view.request_id),
            kind=ReliefKind[view.kind.name],
            state=HardshipRequestState[view.state.name],
            asked_on=view.asked_on,
        )


@strawberry.input(description="The wish to take one of the arrangements shown.")
class RequestHardshipInput:
    """What `requestHardship` takes."""

    idempotency_key: strawberry.ID = strawberry.field(
        description="Made by the client for this one wish; sending it again does nothing twice."
    )
    loan_id: strawberry.ID = strawberry.field(description="The loan.")
    option_token: str = strawberry.field(description="The option's `token`.")

    def as_command(self, borrower_id: str) -> RequestHardship:
        """
        Turn it into the command.

        Raises:
            InvalidInput: The id is malformed.
        """
        return RequestHardship(
            loan=loan_ref(borrower_id, self.loan_id, field="input.loanId"),
            option_token=self.option_token,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(
    description="The arrangement no longer fits the loan as it stands today; nothing was changed."
)
class HardshipOptionStaleProblem(Problem):
    """Ask for `hardshipOptions` again."""

    loan_id: strawberry.ID = strawberry.field(description="The loan to ask about again.")


@strawberry.type(description="Another arrangement of the loan waits for staff.")
class HardshipWaitingProblem(Problem):
    """Wait for the answer, or take an option that holds at once."""

    request_id: strawberry.ID = strawberry.field(description="The request that waits.")


@strawberry.type(description="The arrangement holds, or waits for staff: see the request's state.")
class RequestHardshipSuccess:
    """What `requestHardship` gives."""

    request: HardshipRequest = strawberry.field(description="The request.")


RequestHardshipResult = Annotated[
    RequestHardshipSuccess | HardshipOptionStaleProblem | HardshipWaitingProblem | PlainProblem,
    strawberry.union(
        "RequestHardshipResult", description="The request, or why nothing was changed."
    ),
]
What = Annotated[RequestHardshipInput, strawberry.argument(description="What to take.")]


@strawberry.type(description="Finding a way when paying is hard.")
class HardshipMutation:
    """The part of Mutation about hardship."""

    @strawberry.mutation(
        description="Take one of the arrangements that `hardshipOptions` showed, exactly as shown."
        " Within policy it holds at once; otherwise staff decide, and nothing changes before that."
    )
    async def request_hardship(self, info: Info, input: What) -> RequestHardshipResult:
        """Take an arrangement."""
        try:
            view = await operations.request_hardship(input.as_command(info.context.borrower_id))
        except HardshipOptionStale as refusal:
            return HardshipOptionStaleProblem(**problem_parts(info, refusal), loan_id=input.loan_id)
        except HardshipWaiting as refusal:
            return HardshipWaitingProblem(
                **problem_parts(info, refusal), request_id=strawberry.ID(refusal.request_id)
            )
        except Refusal as refusal:
            return problem_of(info, refusal)
        return RequestHardshipSuccess(request=HardshipRequest.of(view))
