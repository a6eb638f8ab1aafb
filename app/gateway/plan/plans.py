"""An operation's plan: its variables checked, its conditions decided, run once, answered whole."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from inspect import isawaitable
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    experimental_execute_incrementally,
    type_from_ast,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import gather_with_cancel
from strawberry import Schema

from app.gateway.plan.completing import Run
from app.gateway.plan.leaves import BUILT_IN
from app.gateway.plan.selecting import NotPlanned, Selector, fragments_of
from app.gateway.plan.source import Planned, Source
from app.gateway.plan.waiting import together
from app.gateway.plan.writing import written

CONDITIONS_MAX = 4
"""Variables in @skip and @include; each doubles the number of plans an operation may have."""
_COERCION_ERRORS_MAX = 50
"""As graphql-core's own default."""
_CONDITIONS = {"skip", "include"}
_NOTHING = nullcontext()


@dataclass(slots=True)
class Plan:
    """What a valid operation of a document is run by, in place of graphql-core's `execute`."""

    source: Source
    conditions: tuple[str, ...]
    """The variables that decide what is asked for at all."""
    _quick: "Callable[[dict[str, Any]], dict[str, Any] | None]"
    _planned: dict[tuple[Any, ...], Planned] = field(default_factory=dict[tuple[Any, ...], Planned])

    async def run(
        self,
        variables: dict[str, Any],
        *,
        context: Any,  # noqa: ANN401 - the request's
        afresh: Callable[[], Any],
        at_once: AbstractContextManager[object] | None = _NOTHING,
        root_value: Any = None,  # noqa: ANN401 - whatever the schema's root is
    ) -> ExecutionResult:
        """
        Run the operation and return what graphql-core's `execute` would, for orjson to write.

        Days and moments in UTC may stand in its data as they are: orjson writes them alike.

        `afresh` gives the request's context as it was before anything ran: a query in which
        something fails is left to graphql-core as a whole, as which of several failures is told
        hangs on the order in which everything takes its turns.

        With `at_once` a query's resolvers take their first step, within that block, before any
        becomes a task: worth it where most reads need not wait for anything.
        """
        source = self.source
        coerced, values = self._quick(variables), None
        if coerced is None:
            values = get_variable_values(
                source.schema,
                source.operation.variable_definitions or (),
                variables,
                _COERCION_ERRORS_MAX,
                source.hide_suggestions,
            )
            if isinstance(values, list):
                return ExecutionResult(None, errors=values)
            coerced = values.coerced
        conditions: dict[str, Any] = {}
        if self.conditions:
            conditions = {name: coerced.get(name) for name in self.conditions}
            if any(type(one) is not bool for one in conditions.values()):
                return await self._by_graphql_core(variables, context, root_value)
        run = Run(
            self.planned(conditions),
            context=context,
            root_value=root_value,
            raw_variables=variables,
            variables=coerced,
            variable_values=values,
            wait=gather_with_cancel
            if at_once is None or not source.is_query
            else partial(together, during=at_once),
        )
        try:
            data = run.plan.root(run, root_value, None)
            if type(data) is not dict:
                data = await data
        except GraphQLError as error:
            run.executor.collected_errors.add(error, None)
            data = None
        errors = run.errors
        if errors and source.is_query:
            return await self._by_graphql_core(variables, afresh(), root_value)
        return ExecutionResult(data, errors)

    async def _by_graphql_core(
        self,
        variables: dict[str, Any],
        context: Any,  # noqa: ANN401 - the request's
        root_value: Any,  # noqa: ANN401 - whatever the schema's root is
    ) -> ExecutionResult:
        """Run it as a whole where a condition is neither true nor false, which is an error."""
        source = self.source
        running = experimental_execute_incrementally(
            source.schema,
            source.document,
            root_value,
            context,
            variables,
            None if source.operation.name is None else source.operation.name.value,
            hide_suggestions=source.hide_suggestions,
        )
        result = await running if isawaitable(running) else running
        assert isinstance(result, ExecutionResult), "nothing here is delivered in parts"
        return result

    def planned(self, conditions: dict[str, Any]) -> Planned:
        """Return the plan under a decision of the conditions, written when it is first needed."""
        key = tuple(conditions.values())
        known = self._planned.get(key)
        if known is None:
            source = self.source
            selector = Selector(
                schema=source.schema,
                converter=source.converter,
                operation=source.operation,
                fragments=source.fragments,
                variables=VariableValues({}, conditions),
            )
            known = self._planned[key] = written(source, selector.root())
        return known


def plan_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    *,
    hide_suggestions: bool = False,
) -> Plan:
    """
    Plan an operation of a document that is valid in a schema made by Strawberry.

    Raises:
        NotPlanned: It asks for what only graphql-core does; the message says what.
    """
    strawberry: Schema = schema._strawberry_schema  # type: ignore[attr-defined] # noqa: SLF001 # pyright: ignore[reportAttributeAccessIssue]
    fragments = fragments_of(document)
    conditions = _checked(operation, fragments)
    source = Source(
        schema=schema,
        converter=strawberry.schema_converter,
        document=document,
        operation=operation,
        fragment_definitions=fragments,
        fragments={name: FragmentDetails(one, None) for name, one in fragments.items()},
        hide_suggestions=hide_suggestions,
    )
    return Plan(source, conditions, _quick(schema, operation))


class _Looking(Visitor):
    """Notes what in a document decides whether and how it is planned."""

    def __init__(self) -> None:
        super().__init__()
        self.conditions: dict[str, None] = {}
        self.others: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value not in _CONDITIONS:
            self.others.add(node.name.value)
            return
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.conditions[argument.value.name.value] = None


def _checked(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """Return the variables among an operation's conditions."""
    if operation.operation is OperationType.SUBSCRIPTION:
        raise NotPlanned("a subscription")
    if any(one.variable_definitions for one in fragments.values()):
        raise NotPlanned("a fragment with variables")
    looking = _Looking()
    for one in (operation, *fragments.values()):
        visit(one, looking)
    if looking.others:
        raise NotPlanned(f"@{min(looking.others)}")
    if len(looking.conditions) > CONDITIONS_MAX:
        raise NotPlanned(f"more than {CONDITIONS_MAX} conditions")
    declared = {one.variable.name.value: one.type for one in operation.variable_definitions or ()}
    return tuple(name for name in looking.conditions if name in declared)


_USUAL = {"String": str, "ID": str, "Boolean": bool, "Int": int}
_INT_MAX = 2**31 - 1


def _quick(
    schema: GraphQLSchema, operation: OperationDefinitionNode
) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    """
    Return what takes variables of built-in scalars as they are.

    It returns None where graphql-core has to look at them: to coerce, to fill in or to refuse.
    """
    wanted: list[tuple[str, type, bool, bool]] = []
    for one in operation.variable_definitions or ():
        type_ = type_from_ast(schema, one.type)
        bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if bare not in BUILT_IN:
            return lambda _given: None
        is_nullable, has_default = type_ is bare, one.default_value is not None
        name = one.variable.name.value
        wanted.append((name, _USUAL[str(bare)], is_nullable, has_default))

    def quick(given: dict[str, Any]) -> dict[str, Any] | None:
        coerced: dict[str, Any] = {}
        for name, kind, is_nullable, has_default in wanted:
            if name not in given:
                if has_default or not is_nullable:
                    return None
                continue
            value = given[name]
            if value is None:
                if not is_nullable:
                    return None
            elif type(value) is not kind or (kind is int and abs(value) > _INT_MAX):
                return None
            coerced[name] = value
        return coerced

    return quick
