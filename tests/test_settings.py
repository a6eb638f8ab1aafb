"""The settings say at start what is wrong, and production takes nothing made for development."""

from pathlib import Path

import pytest

from app.settings import Mode, Settings, SettingsRefused


def test_development_needs_nothing() -> None:
    settings = Settings.from_environ({})
    assert settings.mode is Mode.DEVELOPMENT
    assert settings.database_url == "sqlite:///var/qingmiao.sqlite3"
    assert settings.address == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_MODE", "staging"),
        ("PORT", "-1"),
        ("PORT", "eighty"),
        ("RUN_WORKER", "perhaps"),
        ("LOG_JSON", ""),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        Settings.from_environ({name: value})


def production(tmp_path: Path, **changes: str) -> dict[str, str]:
    keyring = tmp_path / "keyring.json"
    keyring.write_text("{}")
    return {
        "APP_MODE": "production",
        "DATABASE_URL": "postgres://app:secret@db/loans",
        "KEYRING_PATH": str(keyring),
        "RAIL_SECRET": "a secret of its own",
        **changes,
    }


def test_production_starts_with_its_own_secrets(tmp_path: Path) -> None:
    settings = Settings.from_environ(production(tmp_path))
    assert not settings.is_development
    assert settings.log_as_json


@pytest.mark.parametrize(
    "changes",
    [
        {"DATABASE_URL": ""},
        {"RAIL_SECRET": ""},
        {"RAIL_SECRET": "development-only-rail-secret"},
        {"KEYRING_PATH": "/nowhere/keyring.json"},
    ],
)
def test_production_refuses_what_is_made_for_development(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    name = next(iter(changes))
    with pytest.raises(SettingsRefused, match=name):
        Settings.from_environ(production(tmp_path, **changes))


def test_printing_the_settings_shows_no_secret(tmp_path: Path) -> None:
    printed = repr(Settings.from_environ(production(tmp_path)))
    assert "secret" not in printed.replace("rail_secret", "")
