"""Subscriptions run: an answer for each event, each as if it were a request of its own."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode
from graphql.error import located_error
from graphql.execution import (
    Executor,
    create_source_event_stream,
    execute_subscription_event,
)
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental

from app.foundation.graphql import Context
from app.gateway.costs import COST_MAX, charged
from app.gateway.documents import Prepared
from app.gateway.limits import answers_under
from app.gateway.running import SECONDS_MAX, Answered, Runner, masked, too_costly, too_late

Fresh = Callable[[], Awaitable[Context | None]]
"""Makes the context of one event; none where the session is over."""


@dataclass(frozen=True, slots=True)
class Streaming:
    """One subscription of a valid document, with its variables."""

    runner: Runner
    prepared: Prepared
    operation: OperationDefinitionNode
    variables: dict[str, Any]

    def admitted(self, context: Context) -> Answered | None:
        """
        Hold it to its cost before it begins; return what to answer instead, if it costs too much.

        Raises:
            TooOften: The caller has spent what they have.
        """
        requested = self.runner.costs.requested(self.prepared, self.operation, self.variables)
        if requested > COST_MAX:
            return too_costly(requested)
        self.runner.rates.spend(context.caller, context.address, requested)
        self.runner.measured(self.prepared, self.operation).begun.add()
        return None

    async def answers(self, fresh: Fresh) -> AsyncGenerator[Answered, None]:
        """
        Run it until its source or the session ends.

        What its source fails with is masked like anything else, and ends it.
        """
        context = await fresh()
        if context is None:
            return
        source = await self._source(context)
        if isinstance(source, ExecutionResult):
            yield await masked(source, context.language)
            return
        async with aclosing(cast("AsyncGenerator[object, None]", source)) as events:
            while True:
                event = await self._next(events)
                if event is None:
                    return
                context = await fresh()
                if context is None:
                    return
                if isinstance(event, ExecutionResult):
                    yield await masked(event, context.language)
                    return
                answered = await self._answer(context, event)
                self.runner.rates.charge(context.caller, context.address, charged(answered.body))
                yield answered

    async def _source(self, context: Context) -> AsyncIterable[object] | ExecutionResult:
        executor = self._executor(context)
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        source = create_source_event_stream(executor)
        return await source if isawaitable(source) else source

    async def _next(self, events: AsyncGenerator[object, None]) -> object:
        """Wait for the next event: None at the end, a result if the source failed."""
        try:
            return await anext(events, None)
        except Exception as failure:  # noqa: BLE001 - whatever it is, it must not be shown
            assert self.prepared.document is not None, "only a valid document runs"
            name = answers_under(self.operation, self.prepared.document)
            return ExecutionResult(None, [located_error(failure, None, [name])])

    async def _answer(self, context: Context, event: object) -> Answered:
        executor = self._executor(context, event)
        assert not isinstance(executor, list), "its variables were good when it began"
        try:
            async with asyncio.timeout(SECONDS_MAX):
                result = execute_subscription_event(executor)
                result = await result if isawaitable(result) else result
        except TimeoutError:
            return too_late(context.language)
        return await masked(result, context.language)

    def _executor(
        self, context: Context, event: object = None
    ) -> Executor[Any] | list[GraphQLError]:
        assert self.prepared.document is not None, "only a valid document runs"
        return ExecutorThrowingOnIncremental.build(
            self.runner.schema,
            self.prepared.document,
            root_value=event,
            context_value=context,
            raw_variable_values=self.variables,
            operation_name=self.operation.name.value if self.operation.name else None,
            hide_suggestions=True,
        )
