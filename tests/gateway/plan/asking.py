"""Random valid documents over any schema, with variables that are mostly right."""

# ruff: noqa: ANN401 - of graphql-core's types there is no common class; values are any JSON

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    parse,
    validate,
)
from graphql.validation import (
    OverlappingFieldsCanBeMergedRule,
    PossibleFragmentSpreadsRule,
    VariablesInAllowedPositionRule,
)

RULES = (
    OverlappingFieldsCanBeMergedRule,
    PossibleFragmentSpreadsRule,
    VariablesInAllowedPositionRule,
)
"""What a document of ours may offend against; the other rules it keeps by the way it is made."""
WRONG: tuple[Any, ...] = (None, "wrong", 7, True, [], {}, 2**40, ["a"], {"x": 1})


@dataclass
class Asking:
    """One random document and its variables."""

    schema: GraphQLSchema
    draw: Random
    depth: int = 4
    is_mutation: bool = False
    allowed: Callable[[str, str], bool] = lambda _type, _field: True
    literals: Callable[[Random, str], Any] | None = None
    """Gives a value of a scalar by its name, where the schema is not the village's."""
    declared: dict[str, str] = field(default_factory=dict[str, str])
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    fragments: list[str] = field(default_factory=list[str])
    _count: int = 0
    _left: int = 25

    @classmethod
    def valid(cls, schema: GraphQLSchema, seed: int, **about: Any) -> "tuple[Asking, DocumentNode]":
        """Return the first valid document of a seed, parsed."""
        draw = Random(seed)  # noqa: S311 - a seed decides
        while True:
            asking = cls(schema, draw, **about)
            document = parse(asking.document())
            if not validate(schema, document, RULES, max_errors=1, hide_suggestions=True):
                return asking, document

    def document(self) -> str:
        """Write the document; the variables are known afterwards."""
        root = self.schema.mutation_type if self.is_mutation else self.schema.query_type
        assert root is not None
        body = self._selection(root, self.depth)
        kind = "mutation" if self.is_mutation else "query"
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self.declared.items())
        head = f"{kind} Asked" + (f"({declared})" if declared else "")
        return "\n".join([f"{head} {body}", *self.fragments])

    def _selection(self, type_: Any, depth: int) -> str:
        made = [self._one(type_, depth) for _ in range(self.draw.randint(1, 4))]
        return "{ " + " ".join(made) + " }"

    def _one(self, type_: Any, depth: int) -> str:
        chance = self.draw.random()
        if chance < 0.1 or (isinstance(type_, GraphQLUnionType) and chance < 0.25):
            return f"{self._alias(0.3)}__typename{self._condition()}"
        if isinstance(type_, GraphQLUnionType) or (chance < 0.3 and depth > 0):
            return self._fragment(type_, depth)
        fields = [
            (name, one)
            for name, one in type_.fields.items()
            if self.allowed(type_.name, name)
            and (depth > 0 or is_leaf_type(get_named_type(one.type)))
        ]
        if not fields or self._left <= 0:
            return f"{self._alias(0.2)}__typename"
        self._left -= 1
        return self._field(*self.draw.choice(fields), depth)

    def _field(self, name: str, one: GraphQLField, depth: int) -> str:
        arguments = self._arguments(one)
        alias = self._alias(1.0 if one.args else 0.2)
        if one.args and not arguments and self.draw.random() < 0.4:
            alias = ""
        inner = get_named_type(one.type)
        below = "" if is_leaf_type(inner) else " " + self._selection(inner, depth - 1)
        return f"{alias}{name}{arguments}{self._condition()}{below}"

    def _alias(self, chance: float) -> str:
        if self.draw.random() >= chance:
            return ""
        self._count += 1
        return f"{self.draw.choice('abc')}{self._count}: "

    def _fragment(self, type_: Any, depth: int) -> str:
        targets = [type_]
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            targets += list(self.schema.get_possible_types(type_))
        elif isinstance(type_, GraphQLObjectType):
            targets += list(type_.interfaces)
        target = self.draw.choice(targets)
        body = self._selection(target, depth - (0 if self.draw.random() < 0.7 else 1))
        condition = self._condition()
        if self.draw.random() < 0.4:
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {target.name} {body}")
            spread = f"...{name}{condition}"
            return f"{spread} ...{name}" if self.draw.random() < 0.2 else spread
        named = "" if target is type_ and self.draw.random() < 0.3 else f" on {target.name}"
        return f"...{named}{condition} {body}"

    def _condition(self) -> str:
        if self.draw.random() > 0.12:
            return ""
        directive = self.draw.choice(["skip", "include"])
        if self.draw.random() < 0.3:
            return f" @{directive}(if: {self.draw.choice(['true', 'false'])})"
        name = self.draw.choice(["yes", "no"])
        if name not in self.declared:
            self.declared[name] = self.draw.choice(
                ["Boolean!", "Boolean!", "Boolean! = true", "Boolean = false"]
            )
            if "=" not in self.declared[name] or self.draw.random() < 0.5:
                self.variables[name] = name == "yes"
            if self.draw.random() < 0.03:
                self.variables[name] = None
        return f" @{directive}(if: ${name})"

    def _arguments(self, one: GraphQLField) -> str:
        given: list[str] = []
        for name, argument in one.args.items():
            if not is_required_argument(argument) and self.draw.random() < 0.4:
                continue
            given.append(f"{name}: {self._value(argument.type)}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, type_: Any) -> str:
        if self.draw.random() < 0.5:
            return self._variable(type_)
        if isinstance(type_, GraphQLNonNull):
            return self._written(type_.of_type)
        return "null" if self.draw.random() < 0.05 else self._written(type_)

    def _written(self, type_: Any) -> str:
        if isinstance(type_, GraphQLList):
            items = [self._value(type_.of_type) for _ in range(self.draw.randrange(3))]
            return "[" + ", ".join(items) + "]"
        if isinstance(type_, GraphQLInputObjectType):
            given = [f"{name}: {self._value(one.type)}" for name, one in self._input_fields(type_)]
            return "{" + ", ".join(given) + "}"
        if isinstance(type_, GraphQLEnumType):
            return self.draw.choice(list(type_.values))
        return json.dumps(self._scalar(type_.name))

    def _input_fields(self, type_: GraphQLInputObjectType) -> list[tuple[str, Any]]:
        fields = list(type_.fields.items())
        if type_.is_one_of or type_.name == "Key":
            return [self.draw.choice(fields)]
        return [
            (name, one)
            for name, one in fields
            if is_required_input_field(one) or self.draw.random() < 0.5
        ]

    def _variable(self, type_: Any) -> str:
        name = f"v{len(self.declared)}"
        declared = str(type_)
        if not isinstance(type_, GraphQLNonNull) and self.draw.random() < 0.2:
            declared += "!"
        self.declared[name] = declared
        chance = self.draw.random()
        if chance < 0.02:
            self.variables[name] = self.draw.choice(WRONG)
        elif declared.endswith("!") or chance < 0.8:
            self.variables[name] = self._json(type_)
        return f"${name}"

    def _json(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._json_of(type_.of_type)
        return None if self.draw.random() < 0.1 and type_ else self._json_of(type_)

    def _json_of(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLList):
            return [self._json(type_.of_type) for _ in range(self.draw.randrange(3))]
        if isinstance(type_, GraphQLInputObjectType):
            return {name: self._json(one.type) for name, one in self._input_fields(type_)}
        if isinstance(type_, GraphQLEnumType):
            return self.draw.choice(list(type_.values))
        return self._scalar(type_.name)

    def _scalar(self, name: str) -> Any:
        if self.literals is not None:
            return self.literals(self.draw, name)
        match name:
            case "Int":
                return self.draw.randrange(-1, 5)
            case "Float":
                return self.draw.choice([1, 0.5])
            case "Boolean":
                return self.draw.random() < 0.5
            case "Coin":
                return self.draw.choice([1, 20, 20, 2000])
            case _:
                return self.draw.choice(["a", "b", "李"])
