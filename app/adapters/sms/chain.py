"""One-time codes over the same carriers: the first that takes it, within a second or so each."""

from collections.abc import Sequence

from app.foundation.log import logger
from app.foundation.text import Sentence
from app.identity.ports import CarrierUnavailable
from app.messaging.ports import Answer, OutcomeUnknown, Outgoing, Provider
from app.messaging.rules import sendable

log = logger(__name__)


class CodeChain:
    """
    Carriers in the order of preference, each behind its breaker.

    A code may come twice: it is the same one, so a carrier that does not answer is passed over at
    once. Whoever waits for a code waits for nothing else: other ways in do not come by here.
    """

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = tuple(providers)

    async def send_code(self, phone: str, text: str, *, message_id: str) -> None:
        """
        Hand a code to the first carrier that takes it.

        Raises:
            CarrierUnavailable: None did; the outbox tries again.
        """
        for provider in self._ordered():
            message = Outgoing(
                request_id=message_id,
                to=phone,
                sentence=sendable(text),
                template=text.key if isinstance(text, Sentence) else "",
                values=text.values if isinstance(text, Sentence) else {},
                language=text.language if isinstance(text, Sentence) else "zh-Hans",
            )
            try:
                report = await provider.send(message)
            except OutcomeUnknown:
                log.warning("code_carrier_silent", provider=provider.name)
                continue
            if report.answer is Answer.ACCEPTED:
                return
            log.warning("code_not_taken", provider=provider.name, why=report.why[:40])
        raise CarrierUnavailable

    def _ordered(self) -> list[Provider]:
        """Return whoever rests last: a rest may be over by the time it is their turn."""
        return sorted(self._providers, key=lambda one: one.is_resting)
