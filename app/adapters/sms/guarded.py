"""A provider behind a breaker and a deadline."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

from app.foundation.log import logger
from app.messaging.ports import Answer, Asked, OutcomeUnknown, Outgoing, Provider, Report
from app.messaging.rules import Breaker

log = logger(__name__)

CALL_SECONDS = 5.0


def monotonic_milliseconds() -> int:
    """Return the time of the machine's clock that never goes back."""
    return time.monotonic_ns() // 1_000_000


class Guarded:
    """
    A provider that is left alone for a while once it fails again and again.

    Refusals that say something of the message do not count; silence and an outage do. Its clock is
    the machine's monotonic one: setting the date does nothing to it.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        breaker: Breaker | None = None,
        seconds: float = CALL_SECONDS,
        now: Callable[[], int] = monotonic_milliseconds,
    ) -> None:
        self._provider = provider
        self._breaker = breaker or Breaker()
        self._seconds = seconds
        self._now = now

    @property
    def name(self) -> str:
        """Return the provider's name."""
        return self._provider.name

    @property
    def absent_after(self) -> timedelta:
        """Return how long after a call its absence is certain."""
        return self._provider.absent_after

    @property
    def is_resting(self) -> bool:
        """Tell whether calls are kept from it now."""
        return self._breaker.is_resting(self._now())

    async def send(self, message: Outgoing) -> Report:
        """
        Hand a message over, or refuse in the provider's name while it rests.

        Raises:
            OutcomeUnknown: No answer came in time.
        """
        if not self._breaker.lets_through(self._now()):
            return Report(answer=Answer.REFUSED, why="RESTING")
        try:
            async with asyncio.timeout(self._seconds):
                report = await self._provider.send(message)
        except (TimeoutError, OutcomeUnknown):
            self._failed()
            raise OutcomeUnknown from None
        except BaseException:
            self._breaker.gave_up()
            raise
        if report.answer is Answer.REFUSED:
            self._failed()
        else:
            self._breaker.succeeded()
        return report

    async def ask(self, asked: Asked) -> Report:
        """
        Ask about a request; a provider at rest is asked all the same: nothing is sent by it.

        Raises:
            OutcomeUnknown: No answer came in time.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return await self._provider.ask(asked)
        except TimeoutError:
            raise OutcomeUnknown from None

    def _failed(self) -> None:
        was_resting = self.is_resting
        self._breaker.failed(self._now())
        if self.is_resting and not was_resting:
            log.warning("provider_rests", provider=self.name)
