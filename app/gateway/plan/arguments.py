"""How a field's arguments are written: as constants and variables, or left to graphql-core."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLString,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import get_argument_values

from app.gateway.plan.resolvers import Function
from app.gateway.plan.selecting import Chosen

FIXED = (str, int, float, bool, type(None), Enum, Decimal, date, datetime, time, UUID)
"""What a resolver cannot change, so that all runs may share it."""


@dataclass(frozen=True, slots=True)
class Variable:
    """The value is a variable's."""

    name: str


@dataclass(frozen=True, slots=True)
class VariableOr:
    """The value is a variable's, or this where the variable has none."""

    name: str
    otherwise: Any


@dataclass(frozen=True, slots=True)
class Constant:
    """The value is always the same."""

    value: Any


Given = Variable | VariableOr | Constant


class _Generic(Exception):
    """The arguments are graphql-core's to coerce."""


def given_by(
    chosen: Chosen, how: Function, operation: OperationDefinitionNode
) -> dict[str, Given] | None:
    """
    Return what a field is given, by the schema's names; None if graphql-core has to work it out.

    Working out what is returned here cannot fail when the document runs.
    """
    node = chosen.details[0].node
    nodes = {one.name.value: one for one in node.arguments or ()}
    leaves = {one.graphql_name: one.is_leaf for one in how.arguments}
    if leaves.keys() != chosen.definition.args.keys():
        return None
    given: dict[str, Given] = {}
    try:
        for name, argument in chosen.definition.args.items():
            value = _given(name, argument, nodes.get(name), operation)
            if value is None:
                continue
            fixed = value.otherwise if isinstance(value, VariableOr) else value
            fixed = fixed.value if isinstance(fixed, Constant) else fixed
            if leaves[name] and not isinstance(fixed, (*FIXED, Variable)):
                return None
            given[name] = value
    except _Generic:
        return None
    return given


def _given(
    name: str,
    argument: GraphQLArgument,
    node: ArgumentNode | None,
    operation: OperationDefinitionNode,
) -> Given | None:
    if argument.out_name not in {None, name}:
        raise _Generic
    if node is not None and isinstance(node.value, VariableNode):
        return _variable(name, argument, node.value.name.value, operation)
    if node is not None and _has_variables(node):
        raise _Generic
    found = _constant(name, argument, node)
    return Constant(found[name]) if name in found else None


def _constant(name: str, argument: GraphQLArgument, node: ArgumentNode | None) -> dict[str, Any]:
    alone = GraphQLField(GraphQLString, args={name: argument})
    asked = FieldNode(name=NameNode(value=name), arguments=() if node is None else (node,))
    try:
        return get_argument_values(alone, asked)
    except (GraphQLError, TypeError):
        raise _Generic from None


def _variable(
    name: str, argument: GraphQLArgument, variable: str, operation: OperationDefinitionNode
) -> Given:
    declared = {one.variable.name.value: one for one in operation.variable_definitions or ()}
    if isinstance(declared[variable].type, NonNullTypeNode):
        return Variable(variable)
    if isinstance(argument.type, GraphQLNonNull):
        raise _Generic
    otherwise = _constant(name, argument, None)
    if name not in otherwise:
        raise _Generic
    return VariableOr(variable, otherwise[name])


class _Variables(Visitor):
    """Notes whether there is a variable anywhere in a value."""

    found = False

    def enter_variable(self, *_: object) -> None:
        self.found = True


def _has_variables(node: ArgumentNode) -> bool:
    seeker = _Variables()
    visit(node, seeker)
    return seeker.found
