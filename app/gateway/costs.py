"""
What an operation costs: known before it runs, from its fields and the sizes of its lists.

The unit is one member of the answer. A list costs its size times what is asked of each item: the
size is the page that `first` asks for, the number of `ids`, or what is declared below. A field that
works more than it shows weighs more. Afterwards the members that the answer really has are counted
instead. An asked-for page is a number in a variable more often than not, so a document's cost
depends on few of its variables; it is worked out once for each of their values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    value_from_ast_untyped,
)

from app.gateway.deferring import asks_for_parts
from app.gateway.documents import Prepared

COST_MAX = 20_000
"""What one operation may cost; the costliest of the app's own costs about a tenth."""
PAGE = 20
"""A page whose `first` is left out."""
PAGE_MAX = 100
LIST_SIZE = 5
"""A list that declares no size of its own."""
LIST_SIZES: Mapping[str, int] = {
    "Loan.installments": 24,
    "Offer.installments": 24,
    "HardshipOption.installments": 24,
    "Query.regions": 60,
    "Query.dues": 12,
    "Query.partnerFigures": 30,
    "BorrowerView.timeline": 50,
    "Ticket.messages": 20,
    "OpenedTicket.messages": 20,
}
COMMAND_WEIGHT = 20
"""A transaction, its idempotency key and its entries."""
WEIGHTS: Mapping[str, int] = {
    "Query.myData": 500,
    "Query.paymentPreviews": 100,
    "Query.findBorrowers": 100,
    "Query.partnerFigures": 100,
    "LoanApplication.agreement": 50,
    "Mutation.verifyOtp": 50,
    "Mutation.setPin": 50,
    "Mutation.changePin": 50,
    "Mutation.proveContinuity": 50,
    "Mutation.staffSignIn": 50,
}
PART_WEIGHT = 10
"""What comes in a part of its own (`@defer`, an item of `@stream`), for keeping it apart."""
_SLICING = ("first", "ids")
_VARIANTS_MAX = 50


def charged(body: bytes) -> int:
    """Return what an answer costs in the end: how many members it has, as near as bytes tell."""
    return body.count(b'":')


@dataclass(slots=True)
class Costs:
    """Works out what operations of one graph cost."""

    schema: GraphQLSchema

    def requested(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> int:
        """Return what an operation of a valid document may cost with these variables."""
        try:
            return self._known(prepared, operation, variables)
        except RecursionError:  # a chain of hundreds of fragments is nobody's screen
            return COST_MAX + 1

    def _known(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> int:
        name = operation.name.value if operation.name else ""
        known: dict[Any, Any] = prepared.costs
        slicing: tuple[str, ...] | None = known.get(name)
        if slicing is None:
            walk = _Walk(self.schema, _fragments(prepared), {})
            walk.operation(operation)
            slicing = known[name] = tuple(sorted(walk.slicing))
        key = (name, *(_countable(variables.get(one)) for one in slicing))
        cost = known.get(key)
        if cost is None:
            sizes = _defaults(operation) | {
                one: _countable(variables[one]) for one in slicing if one in variables
            }
            cost = _Walk(self.schema, _fragments(prepared), sizes).operation(operation)
            if len(known) < _VARIANTS_MAX:
                known[key] = cost
        return cost


def _fragments(prepared: Prepared) -> dict[str, FragmentDefinitionNode]:
    assert prepared.document is not None, "only a valid document has a cost"
    return {
        one.name.value: one
        for one in prepared.document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }


def _defaults(operation: OperationDefinitionNode) -> dict[str, int | None]:
    return {
        one.variable.name.value: _countable(value_from_ast_untyped(one.default_value))
        for one in operation.variable_definitions or ()
        if one.default_value is not None
    }


def _countable(value: object) -> int | None:
    """Return the size that a value asks for; none where it asks for none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return max(0, min(value, PAGE_MAX))
    return min(len(value), PAGE_MAX) if isinstance(value, list | tuple) else None


@dataclass(slots=True)
class _Walk:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    sizes: Mapping[str, int | None]
    slicing: set[str] = field(default_factory=set[str])
    _measured: dict[tuple[str, int | None], int] = field(
        default_factory=dict[tuple[str, int | None], int]
    )

    def operation(self, operation: OperationDefinitionNode) -> int:
        root = self.schema.get_root_type(operation.operation)
        assert root is not None, "a valid operation has a root"
        commands = operation.operation is OperationType.MUTATION
        weight = COMMAND_WEIGHT if commands else 0
        return 1 + self._selections(operation.selection_set, root, None, weight)

    def _selections(
        self,
        selected: SelectionSetNode,
        parent: GraphQLNamedType,
        page: int | None,
        weight: int = 0,
    ) -> int:
        cost = 0
        for node in selected.selections:
            if isinstance(node, FieldNode):
                cost += weight + self._field(node, parent, page)
            elif isinstance(node, InlineFragmentNode):
                kind = self._type(node.type_condition.name.value if node.type_condition else None)
                cost += self._selections(node.selection_set, kind or parent, page, weight)
                cost += PART_WEIGHT * asks_for_parts(node)
            else:
                assert isinstance(node, FragmentSpreadNode), "there is no fourth kind"
                cost += self._spread(node.name.value, page, weight)
                cost += PART_WEIGHT * asks_for_parts(node)
        return min(cost, COST_MAX * 100)

    def _spread(self, name: str, page: int | None, weight: int) -> int:
        key = (name, page)
        if key not in self._measured:
            fragment = self.fragments[name]
            kind = self._type(fragment.type_condition.name.value)
            assert kind is not None, "a valid fragment is of some type"
            self._measured[key] = self._selections(fragment.selection_set, kind, page, weight)
        return self._measured[key]

    def _field(self, node: FieldNode, parent: GraphQLNamedType, page: int | None) -> int:
        name = node.name.value
        known: Mapping[str, GraphQLField] = getattr(parent, "fields", {})
        definition = known.get(name)
        if definition is None:  # __typename and introspection, which are cheap and bounded
            return 1
        coordinate = f"{parent.name}.{name}"
        own = 1 + WEIGHTS.get(coordinate, 0)
        asked = self._page(node, definition)
        kind = get_named_type(definition.type)
        if node.selection_set is None or not is_composite_type(kind):
            return own
        times = 1
        if _is_list(definition):
            assumed = LIST_SIZES.get(coordinate, LIST_SIZE)
            times = next(size for size in (asked, page, assumed) if size is not None)
        each = self._selections(node.selection_set, kind, asked) + PART_WEIGHT * asks_for_parts(
            node
        )
        return own + times * each

    def _page(self, node: FieldNode, definition: GraphQLField) -> int | None:
        """Return the size of the page that a field's arguments ask for; none if it has no pages."""
        for name in _SLICING:
            if name in definition.args:
                for argument in node.arguments or ():
                    if argument.name.value == name:
                        return self._size(argument.value)
                return PAGE
        return None

    def _size(self, value: ValueNode) -> int:
        if isinstance(value, VariableNode):
            self.slicing.add(value.name.value)
            size = self.sizes.get(value.name.value)
            return PAGE if size is None else size
        if isinstance(value, IntValueNode):
            return min(int(value.value[:9]), PAGE_MAX) if value.value.isdecimal() else 0
        return min(len(value.values), PAGE_MAX) if isinstance(value, ListValueNode) else PAGE

    def _type(self, name: str | None) -> GraphQLNamedType | None:
        return None if name is None else self.schema.get_type(name)


def _is_list(definition: GraphQLField) -> bool:
    kind = definition.type
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    return isinstance(kind, GraphQLList)
