"""
The GraphQL endpoint over a socket: the graphql-transport-ws protocol, and no other.

`connection_init` says who opens it: `{"authorization": "Bearer …", "proof": "…"}` (or the headers
of the handshake). A session that is bound to a key proves its connection as if it sent a POST of
the body `connection_init` to the socket's path. Operations keep every rule they have over HTTP;
since none of them is signed by itself, a bound session's commands are refused here and its reads
show no more than without a proof. A connection ends with its session (4403); when the process is
about to stop, it is closed with 4503, and the client connects again.
"""

import asyncio
import hashlib
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, cast

import orjson
from starlette.websockets import WebSocket

from app.foundation import database
from app.foundation.caller import BorrowerCaller, SentRequest
from app.foundation.errors import Refusal
from app.gateway.authentication import PROOF_HEADER, PROOF_REFUSALS, token_in
from app.gateway.context import address_of, language_in
from app.gateway.conversing import BadFrame, Conversation, Gone
from app.gateway.early import EARLY_DATA
from app.gateway.masking import noted_fault
from app.gateway.rates import Crowded
from app.gateway.running import Runner
from app.gateway.sessions import Session, ended
from app.gateway.standing import HEARTBEAT_SECONDS, Standing
from app.gateway.wire import BODY_BYTES_MAX, header_of
from app.identity import operations as identity

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 10.0
SEND_SECONDS = 15.0
"""How long a phone may take to take one message; then it is gone, or too slow to be waited for."""
FRAMES_PER_BEAT = 500
"""What a connection may send between two beats, pings included."""
INIT_BODY = b"connection_init"


class Closed(Exception):
    """The connection is to be closed, with a code and a word that say why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SocketEndpoint:
    """One graph's subscriptions (and queries, and commands) over sockets."""

    def __init__(self, runner: Runner, standing: Standing) -> None:
        self._runner = runner
        self._standing = standing

    async def answer(self, socket: WebSocket) -> None:
        """Serve one connection until either side closes it."""
        if PROTOCOL not in socket.scope.get("subprotocols", []):
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
            return
        await socket.accept(PROTOCOL)
        connection = _Connection(socket, self._runner, self._standing)
        try:
            await connection.serve()
        except Gone:
            return
        except Closed as closed:
            await _within_reason(socket.close(closed.code, closed.reason))


