"""`python -m app keys`."""

import asyncio
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

from app.adapters.kms import FileKms
from app.commands import rekeying
from app.commands.environment import settings_now
from app.foundation.clock import milliseconds, moment_of
from app.foundation.database import current
from app.foundation.rekeying.jobs import retiring
from app.foundation.sealing import turning
from app.main import opened
from app.settings import KmsKind, Settings, SettingsRefused

DAY_MS = 24 * 60 * 60 * 1000


@click.group("keys")
def command() -> None:
    """Look after the keys that personal values are sealed under."""


for one in rekeying.COMMANDS:
    command.add_command(one)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(*, as_json: bool) -> None:
    """Show who keeps the root keys, each week's key and what it wraps, and labels' versions."""
    found = asyncio.run(_status(settings_now()))
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2))
        return
    console = Console()
    console.print(f"root keys: {found['kms']}; last rotation: {found['last_rotation'] or 'never'}")
    console.print(_versions(found["versions"]))
    console.print(_weeks(found["epochs"]))
    console.print(_labels(found["labels"]))


@command.command()
def init() -> None:
    """Make the key file that KEYRING_PATH names, once; production never does it by itself."""
    settings = settings_now(APP_MODE="development")
    if settings.kms is not KmsKind.FILE:
        raise SettingsRefused(f"KMS={settings.kms} keeps its keys itself; there is no file to make")
    if settings.keyring_path.exists():
        raise SettingsRefused(f"KEYRING_PATH: {settings.keyring_path} is there already")
    FileKms(settings.keyring_path, passphrase=settings.keyring_passphrase)
    click.echo(f"made {settings.keyring_path}; keep a copy of it apart from the database's")


async def _status(settings: Settings) -> dict[str, Any]:
    async with opened(settings):
        now = milliseconds(current().clock.now())
        epochs = await turning.epochs()
        labels = await turning.labels()
        versions = await retiring.versions()
    rotated = [one.wrapped_at for one in epochs if one.wrapped_at > one.made_at]
    rotated += [one.made_at for one in labels if one.version > 1]
    return {
        "kms": str(settings.kms),
        "last_rotation": moment_of(max(rotated)).isoformat() if rotated else None,
        "epochs": [
            {
                "epoch": one.epoch,
                "age_days": (now - one.made_at) // DAY_MS,
                "wrapped_at": moment_of(one.wrapped_at).isoformat(),
                "data_keys": one.data_keys,
                "is_destroyed": one.destroyed_at is not None,
            }
            for one in epochs
        ],
        "versions": {
            "newest": versions.newest,
            "older": versions.older,
            "unused": versions.unused,
            "unused_since": None
            if versions.unused_since is None
            else moment_of(versions.unused_since).isoformat(),
        },
        "labels": [
            {
                "label": one.label,
                "version": one.version,
                "age_days": (now - one.made_at) // DAY_MS,
                "state": _state(one, now),
            }
            for one in labels
        ],
    }


def _state(label: turning.Label, now: int) -> str:
    if label.retired_at is not None:
        return "retired"
    if label.is_current:
        return "current"
    return "read only" if label.effective_at <= now else "coming"


def _versions(versions: dict[str, Any]) -> str:
    first = versions["unused_since"]
    since = "" if first is None else f", the first since {first[:10]}"
    return (
        f"data keys: {versions['newest']:,} in use, {versions['older']:,} of older versions,"
        f" {versions['unused']:,} of them noted as unused{since}"
    )


def _weeks(epochs: list[dict[str, Any]]) -> Table:
    table = Table("week", "age (days)", "data keys", "wrapped since", "state")
    for one in epochs:
        state = "destroyed" if one["is_destroyed"] else "live"
        age, count = str(one["age_days"]), str(one["data_keys"])
        table.add_row(str(one["epoch"]), age, count, one["wrapped_at"][:16], state)
    return table


def _labels(labels: list[dict[str, Any]]) -> Table:
    table = Table("label", "version", "age (days)", "state")
    for one in labels:
        table.add_row(one["label"], str(one["version"]), str(one["age_days"]), one["state"])
    return table
