"""Scalars and enums as they go into an answer: the usual value as it is, any other by its type."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, cast
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import is_awaitable
from strawberry.schema.schema_converter import CustomGraphQLEnumType
from strawberry.schema.types.base_scalars import DateDefinition

ORDINARY = frozenset({str, int, float, bool, bytes, date, datetime, time, Decimal, UUID})
"""Values of these classes are neither failures nor awaited."""


class Departure(Exception):
    """Something is not as a plan expects it; graphql-core completes it, or says what is wrong."""


@cache
def leaf_of(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    """Return what completes a leaf as graphql-core does, or departs where that would not do."""
    coerce: Callable[[Any], Any] = type_.coerce_output_value

    def leaf(value: Any) -> Any:  # noqa: ANN401 - any value
        if value is None or (type(value) not in ORDINARY and _is_none(value)):
            raise Departure
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise Departure
        return coerced

    return leaf


def _is_none(value: object) -> bool:
    """Tell whether graphql-core would not coerce a value at all."""
    return value is Undefined or isinstance(value, Exception) or is_awaitable(value)


@cache
def names_of(type_: GraphQLEnumType) -> tuple[type[Enum], dict[Any, str]] | None:
    """Return an enum's class, and the name of each of its members by the member's value."""
    if type(type_) is not CustomGraphQLEnumType:
        return None
    members = cast("type[Enum]", type_.wrapped_cls)
    names: dict[Any, str] = {}
    for member in members:
        try:
            names[member.value] = type_.coerce_output_value(member)
        except (TypeError, ValueError):
            return None
    return members, names


BUILT_IN = (GraphQLString, GraphQLID, GraphQLBoolean, GraphQLInt)
USUAL = {
    "String": "type({0}) is str",
    "ID": "type({0}) is str",
    "Boolean": "type({0}) is bool",
    "Int": "type({0}) is int and -2147483648 <= {1} <= 2147483647",
}
"""What the built-in scalars hand on untouched."""
WHOLE_UP_TO = "wholeUpTo"
"""The extension by which a scalar says up to which size it hands on whole numbers untouched."""
_MOMENTS = {
    "Date": "type({0}) is date",
    "DateTime": "type({0}) is datetime and {1}.tzinfo is UTC",
}
"""Of what Strawberry's scalars of these names write by `isoformat`: what orjson writes alike."""


def usual(type_: GraphQLLeafType) -> str | None:
    """
    Return the test by which a value goes into the answer as it is, or None.

    A day, or a moment in UTC, is left for orjson to write, in a tenth of the time.
    """
    if type_ in BUILT_IN:
        return USUAL[type_.name]
    if (most := type_.extensions.get(WHOLE_UP_TO)) is not None:
        return f"type({{0}}) is int and -{most} <= {{1}} <= {most}"
    if type_.name in _MOMENTS and type_.coerce_output_value is DateDefinition.serialize:
        return _MOMENTS[type_.name]
    return None
