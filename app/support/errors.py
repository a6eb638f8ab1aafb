"""Refusals of the service desk."""

from app.foundation.errors import Refusal


class TicketClosed(Refusal):
    """The ticket is closed; open a new one."""

    code = "TICKET_CLOSED"


class TicketNotAnswered(Refusal):
    """The ticket has to be answered before it can be closed or rated."""

    code = "TICKET_NOT_ANSWERED"


class TicketAnswered(Refusal):
    """The ticket is answered already and waits for the borrower."""

    code = "TICKET_ANSWERED"


class TicketFull(Refusal):
    """The ticket holds as many messages as one may; open a new one."""

    code = "TICKET_FULL"


class TooManyOpenTickets(Refusal):
    """The borrower has as many open tickets as one person may; wait for answers or add to one."""

    code = "TOO_MANY_OPEN_TICKETS"

    def __init__(self, open_max: int) -> None:
        super().__init__(f"at most {open_max}")
        self.open_max = open_max


class TicketTaken(Refusal):
    """Somebody else handles this ticket."""

    code = "TICKET_TAKEN"


class TicketWithSupervisor(Refusal):
    """Its time ran out, so only a supervisor, or whom they name, may handle it."""

    code = "TICKET_WITH_SUPERVISOR"


class AssigneeHasInterest(Refusal):
    """The complaint may be about what this person did; somebody else has to handle it."""

    code = "ASSIGNEE_HAS_INTEREST"


class NotAComplaint(Refusal):
    """Only complaints have a clock that can be extended, and a visit afterwards."""

    code = "NOT_A_COMPLAINT"


class ExtensionUsed(Refusal):
    """The complaint was extended for this reason already, or that waits to be decided."""

    code = "EXTENSION_USED"


class ExtensionOutOfTurn(Refusal):
    """The clock stands still or has run out, or the shorter extension has to come first."""

    code = "EXTENSION_OUT_OF_TURN"


class ExtensionNotOpen(Refusal):
    """The extension is decided already, or its complaint was answered meanwhile."""

    code = "EXTENSION_NOT_OPEN"


class OwnExtension(Refusal):
    """Whoever asked for the extension cannot grant it."""

    code = "OWN_EXTENSION"


class ClosingIncomplete(Refusal):
    """A complaint is closed with its subcategory, outcome and root cause."""

    code = "CLOSING_INCOMPLETE"


class VisitNotOpen(Refusal):
    """There is nobody to be asked: the visit is not due yet, or was made."""

    code = "VISIT_NOT_OPEN"


class TooManyWait(Refusal):
    """As much of what this member of staff asked for waits as may; have that decided first."""

    code = "TOO_MANY_WAIT"

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most}")
        self.most = most


class OwnExport(Refusal):
    """Whoever asked for a list cannot let it go."""

    code = "OWN_EXPORT"


class ExportNotOpen(Refusal):
    """The list is decided on already, or has waited for too long."""

    code = "EXPORT_NOT_OPEN"


class ExportOver(Refusal):
    """Nobody let the list go, its time is over, or it was taken away often enough."""

    code = "EXPORT_OVER"
