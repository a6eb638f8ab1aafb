"""
The emulated phone as our app drives it.

Reads go by short ids and bring back what the phone has of them; whatever may wait is written down
and numbered, and pushed when there is a line, many commands in one round trip. The same round trip
brings what has changed on the home screen. All of it is packed with the dictionary that the app
was shipped with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import orjson

from app.commands.phone_wire import (
    changes,
    dictionary,
    named,
    packed,
    short_id,
    short_path,
    unpacked,
)
from app.commands.phoning import TRIES_MAX, WAIT_SECONDS, Phone, PhoneError, document
from app.gateway.sync import MEDIA, PATH, cbor
from app.gateway.sync.deltas import DeltaBroken, body_from
from app.gateway.sync.exchange import COMMANDS_MAX, KEY, AckKind

HOLDS = "home"
"""The query whose answer the phone keeps up to date."""
NOT_MODIFIED = 304
NOT_IN_URLS = frozenset({"ask"})
"""Reads that take what the borrower writes, which stands in no URL."""
NOW_ONLY = frozenset(
    {
        "approve_intent",
        "begin_device_enrollment",
        "begin_guarantee",
        "begin_intent",
        "begin_signature",
        "change_auto_debit",
        "change_phone",
        "change_pin",
        "confirm_cash",
        "give_guarantee",
        "not_me",
        "prove_continuity",
        "refresh_session",
        "refund_overpayment",
        "repay_from_card",
        "request_otp",
        "request_phone_code",
        "return_loan",
        "set_bank_card",
        "set_duress_pin",
        "set_pin",
        "set_up_auto_debit",
        "set_wallet",
        "sign_agreement",
        "sign_in_with_device",
        "start_afresh",
        "sync",
        "verify_otp",
    }
)
"""What signs in, signs, or takes a code or PIN: it cannot be written down for later."""


@dataclass
class AppPhone(Phone):
    """
    A phone of the borrower's with our app.

    What it wrote down stands in the keystore's memory, and so outlives the app. Commands of a phone
    with a key are known by their numbers, which count on for ever; without one the numbers end with
    the session, and each command gets a key of its own.
    """

    _known: dict[str, tuple[str, dict[str, Any]]] = field(
        default_factory=dict[str, tuple[str, dict[str, Any]]], repr=False
    )
    """By path, an ETag and the data that came with it."""
    _memory: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """Where there is no keystore yet."""

    @property
    def waiting(self) -> list[list[Any]]:
        """Return the commands that no ack has come for: operation and input, the oldest first."""
        return self._notebook.setdefault("waiting", [])

    @property
    def held(self) -> dict[str, Any]:
        """Return what the home screen answered as last told; nothing before the first sync."""
        return orjson.loads(self._notebook.get("held") or b"null") or {}

    async def run(self, operation: str, **variables: object) -> dict[str, Any]:
        """
        Ask for an operation by its short id and return its data; of home what has changed.

        Raises:
            PhoneError: The answer carries errors, or none came.
        """
        if operation == HOLDS and self.token is not None:
            self.before_sending(operation)
            await self.push()
            return _checked(operation, self.held)
        proves = self.proves(operation, document(self.graph, operation), variables)
        self.before_sending(operation)
        if proves is not None or changes(operation) or operation in NOT_IN_URLS:
            about, body = packed(named(operation, variables))
            headers = {**self._accepts, "content-type": "application/json", **about}
            answer = await self.answered("POST", self.path, body, headers, proves)
            return self._data(operation, answer)
        return await self._read(operation, short_path(operation, variables))

    async def _read(self, operation: str, path: str) -> dict[str, Any]:
        tag, known = self._known.get(path, ("", {}))
        condition = {"if-none-match": tag} if tag else {}
        answer = await self.answered("GET", path, b"", {**self._accepts, **condition})
        if answer.status_code == NOT_MODIFIED:
            return orjson.loads(orjson.dumps(known))
        data = self._data(operation, answer)
        if "etag" in answer.headers:
            self._known[path] = (answer.headers["etag"], data)
        return data

    async def tried(self, operation: str, **given: object) -> dict[str, Any]:
        """Carry a mutation out: written down and pushed if it may wait; return how it ended."""
        if self.token is None or operation in NOW_ONLY:
            return await Phone.tried(self, operation, **given)
        self.write_down(operation, **given)
        return (await self.push())[-1]

    async def do_all(self, *commands: tuple[str, Mapping[str, object]]) -> list[dict[str, Any]]:
        """
        Write commands down and push them in one round trip; each must succeed.

        Raises:
            PhoneError: One was refused.
        """
        for operation, given in commands:
            self.write_down(operation, **given)
        answers = (await self.push())[-len(commands) :]
        for (operation, _), answer in zip(commands, answers, strict=True):
            if answer["__typename"] != "Success":
                raise PhoneError(f"{operation}: {answer}")
        return answers

    def write_down(self, operation: str, **given: object) -> None:
        """Keep a command until it is acknowledged; nothing is sent yet."""
        assert operation not in NOW_ONLY, f"{operation} cannot wait"
        own = {} if self._has_key or KEY in given else {KEY: self.new_key()}
        self.waiting.append([operation, {**own, **given}])
        self._keep()

    async def push(self) -> list[dict[str, Any]]:
        """
        Send what is written down until all of it is acknowledged, and take what has changed.

        Returns:
            How each command ended, the oldest first.

        Raises:
            PhoneError: There is no answer, no session, or another command had a number.
        """
        for operation, _ in self.waiting:
            self.before_sending(operation)
        ended: list[dict[str, Any]] = []
        for _ in range(TRIES_MAX):
            acks = await self._sync(self.waiting[:COMMANDS_MAX])
            ended += await self._taken(acks)
            if not self.waiting and self.held:
                return ended
        raise PhoneError(f"{self.waiting} is never acknowledged")

    async def _sync(self, commands: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """Exchange once: take what changed, and return the acks."""
        notebook = self._notebook
        numbered: list[cbor.Value] = [
            [number, short_id(operation), {"input": given}]
            for number, (operation, given) in enumerate(commands, start=self._next_number)
        ]
        about, body = packed(cbor.encode([notebook.get("state") or short_id(HOLDS), numbered]))
        headers = {**self._accepts, "content-type": MEDIA, **about}
        proves = self.proves(HOLDS, "", {})
        answer = await self.answered("POST", PATH, body, headers, proves)
        content = self.content_of(answer)
        if answer.headers["content-type"] != MEDIA:
            raise PhoneError(f"sync: {content.decode()}")
        state, acks, delta = cast("tuple[str, list[list[Any]], bytes | None]", cbor.decode(content))
        if delta is not None:
            held = (notebook.get("held") or "").encode()
            try:
                notebook["held"] = body_from(delta, held, shared=dictionary()).decode()
            except DeltaBroken:
                state = notebook["held"] = ""  # the next reply brings all of it
        notebook["state"] = state
        self._keep()
        if delta is None and not self.held:  # there was no room to look at what changed
            await self.pause(int(answer.headers.get("retry-after", WAIT_SECONDS)))
        return acks

    async def _taken(self, acks: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """Cross out what has ended, and wait where the server wants it."""
        ended: list[dict[str, Any]] = []
        for number, kind, *told in acks:
            answer: dict[str, Any] = told[0] if told else {}
            match kind:
                case AckKind.DONE | AckKind.REFUSED:
                    del self.waiting[0]
                    self._next_number = number + 1
                    name = "Success" if kind == AckKind.DONE else "Problem"
                    ended.append({"__typename": name, **answer})
                case AckKind.AGAIN:
                    await self.pause(answer.get("retryAfterSeconds") or WAIT_SECONDS)
                case AckKind.EXPECTED:
                    self._next_number = number
                case _:
                    raise PhoneError(f"another command had number {number}")
        self._keep()
        return ended

    def content_of(self, answer: httpx.Response) -> bytes:
        """Return the body of an answer, unpacked by the dictionary it was packed with."""
        return unpacked(answer.content, answer.headers.get("content-encoding", ""))

    def _data(self, operation: str, answer: httpx.Response) -> dict[str, Any]:
        return _checked(operation, orjson.loads(self.content_of(answer)))

    @property
    def _accepts(self) -> dict[str, str]:
        return {"accept-encoding": dictionary().coding}

    @property
    def _has_key(self) -> bool:
        return self.keystore is not None and self.keystore.key_id is not None

    @property
    def _notebook(self) -> dict[str, Any]:
        return self._memory if self.keystore is None else self.keystore.memory

    @property
    def _next_number(self) -> int:
        return self._notebook.get("next_number", 1)

    @_next_number.setter
    def _next_number(self, number: int) -> None:
        self._notebook["next_number"] = number

    def _keep(self) -> None:
        if self.keystore is not None:
            self.keystore.keep()


def _checked(operation: str, content: Mapping[str, Any]) -> dict[str, Any]:
    if content.get("errors"):
        raise PhoneError(f"{operation}: {content['errors']}")
    return content["data"]
