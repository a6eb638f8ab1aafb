"""
An operation run in parts: what is deferred comes after the rest, on the same connection.

It is one operation: held to its cost, its deadline and its limits as a whole, and masked part by
part. A place among what runs is taken while something runs, and not while a part travels.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode
from graphql import experimental_execute_incrementally as execute_incrementally
from graphql.execution import ExperimentalIncrementalExecutionResults as Parts

from app.foundation.audit import Met, sound_broken_seals
from app.foundation.graphql import Context
from app.gateway.costs import COST_MAX, charged
from app.gateway.documents import Prepared
from app.gateway.masking import BAD_VARIABLES, shown, timed_out
from app.gateway.parts import Telling
from app.gateway.rates import Spent
from app.gateway.running import SECONDS_MAX, Answered, Runner, masked, too_costly, too_late


@dataclass(slots=True)
class Incremental:
    """One operation of a document that asks for parts, with its variables, for one caller."""

    runner: Runner
    prepared: Prepared
    """The document as it was written, with its `@defer`."""
    operation: OperationDefinitionNode
    variables: dict[str, Any]
    context: Context
    seconds_max: float | None = None
    tells_cost: bool = False

    async def begin(self, *, by_path: bool) -> Answered | AsyncGenerator[bytes, None]:
        """
        Run it up to its first part; return the parts, or the whole answer where there is one only.

        Raises:
            TooOften: The caller has spent what they have; nothing ran.
            Crowded: There is no place for it.
        """
        requested = self.runner.costs.requested(self.prepared, self.operation, self.variables)
        if requested > COST_MAX:
            return too_costly(requested)
        place = self.runner.place(self.prepared, self.operation)
        with place:
            spent = self.runner.rates.spend(self.context.caller, self.context.address, requested)
            seconds = min(self.seconds_max or SECONDS_MAX, SECONDS_MAX)
            deadline = asyncio.get_running_loop().time() + seconds
            try:
                async with asyncio.timeout_at(deadline):
                    result = self._execute()
                    result = await result if isawaitable(result) else result
            except TimeoutError:
                return too_late(self.context.language)
        if isinstance(result, ExecutionResult):
            answered = await masked(result, self.context.language)
            spent.settle(charged(answered.body) + 1)
            return answered
        return self._parts(result, spent, deadline, by_path=by_path)

    async def _parts(
        self, result: Parts, spent: Spent, deadline: float, *, by_path: bool
    ) -> AsyncGenerator[bytes, None]:
        """Return each part as JSON; what is not there at the deadline failed."""
        met: list[GraphQLError] = []
        language = self.context.language

        def mask(error: GraphQLError) -> dict[str, Any]:
            met.append(error)
            return shown(error, language, otherwise=BAD_VARIABLES)

        telling = Telling(mask, by_path)
        used = 1
        async with aclosing(result.subsequent_results) as later:
            told: dict[str, Any] = telling.first(result.initial_result)
            while True:
                for error in met:
                    await sound_broken_seals(error, Met.GATEWAY)
                met.clear()
                used += charged(body := orjson.dumps(told))
                if not told["hasNext"]:
                    break
                yield body
                try:
                    with self.runner.places.again():
                        async with asyncio.timeout_at(deadline):
                            told = telling.later(await anext(later))
                except TimeoutError:
                    told = telling.unfinished(timed_out(language))
        spent.settle(used)
        if self.tells_cost:
            cost = {"requested": spent.points, "charged": used}
            body = orjson.dumps({**told, "extensions": {"cost": cost}})
        yield body

    def _execute(self) -> Awaitable[ExecutionResult | Parts] | ExecutionResult | Parts:
        assert self.prepared.document is not None, "only a valid document runs"
        name = self.operation.name
        return execute_incrementally(
            self.runner.schema,
            self.prepared.document,
            context_value=self.context,
            variable_values=self.variables,
            operation_name=name.value if name else None,
            hide_suggestions=True,
        )
