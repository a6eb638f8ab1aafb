"""The schema files follow from the code; `--check` says whether they still do."""

from pathlib import Path

import pytest

from app.commands import schema_files
from tests.commands.conftest import Run


def test_the_files_in_the_repository_are_current(run: Run) -> None:
    result = run("schema", "--check")
    assert result.exit_code == 0, result.stdout
    assert "schema.graphql is current" in result.stdout


def test_a_stale_file_is_named_and_written_anew(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "schema.graphql"
    monkeypatch.setattr(schema_files, "ROOT", tmp_path)
    monkeypatch.setattr(schema_files, "FILES", {path: schema_files.STAFF_SCHEMA})
    missing = run("schema", "--check")
    assert missing.exit_code == 1
    assert missing.stdout.startswith("schema.graphql differs from the code")
    assert not path.exists(), "a check writes nothing"
    path.write_text("type Query { loans: Int }\n", encoding="utf-8")
    assert run("schema", "--check").exit_code == 1
    written = run("schema")
    assert (written.exit_code, written.stdout) == (0, "schema.graphql written\n")
    assert run("schema", "--check").exit_code == 0
