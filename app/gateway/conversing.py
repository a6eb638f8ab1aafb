"""What is said over one socket: operations begun, answered, and ended by either side."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from graphql import OperationDefinitionNode, OperationType

from app.foundation.database.patience import Hurry
from app.foundation.errors import TemporarilyUnavailable
from app.foundation.text import text
from app.gateway.asking import Asked, asked
from app.gateway.authentication import PROOF_REFUSALS
from app.gateway.documents import Prepared, only_reads
from app.gateway.early import TooEarly
from app.gateway.masking import noted_fault, told, waiting
from app.gateway.running import Answered, Outcome, Runner, refused_document
from app.gateway.sessions import Session
from app.gateway.streaming import Streaming
from app.gateway.wire import BadRequest
from app.identity.errors import ProofRequired

OPERATIONS_MAX = 20
"""Operations under way on one connection."""
ID_LENGTH_MAX = 100


class BadFrame(Exception):
    """A message that the protocol does not know; its code says why the connection is closed."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Gone(Exception):
    """The client has left, or takes nothing any more; there is nobody to tell anything."""


@dataclass(slots=True)
class Conversation:
    """The operations of one connection."""

    runner: Runner
    session: Session
    send: Callable[[bytes], Awaitable[None]] = field(repr=False)
    _under_way: dict[str, asyncio.Task[None]] = field(
        default_factory=dict[str, "asyncio.Task[None]"]
    )

    async def hear(self, message: dict[str, Any]) -> None:
        """
        Take one message of the client's.

        Raises:
            BadFrame: It is none of the protocol's, or asks for too much.
        """
        name = message.get("id")
        if not isinstance(name, str) or not 0 < len(name) <= ID_LENGTH_MAX:
            raise BadFrame(4400, "Invalid message received")
        match message.get("type"):
            case "subscribe":
                payload = message.get("payload")
                if not isinstance(payload, dict):
                    raise BadFrame(4400, "Invalid message received")
                if name in self._under_way:
                    raise BadFrame(4409, "Subscriber already exists")
                if len(self._under_way) >= OPERATIONS_MAX:
                    raise BadFrame(4429, "Too many operations")
                running = self._carry_out(name, cast("dict[str, Any]", payload))
                self._under_way[name] = asyncio.create_task(running)
            case "complete":
                if task := self._under_way.pop(name, None):
                    task.cancel()
            case _:
                raise BadFrame(4400, "Invalid message received")

    async def end(self) -> None:
        """End whatever is under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry_out(self, name: str, payload: dict[str, Any]) -> None:
        """Carry out one operation; whatever goes wrong is told to whoever asked, and masked."""
        try:
            await self._operation(name, asked(payload))
        except BadRequest as problem:
            words = problem.said(self.session.language)
            await self._failed(name, [told(problem.code, words, **problem.waiting)])
        except (*PROOF_REFUSALS, TemporarilyUnavailable) as refusal:
            words = text(refusal.text_key, self.session.language, **refusal.details())
            await self._failed(name, [told(refusal.code, words, **waiting(refusal))])
        except Gone:
            return
        except Exception as failure:  # noqa: BLE001 - whatever it is, it must not be shown
            reference = noted_fault(failure, "subscribe")
            words = text("foundation.fault.masked", self.session.language, reference=reference)
            await self._failed(name, [told("INTERNAL", words, reference=reference)])

    async def _operation(self, name: str, wanted: Asked) -> None:
        prepared = self.runner.document(wanted)
        if prepared.errors:
            await self._tell(name, refused_document(prepared, self.session.language))
            return
        operation = self.runner.operation(prepared, wanted)
        if operation.operation is OperationType.SUBSCRIPTION:
            await self._subscription(
                name, Streaming(self.runner, prepared, operation, wanted.variables)
            )
            return
        await self._once(name, wanted, prepared, operation)

    async def _once(
        self, name: str, wanted: Asked, prepared: Prepared, operation: OperationDefinitionNode
    ) -> None:
        if self.session.is_early and operation.operation is OperationType.MUTATION:
            raise TooEarly
        borrower = self.session.borrower
        if borrower is not None and borrower.device_id is not None and not only_reads(operation):
            raise ProofRequired
        with self.runner.place(prepared, operation), Hurry():
            context = await self.session.context()
            if context is None:
                return
            answered = await self.runner.run(
                prepared,
                operation,
                wanted.variables,
                context,
                seconds_max=wanted.seconds_max,
                tells_cost=wanted.wants_cost,
            )
        await self._tell(name, answered)
        if answered.outcome is not Outcome.NOT_RUN:
            await self._completed(name)

    async def _subscription(self, name: str, streaming: Streaming) -> None:
        context = await self.session.context()
        if context is None:
            return
        if refused_instead := streaming.admitted(context):
            await self._tell(name, refused_instead)
            return
        async with aclosing(streaming.answers(self.session.context)) as answers:
            async for answered in answers:
                await self._tell(name, answered)
                if answered.outcome is Outcome.NOT_RUN:
                    return
        await self._completed(name)

    async def _tell(self, name: str, answered: Answered) -> None:
        """Send one answer; one of something that never ran ends its operation."""
        if answered.outcome is Outcome.NOT_RUN:
            await self._failed(name, orjson.loads(answered.body)["errors"])
            return
        head = orjson.dumps({"id": name, "type": "next"})[:-1]
        await self.send(head + b',"payload":' + answered.body + b"}")

    async def _failed(self, name: str, errors: list[dict[str, Any]]) -> None:
        self._under_way.pop(name, None)
        await self.send(orjson.dumps({"id": name, "type": "error", "payload": errors}))

    async def _completed(self, name: str) -> None:
        self._under_way.pop(name, None)
        await self.send(orjson.dumps({"id": name, "type": "complete"}))
