"""The command line teaches, and says whatever it refuses in one line."""

import runpy
import sys

import pytest

from app.__main__ import COMMANDS
from tests.commands.conftest import Run, refusal_of


def test_help_names_every_command_and_where_to_begin(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name, line in COMMANDS.items():
        assert name in result.stdout
        assert line.split(".")[0][:40] in result.stdout
    assert "New here?" in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_teaches_what_it_does(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"Usage: python -m app {name}")
    assert len(result.stdout.splitlines()) > 4


def test_a_command_that_is_not_there_is_named(run: Run) -> None:
    result = run("lend")
    assert result.exit_code == 2
    assert "lend" in result.stderr


@pytest.mark.parametrize("arguments", [["close-day", "--to", "2026-12-31"], ["serve"], ["worker"]])
def test_a_setting_that_cannot_be_used_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("APP_MODE", "staging")
    assert "APP_MODE" in refusal_of(run(*arguments))


@pytest.mark.parametrize("command", [["ledger", "verify"], ["serve"], ["migrate"]])
def test_a_database_that_cannot_be_named_so_is_refused_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://qingmiao:secret@[::1/qingmiao")
    line = refusal_of(run(*command))
    assert line.startswith("DATABASE_URL ")
    assert "secret" not in line


def test_it_runs_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["app", "--version"])
    monkeypatch.delitem(sys.modules, "app.__main__")
    with pytest.raises(SystemExit) as end:
        runpy.run_module("app", run_name="__main__")
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("qingmiao, version ")
