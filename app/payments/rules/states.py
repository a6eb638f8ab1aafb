"""The life of a repayment: one table of steps, and what each word from the rail does to it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.foundation.clock import local_date
from app.payments.errors import RepaymentStepRefused
from app.payments.ports import FailureReason, RailStatus
from app.servicing.rules import ReversalReason


class RepaymentChannel(StrEnum):
    """By which way a repayment comes in."""

    MOBILE = "MOBILE"
    BANK_DEBIT = "BANK_DEBIT"
    AUTO_DEBIT = "AUTO_DEBIT"
    AGENT_CASH = "AGENT_CASH"


DEBITS = frozenset({RepaymentChannel.BANK_DEBIT, RepaymentChannel.AUTO_DEBIT})
"""The borrower's card is debited: nothing for them to open or confirm at a provider."""

BY_PROVIDER = frozenset(RepaymentChannel) - {RepaymentChannel.AGENT_CASH}
"""The money moves at the payment provider, whose statements have it."""


class RepaymentStatus(StrEnum):
    """Where a repayment stands."""

    INITIATED = "INITIATED"
    PENDING = "PENDING"
    RECEIVED = "RECEIVED"
    ALLOCATED = "ALLOCATED"
    REVERSED = "REVERSED"
    CHARGED_BACK = "CHARGED_BACK"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


_OPEN = frozenset(
    {
        RepaymentStatus.PENDING,
        RepaymentStatus.RECEIVED,
        RepaymentStatus.FAILED,
        RepaymentStatus.EXPIRED,
    }
)
_NEVER: frozenset[RepaymentStatus] = frozenset()

STEPS: Mapping[RepaymentStatus, frozenset[RepaymentStatus]] = {
    RepaymentStatus.INITIATED: _OPEN,
    RepaymentStatus.PENDING: _OPEN - {RepaymentStatus.PENDING},
    RepaymentStatus.RECEIVED: frozenset({RepaymentStatus.ALLOCATED}),
    RepaymentStatus.ALLOCATED: frozenset({RepaymentStatus.REVERSED, RepaymentStatus.CHARGED_BACK}),
    RepaymentStatus.REVERSED: _NEVER,
    RepaymentStatus.CHARGED_BACK: _NEVER,
    # Money that arrives after all is the borrower's, and counts: the order in which notices come
    # must not decide how a repayment ends.
    RepaymentStatus.FAILED: frozenset({RepaymentStatus.RECEIVED}),
    RepaymentStatus.EXPIRED: frozenset({RepaymentStatus.RECEIVED}),
}
"""Every step a repayment may take; there are no others."""

_LEADS_TO: Mapping[RailStatus, RepaymentStatus | None] = {
    RailStatus.PENDING: RepaymentStatus.PENDING,
    RailStatus.SUCCEEDED: RepaymentStatus.RECEIVED,
    RailStatus.FAILED: RepaymentStatus.FAILED,
    RailStatus.UNKNOWN: None,
}

_ENDS_AS: Mapping[ReversalReason, RepaymentStatus] = {
    ReversalReason.BOOKED_IN_ERROR: RepaymentStatus.REVERSED,
    ReversalReason.RAIL_REVERSED: RepaymentStatus.REVERSED,
    ReversalReason.CHARGED_BACK: RepaymentStatus.CHARGED_BACK,
}

AWAITED = frozenset({RepaymentStatus.INITIATED, RepaymentStatus.PENDING})
"""The rail may still say how it went."""

WITHOUT_EFFECT = frozenset(
    {
        RepaymentStatus.FAILED,
        RepaymentStatus.EXPIRED,
        RepaymentStatus.REVERSED,
        RepaymentStatus.CHARGED_BACK,
    }
)
"""Nothing of the money stayed: the same may be tried again."""

PAYING_TIME = timedelta(minutes=25)
"""How long the borrower can pay an order."""

ACCEPTED_WITHIN = timedelta(hours=24)
"""How long a payee has to accept money in their wallet before the provider takes it back."""

LIFETIME = timedelta(minutes=30)
"""When an order nobody paid is given up: paying time and five minutes for the rail to finish."""

FIRST_POLL_AFTER = timedelta(seconds=30)
"""A notice usually comes within seconds; from here on the rail is asked, at this interval."""


def step(status: RepaymentStatus, wanted: RepaymentStatus) -> RepaymentStatus:
    """
    Take a step of the table.

    Raises:
        RepaymentStepRefused: It is not in the table.
    """
    if wanted not in STEPS[status]:
        raise RepaymentStepRefused(status.value, wanted.value)
    return wanted


def step_on_word(
    status: RepaymentStatus, said: RailStatus, reason: FailureReason | None
) -> RepaymentStatus | None:
    """Return where the rail's word moves a repayment; None when it says nothing new."""
    wanted = _LEADS_TO[said]
    if wanted is RepaymentStatus.FAILED and reason is FailureReason.EXPIRED:
        wanted = RepaymentStatus.EXPIRED
    return wanted if wanted in STEPS[status] else None


def received_on(
    *, initiated_on: date, initiated_at: datetime, paid_at: datetime, today: date
) -> date:
    """
    Return the business date on which a repayment counts.

    As many days after the one it was initiated on as the clock in China saw pass until the
    borrower paid: a notice that comes a day late costs them nothing, and a business date ahead of
    the clock stays ahead. Never before it was initiated, never after today.
    """
    days = (local_date(paid_at) - local_date(initiated_at)).days
    return min(max(initiated_on + timedelta(days=days), initiated_on), today)


def keeps_quoted_price(*, initiated_at: datetime, paid_at: datetime) -> bool:
    """Tell whether a payoff was paid while its order lived, so that the quoted day counts."""
    return paid_at <= initiated_at + LIFETIME


def step_of_reversal(reason: ReversalReason) -> RepaymentStatus:
    """Return how a repayment ends that is undone for this reason."""
    return _ENDS_AS[reason]
