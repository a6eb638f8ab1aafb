"""The service desk's use cases: tickets on both sides, corrections, looks that leave a trace."""

from app.support.operations.commands import (
    AnswerTicket,
    CloseTicket,
    LogTicket,
    OpenTicket,
    RateTicket,
    ReplyToTicket,
)
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
from app.support.operations.tickets import (
    answer_ticket,
    bring_to_staff,
    close_ticket,
    log_ticket,
    open_ticket,
    rate_ticket,
    reply_to_ticket,
)

__all__ = [
    "AnswerTicket",
    "CloseTicket",
    "LogTicket",
    "OpenTicket",
    "OpenedCorrection",
    "OpenedTicket",
    "RateTicket",
    "ReplyToTicket",
    "RequestReveal",
    "RevealValue",
    "Revealed",
    "answer_ticket",
    "bring_correction_to_staff",
    "bring_to_staff",
    "close_ticket",
    "decide_correction",
    "decide_reveal",
    "decide_version",
    "find_borrowers",
    "log_ticket",
    "open_borrower",
    "open_correction",
    "open_ticket",
    "open_ticket_at_desk",
    "propose_correction",
    "propose_version",
    "rate_ticket",
    "reply_to_ticket",
    "request_reveal",
    "reveal",
    "staff_at_desk",
    "take_back_version",
    "withdraw_correction",
]
