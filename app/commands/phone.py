"""`python -m app phone`."""

import asyncio
import json
import random
import secrets
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import click

from app.commands.app_phone import AppPhone
from app.commands.keystore import Keystore
from app.commands.phoning import REFRESH, Phone, PhoneError
from app.loanmath.money import yuan

ADDRESS = "http://127.0.0.1:8000"
SOON_SECONDS = 30
"""An access token with less than this left is refreshed first."""


@dataclass(frozen=True, slots=True)
class Emulated:
    """One emulated phone: its keystore on disk, and its way to the gateway."""

    keystore: Keystore
    phone: Phone
    as_json: bool

    async def enroll(self, number: str, name: str, *, code: str | None, pin: str | None) -> None:
        """
        Sign in by a text message, make a key, and add the phone by it.

        Raises:
            PhoneError: It was refused.
        """
        self.keystore.private_key, self.phone.token = None, None
        before = await self.phone.newest_code(number) if code is None else ""
        asked = await self.phone.do("request_otp", phone=number)
        typed = code or await self.phone.code_in_inbox(number, after=before)
        entered = await self.phone.do(
            "verify_otp", challengeId=asked["challengeId"], code=typed, deviceName=name
        )
        self.keystore.memory["phone"] = number
        self._remember(entered)
        device_id = await self.phone.enroll(name, **({} if pin is None else {"pin": pin}))
        self._say(f"{name} may sign in now, as {device_id}.", deviceId=device_id)

    async def login(self, *, clock_off: int = 0) -> None:
        """
        Sign in by the key.

        Raises:
            PhoneError: There is none, or it was refused.
        """
        if self.keystore.key_id is None:
            raise PhoneError("this phone has no key; `enroll` it first")
        entered = await self.phone.sign_in_with_key(time.time() + clock_off)
        self._remember(entered)
        self._say(f"Signed in as {entered['borrowerId']}.", sessionId=entered["sessionId"])

    async def refresh(self) -> None:
        """
        Get the session's next tokens.

        Raises:
            PhoneError: The session is over, or there never was one.
        """
        await self._refresh()
        until = self.keystore.memory["expires_at"]
        self._say(f"The session goes on; the token is good until {until}.", until=until)

    async def sign(
        self, operation: str, given: dict[str, Any], *, code: str | None, pin: str | None
    ) -> None:
        """
        Open an intent by an operation, show its text, and approve it as it asks to be.

        Raises:
            PhoneError: It was refused.
        """
        await self._wake()
        number = self.keystore.memory.get("phone", "")
        before = await self.phone.newest_code(number) if code is None and number else ""
        intent = (await self.phone.do(operation, **given))["intent"]
        if not self.as_json:
            click.echo(intent["text"])
        approval = self.keystore.approval(intent)
        if intent["means"] != "DEVICE_KEY":
            approval["code"] = code or await self.phone.code_in_inbox(number, after=before)
        by_pin = {} if pin is None else {"pin": pin}
        await self.phone.do("approve_intent", approval=approval, **by_pin)
        self._say(f"Approved {intent['id']}.", intentId=intent["id"], text=intent["text"])

    async def run(self, operation: str, variables: dict[str, Any]) -> None:
        """
        Send any operation and print its data.

        Raises:
            PhoneError: The answer carries errors.
        """
        await self._wake()
        if "input" in variables:
            key = {"idempotencyKey": secrets.token_urlsafe(9)}
            variables = {**variables, "input": {**key, **variables["input"]}}
        data = await self.phone.run(operation, **variables)
        click.echo(json.dumps(data, ensure_ascii=False))

    async def draw(self, amount: int | None, months: int | None, line: str | None) -> None:
        """
        Show the lines, or draw on one and show what the draw costs; `run` and `sign` go on from it.

        Raises:
            PhoneError: There is no such line, or it was refused.
        """
        await self._wake()
        lines = (await self.phone.run("credit_lines"))["creditLines"]
        if amount is None or months is None:
            for one in lines:
                said = f"{one['id']}: {yuan(one['left'])} of {yuan(one['limit'])} left"
                self._say(f"{said}, until {one['endsOn']}", **one)
            return
        line_id = line or (lines[0]["id"] if len(lines) == 1 else "")
        if not line_id:
            raise PhoneError(f"there are {len(lines)} lines; name one with --line")
        drawn = await self.phone.do("draw_down", lineId=line_id, amount=amount, months=months)
        application = drawn["application"]
        offers = ", ".join(f"{one['id']} ({one['months']} months)" for one in application["offers"])
        self._say(
            f"Drawn as {application['id']}; choose with `run accept_offer`: {offers}",
            applicationId=application["id"],
            offers=application["offers"],
        )

    def _remember(self, entered: dict[str, Any]) -> None:
        self.phone.token = entered["accessToken"]
        self.keystore.memory |= {
            "access_token": entered["accessToken"],
            "refresh_token": entered["refreshToken"],
            "expires_at": entered["expiresAt"],
        }
        self.keystore.keep()

    def _say(self, line: str, **told: object) -> None:
        resent = {"resent": self.phone.traffic.retries}
        click.echo(json.dumps({**told, **resent}, ensure_ascii=False) if self.as_json else line)

    async def _refresh(self) -> None:
        if "refresh_token" not in self.keystore.memory:
            raise PhoneError("this phone is not signed in; `login` or `enroll` it first")
        token = self.keystore.memory["refresh_token"]
        self._remember(await self.phone.do(REFRESH, refreshToken=token))

    async def _wake(self) -> None:
        """Carry on with the session, with new tokens where the old ones are over."""
        memory = self.keystore.memory
        self.phone.token = memory.get("access_token")
        if self.phone.token is None or _seconds_left(memory["expires_at"]) < SOON_SECONDS:
            await self._refresh()


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
    phone = AppPhone(
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
    """Sign in by a text message, make a key, and add the phone by it."""
    _run(emulated.enroll(number, name, code=code, pin=pin))


@command.command("login")
@click.option("--clock-off", type=int, default=0, help="Seconds by which the phone's clock is off.")
@click.pass_obj
def login(emulated: Emulated, *, clock_off: int) -> None:
    """Sign in by the key, in one round trip."""
    _run(emulated.login(clock_off=clock_off))


@command.command("refresh")
@click.pass_obj
def refresh(emulated: Emulated) -> None:
    """Get the session's next tokens."""
    _run(emulated.refresh())


@command.command("sign")
@click.argument("operation")
@click.option("--input", "given", default="{}", help="The operation's input, as JSON.")
@click.option("--code", help="The code from the text message; read from /dev/inbox if left out.")
@click.option("--pin", help="The borrower's PIN, if they have one.")
@click.pass_obj
def sign(
    emulated: Emulated, *, operation: str, given: str, code: str | None, pin: str | None
) -> None:
    """
    Ask for an intent, show its text, and approve it by the key, and a code where it wants one.

    OPERATION is what opens it, such as begin_signature; it answers with an `intent`.
    """
    _run(emulated.sign(operation, _object(given, "--input"), code=code, pin=pin))


@command.command("draw")
@click.option("--fen", "amount", type=click.IntRange(1), help="How much, in whole fen.")
@click.option("--months", type=click.IntRange(1, 360), help="For how many months.")
@click.option("--line", help="The line, where there are several.")
@click.pass_obj
def draw(emulated: Emulated, *, amount: int | None, months: int | None, line: str | None) -> None:
    """
    Draw on a revolving line again; without an amount, show the lines and what is left of them.

    The draw has offers, a cost certificate and an agreement of its own: go on with
    `run accept_offer`, `run open_certificate` and so on, and `sign begin_signature`.
    """
    _run(emulated.draw(amount, months, line))


@command.command("run")
@click.argument("operation")
@click.option("--variables", "given", default="{}", help="The operation's variables, as JSON.")
@click.pass_obj
def run(emulated: Emulated, *, operation: str, given: str) -> None:
    """Send any operation of fixtures/operations/borrower, signed; print its data as JSON."""
    _run(emulated.run(operation, _object(given, "--variables")))


def _object(given: str, option: str) -> dict[str, Any]:
    try:
        value = json.loads(given)
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise click.BadParameter("a JSON object is needed", param_hint=option)
    return cast("dict[str, Any]", value)


def _seconds_left(expires_at: str) -> float:
    return datetime.fromisoformat(expires_at).timestamp() - time.time()


def _run(doing: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(doing)
    except PhoneError as failure:
        click.echo(str(failure), err=True)
        sys.exit(1)
