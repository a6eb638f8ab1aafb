"""Facts of rewards; amounts in whole fen."""

from dataclasses import dataclass

from app.foundation.outbox import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponGranted(Fact):
    """
    A borrower was given a coupon that they did not ask for at that moment.

    `way` is a `rules.Way`, `expires_on` (ISO) the last day on which it can be used.
    """

    coupon_id: str
    borrower_id: str
    amount_fen: int
    way: str
    expires_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsExpiring(Fact):
    """So many of a borrower's points go soon unless they are used, the first after a day (ISO)."""

    borrower_id: str
    points: int
    on: str
