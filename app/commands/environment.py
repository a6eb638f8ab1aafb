"""Settings for a command: from the environment, with what its options say on top."""

import os

import click

from app.foundation.log import configure_logging
from app.settings import Settings

HOST = click.option("--host", help="The address to listen on; HOST, or 127.0.0.1.")
PORT = click.option("--port", type=click.IntRange(1, 65535), help="Where to listen; PORT, or 8000.")


def settings_now(**changes: object) -> Settings:
    """
    Read the settings and set up the log; a change that is None changes nothing.

    Raises:
        SettingsRefused: A value cannot be used.
    """
    given = {name: str(value) for name, value in changes.items() if value is not None}
    settings = Settings.from_environ({**os.environ, **given})
    configure_logging(as_json=settings.log_as_json)
    return settings
