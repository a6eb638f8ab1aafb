"""Both graphs keep their promises: described, typed problems, keys on every command."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    parse,
    validate,
)

from app.commands import schema_files
from app.gateway.limits import check_size
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA

ROOT = Path(__file__).parents[2]
OPERATIONS = sorted((ROOT / "fixtures" / "operations").rglob("*.graphql"))
GRAPHS: dict[str, GraphQLSchema] = {
    "borrower": build_schema(BORROWER_SCHEMA.as_str()),
    "staff": build_schema(STAFF_SCHEMA.as_str()),
}


@pytest.fixture(params=GRAPHS)
def graph(request: pytest.FixtureRequest) -> GraphQLSchema:
    """Give each graph in turn."""
    return GRAPHS[request.param]


def test_the_schema_files_are_current() -> None:
    assert schema_files.run(check=True, say=lambda _line: None) == 0


def ours(graph: GraphQLSchema) -> Iterator[tuple[str, object]]:
    for name, one in graph.type_map.items():
        if not name.startswith("__") and name not in {"String", "Int", "Boolean", "Float", "ID"}:
            yield name, one


def elements(graph: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for name, one in ours(graph):
        yield name, getattr(one, "description", None)
        if isinstance(one, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in one.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in field.args.items():
                    yield f"{name}.{field_name}({argument_name})", argument.description
        elif isinstance(one, GraphQLInputObjectType):
            for field_name, field in one.fields.items():
                yield f"{name}.{field_name}", field.description
        elif isinstance(one, GraphQLEnumType):
            for value_name, value in one.values.items():
                yield f"{name}.{value_name}", value.description


def test_every_element_is_described(graph: GraphQLSchema) -> None:
    assert [place for place, description in elements(graph) if not description] == []


def test_no_money_or_rate_is_a_float(graph: GraphQLSchema) -> None:
    assert "Float" not in graph.type_map


def test_one_failing_field_never_blanks_a_screen(graph: GraphQLSchema) -> None:
    assert graph.query_type is not None
    strict = [
        name
        for name, field in graph.query_type.fields.items()
        if isinstance(field.type, GraphQLNonNull)
    ]
    assert strict == []


NUMBERED = {"sync"}
"""Its commands' own numbers are their keys, and their own keys' too."""


def test_every_command_takes_one_keyed_input_and_tells_its_problems(graph: GraphQLSchema) -> None:
    assert graph.mutation_type is not None
    for name, field in graph.mutation_type.fields.items():
        assert list(field.args) == ["input"], name
        given = get_named_type(field.args["input"].type)
        assert isinstance(given, GraphQLInputObjectType)
        if name not in NUMBERED:
            assert str(given.fields["idempotencyKey"].type) == "ID!", name
        union = get_named_type(field.type)
        assert isinstance(union, GraphQLUnionType), name
        assert union.name == f"{name[0].upper()}{name[1:]}Result"
        members = [member.name for member in union.types]
        assert members[0] == f"{name[0].upper()}{name[1:]}Success"
        assert members[-1] == "PlainProblem"
        problems = list(union.types[1:])
        for problem in problems:
            assert [one.name for one in problem.interfaces] == ["Problem"], problem.name


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_apps_own_operations_fit_the_graph_and_its_limits(path: Path) -> None:
    document = parse(path.read_text(encoding="utf-8"))
    check_size(document)
    assert validate(GRAPHS[path.parent.name], document) == []
