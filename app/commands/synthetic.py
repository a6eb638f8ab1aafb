"""
Answers of nobody: what the graph could say to people who do not exist, from a seed.

Every operation in `fixtures/operations` is answered from the schema with made-up values: texts are
the app's own with figures filled in, products, reasons and lessons those of `fixtures/`, names and
ids drawn. No database is read, so nothing real can get in.
"""

import random
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    parse,
)

from app.commands.invention import FIXTURES, Inventor, Json

OPERATIONS = FIXTURES / "operations" / "borrower"
ENGLISH_EVERY = 12
"""One answer in so many is in English."""

OFTEN: Mapping[str, int] = {
    "home": 400,
    "products": 400,
    "notifications": 150,
    "application": 60,
    "lesson_suggestions": 40,
    "loan": 80,
    "repay": 80,
    "lessons": 40,
    "give_consent": 30,
    "start_application": 30,
    "submit_application": 30,
    "repayment": 25,
    "dues": 15,
    "loans": 15,
    "payment_preview": 15,
    "payoff": 10,
    "applications": 8,
    "me": 8,
    "payment_previews": 8,
    "product": 8,
    "quote_payoff": 8,
}
"""
How many answers there are of an operation; of one that is not named here, `OTHERWISE`.

What is looked at on every start comes first; its texts are to be in the dictionary word for word.
"""
OTHERWISE = 6
SUCCEEDS = 0.75
ABSENT = 0.15


class Synthesizer:
    """Makes answers up; the same seed and the same files make the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing here is to be unguessable
        self._schema = _published_schema()
        self._values = Inventor(self._random)
        self._fragments: dict[str, FragmentDefinitionNode] = {}

    def answers(self, most: int | None = None) -> Iterator[bytes]:
        """
        Yield the bodies of answers, of each operation as many as its screen is looked at.

        Of none more than `most`, if that is said.
        """
        for path in sorted(OPERATIONS.glob("*.graphql")):
            document = parse(path.read_text(encoding="utf-8"))
            often = OFTEN.get(path.stem, OTHERWISE)
            for number in range(often if most is None else min(often, most)):
                self._values.language = "en" if number % ENGLISH_EVERY == 1 else "zh-Hans"
                yield orjson.dumps({"data": self._answer(document)})

    def _answer(self, document: DocumentNode) -> Json:
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        (operation,) = (
            one for one in document.definitions if isinstance(one, OperationDefinitionNode)
        )
        root = self._schema.get_root_type(operation.operation)
        assert root is not None, "the graph has what its operations ask"
        return self._object(root, operation.selection_set)

    def _object(self, type_: GraphQLObjectType, selected: SelectionSetNode) -> dict[str, Json]:
        said: dict[str, Json] = {}
        known = self._values.beginning(type_.name)
        for key, field in self._fields(type_, selected):
            name = field.name.value
            if name == "__typename":
                said[key] = type_.name
            elif name in known:
                said[key] = known[name]
            else:
                said[key] = self._value(type_, field, type_.fields[name].type)
        return said

    def _fields(
        self, type_: GraphQLObjectType, selected: SelectionSetNode
    ) -> Iterator[tuple[str, FieldNode]]:
        for node in selected.selections:
            match node:
                case FieldNode():
                    yield (node.alias or node.name).value, node
                case FragmentSpreadNode():
                    fragment = self._fragments[node.name.value]
                    if self._holds(type_, fragment.type_condition.name.value):
                        yield from self._fields(type_, fragment.selection_set)
                case InlineFragmentNode(type_condition=on):
                    if on is None or self._holds(type_, on.name.value):
                        yield from self._fields(type_, node.selection_set)
                case _:
                    raise AssertionError("there are three kinds of selections")

    def _holds(self, type_: GraphQLObjectType, name: str) -> bool:
        on = self._schema.type_map[name]
        if isinstance(on, GraphQLInterfaceType | GraphQLUnionType):
            return self._schema.is_sub_type(on, type_)
        return on is type_

    def _value(self, parent: GraphQLNamedType, field: FieldNode, type_: Any) -> Json:  # noqa: ANN401 - any of graphql-core's
        if not isinstance(type_, GraphQLNonNull):
            if self._random.random() < ABSENT and parent.name not in {"Query", "Mutation"}:
                return None
        else:
            type_ = type_.of_type
        if isinstance(type_, GraphQLList):
            inner = type_.of_type
            if not isinstance(inner, GraphQLNonNull):
                inner = GraphQLNonNull(inner)
            return [self._value(parent, field, inner) for _ in self._values.items(field.name.value)]
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            possible = self._schema.get_possible_types(type_)
            is_first = self._random.random() < SUCCEEDS
            type_ = possible[0] if is_first else self._random.choice(possible)
        if isinstance(type_, GraphQLObjectType):
            assert field.selection_set is not None, "an object is asked for its fields"
            return self._object(type_, field.selection_set)
        if isinstance(type_, GraphQLEnumType):
            return self._random.choice(sorted(type_.values))
        return self._values.scalar(parent.name, field.name.value, str(type_))


@cache
def _published_schema() -> GraphQLSchema:
    sdl = (FIXTURES.parent / "schema.graphql").read_text(encoding="utf-8")
    return build_schema(sdl, assume_valid=True)
