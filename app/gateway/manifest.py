"""
The manifest of our own operations: every document with its hash and its short id.

`python -m app documents` writes it from `fixtures/operations`, for phones, for Apollo's and Relay's
tools and for this server. A short id is one operation's for ever; a released document never
changes, as phones that were installed long ago go on sending its id.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import orjson
from graphql import OperationDefinitionNode, parse, print_ast

OPERATIONS = Path(__file__).parents[2] / "fixtures" / "operations"
GRAPHS = ("borrower", "staff")
SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LENGTH_MAX = 3
"""Signs of a short id."""
IDS_FILE = "ids.toml"


@dataclass(frozen=True, slots=True)
class Operation:
    """One of our own operations."""

    graph: str
    name: str
    kind: str
    body: str
    """The document as Apollo and Relay print it, without comments."""
    short_id: str = ""
    called: str = ""
    """What the compiler of an app calls it, which must be the digest; none for our own files."""

    @property
    def key(self) -> str:
        """Return what its id is given to."""
        return f"{self.graph}/{self.name}"

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the body, in hexadecimal."""
        return hashlib.sha256(self.body.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Ids:
    """Which short id is whose; an id never becomes another operation's."""

    given: Mapping[str, str]
    """By `<graph>/<name>`."""
    retired: Mapping[str, str] = field(default_factory=dict[str, str])
    """Ids of operations that are no more, each with the operation it was."""
    released: Mapping[str, str] = field(default_factory=dict[str, str])
    """The hash of each operation that phones may know by its id, by `<graph>/<name>`."""

    @classmethod
    def read(cls, folder: Path = OPERATIONS) -> "Ids":
        """Return the ids on file."""
        found: dict[str, Any] = tomllib.loads((folder / IDS_FILE).read_text(encoding="utf-8"))
        return cls(found["given"], found["retired"], found["released"])

    def extended(self, wanted: Iterable[str]) -> "Ids":
        """Return the ids of the operations there are: new ones get new ids, gone ones retire."""
        operations = list(wanted)
        taken = {*self.given.values(), *self.retired}
        free = (one for one in _every_id() if one not in taken)
        given = {one: self.given.get(one) or next(free) for one in operations}
        gone = {short: one for one, short in self.given.items() if one not in given}
        released = {one: digest for one, digest in self.released.items() if one in given}
        return Ids(given, {**self.retired, **gone}, released)

    def as_toml(self) -> str:
        """Return them as the file holds them."""
        lines = [
            "# Written by `python -m app documents`. An id is never given to anything else.",
            "",
        ]
        lines += ["[given]", *(f'"{one}" = "{short}"' for one, short in sorted(self.given.items()))]
        lines += ["", "# Ids that were somebody's and are nobody's now.", "[retired]"]
        lines += [f'"{short}" = "{one}"' for short, one in sorted(self.retired.items())]
        lines += ["", "# What phones may know: these documents never change.", "[released]"]
        lines += [f'"{one}" = "{digest}"' for one, digest in sorted(self.released.items())]
        return "\n".join(lines) + "\n"


def _every_id() -> Iterator[str]:
    for length in range(1, LENGTH_MAX + 1):
        for signs in product(SIGNS, repeat=length):
            yield "".join(signs)


def on_file(folder: Path = OPERATIONS) -> list[Operation]:
    """
    Return the operations of a folder for each graph, as yet without ids.

    They are written by hand, one in each `*.graphql`, or by an app's own compiler, all in one
    `*.json`: as relay-compiler persists them, or as Apollo's manifest has them. These keep their
    text to the byte, since its hash is what such an app sends.
    """
    return [
        operation
        for graph in GRAPHS
        for path in sorted((folder / graph).glob("*.*"))
        for operation in _operations_in(graph, path)
    ]


def _operations_in(graph: str, path: Path) -> Iterator[Operation]:
    if path.suffix == ".graphql":
        yield _operation(graph, path.read_text(encoding="utf-8"))
    elif path.suffix == ".json":
        found: dict[str, Any] = orjson.loads(path.read_bytes())
        if "operations" in found:
            found = {one["id"]: one["body"] for one in found["operations"]}
        for called, body in found.items():
            yield replace(_operation(graph, body), body=body, called=called)


def _operation(graph: str, text: str) -> Operation:
    document = parse(text)
    found = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    assert len(found) == 1, "a document holds one operation"
    name = found[0].name
    assert name is not None, "our own operations have names"
    return Operation(graph, name.value, found[0].operation.value, print_ast(document))


def manifests(operations: Iterable[Operation]) -> dict[str, bytes]:
    """Return the manifest's files by name: Apollo's and Relay's, of each graph."""
    made: dict[str, bytes] = {}
    every = list(operations)
    for graph in GRAPHS:
        own = [one for one in every if one.graph == graph]
        apollo = {
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [
                {"id": one.digest, "name": one.name, "type": one.kind, "body": one.body}
                for one in own
            ],
        }
        relay = {one.digest: one.body for one in own}
        made[f"{graph}.apollo.json"] = orjson.dumps(apollo, option=orjson.OPT_INDENT_2) + b"\n"
        made[f"{graph}.relay.json"] = orjson.dumps(relay, option=orjson.OPT_INDENT_2) + b"\n"
    return made


def registered(graph: str, folder: Path = OPERATIONS) -> list[Operation]:
    """Return the operations of a graph as the manifest has them."""
    ids = Ids.read(folder)
    found = orjson.loads((folder / f"{graph}.apollo.json").read_bytes())
    return [
        Operation(graph, one["name"], one["type"], one["body"], ids.given[f"{graph}/{one['name']}"])
        for one in found["operations"]
    ]
