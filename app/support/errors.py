"""Refusals of the service desk."""

from app.foundation.errors import Refusal


class TicketClosed(Refusal):
    """The ticket is closed; open a new one."""

    code = "TICKET_CLOSED"


class TicketNotAnswered(Refusal):
    """The ticket has to be answered before it can be closed or rated."""

    code = "TICKET_NOT_ANSWERED"


class TicketFull(Refusal):
    """The ticket holds as many messages as one may; open a new one."""

    code = "TICKET_FULL"


class TooManyOpenTickets(Refusal):
    """The borrower has as many open tickets as one person may; wait for answers or add to one."""

    code = "TOO_MANY_OPEN_TICKETS"

    def __init__(self, open_max: int) -> None:
        super().__init__(f"at most {open_max}")
        self.open_max = open_max
