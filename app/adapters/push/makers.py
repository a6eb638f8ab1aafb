"""The phone makers' services as one provider: each message goes to the maker of its phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.messaging.ports import Answer, Asked, OutcomeUnknown, Outgoing, Provider, Report


@dataclass(frozen=True, slots=True)
class Makers:
    """
    One service for each vendor, and for no other: nobody else's could reach the phone.

    Each rests by itself behind its own breaker, so that one maker's outage leaves the others.
    """

    services: Mapping[str, Provider]
    """By the vendor that a push target names, such as HUAWEI."""
    name: str = "push"

    @property
    def absent_after(self) -> timedelta:
        """Return how long after a call its absence is certain with any of them."""
        return max(one.absent_after for one in self.services.values())

    @property
    def is_resting(self) -> bool:
        """Tell whether all of them rest."""
        return all(one.is_resting for one in self.services.values())

    async def send(self, message: Outgoing) -> Report:
        """
        Hand a message to its maker, or reject it where we have nothing to do with that one.

        Such a phone is forgotten: else each of its messages would be a dead letter for staff.

        Raises:
            OutcomeUnknown: It may be on its way.
        """
        service = self.services.get(message.vendor)
        if service is None:
            return Report(answer=Answer.REJECTED, why="NO_SUCH_MAKER", is_address_gone=True)
        return await service.send(message)

    async def ask(self, asked: Asked) -> Report:
        """
        Ask the maker that was called.

        Raises:
            OutcomeUnknown: It gave no answer, or is not among ours any more.
        """
        service = self.services.get(asked.vendor)
        if service is None:
            raise OutcomeUnknown
        return await service.ask(asked)
