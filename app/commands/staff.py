"""`python -m app staff list|add|end|role|reset|password`."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import TextIO

import click
from rich.console import Console
from rich.table import Table

from app.commands.environment import settings_now
from app.commands.signing_in import (
    Credentials,
    Signing,
    as_signers,
    as_staff,
    credentials_of,
    signed_in,
    signers,
)
from app.foundation.caller import StaffRole
from app.foundation.database import current
from app.identity import operations
from app.identity.queries.staff import places
from app.identity.rules.roles import DECIDERS
from app.identity.rules.staffing import NewSecrets, Place
from app.main import opened
from app.settings import Settings

ROLE = click.argument("role", type=click.Choice([role.value for role in StaffRole]))
WIDTH_MIN = 100
"""Names are never cut off, however narrow the terminal says it is."""
EVEN_THE_LAST = click.option(
    "--even-the-last", is_flag=True, help="Even where nobody else could do what waits for it."
)


@click.group("staff")
def command() -> None:
    """
    Give people a place at the service desk, and take it away.

    Two who decide on roles (supervisor, director) sign each change, neither for themselves; where
    there are fewer besides whom it is about, as many as there are. So whoever runs a new
    installation enrolls its first people. All of it is on the audit chain, with who signed.
    """


@command.command("list")
def list_command() -> None:
    """List everybody who has a place at the desk, or had one."""
    table = asyncio.run(_listed(settings_now()))
    Console(width=max(WIDTH_MIN, Console().width)).print(table)


@command.command()
@click.argument("name")
@ROLE
@as_signers
def add(
    *,
    name: str,
    role: str,
    signing: Signing,
) -> None:
    """
    Give somebody a place; print a password for one use and a secret for an authenticator, once.

    NAME is what they sign in with, for good: 2 to 32 of a-z, digits, dot, dash and underscore.
    Within a week they sign in and choose a password, at the desk or by `staff password`.
    """
    _show(name, asyncio.run(_add(settings_now(), signing, name, StaffRole(role))))


@command.command()
@click.argument("name")
@EVEN_THE_LAST
@as_signers
def end(
    *,
    name: str,
    even_the_last: bool,
    signing: Signing,
) -> None:
    """
    Take somebody's place away for good: sessions and passkeys end at once.

    Their tickets, collection cases and what they were judging wait for somebody else as soon as a
    worker runs. Their name stays with what they did, and is given to nobody again.
    """
    asyncio.run(_end(settings_now(), signing, name, even_the_last=even_the_last))
    click.echo(f"{name} has left")


@command.command()
@click.argument("name")
@ROLE
@EVEN_THE_LAST
@as_signers
def role(
    *,
    name: str,
    role: str,
    even_the_last: bool,
    signing: Signing,
) -> None:
    """Give somebody another role, from their next request on."""
    asyncio.run(_role(settings_now(), signing, name, StaffRole(role), even_the_last=even_the_last))
    click.echo(f"{name} is {role}")


@command.command()
@click.argument("name")
@as_signers
def reset(
    *,
    name: str,
    signing: Signing,
) -> None:
    """
    Let somebody begin anew who lost password or authenticator, as `staff add` prints it.

    Their sessions end, and their passkeys are gone.
    """
    _show(name, asyncio.run(_reset(settings_now(), signing, name)))


@command.command()
@as_staff
@click.option(
    "--new",
    type=click.File("r", encoding="utf-8"),
    help="A file whose first line is the new password; else it is asked for.",
)
def password(*, staff_name: str, credentials: TextIO | None, new: TextIO | None) -> None:
    """Choose a password of your own, 12 characters at least; your other sessions end."""
    settings, who = settings_now(), credentials_of(staff_name, credentials)
    chosen = (
        click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
        if new is None
        else new.readline().rstrip("\r\n")
    )
    asyncio.run(_password(settings, replace(who, new_password=chosen)))
    click.echo("your password is changed")


async def _listed(settings: Settings) -> Table:
    async with opened(settings):
        return _table(await places(), current().clock.now())


async def _add(settings: Settings, signing: Signing, name: str, role: StaffRole) -> NewSecrets:
    async with opened(settings), signers(signing, DECIDERS) as who:
        return await operations.give_place(name, role, who)


async def _end(settings: Settings, signing: Signing, name: str, *, even_the_last: bool) -> None:
    async with opened(settings), signers(signing, DECIDERS) as who:
        _ = await operations.end_staff(name, who, even_the_last=even_the_last)


async def _role(
    settings: Settings, signing: Signing, name: str, role: StaffRole, *, even_the_last: bool
) -> None:
    async with opened(settings), signers(signing, DECIDERS) as who:
        _ = await operations.change_role(name, role, who, even_the_last=even_the_last)


async def _reset(settings: Settings, signing: Signing, name: str) -> NewSecrets:
    async with opened(settings), signers(signing, DECIDERS) as who:
        return await operations.reset_staff(name, who)


async def _password(settings: Settings, who: Credentials) -> None:
    async with opened(settings), signed_in(who, frozenset(StaffRole)):
        pass


def _show(name: str, secrets: NewSecrets) -> None:
    click.echo(f"name      {name}")
    click.echo(f"password  {secrets.password}  (for one use, within a week)")
    click.echo(f"secret    {secrets.totp_secret}")
    click.echo(secrets.otpauth_uri)


def _table(found: list[Place], now: datetime) -> Table:
    table = Table("name", "role", "since", "last seen", "passkeys", "state")
    for one in found:
        seen = "" if one.seen_at is None else f"{one.seen_at:%Y-%m-%d}"
        since, keys = f"{one.enrolled_at:%Y-%m-%d}", str(one.passkeys)
        table.add_row(one.name, one.role.value, since, seen, keys, _state(one, now))
    return table


def _state(place: Place, now: datetime) -> str:
    if place.ended_at is not None:
        return f"left on {place.ended_at:%Y-%m-%d}"
    if place.once_until is None:
        return "works here"
    if place.once_until <= now:
        return "never began; `staff reset` lets them"
    return f"to begin by {place.once_until:%Y-%m-%d}"
