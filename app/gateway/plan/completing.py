"""
One run of a plan: what is not plain is completed here, step for step as graphql-core does it.

Where a value is not what a plan expects, and where something fails, graphql-core's own executor
goes on from that place: no resolver is ever run twice.
"""

from collections.abc import Awaitable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, cast

from graphql import GraphQLError, GraphQLResolveInfo, Undefined
from graphql.execution.execute import default_field_resolver, default_type_resolver
from graphql.execution.executor import Executor
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.pyutils import is_awaitable
from strawberry import Info
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from app.gateway.plan.places import (
    MISSING,
    Late,
    Place,
    at,
    field_place,
    gathered_items,
    is_uncast,
    path_of,
)
from app.gateway.plan.resolvers import Function
from app.gateway.plan.selecting import Chosen, Shape
from app.gateway.plan.source import Planned
from app.gateway.plan.waiting import Together


class PlanInfo(Info[Any, Any]):
    """Strawberry's info, made in full only when a resolver asks for more than the context."""

    context: Any = None
    """The request's."""

    def __init__(self, run: "Run", chosen: Chosen, before: Place) -> None:
        self.context = run.context
        self._run = run
        self._chosen = chosen
        self._before = before

    @cached_property
    def _field(self) -> StrawberryField:  # pyright: ignore[reportIncompatibleVariableOverride]
        return cast("Function", self._chosen.how).field

    @cached_property
    def _raw_info(self) -> GraphQLResolveInfo[Any]:
        return self._run.info(self._chosen, at(self._chosen, self._before))


