"""Which fields of the graph a document selects."""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    visit,
)


def fields_of(schema: GraphQLSchema, document: DocumentNode) -> frozenset[str]:
    """Return every field that a valid document selects, in its fragments too: `Type.field`."""
    types = TypeInfo(schema)
    gathering = _Gathering(types)
    visit(document, TypeInfoVisitor(types, gathering))
    return frozenset(gathering.seen)


class _Gathering(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self._types = types

    def enter_field(self, node: FieldNode, *_: Any) -> None:  # noqa: ANN401 - graphql-core's own
        """Note one field."""
        if (parent := self._types.get_parent_type()) is not None:
            self.seen.add(f"{parent.name}.{node.name.value}")
