"""What may be taken, when and how often: the policy of a day, and the borrower's own bounds."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.catalog.rules import PolicyBook
from app.foundation.clock import SHANGHAI, milliseconds
from app.foundation.errors import InvalidInput
from app.payments.rules.mandates.states import NotSent
from app.payments.rules.values import REPAYMENT_FEN_MAX

CAP_FEN_MIN = 100
"""One yuan: a cap below it would let nothing be taken."""

FLOOR_FEN_MAX = 10_000_000
"""¥100,000: a floor above it would let nothing be taken either."""


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

    def takes(
        self, due_fen: int, *, taken_fen: int, takes_part: bool
    ) -> tuple[int, NotSent | None]:
        """
        Return how much of what is due is to be taken, or why nothing is.

        Above a cap nothing is taken, unless the policy takes what the cap leaves room for.
        """
        above = self.exceeded_by(due_fen, taken_fen=taken_fen)
        if above is None:
            return due_fen, None
        room_fen = self.per_debit_fen
        if self.per_month_fen is not None:
            room_fen = min(room_fen, self.per_month_fen - taken_fen)
        if takes_part and room_fen > 0:
            return room_fen, None
        return due_fen, above


def check_caps(caps: Caps, policy: DebitPolicy, *, at: str = "input.") -> None:
    """
    Check the bounds a borrower sets, stated under a path of the graph.

    Raises:
        InvalidInput: A cap is not within one yuan and a million, the month's is below the single
            debit's, or the floor is below the policy's or beyond reason.
    """
    most_fen = REPAYMENT_FEN_MAX
    if not CAP_FEN_MIN <= caps.per_debit_fen <= most_fen:
        raise InvalidInput(
            f"{at}capPerDebit", "payments.reason.cap", least_fen=CAP_FEN_MIN, most_fen=most_fen
        )
    per_month_fen = caps.per_month_fen
    if per_month_fen is not None and not caps.per_debit_fen <= per_month_fen <= most_fen:
        raise InvalidInput(f"{at}capPerMonth", "payments.reason.cap_per_month", most_fen=most_fen)
    if not policy.floor_fen <= caps.floor_fen <= FLOOR_FEN_MAX:
        raise InvalidInput(
            f"{at}livingMoneyFloor",
            "payments.reason.floor",
            least_fen=policy.floor_fen,
            most_fen=FLOOR_FEN_MAX,
        )


def attempt_key(loan_id: str, due_on: date, number: int) -> str:
    """Return the one key of an attempt: a loan, a due date, and which attempt, counted from 0."""
    return f"{loan_id}.{due_on:%Y%m%d}.{number}"


def first_moment(policy: DebitPolicy, now: datetime) -> int:
    """Return when a debit planned now may first be looked at, in milliseconds."""
    return milliseconds(policy.first_allowed(now))
