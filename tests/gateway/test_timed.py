"""
What depends on the moment within a day has no ETag, so that nobody keeps what has run out.

Every field of the borrower's graph that reads the clock is found in the source: itself, or through
the functions of its room's graph and of any room's reads.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from strawberry.utils.str_converters import to_camel_case

from app.gateway.documents import Documents
from app.gateway.freshness import SOURCES, TIMED, sources_of
from app.gateway.schema import BORROWER_SCHEMA

APP = Path(__file__).parents[2] / "app"
CORE = BORROWER_SCHEMA._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
CLOCKS = ("clock.now", "context.now")
BY_THE_DAY = {
    "Borrower.hasPin": "whether there is one, of what also says whether it is locked",
    "Loan.installments": "the lending day; the calendar's before there is any",
    "Loan.planTerms": "as installments",
    "Query.dues": "as installments",
    "Query.myFigureQuestion": "as installments",
}
"""What reads the clock, or what does, and depends on no more than its sources say."""


@dataclass(frozen=True)
class Function:
    """A function or method, and what it names that it does not make itself, each with its room."""

    room: str
    owner: str
    name: str
    reads_clock: bool
    named: frozenset[tuple[str, str]]

    @property
    def key(self) -> tuple[str, str]:
        return self.room, f"{self.owner}.{self.name}" if self.owner else self.name


def functions(path: Path) -> Iterator[Function]:
    room = path.relative_to(APP).parts[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    rooms = {
        alias.asname or alias.name: node.module.split(".")[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("app.")
        for alias in node.names
    }
    for node in tree.body:
        owner = node.name if isinstance(node, ast.ClassDef) else ""
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.unparse(one).replace("current().clock", "clock")
                named = frozenset(_named(one, owner, room, rooms))
                clocked = any(clock in text for clock in CLOCKS)
                yield Function(room, owner, one.name, clocked, named)


def _named(of: ast.AST, owner: str, room: str, rooms: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names of other functions; a value of the function's own is none."""
    walked = list(ast.walk(of))
    own = {node.arg for node in walked if isinstance(node, ast.arg)} | {
        node.id for node in walked if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    for node in walked:
        if isinstance(node, ast.Name) and node.id not in own:
            yield rooms.get(node.id, room), node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            of_what = node.value.id
            if of_what in {"self", "cls"}:
                yield room, f"{owner}.{node.attr}"
            elif of_what[0].isupper():
                yield rooms.get(of_what, room), f"{of_what}.{node.attr}"
            elif of_what not in own:
                yield rooms.get(of_what, room), node.attr


def under(pattern: str) -> list[Function]:
    found = sorted(APP.glob(pattern))
    modules = [
        one for path in found for one in ([path] if path.is_file() else sorted(path.rglob("*.py")))
    ]
    return [function for module in modules for function in functions(module)]


def clocked_fields() -> set[str]:
    """Return every field of the borrower's graph that hangs on the clock."""
    graph = under("*/graphql*")
    every = under("*/queries*") + graph
    clocked = {one.key for one in every if one.reads_clock}
    while more := {one.key for one in every if one.named & clocked} - clocked:
        clocked |= more
    shown: set[str] = set()
    for one in graph:
        if one.key not in clocked:
            continue
        owner = "Query" if one.owner.endswith("Query") else one.owner
        field = to_camel_case(one.name)
        if field in getattr(CORE.type_map.get(owner), "fields", {}):
            shown.add(f"{owner}.{field}")
    return shown


def test_whatever_reads_the_clock_has_no_etag_or_says_why_it_may() -> None:
    untagged = {f"Query.{name}" for name in CORE.query_type.fields if name not in SOURCES}  # pyright: ignore[reportOptionalMemberAccess]
    found = clocked_fields()
    assert found - untagged - TIMED == BY_THE_DAY.keys()
    assert found >= TIMED, "and nothing is listed that hangs on the day alone"


def test_what_a_wallet_takes_for_a_while_only_has_no_etag() -> None:
    asked = Documents(CORE).prepare("{ applications { edges { node { id } } } }")
    timed = Documents(CORE).prepare(
        "{ applications { edges { node { acceptInWallet { expiresAt } } } } }"
    )
    for prepared, has_one in ((asked, True), (timed, False)):
        operation = prepared.operation(None)
        assert operation is not None
        assert (sources_of(prepared, operation) is not None) is has_one
