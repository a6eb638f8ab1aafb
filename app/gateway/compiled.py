"""Runs operations by their plans; graphql-core runs what has none."""

from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLSchema,
    OperationDefinitionNode,
    experimental_execute_incrementally,
)

from app.foundation import database
from app.foundation.graphql import Context
from app.foundation.log import logger
from app.gateway.documents import Prepared
from app.gateway.plan import NotPlanned, Plan, plan_of

USES_BEFORE = 2
"""How often a document that is not our own runs before it is worth compiling."""

log = logger(__name__)


@dataclass(slots=True)
class _Use:
    """What is known of one operation of a prepared document."""

    plan: Plan | None = None
    times: int = 0
    is_planned: bool = False


@dataclass(frozen=True, slots=True)
class Compiled:
    """Carries out operations of one graph; names that were meant are nobody's business."""

    schema: GraphQLSchema

    async def __call__(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: Context,
    ) -> ExecutionResult:
        """Carry out one operation of a valid document."""
        plan = self.plan(prepared, operation)
        if plan is not None:
            at_once = database.current().reading().snapshot()
            return await plan.run(
                variables, context=context, afresh=context.afresh, at_once=at_once
            )
        return await interpreted(self.schema, prepared, operation, variables, context)

    def plan(self, prepared: Prepared, operation: OperationDefinitionNode) -> Plan | None:
        """Return an operation's plan; none if it is not worth one, or cannot have one."""
        use = prepared.plans.get(id(operation))
        if use is None:
            use = prepared.plans[id(operation)] = _Use()
        if not use.is_planned:
            use.times += 1
            if not prepared.is_trusted and use.times <= USES_BEFORE:
                return None
            use.is_planned = True
            assert prepared.document is not None, "only a valid document runs"
            try:
                use.plan = plan_of(self.schema, prepared.document, operation, hide_suggestions=True)
            except NotPlanned as reason:
                log.info("not planned", reason=str(reason))
        return use.plan


async def interpreted(
    schema: GraphQLSchema,
    prepared: Prepared,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    context: Context,
) -> ExecutionResult:
    """Let graphql-core carry out one operation of a valid document."""
    assert prepared.document is not None, "a document without errors was parsed"
    running = experimental_execute_incrementally(
        schema,
        prepared.document,
        context_value=context,
        variable_values=variables,
        operation_name=operation.name.value if operation.name else None,
        hide_suggestions=True,
    )
    result = await running if isawaitable(running) else running
    assert isinstance(result, ExecutionResult), "nothing here is delivered in parts"
    return result
