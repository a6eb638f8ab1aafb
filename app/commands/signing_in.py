"""Commands that act as a member of staff: signed in for the command, and out again after."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import TextIO, TypeVar

import click

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import current
from app.foundation.errors import Forbidden, Refusal, Unauthenticated
from app.foundation.ids import new_id
from app.identity import operations, queries
from app.identity.rules import StaffMember, StaffSignIn
from app.identity.rules.staffing import Signers

PASSWORD, CODE = "STAFF_PASSWORD", "STAFF_CODE"
_Command = TypeVar("_Command", bound=Callable[..., object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who wants to do something, and both proofs of it."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    new_password: str | None = field(default=None, repr=False)
    """To be theirs from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signs a command, with their proofs."""

    people: tuple[Credentials, ...]
    alone: bool
    """Whether it is to be done without as many as it takes."""


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


def as_signers(command: Callable[..., None]) -> Callable[..., None]:
    """
    Give a command the options by which people sign it, two as a rule.

    It gets them as `signing`, with the proofs read or asked for.
    """

    @wraps(command)
    def with_signing(
        *,
        first: str | None,
        first_credentials: TextIO | None,
        second: str | None,
        second_credentials: TextIO | None,
        alone: bool,
        **given: object,
    ) -> None:
        files = ((first, first_credentials), (second, second_credentials))
        if any(name is None and file is not None for name, file in files):
            raise click.UsageError("credentials of whom? Name them by --staff or --second")
        people = tuple(credentials_of(name, file) for name, file in files if name is not None)
        command(signing=Signing(people=people, alone=alone), **given)

    proofs = f"A file with their lines {PASSWORD}=… and {CODE}=…; without it both are asked for."
    file = click.File("r", encoding="utf-8")
    without = "Do it without as many signatures as it takes. That is an alarm."
    options = (
        click.option("--staff", "first", help="Who signs: a supervisor or director."),
        click.option("--credentials", "first_credentials", type=file, help=proofs),
        click.option("--second", help="Who else signs."),
        click.option("--second-credentials", type=file, help=proofs),
        click.option("--alone", is_flag=True, help=without),
    )
    for option in reversed(options):
        with_signing = option(with_signing)
    return with_signing


def credentials_of(staff_name: str, given: TextIO | None) -> Credentials:
    """
    Read both proofs from a file, or ask for them at the terminal without showing them.

    Raises:
        click.UsageError: The file has not exactly these two lines.
    """
    if given is None:
        password = click.prompt(f"Password of {staff_name}", hide_input=True, err=True)
        code = click.prompt(f"Authenticator code of {staff_name}", hide_input=True, err=True)
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
        PasswordToChange: Their password is for one use.
        RateLimited: The name is locked after too many failures.
        Forbidden: Their role does no such thing.
        SealBroken: Somebody wrote to their row behind our back.
    """
    answer = await operations.staff_sign_in(
        StaffSignIn(
            name=credentials.name,
            password=credentials.password,
            totp=credentials.code,
            new_password=credentials.new_password,
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


@asynccontextmanager
async def signers(signing: Signing, roles: frozenset[StaffRole]) -> AsyncIterator[Signers]:
    """
    Sign everybody in who signs, for what is done within.

    Raises:
        SignInFailed, PasswordToChange, RateLimited, Forbidden, SealBroken: As `signed_in` says.
    """
    async with AsyncExitStack() as stack:
        ids = [
            (await stack.enter_async_context(signed_in(one, roles))).staff_id
            for one in signing.people
        ]
        first_id, second_id = (*ids, None, None)[:2]
        yield Signers(first_id=first_id, second_id=second_id, alone=signing.alone)


def _chance() -> str:
    return new_id("ck", now=current().clock.now(), entropy=current().entropy)
