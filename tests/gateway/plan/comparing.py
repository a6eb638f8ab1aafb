"""A document run twice, by graphql-core and by its plan: nothing may tell the two apart."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from inspect import isawaitable
from itertools import chain
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    experimental_execute_incrementally,
)

from app.gateway.plan import plan_of

TURNS = 25
"""How often everything else gets its turn, so that what was let go of has ended."""


@dataclass(frozen=True)
class Seen:
    """What can be seen of a run."""

    data: bytes
    errors: list[Any]
    log: list[str]

    @classmethod
    async def of(cls, result: ExecutionResult, log: list[str]) -> "Seen":
        data = orjson.dumps(result.data, default=repr)
        errors = [
            (
                error.message,
                error.path,
                error.locations,
                type(error.original_error),
                str(error.original_error),
            )
            for error in result.errors or ()
        ]
        for _ in range(TURNS if result.errors else 0):
            await asyncio.sleep(0)
        return cls(data, errors, list(log))

    def in_any_order(self) -> "Seen":
        """
        Return the run without the order in which resolvers took their turns, and loaders theirs.

        A plan asks a query's resolvers as early as it can: the same ones, for the same keys.
        """
        asked = (
            one.removeprefix("load[").removesuffix("]").split(", ")
            if one.startswith("load[")
            else [one]
            for one in self.log
        )
        return Seen(self.data, self.errors, sorted(chain.from_iterable(asked)))


def operation_of(document: DocumentNode) -> OperationDefinitionNode:
    """Return a document's only operation."""
    (operation,) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return operation


async def both(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: dict[str, Any],
    context: Callable[[], tuple[Any, list[str]]],
) -> tuple[Seen, Seen]:
    """Run a document's only operation both ways, each with a context of its own."""
    operation = operation_of(document)
    ours, log = context()
    running = experimental_execute_incrementally(schema, document, None, ours, variables)
    result = await running if isawaitable(running) else running
    assert isinstance(result, ExecutionResult)
    expected = await Seen.of(result, log)
    plan = plan_of(schema, document, operation)
    ours, log = context()

    def afresh() -> Any:  # noqa: ANN401 - any context
        nonlocal log
        again, log = context()
        return again

    seen = await Seen.of(await plan.run(variables, context=ours, afresh=afresh), log)
    if operation.operation is OperationType.QUERY and not result.errors:
        return expected.in_any_order(), seen.in_any_order()
    return expected, seen
