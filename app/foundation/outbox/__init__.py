"""Facts told after commit: written with the change, delivered to each consumer exactly once."""

from app.foundation.outbox.delivering import (
    ATTEMPTS_MAX,
    BACKOFF_SECONDS_MAX,
    BATCH_MAX,
    LEASE_SECONDS,
    check_deliveries,
    dead_letters,
    deliver_due,
)
from app.foundation.outbox.facts import (
    EFFECT_SECONDS_MAX,
    Fact,
    LocalEffect,
    OutsideEffect,
    Subscription,
    announce,
    announce_all,
    subscribe,
)
from app.foundation.outbox.measuring import measure_outbox
from app.foundation.outbox.working import drain, run_worker

__all__ = [
    "ATTEMPTS_MAX",
    "BACKOFF_SECONDS_MAX",
    "BATCH_MAX",
    "EFFECT_SECONDS_MAX",
    "LEASE_SECONDS",
    "Fact",
    "LocalEffect",
    "OutsideEffect",
    "Subscription",
    "announce",
    "announce_all",
    "check_deliveries",
    "dead_letters",
    "deliver_due",
    "drain",
    "measure_outbox",
    "run_worker",
    "subscribe",
]
