"""The schema files: written from the code, or compared with it; and what of it was released."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphql import Node, Visitor, parse, print_ast, visit

from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA

ROOT = Path(__file__).parents[2]
FILES = {
    ROOT / "schema.graphql": BORROWER_SCHEMA,
    ROOT / "app" / "support" / "staff.graphql": STAFF_SCHEMA,
}

RELEASED = {
    ROOT / "fixtures" / "released" / "borrower.graphql": BORROWER_SCHEMA,
    ROOT / "fixtures" / "released" / "staff.graphql": STAFF_SCHEMA,
}
"""What clients may rely on: the graphs as they were last released, without their descriptions."""


def release(say: Callable[[str], object]) -> None:
    """Note that clients may rely on the graphs as they are now."""
    for path, schema in RELEASED.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(bare(schema.as_str()), encoding="utf-8")
        say(f"{path.relative_to(ROOT)} written")


def bare(text: str) -> str:
    """Return a schema without its descriptions."""
    return print_ast(visit(parse(text), _Undescribed())) + "\n"


class _Undescribed(Visitor):
    def enter(self, node: Node, *_: Any) -> Node | None:  # noqa: ANN401 - graphql-core's own
        """Go on with the same element, without its description."""
        if getattr(node, "description", None) is None:
            return None
        return replace(node, description=None)  # pyright: ignore[reportCallIssue] - it has one


def run(*, check: bool, say: Callable[[str], object]) -> int:
    """Write both files, or say which differ from the code; return the exit code."""
    stale = 0
    for path, schema in FILES.items():
        name, text = path.relative_to(ROOT), schema.as_str() + "\n"
        is_current = path.exists() and path.read_text(encoding="utf-8") == text
        if is_current:
            say(f"{name} is current")
        elif check:
            stale += 1
            say(f"{name} differs from the code; run `python -m app schema`")
        else:
            path.write_text(text, encoding="utf-8")
            say(f"{name} written")
    return 1 if stale else 0
