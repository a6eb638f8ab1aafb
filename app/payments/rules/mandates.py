"""Auto-debit mandates: what a borrower agrees to, and what may be taken, when and how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from app.catalog.rules import PolicyBook
from app.foundation.canonical import sha256_of
from app.foundation.clock import SHANGHAI, milliseconds
from app.foundation.text import LANGUAGES, text
from app.loanmath.life import LoanStatus
from app.payments.errors import MandateStepRefused
from app.payments.ports import FailureReason
from app.servicing.rules import LoanRef

TEXT_VERSION = 1
"""The version of the words under `mandate_v1`; other words get a new section and number."""

TEXT_SINCE = date(2026, 11, 21)
"""From which day these words are shown."""

CAP_FEN_MIN = 100
"""One yuan: a cap below it would let nothing be taken."""

FLOOR_FEN_MAX = 10_000_000
"""¥100,000: a floor above it would let nothing be taken either."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DebitPolicy:
    """The policy values of the day a mandate was agreed to; they stand in its text."""

    attempt_days: tuple[int, ...]
    opens: time
    closes: time
    failures_max: int
    notice_days: int
    takes_part: bool
    floor_fen: int

    @classmethod
    def of(cls, book: PolicyBook) -> "DebitPolicy":
        """
        Read it from the book of a day.

        Raises:
            PolicyValueMissing: There was no auto-debit on that day.
        """
        hours = book.table("auto_debit_hours")
        return cls(
            attempt_days=tuple(int(day) for day in book.words("auto_debit_attempt_days")),
            opens=time.fromisoformat(str(hours["from"])),
            closes=time.fromisoformat(str(hours["to"])),
            failures_max=book.whole("auto_debit_failures_max"),
            notice_days=book.whole("auto_debit_notice_days"),
            takes_part=book.flag("auto_debit_takes_part"),
            floor_fen=book.whole("living_money_floor_fen"),
        )

    def first_allowed(self, moment: datetime) -> datetime:
        """Return the moment itself within the hours of debiting, or when they next begin."""
        local = moment.astimezone(SHANGHAI)
        if self.opens <= local.time() < self.closes:
            return moment
        opening = datetime.combine(local.date(), self.opens, SHANGHAI)
        return opening if opening > local else opening + timedelta(days=1)

    def closes_at(self, moment: datetime) -> datetime:
        """Return when the hours of debiting end on a moment's day."""
        return datetime.combine(moment.astimezone(SHANGHAI).date(), self.closes, SHANGHAI)

    def last_attempt_on(self, due_on: date) -> date:
        """Return the last day on which a due may be debited."""
        return due_on + timedelta(days=self.attempt_days[-1])

    def next_attempt_on(self, *, due_on: date, number: int, today: date) -> date | None:
        """Return the day of a due's attempt, counted from 0: after today; None past the last."""
        if number >= len(self.attempt_days):
            return None
        planned = due_on + timedelta(days=self.attempt_days[number])
        later = max(planned, today + timedelta(days=1))
        return later if later <= self.last_attempt_on(due_on) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that may be taken at once and in a calendar month, and what must be left."""

    per_debit_fen: int
    per_month_fen: int | None
    floor_fen: int

    def exceeded_by(self, amount_fen: int, *, taken_fen: int) -> NotSent | None:
        """Say which cap an amount breaks, given what the month has taken already."""
        if amount_fen > self.per_debit_fen:
            return NotSent.ABOVE_CAP
        if self.per_month_fen is not None and taken_fen + amount_fen > self.per_month_fen:
            return NotSent.ABOVE_MONTHLY_CAP
        return None

    def most_fen(self, *, taken_fen: int) -> int:
        """Return the most that may be taken now."""
        if self.per_month_fen is None:
            return self.per_debit_fen
        return max(min(self.per_debit_fen, self.per_month_fen - taken_fen), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateText:
    """The words of a mandate in one language, and the SHA-256 of them."""

    language: str
    title: str
    body: str

    @property
    def whole(self) -> str:
        """Title, line break, body: what is hashed and kept."""
        return f"{self.title}\n{self.body}"

    @property
    def sha256(self) -> str:
        """Name exactly these words."""
        return sha256_of(self.whole)


def mandate_text(
    loan: LoanRef, caps: Caps, policy: DebitPolicy, *, card_tail: str, language: str
) -> MandateText:
    """Return what a borrower agrees to: every figure of it stands in the words."""

    def say(name: str, **data: object) -> str:
        return text(f"payments.mandate_v{TEXT_VERSION}.{name}", language, **data)

    monthly = say("monthly", amount_fen=caps.per_month_fen) if caps.per_month_fen else ""
    return MandateText(
        language=language,
        title=say("title", version=TEXT_VERSION, since=TEXT_SINCE.isoformat()),
        body=say(
            "body",
            loan_id=loan.loan_id,
            card_tail=card_tail,
            cap_fen=caps.per_debit_fen,
            monthly=monthly,
            above=say("above_part" if policy.takes_part else "above_nothing"),
            floor_fen=caps.floor_fen,
            notice_days=policy.notice_days,
            opens=f"{policy.opens:%H:%M}",
            closes=f"{policy.closes:%H:%M}",
            attempts=len(policy.attempt_days),
            last_day=policy.attempt_days[-1],
            failures_max=policy.failures_max,
        ),
    )


def agreed_text(
    loan: LoanRef, caps: Caps, policy: DebitPolicy, *, card_tail: str, sha256: str
) -> MandateText | None:
    """Return the present text that has this hash, in whichever language; None if none has."""
    for language in LANGUAGES:
        words = mandate_text(loan, caps, policy, card_tail=card_tail, language=language)
        if words.sha256 == sha256:
            return words
    return None


def attempt_key(loan_id: str, due_on: date, number: int) -> str:
    """Return the one key of an attempt: a loan, a due date, and which attempt, counted from 0."""
    return f"{loan_id}.{due_on:%Y%m%d}.{number}"


def first_moment(policy: DebitPolicy, now: datetime) -> int:
    """Return when a debit planned now may first be looked at, in milliseconds."""
    return milliseconds(policy.first_allowed(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateView:
    """
    A mandate as it stands.

    `next_on` is the business date of the next debit already begun with a due date; `consent_id`
    names the words agreed to last; `failures` counts failed debits in a row.
    """

    mandate_id: str
    loan: LoanRef
    status: MandateStatus
    caps: Caps
    consent_id: str
    set_up_at: datetime
    agreed_on: date
    failures: int
    next_on: date | None
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """One agreement to a mandate's words: which, when, and until when."""

    consent_id: str
    version: int
    language: str
    sha256: str
    words: str
    card_tail: str
    agreed_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt to debit; `reason` is a `FailureReason` or a `NotSent`."""

    attempt_id: str
    loan: LoanRef
    due_on: date
    number: int
    status: DebitStatus
    amount_fen: int
    attempted_on: date
    attempted_at: datetime
    consent_id: str
    reason: str | None = None
    repayment_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDebit:
    """What a mandate is to take next, as far as can be known today."""

    on: date
    amount_fen: int
    above: NotSent | None
