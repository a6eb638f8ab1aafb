"""Reading the service desk: tickets, the queue, a borrower's history."""

from app.foundation.working_days import somebody_works
from app.support.queries.clock import Route, clock_terms, routes
from app.support.queries.extensions import TicketExtension, extension, extensions_asked
from app.support.queries.figures import ComplaintFigures, ComplaintTally, complaint_figures
from app.support.queries.history import Line, LineKind, LoanHappening, history_of
from app.support.queries.holding import held_of
from app.support.queries.interests import interest_of
from app.support.queries.settled import obstacles_of
from app.support.queries.steps import TicketStep, TicketVisit, steps_by_ticket, visits_due
from app.support.queries.tickets import (
    QueueAsk,
    Ticket,
    TicketMessage,
    answer_days,
    message_cell,
    messages_by_ticket,
    queue,
    ticket,
    ticket_from,
    tickets_of,
)

__all__ = [
    "ComplaintFigures",
    "ComplaintTally",
    "Line",
    "LineKind",
    "LoanHappening",
    "QueueAsk",
    "Route",
    "Ticket",
    "TicketExtension",
    "TicketMessage",
    "TicketStep",
    "TicketVisit",
    "answer_days",
    "clock_terms",
    "complaint_figures",
    "extension",
    "extensions_asked",
    "held_of",
    "history_of",
    "interest_of",
    "message_cell",
    "messages_by_ticket",
    "obstacles_of",
    "queue",
    "routes",
    "somebody_works",
    "steps_by_ticket",
    "ticket",
    "ticket_from",
    "tickets_of",
    "visits_due",
]