class Run:
    """One execution of a plan."""

    __slots__ = (
        "_executor",
        "_variable_values",
        "context",
        "plan",
        "raw_variables",
        "root_value",
        "variables",
        "wait",
    )

    def __init__(
        self,
        plan: Planned,
        *,
        context: Any,  # noqa: ANN401 - the request's
        root_value: Any,  # noqa: ANN401 - whatever the schema's root is
        raw_variables: dict[str, Any],
        variables: dict[str, Any],
        variable_values: VariableValues | None,
        wait: Together,
    ) -> None:
        self.plan = plan
        self.wait = wait
        self.context = context
        self.root_value = root_value
        self.raw_variables = raw_variables
        self.variables = variables
        self._variable_values = variable_values
        self._executor: Executor[Any] | None = None

    @property
    def errors(self) -> list[GraphQLError] | None:
        """Return what went wrong, in graphql-core's order; None if nothing did."""
        return (self._executor.collected_errors.errors or None) if self._executor else None

    @property
    def executor(self) -> Executor[Any]:
        """Return graphql-core's executor of this run, made when it is first needed."""
        if self._executor is None:
            source = self.plan.source
            self._executor = Executor(
                source.schema,
                source.fragment_definitions,
                source.fragments,
                self.root_value,
                self.context,
                source.operation,
                self.variable_values,
                default_field_resolver,
                cast("Any", default_type_resolver),
                default_field_resolver,
                hide_suggestions=source.hide_suggestions,
            )
        return self._executor

    @property
    def variable_values(self) -> VariableValues:
        """Return the variables as graphql-core has them."""
        if self._variable_values is None:
            source = self.plan.source
            found = get_variable_values(
                source.schema, source.operation.variable_definitions or (), self.raw_variables
            )
            assert isinstance(found, VariableValues), "they were good when the run began"
            self._variable_values = found
        return self._variable_values

    def info(self, chosen: Chosen, place: Place) -> GraphQLResolveInfo[Any]:
        """Return graphql-core's info of a field."""
        nodes = [one.node for one in chosen.details]
        path = path_of(place)
        return self.executor.build_resolve_info(chosen.definition, nodes, chosen.parent, path)

    def arguments(self, chosen: Chosen) -> dict[str, Any]:
        """
        Return a field's arguments as graphql-core coerces them.

        Raises:
            GraphQLError: They are not what the field takes.
        """
        return get_argument_values(
            chosen.definition,
            chosen.details[0].node,
            self.variable_values,
            None,
            self.plan.source.hide_suggestions,
        )

    def converted(self, chosen: Chosen, given: dict[str, Any], info: Any) -> dict[str, Any]:  # noqa: ANN401 - strawberry's info
        """Return arguments as Strawberry makes them for a resolver."""
        field = cast("Function", chosen.how).field
        converter = self.plan.source.converter
        return convert_arguments(
            given, field.arguments, converter.scalar_registry, converter.config, info
        )

    # What a plan's functions call.

    def part(
        self,
        part: Sequence[Chosen],
        source: Any,  # noqa: ANN401 - any object
        before: Place,
        data: dict[str, Any],
        late: Late,
    ) -> None:
        """Let graphql-core execute fields that turned out not to be plain."""
        executor = self.executor
        try:
            for chosen in part:
                path = path_of(at(chosen, before))
                result = executor.execute_field(chosen.parent, source, chosen.details, path, None)
                if result is Undefined:
                    continue
                self._put(chosen.key, result, data, late)
        except Exception:
            self._let_go(late)
            raise

    def settle(  # noqa: PLR0917 - a plan calls it, which a machine wrote
        self,
        chosen: Chosen,
        before: Place,
        value: Any,  # noqa: ANN401 - what the resolver returned
        error: Exception,
        data: dict[str, Any],
        late: Late,
    ) -> None:
        """Let graphql-core complete the value of a field whose resolver has run."""
        place = at(chosen, before)
        executor = self.executor
        try:
            try:
                if value is MISSING:
                    raise error  # noqa: TRY301 - graphql-core's way
                path, info = path_of(place), self.info(chosen, place)
                if is_awaitable(value):
                    result: Any = executor.complete_awaitable_value(
                        chosen.definition.type, chosen.details, info, path, value, None
                    )
                else:
                    result = executor.complete_value(
                        chosen.definition.type, chosen.details, info, path, value, None
                    )
                    if is_awaitable(result):
                        result = self.bounded(chosen, place, result)
            except Exception as raw:  # noqa: BLE001 - as graphql-core does
                result = self.failed(chosen, place, raw)
        except Exception:
            self._let_go(late)
            raise
        self._put(chosen.key, result, data, late)

    def work(
        self,
        chosen: Chosen,
        before: Place,
        value: Any,  # noqa: ANN401 - what the resolver returned
        data: dict[str, Any],
        late: Late,
    ) -> None:
        """Complete what was there at once, where there is more to do in it."""
        place = at(chosen, before)
        result: Any
        if is_awaitable(value):
            path, info = path_of(place), self.info(chosen, place)
            result = self.executor.complete_awaitable_value(
                chosen.definition.type, chosen.details, info, path, value, None
            )
        else:
            result = self.complete(chosen, chosen.shape, value, place)
            if type(result) is not dict and is_awaitable(result):
                result = self.bounded(chosen, place, result)
        self._put(chosen.key, result, data, late)

    def lost(
        self, chosen: Chosen, before: Place, error: Exception, data: dict[str, Any], late: Late
    ) -> None:
        """Note that a field failed; where null must not stand, its object fails with it."""
        try:
            data[chosen.key] = self.failed(chosen, at(chosen, before), error)
        except Exception:
            self._let_go(late)
            raise

    async def finished(self, chosen: Chosen, before: Place, value: Any, error: Exception) -> Any:  # noqa: ANN401
        """Let graphql-core complete what a resolver gave late."""
        place = at(chosen, before)
        try:
            if value is MISSING:
                raise error  # noqa: TRY301 - graphql-core's way
            result: Any = self.executor.complete_value(
                chosen.definition.type,
                chosen.details,
                self.info(chosen, place),
                path_of(place),
                value,
                None,
            )
            if is_awaitable(result):
                result = await result
        except Exception as raw:  # noqa: BLE001 - as graphql-core does
            return self.failed(chosen, place, raw)
        return result

    async def worked(self, chosen: Chosen, before: Place, value: Any) -> Any:  # noqa: ANN401
        """Complete what a resolver gave late, where there is more to do in it."""
        result = self.complete(chosen, chosen.shape, value, at(chosen, before))
        if type(result) is not dict and is_awaitable(result):
            return await result
        return result

    def failed_at(self, chosen: Chosen, before: Place, error: Exception) -> None:
        """
        Note that a field failed.

        Raises:
            GraphQLError: Null must not stand in its place.
        """
        self.failed(chosen, at(chosen, before), error)

    def failed(self, chosen: Chosen, place: Place, error: Exception) -> None:
        """
        Note that the value at a field's place failed.

        Raises:
            GraphQLError: Null must not stand there.
        """
        self.executor.handle_field_error(
            error, chosen.definition.type, chosen.details, path_of(place)
        )

    async def bounded(self, chosen: Chosen, place: Place, result: Awaitable[Any]) -> Any:  # noqa: ANN401
        """Wait for a field's value; note where it fails."""
        try:
            return await result
        except Exception as error:  # noqa: BLE001 - as graphql-core does
            return self.failed(chosen, place, error)

    def complete(self, chosen: Chosen, shape: Shape, value: Any, place: Place) -> Any:  # noqa: ANN401
        """Complete a value in which there is more to do; what it returns may be awaited."""
        if value is None and shape.is_nullable:
            return None
        if shape.inner is not None:
            if type(value) is list or type(value) is tuple:
                return self._items(chosen, shape.inner, value, place)
        else:
            kind = type(value)
            if kind in shape.functions and is_uncast(value):
                return shape.functions[kind](self, value, place)
            if kind in shape.plain and is_uncast(value):
                with suppress(Exception):  # graphql-core says below what is wrong
                    return shape.plain[kind](value)
        info = self.info(chosen, field_place(place))
        path = path_of(place)
        return self.executor.complete_value(shape.declared, chosen.details, info, path, value, None)

    def _items(self, chosen: Chosen, shape: Shape, values: Sequence[Any], place: Place) -> Any:  # noqa: ANN401
        results: list[Any] = []
        waiting: list[int] = []
        items = iter(values)
        try:
            for index, item in enumerate(items):
                result = self._item(chosen, shape, item, (place, index, None))
                results.append(result)
                if type(result) is not dict and is_awaitable(result):
                    waiting.append(index)
        except Exception:
            left = [results[index] for index in waiting]
            left += [item for item in items if is_awaitable(item)]
            if left:
                self.executor.settle_in_background(left)
            raise
        if not waiting:
            return results
        return gathered_items(results, waiting, self.wait)

    def _item(self, chosen: Chosen, shape: Shape, item: Any, place: Place) -> Any:  # noqa: ANN401
        try:
            if type(item) not in shape.functions and is_awaitable(item):
                return self.executor.complete_awaitable_list_item_value(
                    item,
                    shape.declared,
                    chosen.details,
                    self.info(chosen, field_place(place)),
                    path_of(place),
                    None,
                )
            result = self.complete(chosen, shape, item, place)
        except Exception as error:  # noqa: BLE001 - as graphql-core does
            return self._item_failed(chosen, shape, place, error)
        if type(result) is not dict and is_awaitable(result):
            return self._bounded_item(chosen, shape, place, result)
        return result

    async def _bounded_item(
        self, chosen: Chosen, shape: Shape, place: Place, result: Awaitable[Any]
    ) -> Any:  # noqa: ANN401
        try:
            return await result
        except Exception as error:  # noqa: BLE001 - as graphql-core does
            return self._item_failed(chosen, shape, place, error)

    def _item_failed(self, chosen: Chosen, shape: Shape, place: Place, error: Exception) -> None:
        self.executor.handle_field_error(error, shape.declared, chosen.details, path_of(place))

    def _put(self, key: str, result: Any, data: dict[str, Any], late: Late) -> None:  # noqa: ANN401
        if type(result) is not dict and is_awaitable(result):
            late[key] = result
            result = None
        data[key] = result

    def _let_go(self, late: Late) -> None:
        """Let what was begun beside a failure end in the background, as graphql-core does."""
        if late:
            self.executor.settle_in_background(list(late.values()))