class _Connection:
    """One connection, from `connection_init` to its end."""

    def __init__(self, socket: WebSocket, runner: Runner, standing: Standing) -> None:
        self._socket = socket
        self._runner = runner
        self._standing = standing
        self._frames = 0
        self._is_heard = True
        self._gone = asyncio.Event()

    async def serve(self) -> None:
        """
        Serve it.

        Raises:
            Closed: It is to be closed by us.
        """
        try:
            async with asyncio.timeout(INIT_SECONDS):
                first = await self._first()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        if first is None:
            return
        session = await self._opened(first.get("payload"))
        try:
            self._standing.check(session.name, session.address)
        except Crowded:
            raise Closed(4503, "Too many connections; try again later") from None
        with self._standing.one(session.name, session.address):
            await self._send({"type": "connection_ack"})
            await self._converse(session)

    async def _first(self) -> dict[str, Any] | None:
        """Return the message that opens a connection; before it there is no more than a ping."""
        while (message := await self._frame()) is not None:
            match message.get("type"):
                case "connection_init":
                    return message
                case "ping":
                    await self._send({"type": "pong"})
                case "subscribe":
                    raise Closed(4401, "Unauthorized")
                case "pong":
                    continue
                case _:
                    raise Closed(4400, "Invalid message received")
        return None

    async def _converse(self, session: Session) -> None:
        conversation = Conversation(self._runner, session, self._send_raw)
        ends: dict[asyncio.Future[Any], Closed | None] = {
            asyncio.ensure_future(self._read(conversation)): None,
            asyncio.ensure_future(self._beat()): None,
            asyncio.ensure_future(session.over()): Closed(4403, "Session over"),
            asyncio.ensure_future(self._standing.ended()): Closed(4503, "Come back in a moment"),
            asyncio.ensure_future(self._gone.wait()): Closed(4408, "Too slow"),
        }
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in ends:
                if not one.done():
                    await ended(one)
            await conversation.end()
        for one in done:
            failure = one.exception()
            if isinstance(failure, Gone):
                continue
            if isinstance(failure, Closed):
                raise failure
            if failure is not None:
                raise _closed_for(failure)
            if (closed := ends[one]) is not None:
                raise closed

    async def _read(self, conversation: Conversation) -> None:
        """Hand on what the client says, until it leaves."""
        while (message := await self._frame()) is not None:
            match message.get("type"):
                case "connection_init":
                    raise Closed(4429, "Too many initialisation requests")
                case "ping":
                    await self._send({"type": "pong"})
                case "pong":
                    continue
                case _:
                    try:
                        await conversation.hear(message)
                    except BadFrame as bad:
                        raise Closed(bad.code, str(bad)) from None

    async def _beat(self) -> None:
        """Ask the client to answer, again and again; who does not answer is gone."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if not self._is_heard:
                raise Closed(4408, "Silent for too long")
            self._is_heard, self._frames = False, 0
            await self._send({"type": "ping"})

    async def _opened(self, payload: object) -> Session:
        """Find out who opens a connection; a token that is no good opens none."""
        given = cast("dict[str, object]", payload) if isinstance(payload, dict) else {}
        headers = self._socket.headers
        shown = given.get("authorization", given.get("Authorization", headers.get("authorization")))
        session = Session(
            language=language_in(self._socket),
            address=address_of(self._socket),
            is_early=EARLY_DATA in headers,
        )
        if shown is None:
            return session
        session.token = token_in(shown) if isinstance(shown, str) else ""
        caller = await identity.authenticate(session.token, database.current().clock.now())
        if not isinstance(caller, BorrowerCaller):
            raise Closed(4403, "Forbidden")
        proof = given.get("proof", header_of(self._socket, PROOF_HEADER))
        sent = SentRequest(
            method="POST",
            target=self._socket.url.path,
            body_hash=hashlib.sha256(INIT_BODY).digest(),
            proof=proof if isinstance(proof, str) else "",
        )
        try:
            await identity.prove(caller, sent, session.token)
        except PROOF_REFUSALS as refusal:
            raise Closed(4403, refusal.code) from None
        session.caller = caller
        return session

    async def _frame(self) -> dict[str, Any] | None:
        """
        Return the next message; None once the client has left.

        Raises:
            Closed: It is none of the protocol's.
        """
        received = await self._socket.receive()
        if received["type"] != "websocket.receive":
            return None
        self._is_heard = True
        self._frames += 1
        if self._frames > FRAMES_PER_BEAT:
            raise Closed(4429, "Too many messages")
        text = received.get("text")
        if text is None:
            raise Closed(4400, "Send text")
        if len(text) > BODY_BYTES_MAX:
            raise Closed(1009, "Message too long")
        try:
            message = orjson.loads(text)
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            raise Closed(4400, "Invalid message received") from None
        if not isinstance(message, dict):
            raise Closed(4400, "Invalid message received")
        return cast("dict[str, Any]", message)

    async def _send(self, message: dict[str, object]) -> None:
        await self._send_raw(orjson.dumps(message))

    async def _send_raw(self, message: bytes) -> None:
        """
        Send one message to a client that takes it in time.

        Raises:
            Gone: It did not, or has left; the connection ends.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send_text(message.decode())
        except (TimeoutError, RuntimeError, OSError):
            self._gone.set()
            raise Gone from None


def _closed_for(failure: BaseException) -> Closed:
    if isinstance(failure, Refusal):
        return Closed(4503, "Try again later")
    if isinstance(failure, Exception):
        noted_fault(failure, PROTOCOL)
    return Closed(1011, "Something went wrong on our side")


async def _within_reason(closing: Awaitable[None]) -> None:
    """Close; a client that has left already is no fault."""
    with suppress(RuntimeError, OSError, TimeoutError):
        async with asyncio.timeout(SEND_SECONDS):
            await closing
