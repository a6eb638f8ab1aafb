"""Facts, who listens to them, and how one is announced."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import orjson

from app.foundation.clock import milliseconds
from app.foundation.database import Parameter, Transaction

EFFECT_SECONDS_MAX = 30
"""An effect that takes longer is cut off, well before another worker takes it over."""


class Fact:
    """Something that has happened; its fields are ids, numbers, flags and ISO dates."""

    __slots__ = ()


F = TypeVar("F", bound=Fact)
LocalEffect = Callable[[Transaction, F], Awaitable[None]]
"""An effect in our own database; commits together with the mark that it is done."""
OutsideEffect = Callable[[F, str], Awaitable[None]]
"""A call to an outside system, given the delivery's id; repeating it must do no harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One consumer of one kind of fact."""

    fact_type: type[Fact]
    consumer: str
    local: Callable[[Transaction, Any], Awaitable[None]] | None = None
    outside: Callable[[Any, str], Awaitable[None]] | None = None
    seconds_max: float = EFFECT_SECONDS_MAX

    def __post_init__(self) -> None:
        """Refuse a consumer with no effect, or with two."""
        assert (self.local is None) != (self.outside is None), "one effect, local or outside"


class _Installed:
    by_consumer: Mapping[str, Subscription] | None = None
    consumers_of: Mapping[str, tuple[str, ...]] = {}
    wake: asyncio.Event | None = None


def subscribe(subscriptions: Sequence[Subscription]) -> None:
    """Install who listens to what; every process that announces facts does this at start."""
    by_consumer = {one.consumer: one for one in subscriptions}
    assert len(by_consumer) == len(subscriptions), "each consumer has a name of its own"
    consumers_of: dict[str, tuple[str, ...]] = {}
    for one in subscriptions:
        name = one.fact_type.__name__
        consumers_of[name] = (*consumers_of.get(name, ()), one.consumer)
    _Installed.by_consumer = by_consumer
    _Installed.consumers_of = consumers_of


def subscription_of(consumer: str) -> Subscription | None:
    """Return a consumer's subscription; none if it belongs to another version of the app."""
    return (_Installed.by_consumer or {}).get(consumer)


_KEEP_FACT = "INSERT INTO outbox_fact (id, name, payload, announced_at) VALUES (?, ?, ?, ?)"
_KEEP_DELIVERIES = (
    "INSERT INTO outbox_delivery"
    " (id, fact_id, consumer, status, attempts, due_at, position) VALUES "
)
_DELIVERY = "(?, ?, ?, 'PENDING', 0, ?, ?)"


async def announce(tx: Transaction, fact: Fact, *, not_before: datetime | None = None) -> None:
    """Write down a fact and a delivery for each of its consumers, in this transaction."""
    assert _Installed.by_consumer is not None, "a process says who listens before it announces"
    name = type(fact).__name__
    fact_id = tx.new_id("fa")
    await tx.run(_KEEP_FACT, _columns(tx, fact_id, fact))
    due_at = milliseconds(max(not_before or tx.now, tx.now))
    if consumers := _Installed.consumers_of.get(name, ()):
        await tx.run(
            _KEEP_DELIVERIES + ", ".join(_DELIVERY for _ in consumers),
            [
                value
                for consumer in consumers
                for value in (tx.new_id("dl"), fact_id, consumer, due_at, tx.next_position())
            ],
        )
    tx.after_commit(_wake)


async def announce_all(tx: Transaction, facts: Sequence[Fact]) -> None:
    """Write down many facts, each with its deliveries, by one statement for each table."""
    assert _Installed.by_consumer is not None, "a process says who listens before it announces"
    moment = milliseconds(tx.now)
    rows: list[list[Parameter]] = []
    sent: list[tuple[str, str]] = []
    for fact, fact_id in zip(facts, tx.new_ids("fa", len(facts)), strict=True):
        rows.append(_columns(tx, fact_id, fact))
        consumers = _Installed.consumers_of.get(type(fact).__name__, ())
        sent += [(fact_id, consumer) for consumer in consumers]
    deliveries = [
        [delivery_id, fact_id, consumer, moment, tx.next_position()]
        for delivery_id, (fact_id, consumer) in zip(tx.new_ids("dl", len(sent)), sent, strict=True)
    ]
    await tx.run_many(_KEEP_FACT, rows)
    await tx.run_many(_KEEP_DELIVERIES + _DELIVERY, deliveries)
    tx.after_commit(_wake)


def wake_on_announcement(wake: asyncio.Event | None) -> None:
    """Set this event whenever a fact of this process is durable; None ends that."""
    _Installed.wake = wake


def _wake() -> None:
    if _Installed.wake is not None:
        _Installed.wake.set()


def _columns(tx: Transaction, fact_id: str, fact: Fact) -> list[Parameter]:
    payload = orjson.dumps(_content(fact)).decode()
    return [fact_id, type(fact).__name__, payload, milliseconds(tx.now)]


def _content(fact: Fact) -> dict[str, Any]:
    content = {name: getattr(fact, name) for name in _names_of(type(fact))}
    for name, value in content.items():
        plain = value is None or isinstance(value, str | int)
        assert plain, f"{type(fact).__name__}.{name} is a plain value"
    return content


@cache
def _names_of(kind: type[Fact]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))  # pyright: ignore[reportArgumentType] - every fact is a dataclass
