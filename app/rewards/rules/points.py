"""
Points: what a borrower earned by learning and by paying on time, and what became of it.

There is one account a person, and it is its entries: what stands in it is their sum, never below
zero. A lesson brings its points once ever, a question about the own plan once a day, an installment
paid by its due date once ever. Points buy coupons and nothing else, so they are worth no money by
themselves; they go after a year, and whoever has any is told a month before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.catalog.rules import PolicyBook


class PointsKind(StrEnum):
    """Why points came or went."""

    LEARNED = "LEARNED"
    PAID_ON_TIME = "PAID_ON_TIME"
    EXCHANGED = "EXCHANGED"
    EXPIRED = "EXPIRED"
    TAKEN_BACK = "TAKEN_BACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsEntry:
    """
    One line of an account; lines are added and never changed.

    Attributes:
        kind: Why.
        source: What it is for: one source brings, or takes, points once.
        points: How many; below zero where they went.
        made_at: When.
        expires_on: The last day of points that came, if they are not used before; else None.
    """

    kind: PointsKind
    source: str
    points: int
    made_at: datetime
    expires_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsPolicy:
    """
    What points come to on a day.

    Attributes:
        installment: What an installment paid on time brings.
        ahead_days: How near a due date is, for an installment paid before it.
        valid_days: For how long points can be used; 0 where they do not go.
        warn_days: How long before they go one is told.
        warn_least_days: How long before at least.
    """

    installment: int
    ahead_days: int
    valid_days: int
    warn_days: int
    warn_least_days: int

    def last_day_of(self, earned_on: date) -> date | None:
        """Return the last day of points that come on a day; None where policy says none."""
        return earned_on + timedelta(days=self.valid_days) if self.valid_days else None


NO_POLICY = PointsPolicy(installment=0, ahead_days=0, valid_days=0, warn_days=0, warn_least_days=0)
"""Before any policy of points holds: paying on time brings none, and none go."""


def points_policy(book: PolicyBook) -> PointsPolicy:
    """Read a day's policy of points."""
    if "points_installment" not in book.values:
        return NO_POLICY
    return PointsPolicy(
        installment=book.whole("points_installment"),
        ahead_days=book.whole("points_ahead_days"),
        valid_days=book.whole("points_valid_days"),
        warn_days=book.whole("points_warn_days"),
        warn_least_days=book.whole("points_warn_least_days"),
    )


def balance_of(entries: Iterable[PointsEntry]) -> int:
    """Return what stands in an account: the sum of its entries."""
    balance = sum(one.points for one in entries)
    assert balance >= 0, "nobody owes points"
    return balance


def going_by(entries: Sequence[PointsEntry], day: date) -> int:
    """
    Return how many of an account's points are past their last day, once a day is over.

    Whatever went before is taken to have been the oldest there were, so nobody loses points that
    could still be used while older ones went unused.
    """
    came = sum(
        one.points for one in entries if one.expires_on is not None and one.expires_on <= day
    )
    went = -sum(one.points for one in entries if one.points < 0)
    return max(came - went, 0)


def taken_back(balance: int, points: int) -> int:
    """
    Return how many of so many points are taken back from an account, such as after a chargeback.

    What was spent meanwhile stays spent: nobody owes us points.
    """
    return min(max(balance, 0), points)
