"""What is counted of operations: which of our own, how they ended, how long they took."""

from collections.abc import Callable
from dataclasses import dataclass

from app.foundation.metrics import OTHER, Count, Counts, Durations, Gauge, Spread

_REQUESTS = Counts(
    "requests_total",
    "Operations by graph, name (of our own documents only) and outcome",
    "graph",
    "operation",
    "outcome",
)
_SECONDS = Durations(
    "request_seconds", "How long operations ran that had a place", "graph", "operation"
)
_PLACES = Gauge("places_taken", "Operations that run now")
_STANDING = Gauge("standing_connections", "Sockets and streams that are open")


def watch(places: Callable[[], int], standing: Callable[[], int]) -> None:
    """Tell how many operations run and how many connections stand, whenever somebody looks."""
    _PLACES.follow(lambda: {(): places()})
    _STANDING.follow(lambda: {(): standing()})


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers of one operation, found once."""

    seconds: Spread
    complete: Count
    partial: Count
    not_run: Count
    unchanged: Count
    """What the client has is what it would get."""
    begun: Count
    """It is answered part by part, or as a stream, and its end is not waited for."""
    shed: Count
    """There was no place: 503."""
    limited: Count
    """Its caller asks for too much: 429."""

    @classmethod
    def of(cls, graph: str, operation: str | None) -> "Measured":
        """Return those of one of our own operations; None stands for all free-form documents."""
        name = operation or OTHER
        outcomes = ("complete", "partial", "not_run", "unchanged", "begun", "shed", "limited")
        return cls(
            _SECONDS.of(graph, name), *(_REQUESTS.of(graph, name, outcome) for outcome in outcomes)
        )
