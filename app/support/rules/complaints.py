"""A complaint's clock: how long there is, who hears that it runs out, and what closes it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from app.foundation.caller import StaffRole
from app.foundation.clock import local_date
from app.support.errors import ExtensionOutOfTurn, ExtensionUsed

DAY = timedelta(days=1)
YEARS = range(2020, 2100)
"""Days that are asked for lie within these."""
LOOK_AGAIN = 0
"""Stands for the moment of a signal where it has to be worked out anew."""
VISITS_MAX = 3
"""How often somebody tries to reach a borrower after a complaint was closed."""


class Subcategory(StrEnum):
    """What a complaint is about."""

    FEES = "FEES"
    INTEREST = "INTEREST"
    COLLECTION = "COLLECTION"
    ADVICE = "ADVICE"
    PRIVACY = "PRIVACY"
    REPAYMENT = "REPAYMENT"
    DECISION = "DECISION"
    STAFF = "STAFF"
    APP = "APP"
    OTHER = "OTHER"


class RootCause(StrEnum):
    """Why there was a complaint, as found when it is closed."""

    UNCLEAR_WORDS = "UNCLEAR_WORDS"
    WRONG_FIGURE = "WRONG_FIGURE"
    OUR_DELAY = "OUR_DELAY"
    STAFF_CONDUCT = "STAFF_CONDUCT"
    COLLECTOR_CONDUCT = "COLLECTOR_CONDUCT"
    PARTNER = "PARTNER"
    SYSTEM_FAULT = "SYSTEM_FAULT"
    PRODUCT_RULES = "PRODUCT_RULES"
    FRAUD_BY_OTHERS = "FRAUD_BY_OTHERS"
    NO_FAULT_FOUND = "NO_FAULT_FOUND"


class Outcome(StrEnum):
    """How a complaint ended."""

    PUT_RIGHT = "PUT_RIGHT"
    PARTLY_PUT_RIGHT = "PARTLY_PUT_RIGHT"
    EXPLAINED = "EXPLAINED"
    NOT_UPHELD = "NOT_UPHELD"
    WITHDRAWN = "WITHDRAWN"


class Extension(StrEnum):
    """Why a complaint may take longer; each once in a round, in this order."""

    COMPLEX = "COMPLEX"
    SPECIAL = "SPECIAL"


class ExtensionState(StrEnum):
    """Where an extension stands."""

    ASKED = "ASKED"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"


class VisitState(StrEnum):
    """What came of asking a borrower, some days after, whether a complaint is really settled."""

    DUE = "DUE"
    SATISFIED = "SATISFIED"
    DISSATISFIED = "DISSATISFIED"
    NOT_REACHED = "NOT_REACHED"


class Happened(StrEnum):
    """One step in a ticket's history at the desk."""

    TAKEN = "TAKEN"
    ASSIGNED = "ASSIGNED"
    ALERTED = "ALERTED"
    ESCALATED = "ESCALATED"
    PASSED = "PASSED"
    EXTENDED = "EXTENDED"
    CLOSED = "CLOSED"
    VISITED = "VISITED"
    REOPENED = "REOPENED"
    GIVEN_BACK = "GIVEN_BACK"


class Signal(IntEnum):
    """How far a complaint's time has run out; each is given once for one deadline."""

    NONE = 0
    NEAR = 1
    CLOSE = 2
    ESCALATE = 3
    PASSED = 4


class Interest(StrEnum):
    """Why somebody must not handle a complaint: it may be about what they did."""

    DECIDED_APPLICATION = "DECIDED_APPLICATION"
    CORRECTED_LOAN = "CORRECTED_LOAN"
    COLLECTED = "COLLECTED"
    ANSWERED_TICKET = "ANSWERED_TICKET"
    HANDLED_BEFORE = "HANDLED_BEFORE"


SPECIAL_CHECKERS = frozenset({StaffRole.DIRECTOR})
"""
Who may grant the longest extension: the rule asks for senior management
(银行业保险业消费投诉处理管理办法: 经其上级机构或者总行、总公司高级管理人员审批).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTerms:
    """How long a complaint may take, as policy says on a day."""

    days: int
    more: dict[Extension, int]
    alert_working_days: tuple[int, int]
    """How many working days before the deadline the desk is told: first, then again."""
    escalate_hours: int
    """How long before the deadline a supervisor gets it, so that none passes unescalated."""


def deadline(began: datetime, terms: ClockTerms, used: Collection[Extension] = ()) -> datetime:
    """
    Return until when a complaint must be answered.

    Days are calendar days, the day of arrival not counted, at the same hour: the rule says 日,
    where others say 工作日, and reading it so is never later for the borrower.
    """
    return began + timedelta(days=terms.days + sum(terms.more[one] for one in used))


def signals(
    due_at: datetime, terms: ClockTerms, is_working: Callable[[date], bool]
) -> tuple[datetime, ...]:
    """
    Return the moment of each signal in order: told twice, given to a supervisor, passed.

    The desk is told on working days, when somebody is there; the deadline itself waits for nobody.
    """
    near, close = (
        due_at - (local_date(due_at) - working_day_before(local_date(due_at), count, is_working))
        for count in terms.alert_working_days
    )
    return near, close, due_at - timedelta(hours=terms.escalate_hours), due_at


def signal_at(now: datetime, moments: Sequence[datetime]) -> Signal:
    """Return the last signal whose moment has come; the deadline has passed only after it."""
    if now > moments[-1]:
        return Signal.PASSED
    return Signal(max((n for n, at in enumerate(moments[:-1], start=1) if at <= now), default=0))


def next_signal_at(given: int, moments: Sequence[datetime]) -> datetime | None:
    """Return when there is more to tell than was given; None after the last signal."""
    return min((at for n, at in enumerate(moments, start=1) if n > given), default=None)


def working_day_before(day: date, count: int, is_working: Callable[[date], bool]) -> date:
    """Return the so-manyth working day before a day."""
    found = day
    while count:
        found -= DAY
        count -= is_working(found)
    return found


def is_span(since: date, until: date, *, days_max: int) -> bool:
    """Tell whether two days, both included, are a span that can be counted over."""
    is_known = since.year in YEARS and until.year in YEARS
    return is_known and 0 <= (until - since).days < days_max


def check_extension(
    kind: Extension, *, used: Collection[Extension], asked: Collection[Extension], is_running: bool
) -> None:
    """
    Check that a complaint may take longer for this reason.

    `used` and `asked` are of this round: those granted, and those that wait for a second person.

    Raises:
        ExtensionUsed: It was taken, or waits.
        ExtensionOutOfTurn: The clock stands still or has run out, or the longest extension comes
            before the first.
    """
    if kind in used or kind in asked:
        raise ExtensionUsed
    if not is_running or (kind is Extension.SPECIAL and Extension.COMPLEX not in used):
        raise ExtensionOutOfTurn
