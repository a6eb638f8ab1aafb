"""
`GET /metrics` for Prometheus, on a port of its own that only this machine reaches.

No borrower's path leads there, and what asks there is answered by a thread of its own: the event
loop is only asked to read the database, once for all who look within some seconds.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError as NotRead
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector

from app.foundation import metrics
from app.foundation.log import logger
from app.foundation.metrics import Counts, Durations, Gauge, Measure, Series
from app.settings import SettingsRefused

log = logger(__name__)

HOST = "127.0.0.1"
PATH = "/metrics"
KEPT_SECONDS = 5.0
"""So long what was read from the database is told again."""
READ_SECONDS = 3.0
"""A database that has not answered by then is told as one that was not read."""
WAIT_SECONDS = 4.0
"""The same for an event loop that does not turn."""

POLL_SECONDS = 0.1
"""How often the thread that serves looks whether it is to stop."""

UNREAD = Counts(
    "measures_failed_total", "Readings of the database that failed, by what they read", "measure"
)
_READ = Gauge(
    "measured_timestamp_seconds", "When the database was last read for these numbers, all of it"
)


@dataclass(slots=True)
class Measuring:
    """Reads what needs the database; at most once every few seconds, whoever looks how often."""

    measures: Mapping[str, Measure]
    """By the name under which a failure is counted."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _due: float = 0.0

    async def refresh(self) -> None:
        """Read again, unless somebody just did; what fails keeps nothing else from being read."""
        async with self._lock:
            if time.monotonic() < self._due:
                return
            went = [await _measure(name, measure) for name, measure in self.measures.items()]
            if all(went):
                _READ.put(time.time())
            self._due = time.monotonic() + KEPT_SECONDS


async def _measure(name: str, measure: Measure) -> bool:
    try:
        async with asyncio.timeout(READ_SECONDS):
            await measure()
    except Exception as failure:  # noqa: BLE001 - whoever looks is told that it failed
        log.info("measure_failed", measure=name, error=type(failure).__name__)
        UNREAD.of(name).add()
        return False
    return True


@dataclass(eq=False, slots=True)
class Told(Collector):
    """Everything that was counted, as Prometheus' own types; asked from a thread of its own."""

    loop: asyncio.AbstractEventLoop
    measuring: Measuring

    def collect(self) -> Iterable[Metric]:
        """Return every number as it is now, as far as it is known."""
        reading = asyncio.run_coroutine_threadsafe(self.measuring.refresh(), self.loop)
        try:
            reading.result(WAIT_SECONDS)
        except (TimeoutError, NotRead):
            reading.cancel()
        return [_family(series) for series in list(metrics.ALL.values())]


def _family(series: Series) -> Metric:
    name, about, labels = series.name, series.about, series.labels
    match series:
        case Counts():
            counts = CounterMetricFamily(name, about, labels=labels)
            for values, count in list(series.by_labels.items()):
                counts.add_metric(values, count.value)
            return counts
        case Durations():
            durations = HistogramMetricFamily(name, about, labels=labels)
            for values, spread in list(series.by_labels.items()):
                within = list(_within(spread.bounds, list(spread.counts)))
                durations.add_metric(values, within, spread.sum)
            return durations
        case _:
            assert isinstance(series, Gauge), "there are three kinds"
            gauge = GaugeMetricFamily(name, about, labels=labels)
            for values, value in series.now().items():
                gauge.add_metric(values, value)
            return gauge


def _within(bounds: tuple[float, ...], counts: list[int]) -> Iterator[tuple[str, float]]:
    total = 0
    for bound, count in zip((*map(str, bounds), "+Inf"), counts, strict=True):
        total += count
        yield bound, total


class _Silent(WSGIRequestHandler):
    """Writes no line for each request."""

    timeout = 10
    """Seconds of silence, after which whoever asks is hung up on."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Leave out what the base would write to standard error."""


@asynccontextmanager
async def shown_on(port: int, measures: Mapping[str, Measure]) -> AsyncIterator[int]:
    """
    Serve `GET /metrics` on a port of this machine for the length of a block.

    Yields:
        The port; with 0, one that was free.

    Raises:
        SettingsRefused: Something else listens there.
    """
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(Told(asyncio.get_running_loop(), Measuring(measures)))
    answer = make_wsgi_app(registry)

    def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
        if environ["PATH_INFO"] == PATH and environ["REQUEST_METHOD"] == "GET":
            return answer(environ, start)
        start(f"{HTTPStatus.NOT_FOUND.value} Not Found", [("Content-Length", "0")])
        return []

    try:
        server = make_server(HOST, port, app, ThreadingWSGIServer, _Silent)
    except (OSError, OverflowError) as failure:
        message = f"METRICS_PORT: cannot listen on {HOST}:{port} ({failure})"
        raise SettingsRefused(message) from failure
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
