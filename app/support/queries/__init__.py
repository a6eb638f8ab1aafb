"""Reading the service desk: tickets, the queue, a borrower's timeline."""

from app.support.queries.clock import Route, clock_terms, routes, somebody_works
from app.support.queries.extensions import TicketExtension, extension, extensions_asked
from app.support.queries.figures import ComplaintFigures, ComplaintTally, complaint_figures
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
from app.support.queries.timeline import Happening, LoanHappening, timeline

__all__ = [
    "ComplaintFigures",
    "ComplaintTally",
    "Happening",
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
    "timeline",
    "visits_due",
]
