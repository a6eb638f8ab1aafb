"""A question that nothing published answers is handed to a person, in the borrower's words."""

from dataclasses import dataclass, field

from app.support.operations.commands import OpenTicket
from app.support.operations.tickets import open_ticket
from app.support.queries import Ticket
from app.support.rules import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAPerson:
    """A borrower hands a question over."""

    borrower_id: str
    question: str = field(repr=False)
    idempotency_key: str


async def ask_a_person(command: AskAPerson) -> Ticket:
    """
    Open a ticket with a question, sealed as every ticket is; its clock is that of questions.

    Raises:
        TooManyOpenTickets: Ten are waiting already.
        InvalidInput: The idempotency key is malformed.
        IdempotencyConflict: The key was used for another command.
    """
    return await open_ticket(
        OpenTicket(
            caller_id=command.borrower_id,
            category=Category.QUESTION,
            text=command.question,
            loan_id=None,
            idempotency_key=command.idempotency_key,
        )
    )
