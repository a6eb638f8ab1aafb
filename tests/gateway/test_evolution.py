"""Clients that were installed long ago go on working: nothing they may rely on breaks."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    REMOVE,
    DirectiveNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    StringValueNode,
    Visitor,
    build_ast_schema,
    build_schema,
    find_breaking_changes,
    parse,
    visit,
)
from strawberry import Schema

from app.commands.schema_files import RELEASED, bare

REASON = re.compile(r"Until ([0-9]{4}-[0-9]{2}-[0-9]{2}): .{10,}")
"""What a deprecation says: the last day, and what to use instead."""
Element = FieldDefinitionNode | EnumValueDefinitionNode | InputValueDefinitionNode


def today() -> date:
    return datetime.now(UTC).date()


def last_day(element: Element) -> date | None:
    """Return until when a deprecated element stays; None for any other."""
    for directive in element.directives or ():
        if directive.name.value == "deprecated":
            written = REASON.fullmatch(_reason(directive))
            assert written is not None, f"{element.name.value} says until when, and what instead"
            return date.fromisoformat(written[1])
    return None


def _reason(directive: DirectiveNode) -> str:
    return "".join(
        one.value.value
        for one in directive.arguments or ()
        if isinstance(one.value, StringValueNode)
    )


class Remaining(Visitor):
    """Leaves out what was to be gone by a day, and remembers it."""

    def __init__(self, on: date) -> None:
        super().__init__()
        self.gone: list[str] = []
        self._on = on

    def _enter(self, node: Element, *_: Any) -> Any:  # noqa: ANN401 - graphql-core's own
        until = last_day(node)
        if until is None or until >= self._on:
            return None
        self.gone.append(node.name.value)
        return REMOVE

    enter_field_definition = enter_enum_value_definition = enter_input_value_definition = _enter


def broken(released: str, now: str, on: date) -> list[str]:
    """Return what a client that relied on the released graph would miss."""
    remaining = visit(parse(released), Remaining(on))
    changes = find_breaking_changes(build_ast_schema(remaining), build_schema(now))
    return [change.description for change in changes]


@pytest.mark.parametrize(
    ("path", "schema"), RELEASED.items(), ids=lambda one: getattr(one, "stem", "")
)
def test_nothing_that_was_released_breaks_before_its_time(path: Path, schema: Schema) -> None:
    assert broken(path.read_text(encoding="utf-8"), schema.as_str(), today()) == []


@pytest.mark.parametrize("schema", RELEASED.values(), ids=["borrower", "staff"])
def test_what_is_deprecated_says_until_when_and_is_gone_after(schema: Schema) -> None:
    gone = Remaining(today())
    visit(parse(schema.as_str()), gone)
    assert gone.gone == []


OLD = """
type Query {
  plan: Int
  schedule: Int @deprecated(reason: "Until 2026-12-31: use plan, which has the same rows.")
}
"""


def test_a_field_may_go_only_after_its_last_day() -> None:
    without = "type Query { plan: Int }"
    assert broken(OLD, without, date(2026, 12, 31)) == ["Field Query.schedule was removed."]
    assert broken(OLD, without, date(2027, 1, 1)) == []
    assert broken(OLD, "type Query { schedule: Int }", date(2027, 1, 1)) == [
        "Field Query.plan was removed."
    ]
    with pytest.raises(AssertionError, match="until when"):
        broken("type Query { plan: Int @deprecated }", without, date(2027, 1, 1))


def test_a_bare_schema_is_the_same_graph() -> None:
    described = '"A." type Query { "B." plan("C." on: Int = 1): Int @deprecated(reason: "D.") }'
    assert bare(described) == bare(bare(described))
    assert "A." not in bare(described)
    assert "D." in bare(described)
    assert find_breaking_changes(build_schema(described), build_schema(bare(described))) == []
