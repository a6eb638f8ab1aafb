"""The manifest of our own operations: written from their files, or compared with them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from graphql import GraphQLError, GraphQLSchema, validate

from app.gateway.limits import read
from app.gateway.manifest import IDS_FILE, OPERATIONS, Ids, Operation, manifests, on_file
from app.gateway.schema import BORROWER_SCHEMA, STAFF_SCHEMA

SCHEMAS = {"borrower": BORROWER_SCHEMA, "staff": STAFF_SCHEMA}
Say = Callable[[str], object]


def run(*, check: bool, release: bool, say: Say, folder: Path = OPERATIONS) -> int:
    """Write the manifest, or say what of it differs from the files; return the exit code."""
    found = on_file(folder)
    before = Ids.read(folder)
    problems = [*_invalid(found), *_misnamed(found), *_twice(found), *_changed(found, before)]
    for problem in problems:
        say(problem)
    if problems:
        return 1
    ids = before.extended(one.key for one in found)
    operations = [replace(one, short_id=ids.given[one.key]) for one in found]
    if release:
        ids = replace(ids, released={one.key: one.digest for one in operations})
    files = {IDS_FILE: ids.as_toml().encode(), **manifests(operations)}
    stale = [
        name
        for name, content in files.items()
        if not (folder / name).exists() or (folder / name).read_bytes() != content
    ]
    for name in stale:
        if check:
            say(f"{name} differs from the operations; run `python -m app documents`")
        else:
            (folder / name).write_bytes(files[name])
            say(f"{name} written")
    if not stale:
        say(f"{len(operations)} operations are valid, and their manifest is current")
    return 1 if check and stale else 0


def _invalid(operations: Sequence[Operation]) -> list[str]:
    """Say of each operation why its graph would not run it."""
    return [
        f"{one.key}: {error.message}"
        for one in operations
        for error in _errors(one, SCHEMAS[one.graph]._schema)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
    ]


def _errors(operation: Operation, schema: GraphQLSchema) -> list[GraphQLError]:
    try:
        document = read(operation.body)
    except GraphQLError as error:
        return [error]
    return validate(schema, document)


def _misnamed(operations: Sequence[Operation]) -> list[str]:
    """Say which operations an app would ask for by what is not their hash."""
    return [
        f"{one.key}: {one.called} is not its SHA-256; set the compiler's persistConfig to SHA256"
        for one in operations
        if one.called not in {"", one.digest}
    ]


def _twice(operations: Sequence[Operation]) -> list[str]:
    keys = [one.key for one in operations]
    return [f"{one}: two files hold it" for one in sorted(set(keys)) if keys.count(one) > 1]


def _changed(operations: Sequence[Operation], ids: Ids) -> list[str]:
    """Say which documents phones may know and would find changed or gone."""
    now = {one.key: one.digest for one in operations}
    return [
        f"{key} was released as {ids.given[key]}: leave it as it was, and write another beside it"
        for key, digest in ids.released.items()
        if now.get(key) != digest
    ]
