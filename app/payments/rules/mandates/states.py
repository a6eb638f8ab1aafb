"""The lives of a mandate and of an attempt to debit: one table of steps each."""

from collections.abc import Mapping
from enum import StrEnum

from app.loanmath.life import LoanStatus
from app.payments.errors import MandateStepRefused
from app.payments.ports import FailureReason

DEBITED = frozenset({LoanStatus.ACTIVE, LoanStatus.IN_ARREARS, LoanStatus.RESTRUCTURED})
"""The loans from which dues are debited: not one that is closed or written off."""


class MandateStatus(StrEnum):
    """Where a mandate stands."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    REVOKED = "REVOKED"
    ENDED = "ENDED"


LIVE = frozenset({MandateStatus.ACTIVE, MandateStatus.PAUSED})
"""A loan has at most one mandate in these."""

MANDATE_STEPS: Mapping[MandateStatus, frozenset[MandateStatus]] = {
    MandateStatus.ACTIVE: frozenset(MandateStatus),
    MandateStatus.PAUSED: frozenset(MandateStatus) - {MandateStatus.PAUSED},
    MandateStatus.REVOKED: frozenset(),
    MandateStatus.ENDED: frozenset(),
}
"""Every step a mandate may take; agreeing anew leads back to ACTIVE."""


def mandate_step(status: MandateStatus, wanted: MandateStatus) -> MandateStatus:
    """
    Take a step of the table.

    Raises:
        MandateStepRefused: It is not in the table.
    """
    if wanted not in MANDATE_STEPS[status]:
        raise MandateStepRefused(status.value, wanted.value)
    return wanted


class DebitStatus(StrEnum):
    """Where one attempt to debit stands."""

    SENT = "SENT"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    NOT_SENT = "NOT_SENT"


DEBIT_STEPS: Mapping[DebitStatus, frozenset[DebitStatus]] = {
    DebitStatus.SENT: frozenset({DebitStatus.SUCCEEDED, DebitStatus.FAILED}),
    # As with every repayment, money that arrives after all counts.
    DebitStatus.FAILED: frozenset({DebitStatus.SUCCEEDED}),
    DebitStatus.SUCCEEDED: frozenset(),
    DebitStatus.NOT_SENT: frozenset(),
}
"""Every step an attempt may take."""


class NotSent(StrEnum):
    """Why we did not even ask the bank."""

    ABOVE_CAP = "ABOVE_CAP"
    ABOVE_MONTHLY_CAP = "ABOVE_MONTHLY_CAP"
    CARD_CHANGED = "CARD_CHANGED"


OURS = frozenset({FailureReason.EXPIRED.value, FailureReason.WITHDRAWN.value})
"""Failures that say nothing about the borrower's card: they never pause a mandate."""
