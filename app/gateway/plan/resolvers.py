"""How a field gets its value: read from Strawberry once, so that a plan does without it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any, cast

from graphql import GraphQLField, TypeNameMetaFieldDef
from strawberry import Info
from strawberry.relay.types import GlobalID
from strawberry.scalars import is_scalar
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryOptional, StrawberryType
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.types.lazy_type import LazyType

from app.gateway.plan.guards import Guarded, Refusal

BACKREF = GraphQLCoreConverter.DEFINITION_BACKREF


@dataclass(frozen=True, slots=True)
class Attribute:
    """The field is an attribute of its object, and nothing else happens."""

    path: str
    """Its name, or those of attributes of attributes: `line.total`."""
    table: Mapping[Any, Any] | None = None
    """What the value is looked up in, if it is."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An argument as the resolver takes it."""

    graphql_name: str
    name: str
    is_leaf: bool
    """Whether graphql-core's value is handed on as it is; else Strawberry makes an object of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """The field is what a function returns."""

    call: Callable[..., Any]
    is_async: bool
    takes_source: bool
    source_names: tuple[str, ...]
    info_name: str | None
    arguments: tuple[Taken, ...]
    guards: tuple[Refusal, ...]
    field: StrawberryField


@dataclass(frozen=True, slots=True)
class TypeName:
    """The field is `__typename`."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """Whatever it is, graphql-core does it."""


READS_AT = "reads_at"
"""By this name a resolver that only reads an attribute has its path, and the table or None."""
How = Attribute | Function | TypeName | Opaque


def _resolver_codes() -> dict[CodeType, str]:
    made: CodeType = GraphQLCoreConverter.from_resolver.__code__
    found = {one: one.co_name for one in made.co_consts if isinstance(one, CodeType)}
    names = {"_get_basic_result", "_resolver", "_async_resolver"}
    assert names <= set(found.values()), "Strawberry's resolvers are where they were"
    return {code: name for code, name in found.items() if name in names}


_CODES = _resolver_codes()
"""The code of the resolvers that Strawberry makes: what has other code was wrapped by somebody."""


def how_of(field: GraphQLField, converter: GraphQLCoreConverter) -> How:
    """Read how a field gets its value; what is not Strawberry's own plain way stays opaque."""
    if field is TypeNameMetaFieldDef:
        return TypeName()
    guards: list[Refusal] = []
    resolve: Any = field.resolve
    while isinstance(resolve, Guarded):
        guards.append(resolve.refusal)
        resolve = resolve.resolve
    kind = _CODES.get(getattr(resolve, "__code__", cast("CodeType", None)))
    known = (field.extensions or {}).get(BACKREF)
    if kind is None or type(known) is not StrawberryField or known.extensions:
        return Opaque()
    if kind == "_get_basic_result":
        plain = known.default_resolver is getattr and not guards
        return Attribute(known.python_name) if plain else Opaque()
    if _closed_over(resolve)["field_exception_handlers"]:
        return Opaque()
    return _resolved_by(known, tuple(guards), converter) or Opaque()


def _closed_over(function: Callable[..., Any]) -> dict[str, Any]:
    cells = function.__closure__ or ()
    return {
        name: cell.cell_contents
        for name, cell in zip(function.__code__.co_freevars, cells, strict=True)
    }


def _resolved_by(
    field: StrawberryField, guards: tuple[Refusal, ...], converter: GraphQLCoreConverter
) -> Attribute | Function | None:
    resolver = field.base_resolver
    if type(resolver) is not StrawberryResolver or converter.config.info_class is not Info:
        return None
    call = cast("Callable[..., Any]", resolver.wrapped_func)
    if inspect.isasyncgenfunction(inspect.unwrap(call)):
        return None
    if (reads_at := getattr(call, READS_AT, None)) is not None and not guards:
        return Attribute(*reads_at)
    is_async = inspect.iscoroutinefunction(call)
    if is_async is not field.is_async:
        return None
    named = (resolver.parent_parameter, resolver.root_parameter)
    info = resolver.info_parameter
    return Function(
        call=call,
        is_async=is_async,
        takes_source=resolver.self_parameter is not None,
        source_names=tuple(one.name for one in named if one is not None),
        info_name=None if info is None else info.name,
        arguments=tuple(
            Taken(
                graphql_name=converter.config.name_converter.from_argument(one),
                name=one.python_name,
                is_leaf=_is_leaf(one.type, converter),
            )
            for one in field.arguments
        ),
        guards=guards,
        field=field,
    )


def _is_leaf(type_: StrawberryType | type, converter: GraphQLCoreConverter) -> bool:
    """Tell whether Strawberry hands a value of a type on untouched."""
    if type(type_) is StrawberryOptional:
        return _is_leaf(type_.of_type, converter)
    if isinstance(type_, LazyType):
        return _is_leaf(type_.resolve_type(), converter)
    if isinstance(type_, StrawberryEnumDefinition):
        return True
    return type_ is not GlobalID and is_scalar(type_, converter.scalar_registry)
