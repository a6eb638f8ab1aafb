"""How an order of the twin goes: decided once, from its amount, its id, a seed and some knobs."""

import hmac
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from app.foundation.clock import milliseconds, moment_of
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules import RailNotice, RailOrderKind

LAST_DIGITS = 10_000


class Scenario(StrEnum):
    """How an order goes, chosen by the last four digits of its amount in fen."""

    PLAIN = "PLAIN"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    INSUFFICIENT_ABOVE_FLOOR = "INSUFFICIENT_ABOVE_FLOOR"
    DECLINED = "DECLINED"
    PAYEE_UNREACHABLE = "PAYEE_UNREACHABLE"
    NEVER_PAID = "NEVER_PAID"
    """Stays pending until its paying time is over."""
    SILENT = "SILENT"
    """Goes well, but no notice is ever sent: only asking finds out."""
    WRONG_AMOUNT = "WRONG_AMOUNT"
    """Says that one fen more was moved than was asked for."""
    ANSWER_LOST = "ANSWER_LOST"
    """Is taken, but the first answer never arrives; asking again gets it."""


SCENARIOS = {
    RailOrderKind.COLLECTION: {
        1313: Scenario.INSUFFICIENT_FUNDS,
        1414: Scenario.DECLINED,
        1515: Scenario.NEVER_PAID,
        1616: Scenario.SILENT,
        1717: Scenario.WRONG_AMOUNT,
        1818: Scenario.ANSWER_LOST,
    },
    RailOrderKind.DEBIT: {
        1212: Scenario.INSUFFICIENT_ABOVE_FLOOR,
        1313: Scenario.INSUFFICIENT_FUNDS,
        1414: Scenario.DECLINED,
        1515: Scenario.NEVER_PAID,
        1616: Scenario.SILENT,
        1717: Scenario.WRONG_AMOUNT,
        1818: Scenario.ANSWER_LOST,
    },
    RailOrderKind.DISBURSEMENT: {
        1300: Scenario.PAYEE_UNREACHABLE,
        1400: Scenario.DECLINED,
        1600: Scenario.SILENT,
        1700: Scenario.WRONG_AMOUNT,
        1800: Scenario.ANSWER_LOST,
    },
}
"""
Amounts that go another way: repayments of …13.13 yuan, disbursements of …13.00 yuan, and so on.

Four digits, so that an amount somebody computes hardly ever meets one by chance.
"""

SOMEBODY_ELSES_ENDING = "191919"
"""Cards that end so, such as 6200000002191919, have a holder who is nobody the twin is told of."""

_FAILURES = {
    Scenario.INSUFFICIENT_FUNDS: FailureReason.INSUFFICIENT_FUNDS,
    Scenario.INSUFFICIENT_ABOVE_FLOOR: FailureReason.INSUFFICIENT_ABOVE_FLOOR,
    Scenario.DECLINED: FailureReason.DECLINED,
    Scenario.PAYEE_UNREACHABLE: FailureReason.PAYEE_UNREACHABLE,
    Scenario.NEVER_PAID: FailureReason.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """How fast and how unruly the twin is; rates are chances between 0 and 1."""

    delay_seconds: tuple[float, float] = (0.3, 1.2)
    failure_rate: float = 0.0
    repeat_rate: float = 0.3
    """A notice is sent a second time, whatever was answered."""
    late_processing_rate: float = 0.3
    """A "still processing" notice follows the final one."""
    drop_rate: float = 0.15
    """The first attempt at a notice is lost on its way."""


USUAL = Knobs()
QUIET = Knobs(delay_seconds=(0, 0), repeat_rate=0, late_processing_rate=0, drop_rate=0)
"""At once, once and in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the twin was asked to move, and for whom (as a keyed hash)."""

    order_id: str
    kind: RailOrderKind
    amount_fen: int
    payee_mac: str = ""

    @property
    def scenario(self) -> Scenario:
        """Return how this amount goes."""
        return SCENARIOS[self.kind].get(self.amount_fen % LAST_DIGITS, Scenario.PLAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order the twin has taken, with what time will make of it."""

    ask: Ask
    provider_ref: str
    settles_at: datetime
    outcome: RailStatus
    reason: FailureReason | None
    paid_fen: int

    def status(self, now: datetime) -> RailStatus:
        """Return how the order stands at a moment."""
        return self.outcome if self.settles_at <= now else RailStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNotice:
    """A notice to be sent, with how many of its first attempts get lost."""

    notice_id: str
    body: bytes
    due_at: datetime
    drops: int


def decide(
    ask: Ask,
    *,
    now: datetime,
    expires_at: datetime | None,
    seed: int,
    knobs: Knobs,
    refusal: FailureReason | None = None,
) -> tuple[Order, tuple[PlannedNotice, ...]]:
    """
    Decide how an order will go and what will be said about it; the same seed, the same story.

    `refusal` is why it cannot go well whatever its scenario.
    """
    chance = random.Random(f"{seed}:{ask.order_id}")  # noqa: S311 - unruly, not secret
    reason = refusal or _FAILURES.get(ask.scenario)
    if chance.random() < knobs.failure_rate:
        reason = reason or FailureReason.UNSTATED
    settles_at = now + timedelta(seconds=chance.uniform(*knobs.delay_seconds))
    if ask.scenario is Scenario.NEVER_PAID:
        settles_at = expires_at or settles_at
    order = Order(
        ask=ask,
        provider_ref=f"TW{hmac.digest(b'twin', ask.order_id.encode(), 'sha256').hex()[:20]}",
        settles_at=moment_of(milliseconds(settles_at)),
        outcome=RailStatus.FAILED if reason else RailStatus.SUCCEEDED,
        reason=reason,
        paid_fen=ask.amount_fen + (ask.scenario is Scenario.WRONG_AMOUNT),
    )
    if ask.scenario is Scenario.SILENT:
        return order, ()
    return order, tuple(_notices(order, now=now, chance=chance, knobs=knobs))


def _notices(
    order: Order, *, now: datetime, chance: random.Random, knobs: Knobs
) -> list[PlannedNotice]:
    final = _body(order, "final", order.outcome, order.settles_at)
    planned = [("final", final, 0.0)]
    if chance.random() < knobs.repeat_rate:
        planned.append(("repeat", final, chance.uniform(0, 2)))
    if chance.random() < knobs.late_processing_rate:
        processing = _body(order, "processing", RailStatus.PENDING, now)
        planned.append(("processing", processing, chance.uniform(0, 1)))
    return [
        PlannedNotice(
            notice_id=f"{order.ask.order_id}.{name}",
            body=body,
            due_at=order.settles_at + timedelta(seconds=seconds),
            drops=int(chance.random() < knobs.drop_rate),
        )
        for name, body, seconds in planned
    ]


def _body(order: Order, event: str, status: RailStatus, at: datetime) -> bytes:
    notice = RailNotice(
        event_id=f"{order.ask.order_id}.{event}",
        kind=order.ask.kind,
        order_id=order.ask.order_id,
        provider_ref=order.provider_ref,
        status=status,
        amount_fen=order.paid_fen,
        occurred_at=at,
        reason=order.reason if status is RailStatus.FAILED else None,
    )
    return msgspec.json.encode(notice)
