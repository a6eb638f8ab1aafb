"""A phone that asks the gateway, one way or another; `ways` has them."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from app.commands.benches.http2.speaking import Got, Line, Sent
from app.commands.keystore import Keystore
from app.commands.phoning import PhoneError

Commands = Sequence[tuple[str, Mapping[str, Any]]]
"""Mutations with their inputs, in the order they are to be done."""


IN_FLIGHT = "STILL_IN_FLIGHT"


class NotYet(PhoneError):
    """It is being done, or could not be; the same is to be sent again."""


@dataclass(slots=True)
class Handset:
    """Who asks: a session and the phone's key."""

    token: str = field(repr=False)
    keystore: Keystore
    new_key: Callable[[], str] = lambda: secrets.token_urlsafe(9)
    """Where idempotency keys come from; what is signed depends on them."""

    @property
    def next_number(self) -> int:
        """Return the number of the next command that is pushed; a phone counts them for ever."""
        return self.keystore.memory.get("next_number", 1)

    @next_number.setter
    def next_number(self, number: int) -> None:
        self.keystore.memory["next_number"] = number


class Way(Protocol):
    """Turns an operation into a request and an answer into data."""

    def sent(self, handset: Handset, operation: str, variables: Mapping[str, Any]) -> Sent:
        """Return the request that asks for an operation."""
        ...

    def data(self, operation: str, variables: Mapping[str, Any], got: Got) -> dict[str, Any]:
        """
        Return the data of its answer.

        Raises:
            PhoneError: The answer carries errors.
        """
        ...


@runtime_checkable
class Pushing(Protocol):
    """A way that carries out many commands in one round trip."""

    def pushed(self, handset: Handset, commands: Commands) -> Sent:
        """Return the request that asks for them all."""
        ...

    def acknowledged(self, got: Got) -> Sequence[dict[str, Any]]:
        """
        Return what each answered.

        Raises:
            NotYet: One is to be sent again.
            PhoneError: One was not carried out.
        """
        ...


@dataclass(slots=True)
class Asking:
    """A phone that asks one way, over a line that it opens when there is none."""

    way: Way
    handset: Handset
    open_line: Callable[[], Awaitable[Line]]
    line: Line | None = None
    trips: int = 0
    """Requests sent: each waits for the one before, so each is a round trip of the app's."""
    body_up: int = 0
    body_down: int = 0

    async def ask(self, operation: str, **variables: object) -> dict[str, Any]:
        """
        Ask once and return the data.

        Raises:
            LineCut: The connection broke first.
            PhoneError: The answer carries errors.
        """
        got = await self._exchange(self.way.sent(self.handset, operation, variables))
        return self.way.data(operation, variables, got)

    async def do(self, operation: str, **given: object) -> dict[str, Any]:
        """
        Send a mutation that must succeed.

        Raises:
            LineCut: The connection broke first.
            NotYet: It is to be sent again.
            PhoneError: It was refused.
        """
        return (await self.do_all([(operation, given)]))[0]

    async def do_all(self, commands: Commands) -> Sequence[dict[str, Any]]:
        """
        Send mutations that must succeed, in one round trip if the way of asking can.

        Raises:
            LineCut: The connection broke first.
            NotYet: One is to be sent again.
            PhoneError: One was refused.
        """
        if isinstance(self.way, Pushing):
            got = await self._exchange(self.way.pushed(self.handset, commands))
            return self.way.acknowledged(got)
        return [await self._do(operation, given) for operation, given in commands]

    async def _do(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        key = {} if "idempotencyKey" in given else {"idempotencyKey": self.handset.new_key()}
        data = await self.ask(operation, input={**key, **given})
        answer: dict[str, Any] = next(iter(data.values()))
        if answer.get("code") == IN_FLIGHT:
            raise NotYet(operation)
        if not answer["__typename"].endswith("Success"):
            raise PhoneError(f"{operation}: {answer}")
        return answer

    async def _exchange(self, sent: Sent) -> Got:
        if self.line is None:
            self.line = await self.open_line()
        self.trips += 1
        got = await self.line.exchange(sent)
        self.body_up += len(sent.body)
        self.body_down += len(got.body)
        return got

    async def hang_up(self) -> None:
        """Close the line; the next question opens another."""
        if self.line is not None:
            await self.line.close()
            self.line = None
