"""What happens in collections: holds, permits, contacts, promises, cases."""

from app.collections.operations.agreeing import AgreeToContact, agree_to_contact
from app.collections.operations.casing import record_offer
from app.collections.operations.contesting import ContestContact, contest_contact
from app.collections.operations.following import LOCAL_EFFECTS
from app.collections.operations.holding import hold, hold_for_wish, release
from app.collections.operations.permitting import (
    Reminder,
    RequestPermit,
    heed_quiet_hours,
    request_permit,
)
from app.collections.operations.promising import PromiseToPay, promise_to_pay
from app.collections.operations.recording import RecordAttempt, record_attempt
from app.collections.operations.reminding import may_remind, offered_in_inbox
from app.collections.operations.roles import COLLECTORS, LEADERS, READERS, check_role
from app.collections.operations.tending import tend_cases
from app.collections.operations.working import (
    AdvanceCase,
    AssignCase,
    DecideMark,
    MarkCase,
    advance_case,
    assign_case,
    decide_mark,
    mark_case,
)
from app.collections.rules import Promised

__all__ = [
    "COLLECTORS",
    "LEADERS",
    "LOCAL_EFFECTS",
    "READERS",
    "AdvanceCase",
    "AgreeToContact",
    "AssignCase",
    "ContestContact",
    "DecideMark",
    "MarkCase",
    "PromiseToPay",
    "Promised",
    "RecordAttempt",
    "Reminder",
    "RequestPermit",
    "advance_case",
    "agree_to_contact",
    "assign_case",
    "check_role",
    "contest_contact",
    "decide_mark",
    "heed_quiet_hours",
    "hold",
    "hold_for_wish",
    "mark_case",
    "may_remind",
    "offered_in_inbox",
    "promise_to_pay",
    "record_attempt",
    "record_offer",
    "release",
    "request_permit",
    "tend_cases",
]
