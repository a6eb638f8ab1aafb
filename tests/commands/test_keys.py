"""The keys command shows how old keys are and what they hold, and makes a key file once."""

import asyncio
import json
from pathlib import Path

import pytest

from app.foundation.database import transaction
from app.foundation.sealing import Cell, KeyClass, key_ring, seal
from app.foundation.sealing.turning import add_label_version
from app.main import opened
from app.settings import Settings
from tests.commands.conftest import Run

PHONE = Cell("borrower", "phone", "br00000000000001", "br00000000000001", KeyClass.CONTACT)


def test_status_counts_what_each_weeks_key_wraps_and_refuses_other_keys(
    run: Run, settings: Settings
) -> None:
    async def seal_one() -> None:
        async with opened(settings):
            async with transaction() as tx:
                await seal(tx, PHONE, "138")
                await tx.run(
                    "INSERT INTO label_version (id, label, version, check_value, made_at,"
                    " effective_at, retired_at) VALUES ('old|1', 'old', 1, '', 0, 0, 1)"
                )
            await add_label_version(key_ring(), "cursor")

    asyncio.run(seal_one())
    shown = run("keys", "status", "--json")
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout[shown.stdout.index("{\n") :])
    assert found["kms"] == "file"
    assert found["last_rotation"] is not None
    assert [one["data_keys"] for one in found["epochs"]][-1] == 1
    states = {f"{one['label']} {one['version']}": one["state"] for one in found["labels"]}
    assert states["session-token 1"] == states["cursor 1"] == "current"
    assert (states["cursor 2"], states["old 1"]) == ("coming", "retired")
    table = run("keys", "status")
    assert table.exit_code == 0
    for word in ("root keys: file", "data keys", "session-token", str(found["epochs"][0]["epoch"])):
        assert word in table.stdout
    settings.keyring_path.chmod(0o644)
    readable = run("keys", "status")
    assert (readable.exit_code, "chmod 600" in readable.stderr) == (2, True)
    settings.keyring_path.unlink()
    others = run("keys", "status")
    assert others.exit_code == 2
    assert "not the one this database was sealed with" in others.stderr


def test_a_key_file_is_made_once_where_production_wants_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "keys" / "keyring.json"
    monkeypatch.setenv("APP_MODE", "production")
    monkeypatch.setenv("KEYRING_PATH", str(path))
    monkeypatch.setenv("KEYRING_PASSPHRASE", "麦田")
    assert run("keys", "init").exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["format"] == "sealed"
    content = path.read_bytes()
    again = run("keys", "init")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)
    assert path.read_bytes() == content


def test_a_keeper_without_a_file_has_none_to_make(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "KMS": "transit",
        "VAULT_ADDR": "https://vault:8200",
        "VAULT_TOKEN": "hvs.x",
    }.items():
        monkeypatch.setenv(name, value)
    refused = run("keys", "init")
    assert (refused.exit_code, "no file to make" in refused.stderr) == (2, True)


def test_a_keeper_that_does_not_answer_at_the_start_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "KMS": "transit",
        "VAULT_ADDR": "http://127.0.0.1:1",
        "VAULT_TOKEN": "hvs.x",
    }.items():
        monkeypatch.setenv(name, value)
    refused = run("keys", "status")
    assert refused.exit_code == 2
    assert "Refused: KMS=transit: Vault did not answer" in refused.stderr
