"""What a plan is written from, and what it is once it is written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.schema.schema_converter import GraphQLCoreConverter


@dataclass(frozen=True, slots=True)
class Source:
    """What a plan is written from."""

    schema: GraphQLSchema
    converter: GraphQLCoreConverter
    document: DocumentNode
    operation: OperationDefinitionNode
    fragment_definitions: dict[str, FragmentDefinitionNode]
    fragments: dict[str, FragmentDetails]
    hide_suggestions: bool = False

    @property
    def is_query(self) -> bool:
        """Return whether it may be run again, as it changes nothing."""
        return self.operation.operation is OperationType.QUERY

    @property
    def name(self) -> str:
        """Return the operation's name, or what kind it is."""
        name = self.operation.name
        return self.operation.operation.value if name is None else name.value


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Planned:
    """A plan, ready to run."""

    source: Source
    text: str
    """The Python source, as a person may read it."""
    root: Callable[[Any, Any, Any], Any]
    """Takes the run, the root value and no place; returns the data, or what is to be awaited."""
