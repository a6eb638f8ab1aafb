"""Commands that act as a member of staff: signed in for the command, and out again after."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TextIO, TypeVar

import click

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import current
from app.foundation.errors import Forbidden, Refusal, Unauthenticated
from app.foundation.ids import new_id
from app.identity import operations, queries
from app.identity.rules import StaffMember, StaffSignIn

PASSWORD, CODE = "STAFF_PASSWORD", "STAFF_CODE"
_Command = TypeVar("_Command", bound=Callable[..., object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who wants to do something, and both proofs of it."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)


def as_staff(command: _Command) -> _Command:
    """Give a command the options by which a member of staff says who they are."""
    command = click.option(
        "--credentials",
        type=click.File("r", encoding="utf-8"),
        help=f"A file with a line {PASSWORD}=… and a line {CODE}=…, of which the code works once;"
        " - is standard input. Without it both are asked for.",
    )(command)
    return click.option(
        "--staff",
        "staff_name",
        required=True,
        help="Your name at the desk. You sign in with password and authenticator code.",
    )(command)


def credentials_of(staff_name: str, given: TextIO | None) -> Credentials:
    """
    Read both proofs from a file, or ask for them at the terminal without showing them.

    Raises:
        click.UsageError: The file has not exactly these two lines.
    """
    if given is None:
        password = click.prompt("Password", hide_input=True, err=True)
        code = click.prompt("Authenticator code", hide_input=True, err=True)
        return Credentials(name=staff_name, password=password, code=code)
    lines = [line.strip() for line in given if line.strip() and not line.startswith("#")]
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    if found.keys() != {PASSWORD, CODE} or len(lines) != len(found):
        raise click.UsageError(f"--credentials: one line {PASSWORD}=… and one line {CODE}=…")
    return Credentials(name=staff_name, password=found[PASSWORD], code=found[CODE])


@asynccontextmanager
async def signed_in(
    credentials: Credentials, roles: frozenset[StaffRole]
) -> AsyncIterator[StaffMember]:
    """
    Sign a member of staff in for what is done within, and out again after, whatever comes of it.

    Raises:
        SignInFailed: Name, password or code is wrong; it is counted as at the desk.
        RateLimited: The name is locked after too many failures.
        Forbidden: Their role does no such thing.
        SealBroken: Somebody wrote to their row behind our back.
    """
    answer = await operations.staff_sign_in(
        StaffSignIn(
            name=credentials.name,
            password=credentials.password,
            totp=credentials.code,
            idempotency_key=_chance(),
        )
    )
    if isinstance(answer, Refusal):
        raise answer
    caller = await operations.authenticate(answer.access_token, current().clock.now())
    if not isinstance(caller, StaffCaller):
        raise Unauthenticated
    try:
        if caller.role not in roles:
            raise Forbidden
        yield await queries.staff_member(caller.staff_id)
    finally:
        await operations.staff_sign_out(caller, idempotency_key=_chance())


def _chance() -> str:
    return new_id("ck", now=current().clock.now(), entropy=current().entropy)
