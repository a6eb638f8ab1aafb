"""The manifest is current, covers both graphs, and holds what phones know to what it was."""

import shutil
from collections.abc import Callable
from hashlib import md5, sha256
from pathlib import Path

import orjson
from graphql import FieldNode, OperationDefinitionNode, parse

from app.commands.compiled_source import source_of
from app.commands.documents_files import SCHEMAS, run
from app.gateway.manifest import OPERATIONS, on_file, registered

REFETCHED = {"node", "nodes"}
"""Relay's own fields, which its clients ask for in documents of their own making."""


def saying(told: list[str]) -> Callable[[str], object]:
    return told.append


def test_the_manifest_is_current() -> None:
    assert run(check=True, release=False, say=lambda _line: None) == 0


def test_every_field_of_both_graphs_is_on_some_screen_of_ours() -> None:
    for graph, schema in SCHEMAS.items():
        core = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
        asked = {
            field.name.value
            for one in on_file()
            if one.graph == graph
            for definition in parse(one.body).definitions
            if isinstance(definition, OperationDefinitionNode)
            for field in definition.selection_set.selections
            if isinstance(field, FieldNode)
        }
        roots = (core.query_type, core.mutation_type, core.subscription_type)
        there = {name for root in roots if root is not None for name in root.fields}
        assert there - asked <= REFETCHED, graph


def test_a_released_document_never_changes(tmp_path: Path) -> None:
    folder, told = tmp_path / "operations", list[str]()
    few = shutil.ignore_patterns("[!hm]*.graphql")
    shutil.copytree(OPERATIONS, folder, ignore=few)
    assert run(check=False, release=True, say=saying(told), folder=folder) == 0
    assert run(check=True, release=False, say=saying(told), folder=folder) == 0

    home = folder / "borrower" / "home.graphql"
    home.write_text(home.read_text("utf-8").replace("unreadCount", "unread: unreadCount"), "utf-8")
    told.clear()
    assert run(check=False, release=False, say=saying(told), folder=folder) == 1
    assert len(told) == 1
    assert told[0].startswith("borrower/Home was released as 0")


def test_what_an_apps_compiler_wrote_is_taken_in_to_the_byte_or_refused(tmp_path: Path) -> None:
    folder, told = tmp_path / "operations", list[str]()
    shutil.copytree(OPERATIONS, folder, ignore=shutil.ignore_patterns("[!h]*.graphql"))
    body = "query OursQuery {\n  me {\n    id\n  }\n}\n"
    theirs = folder / "borrower" / "theirs.json"
    for digest, result in (
        (md5(body.encode()).hexdigest(), 1),  # noqa: S324 - as Relay names them by default
        (sha256(body.encode()).hexdigest(), 0),
    ):
        theirs.write_bytes(orjson.dumps({digest: body}))
        assert run(check=False, release=False, say=saying(told), folder=folder) == result
    assert told[0].startswith("borrower/OursQuery: ")
    (taken,) = [one for one in registered("borrower", folder) if one.name == "OursQuery"]
    assert (taken.body, taken.digest) == (body, sha256(body.encode()).hexdigest())


def test_what_an_operation_is_compiled_to_can_be_read() -> None:
    assert "def Query(run, it, before):" in source_of("Home")
