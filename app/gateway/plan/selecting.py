"""What a document asks for, type by type: its fragments spread and its conditions decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition

from app.gateway.plan.resolvers import BACKREF, Attribute, How, Opaque, TypeName, how_of

FIELDS_MAX = 4_000
"""How many fields a plan may have; a document with more is not compiled."""


class NotPlanned(Exception):
    """A document that is left to graphql-core as a whole; the message says why."""


@dataclass(slots=True, eq=False)
class Chosen:
    """One field of one object in the answer."""

    key: str
    parent: GraphQLObjectType
    details: list[FieldDetails]
    definition: GraphQLField
    how: How
    shape: "Shape"

    @property
    def name(self) -> str:
        """Return the field's name in the schema."""
        return self.details[0].node.name.value

    @property
    def is_plain(self) -> bool:
        """Whether it and all below it are attributes: to read them again changes nothing."""
        return isinstance(self.how, Attribute | TypeName) and self.shape.is_plain


@dataclass(slots=True, eq=False)
class Shape:
    """One layer of a field's type, and what is chosen in it."""

    declared: Any
    """Its type with its NonNull, as graphql-core completes it."""
    inner: "Shape | None" = None
    """The items' layer, if this is a list."""
    kinds: list["Kind"] = field(default_factory=list["Kind"])
    """The objects it can be; none for a leaf."""
    plain: dict[type, Any] = field(default_factory=dict[type, Any])
    """What completes an object that is all attributes, by its class; filled in once written."""
    functions: dict[type, Any] = field(default_factory=dict[type, Any])
    """What completes any other object, likewise."""

    @property
    def bare(self) -> Any:  # noqa: ANN401 - any output type
        """Return the type without its NonNull."""
        return self.declared.of_type if isinstance(self.declared, GraphQLNonNull) else self.declared

    @property
    def is_nullable(self) -> bool:
        """Whether null may stand here."""
        return not isinstance(self.declared, GraphQLNonNull)

    @property
    def is_leaf(self) -> bool:
        """Whether it is a scalar or an enum."""
        return is_leaf_type(self.bare)

    @property
    def is_abstract(self) -> bool:
        """Whether the object's class decides what it is."""
        return is_abstract_type(self.bare)

    @property
    def is_plain(self) -> bool:
        """Whether everything below it is an attribute."""
        if self.inner is not None:
            return self.inner.is_plain
        return self.is_leaf or (bool(self.kinds) and all(kind.is_plain for kind in self.kinds))


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What is chosen in an object of one type."""

    object_type: GraphQLObjectType
    classes: tuple[type, ...]
    """The classes that are of this type and no other, whatever an object of them holds."""
    fields: tuple[Chosen, ...]

    @property
    def is_plain(self) -> bool:
        """Whether everything in it is an attribute."""
        return bool(self.classes) and all(one.is_plain for one in self.fields)


@dataclass(slots=True)
class Selector:
    """Chooses fields for one operation under one decision of its conditions."""

    schema: GraphQLSchema
    converter: GraphQLCoreConverter
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    _count: int = 0

    def root(self) -> Kind:
        """Return what is chosen of the root."""
        root = self.schema.get_root_type(self.operation.operation)
        assert root is not None, "a valid operation has a root"
        groups = collect_fields(
            self.schema, self.fragments, self.variables, root, self.operation
        ).grouped_field_set
        return Kind(root, (), self._chosen(root, groups))

    def _chosen(
        self, parent: GraphQLObjectType, groups: Mapping[str, list[FieldDetails]]
    ) -> tuple[Chosen, ...]:
        return tuple(self._field(parent, key, details) for key, details in groups.items())

    def _field(self, parent: GraphQLObjectType, key: str, details: list[FieldDetails]) -> Chosen:
        self._count += 1
        if self._count > FIELDS_MAX:
            raise NotPlanned(f"more than {FIELDS_MAX} fields")
        name = details[0].node.name.value
        definition = self.schema.get_field(parent, name)
        assert definition is not None, "a valid document asks for fields that are there"
        how = how_of(definition, self.converter)
        if isinstance(how, Opaque):
            return Chosen(key, parent, details, definition, how, Shape(definition.type))
        return Chosen(key, parent, details, definition, how, self._shape(definition.type, details))

    def _shape(self, type_: Any, details: list[FieldDetails]) -> Shape:  # noqa: ANN401 - any output type
        shape = Shape(type_)
        bare = shape.bare
        if isinstance(bare, GraphQLList):
            shape.inner = self._shape(bare.of_type, details)
        elif not shape.is_leaf:
            shape.kinds = [self._kind(one, details) for one in self._possible(bare)]
            shape.kinds = _told_apart(shape) if shape.is_abstract else shape.kinds
        return shape

    def _possible(self, type_: Any) -> list[GraphQLObjectType]:  # noqa: ANN401 - object, interface or union
        if isinstance(type_, GraphQLObjectType):
            return [type_]
        return list(self.schema.get_possible_types(cast("GraphQLAbstractType", type_)))

    def _kind(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Kind:
        groups = collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, type_, details
        ).grouped_field_set
        return Kind(type_, _classes_of(type_), self._chosen(type_, groups))


def _classes_of(type_: GraphQLObjectType) -> tuple[type, ...]:
    """Return the classes whose objects are of a type without anybody being asked."""
    definition = (type_.extensions or {}).get(BACKREF)
    if not isinstance(definition, StrawberryObjectDefinition):
        return ()
    if definition.is_type_of is not None or definition.resolve_type is not None:
        return ()
    if definition.concrete_of is not None:
        return (definition.origin, definition.concrete_of.origin)
    return (definition.origin,)


def _told_apart(shape: Shape) -> list[Kind]:
    """
    Return the kinds of an abstract type that a class alone tells apart.

    A generic's specializations share a class, and an abstract type may ask the object: the others
    graphql-core completes.
    """
    definition = (shape.bare.extensions or {}).get(BACKREF)
    if getattr(definition, "resolve_type", None) is not None:
        return []
    return [
        Kind(kind.object_type, classes, kind.fields)
        for kind in shape.kinds
        if (classes := _own_classes(kind.object_type))
    ]


def _own_classes(type_: GraphQLObjectType) -> tuple[type, ...]:
    definition = (type_.extensions or {}).get(BACKREF)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.concrete_of is not None:
        return ()
    is_own = getattr(definition.origin, "__strawberry_definition__", None) is definition
    return _classes_of(type_) if is_own else ()


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """Return a document's fragments by name."""
    return {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }
