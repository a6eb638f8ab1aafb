"""The service desk's use cases: tickets on both sides, corrections, looks that leave a trace."""

from app.support.operations.closing import close_ticket, record_visit
from app.support.operations.commands import (
    AnswerTicket,
    AssignTicket,
    CloseTicket,
    DecideExtension,
    ExtendTicket,
    LogTicket,
    OpenTicket,
    RateTicket,
    RecordVisit,
    ReplyToTicket,
    TakeTicket,
)
from app.support.operations.contested import bring_contested
from app.support.operations.correcting import (
    OpenedCorrection,
    decide_correction,
    open_correction,
    propose_correction,
    withdraw_correction,
)
from app.support.operations.desk import (
    OpenedTicket,
    find_borrowers,
    open_borrower,
    open_ticket_at_desk,
    staff_at_desk,
)
from app.support.operations.extending import decide_extension, extend_ticket
from app.support.operations.handling import assign_ticket, take_ticket
from app.support.operations.minding import mind_complaints
from app.support.operations.publishing import decide_version, propose_version, take_back_version
from app.support.operations.revealing import (
    RequestReveal,
    Revealed,
    RevealValue,
    decide_reveal,
    request_reveal,
    reveal,
)
from app.support.operations.rights import bring_correction_to_staff
from app.support.operations.staff_leaving import give_tickets_back, withdraw_proposals
from app.support.operations.tickets import (
    answer_ticket,
    bring_to_staff,
    log_ticket,
    open_ticket,
    rate_ticket,
    reply_to_ticket,
)

__all__ = [
    "AnswerTicket",
    "AssignTicket",
    "CloseTicket",
    "DecideExtension",
    "ExtendTicket",
    "LogTicket",
    "OpenTicket",
    "OpenedCorrection",
    "OpenedTicket",
    "RateTicket",
    "RecordVisit",
    "ReplyToTicket",
    "RequestReveal",
    "RevealValue",
    "Revealed",
    "TakeTicket",
    "answer_ticket",
    "assign_ticket",
    "bring_contested",
    "bring_correction_to_staff",
    "bring_to_staff",
    "close_ticket",
    "decide_correction",
    "decide_extension",
    "decide_reveal",
    "decide_version",
    "extend_ticket",
    "find_borrowers",
    "give_tickets_back",
    "log_ticket",
    "mind_complaints",
    "open_borrower",
    "open_correction",
    "open_ticket",
    "open_ticket_at_desk",
    "propose_correction",
    "propose_version",
    "rate_ticket",
    "record_visit",
    "reply_to_ticket",
    "request_reveal",
    "reveal",
    "staff_at_desk",
    "take_back_version",
    "take_ticket",
    "withdraw_correction",
    "withdraw_proposals",
]
