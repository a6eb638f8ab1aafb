"""`python -m app phone`."""

import asyncio
import json
import random
import secrets
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.commands.keystore import Keystore
from app.commands.phoning import REFRESH, Phone, PhoneError

ADDRESS = "http://127.0.0.1:8000"
SOON_SECONDS = 30
"""An access token with less than this left is refreshed first."""


@dataclass(frozen=True, slots=True)
class Emulated:
    """One emulated phone: its keystore on disk, and its way to the gateway."""

    keystore: Keystore
    phone: Phone
    as_json: bool

    def remember(self, entered: dict[str, Any]) -> None:
        """Keep a session's tokens."""
        self.phone.token = entered["accessToken"]
        self.keystore.memory |= {
            "access_token": entered["accessToken"],
            "refresh_token": entered["refreshToken"],
            "expires_at": entered["expiresAt"],
        }
        self.keystore.keep()

    def say(self, line: str, **told: object) -> None:
        """Print what happened."""
        lost = {"resent": self.phone.traffic.retries}
        click.echo(json.dumps({**told, **lost}, ensure_ascii=False) if self.as_json else line)

    async def refresh(self) -> None:
        """
        Get the next tokens.

        Raises:
            PhoneError: The session is over.
        """
        if "refresh_token" not in self.keystore.memory:
            raise PhoneError("this phone is not signed in; `login` or `enroll` it first")
        token = self.keystore.memory["refresh_token"]
        self.remember(await self.phone.do(REFRESH, refreshToken=token))

    async def wake(self) -> None:
        """
        Carry on with the session, with new tokens where the old ones are over.

        Raises:
            PhoneError: The session is over, or there never was one.
        """
        memory = self.keystore.memory
        self.phone.token = memory.get("access_token")
        if self.phone.token is None or _seconds_left(memory["expires_at"]) < SOON_SECONDS:
            await self.refresh()


@click.group("phone")
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("var/phone.json"),
    show_default=True,
    help="The phone's keystore and memory; only its owner may read it (0600).",
)
@click.option("--address", help=f"The gateway; as the phone remembers, or {ADDRESS}.")
@click.option(
    "--lose-replies",
    type=click.FloatRange(0, 0.95),
    default=0.0,
    help="This share of answers is lost on the way, after the server has done its work.",
)
@click.option("--seed", type=int, help="Lose the same answers again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for machines.")
@click.pass_context
def command(
    context: click.Context,
    *,
    path: Path,
    address: str | None,
    lose_replies: float,
    seed: int | None,
    as_json: bool,
) -> None:
    """
    Emulate a borrower's phone with a key in software, for scripts and tests.

    `enroll` signs in by a text message and adds the phone; afterwards `login` needs the key only,
    and every request is signed. Exits 1 if the gateway refuses.
    """
    keystore = Keystore.opened(path)
    if address is not None:
        keystore.memory["address"] = address
    chance = random.Random(seed)  # noqa: S311 - the weather
    phone = Phone(
        keystore.memory.get("address", ADDRESS),
        keystore=keystore,
        loses_reply=lambda: chance.random() < lose_replies,
    )
    context.obj = Emulated(keystore, phone, as_json)


@command.command("enroll")
@click.option("--phone", "number", required=True, help="The borrower's number: 19900000001.")
@click.option("--code", help="The code from the text message; read from /dev/inbox if left out.")
@click.option("--name", default="Redmi 9A", show_default=True, help="What to call this phone.")
@click.option("--pin", help="The borrower's PIN, if they have one.")
@click.pass_obj
def enroll(
    emulated: Emulated, *, number: str, code: str | None, name: str, pin: str | None
) -> None:
    """Sign in by a text message, make a key, and add this phone by it."""

    async def done() -> None:
        phone, keystore = emulated.phone, emulated.keystore
        keystore.private_key, phone.token = None, None
        before = await phone.newest_code(number) if code is None else ""
        asked = await phone.do("request_otp", phone=number)
        typed = code or await phone.code_in_inbox(number, after=before)
        challenge = asked["challengeId"]
        entered = await phone.do("verify_otp", challengeId=challenge, code=typed, deviceName=name)
        emulated.remember(entered)
        device_id = await phone.enroll(name, **({} if pin is None else {"pin": pin}))
        emulated.say(f"{name} may sign in now, as {device_id}.", deviceId=device_id)

    _run(done)


@command.command("login")
@click.option("--clock-off", type=int, default=0, help="Seconds by which the phone's clock is off.")
@click.pass_obj
def login(emulated: Emulated, *, clock_off: int) -> None:
    """Sign in by the key, in one round trip."""

    async def done() -> None:
        if emulated.keystore.key_id is None:
            raise PhoneError("this phone has no key; `enroll` it first")
        entered = await emulated.phone.sign_in_with_key(time.time() + clock_off)
        emulated.remember(entered)
        emulated.say(f"Signed in as {entered['borrowerId']}.", sessionId=entered["sessionId"])

    _run(done)


@command.command("refresh")
@click.pass_obj
def refresh(emulated: Emulated) -> None:
    """Get the session's next tokens."""

    async def done() -> None:
        await emulated.refresh()
        expires_at = emulated.keystore.memory["expires_at"]
        emulated.say(
            f"The session goes on; the token is good until {expires_at}.", until=expires_at
        )

    _run(done)


@command.command("sign")
@click.argument("operation")
@click.option("--input", "given", default="{}", help="The operation's input, as JSON.")
@click.pass_obj
def sign(emulated: Emulated, *, operation: str, given: str) -> None:
    """
    Ask for an intent, show its text, and approve it by the key.

    OPERATION is what opens it, such as begin_signature; it answers with an `intent`.
    """

    async def done() -> None:
        await emulated.wake()
        begun = await emulated.phone.do(operation, **json.loads(given))
        intent = begun["intent"]
        if not emulated.as_json:
            click.echo(intent["text"])
        approval = emulated.keystore.approval(intent)
        key = secrets.token_urlsafe(9)
        await emulated.phone.do("approve_intent", approval=approval, idempotencyKey=key)
        emulated.say(f"Approved {intent['id']}.", intentId=intent["id"], text=intent["text"])

    _run(done)


@command.command("run")
@click.argument("operation")
@click.option("--variables", "given", default="{}", help="The operation's variables, as JSON.")
@click.pass_obj
def run(emulated: Emulated, *, operation: str, given: str) -> None:
    """Send any operation of fixtures/operations/borrower, signed; print its data as JSON."""

    async def done() -> None:
        await emulated.wake()
        variables = json.loads(given)
        if "input" in variables:
            variables["input"].setdefault("idempotencyKey", secrets.token_urlsafe(9))
        data = await emulated.phone.run(operation, **variables)
        click.echo(json.dumps(data, ensure_ascii=False))

    _run(done)


def _seconds_left(expires_at: str) -> float:
    return datetime.fromisoformat(expires_at).timestamp() - time.time()


def _run(doing: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        asyncio.run(doing())
    except PhoneError as failure:
        click.echo(str(failure), err=True)
        sys.exit(1)
