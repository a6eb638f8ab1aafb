"""
Push and pull in one round trip.

A phone sends the state of what it holds and the commands it numbered while it had no line; it gets
the state that follows, one ack for each command, and what changed. Commands run in the order of
their numbers, each through the same door as any operation. A number is used up in the transaction
of the effect, so whatever is sent again gets the ack it had, and never a second effect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, cast

import orjson
from graphql import OperationType

from app.foundation.caller import BorrowerCaller
from app.foundation.errors import (
    RateLimited,
    StillInFlight,
    TemporarilyUnavailable,
    Unauthenticated,
)
from app.foundation.graphql import Context
from app.foundation.idempotency import digest_of
from app.gateway.asking import Asked
from app.gateway.dictionary import Dictionary
from app.gateway.documents import Prepared
from app.gateway.freshness import release
from app.gateway.limits import REFRESH_FIELD, SIGN_IN_FIELDS, root_fields
from app.gateway.masking import INTERNAL, TIMEOUT
from app.gateway.rates import Crowded, TooOften
from app.gateway.running import Answered, Outcome, Runner
from app.gateway.sync.deltas import BODY_BYTES_MAX, delta_of
from app.gateway.wire import BadRequest
from app.syncing import operations as syncing
from app.syncing.queries import expected_number, held_answer, noted
from app.syncing.rules import STATE_SHAPE, HeldAnswer, Numbered, operation_of, state_of

COMMANDS_MAX = 20
"""What a phone sends at a time; more is for the next round trip."""
NUMBER_MAX = 2**31 - 1
"""What a GraphQL Int holds: a command every minute for four thousand years."""
PASSING = frozenset(
    {
        StillInFlight.code,
        TemporarilyUnavailable.code,
        RateLimited.code,
        INTERNAL,
        TIMEOUT,
    }
)
"""Codes after which the same command is worth sending again, under the same number."""
KEY = "idempotencyKey"
SYNC_FIELD = "sync"
"""The same as a mutation: no sync is carried out within another."""
UNKNOWN_OPERATION = "OPERATION_UNKNOWN"
_LATER = (TooOften, Crowded, TemporarilyUnavailable)
"""What there is no room for now; it says itself when there is more."""


class AckKind(IntEnum):
    """How a numbered command ended."""

    DONE = 0
    """It was carried out, now or before."""
    REFUSED = 1
    """It was turned down for good, and changed nothing; its number is used up."""
    AGAIN = 2
    """It was not carried out, or may not have been: send it and all after it again."""
    EXPECTED = 3
    """There is a gap: the ack's number is the one to go on with."""
    TAKEN = 4
    """Another command had this number and was carried out; this one was not."""


@dataclass(frozen=True, slots=True)
class Ack:
    """What a phone is told of one command."""

    number: int
    kind: AckKind
    answer: Mapping[str, Any] | None = None
    """The result, or the problem, as the operation selects it."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command as a phone sent it."""

    number: int
    operation_id: str
    variables: dict[str, Any]

    @property
    def hash(self) -> str:
        """Fingerprint what is asked for, under a key."""
        return digest_of([self.operation_id, self.variables])


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a phone gets back."""

    state: str
    acks: Sequence[Ack]
    delta: bytes | None = field(repr=False)
    """None where nothing changed, or where it could not be found out now."""
    retry_after_seconds: int | None = None
    """When to ask for what changed, where only the acks could be told."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Carries out what phones push, and finds what they are to pull."""

    runner: Runner

    async def of(
        self,
        state: str,
        commands: Sequence[Command],
        context: Context,
        *,
        shared: Dictionary | None = None,
        within: bool = False,
    ) -> Exchanged:
        """
        Run the commands and return what changed for whoever holds `state`.

        What became of commands is always told. Where what changed cannot be found out after them,
        the state stays as it was sent, and the next sync brings it.

        Args:
            state: What the phone holds; or the short id of a query, to begin anew.
            commands: In the order of their numbers.
            context: Who asks; a borrower.
            shared: The dictionary that the phone has, where it has one.
            within: Whether an operation that has its place carries this.

        Raises:
            BadRequest: The state is none, or its operation cannot be held.
            Unauthenticated: No borrower has signed in.
            TooOften: The caller has spent what they have; no command was sent.
            Crowded: There is no place, and no command was sent.
            TemporarilyUnavailable: The database is busy or away, and no command was sent.
        """
        caller = context.caller
        if not isinstance(caller, BorrowerCaller):
            raise Unauthenticated
        query = self._query(state)
        acks: list[Ack] = []
        phone_id = caller.device_id or caller.session_id
        for command in commands:
            try:
                ack = await self._carried_out(
                    command, phone_id, caller.borrower_id, context, within=within
                )
            except _LATER as refusal:
                ack = _later(command.number, refusal)
            acks.append(ack)
            if ack.kind in {AckKind.AGAIN, AckKind.EXPECTED}:
                break
        try:
            held, delta = await self._pulled(state, query, caller, context, shared, within=within)
        except _LATER as refusal:
            if not acks:
                raise
            return Exchanged(state, acks, None, refusal.retry_after_seconds)
        return Exchanged(held, acks, delta)

    def _query(self, state: str) -> Prepared:
        if not STATE_SHAPE.fullmatch(state):
            raise BadRequest(400, "BAD_REQUEST", "The state is not one of ours.")
        prepared = self._ours(operation_of(state))
        if prepared is None or prepared.tells_secret or not _is(prepared, OperationType.QUERY):
            raise BadRequest(404, UNKNOWN_OPERATION, "There is no query of this id to hold.")
        return prepared

    def _ours(self, operation_id: str) -> Prepared | None:
        trusted = self.runner.trusted
        prepared = trusted.registered(operation_id) if trusted else None
        return None if prepared is None or prepared.errors else prepared

    async def _carried_out(
        self,
        command: Command,
        phone_id: str,
        borrower_id: str,
        context: Context,
        *,
        within: bool,
    ) -> Ack:
        expected = await expected_number(phone_id)
        if command.number > expected:
            return Ack(expected, AckKind.EXPECTED)
        numbered = Numbered(
            phone_id=phone_id,
            borrower_id=borrower_id,
            number=command.number,
            command_hash=command.hash,
        )
        if command.number < expected:
            known = await noted(numbered.id, borrower_id)
            if known is None:
                return Ack(command.number, AckKind.DONE)  # too long ago to say more
            if known.command_hash != numbered.command_hash:
                return Ack(command.number, AckKind.TAKEN)
            if known.ack is not None:
                kind, answer = orjson.loads(known.ack)
                return Ack(command.number, AckKind(kind), answer)
        ack = await self._run(command, numbered, context, within=within)
        if ack.kind is not AckKind.AGAIN:
            await syncing.acknowledge(numbered, orjson.dumps([ack.kind, ack.answer]).decode())
        return ack

    async def _run(
        self, command: Command, numbered: Numbered, context: Context, *, within: bool
    ) -> Ack:
        prepared = self._ours(command.operation_id)
        if prepared is None or not can_wait(prepared):
            return Ack(command.number, AckKind.REFUSED, {"code": UNKNOWN_OPERATION})
        operation = prepared.operation(None)
        assert operation is not None, "a file of ours holds one operation"
        variables = _keyed(command.variables, numbered)
        place = self.runner.place(prepared, operation, within=within)
        with place, syncing.numbering(numbered):
            answered = await self.runner.run(prepared, operation, variables, context)
        return ack_of(command.number, answered)

    async def _pulled(
        self,
        state: str,
        query: Prepared,
        caller: BorrowerCaller,
        context: Context,
        shared: Dictionary | None,
        *,
        within: bool,
    ) -> tuple[str, bytes | None]:
        held = await held_answer(caller.session_id, caller.borrower_id, state)
        if held is not None and held.release != release():
            held = None
        operation = query.operation(None)
        assert operation is not None, "a file of ours holds one operation"
        operation_id = operation_of(state)
        asked = Asked(None, document_id=operation_id)
        tag = await self.runner.tag(query, operation, asked, context)
        if held is not None and tag is not None and held.tag == tag:
            return state, None
        with self.runner.place(query, operation, within=within):
            answered = await self.runner.run(query, operation, {}, context)
        body = answered.body
        if held is not None and held.body.encode() == body:
            return state, None
        given = state_of(operation_id, release(), body)
        if answered.outcome is Outcome.COMPLETE and len(body) <= BODY_BYTES_MAX:
            kept = HeldAnswer(state=given, release=release(), tag=tag, body=body.decode())
            before = None if held is None else state
            await syncing.hold(caller.session_id, caller.borrower_id, kept, instead_of=before)
        else:
            given = operation_id
        before_it = None if held is None else held.body.encode()
        return given, delta_of(body, held=before_it, shared=shared)


def _later(number: int, refusal: TooOften | Crowded | TemporarilyUnavailable) -> Ack:
    answer = {"code": refusal.code, "retryAfterSeconds": refusal.retry_after_seconds}
    return Ack(number, AckKind.AGAIN, answer)


def _keyed(variables: Mapping[str, Any], numbered: Numbered) -> dict[str, Any]:
    """Return variables with an idempotency key: the command's place, if the phone gave none."""
    match variables.get("input"):
        case {**given} if KEY not in given:
            return {**variables, "input": {**given, KEY: numbered.id}}
        case _:
            return {**variables}


def ack_of(number: int, answered: Answered) -> Ack:
    """Return the ack of what a command was answered."""
    told: dict[str, Any] = orjson.loads(answered.body)
    if answered.outcome is not Outcome.COMPLETE:
        error = told["errors"][0]
        problem = {"message": error["message"], **error["extensions"]}
        return _refused(number, problem)
    (result,) = told["data"].values()
    named = cast("dict[str, Any]", result)
    plain = {name: value for name, value in named.items() if name != "__typename"}
    if named["__typename"].endswith("Success"):
        return Ack(number, AckKind.DONE, plain)
    return _refused(number, plain)


def _refused(number: int, problem: dict[str, Any]) -> Ack:
    again = problem.get("code") in PASSING
    return Ack(number, AckKind.AGAIN if again else AckKind.REFUSED, problem)


def _is(prepared: Prepared, kind: OperationType) -> bool:
    operation = prepared.operation(None)
    return operation is not None and operation.operation is kind


def can_wait(prepared: Prepared) -> bool:
    """Tell whether a command may be written down on a phone and sent later."""
    operation = prepared.operation(None)
    if operation is None or operation.operation is not OperationType.MUTATION:
        return False
    assert prepared.document is not None, "our own documents are valid"
    roots = root_fields(operation, prepared.document)
    now_only = {*SIGN_IN_FIELDS, REFRESH_FIELD, SYNC_FIELD}
    return len(roots) == 1 and not roots & now_only and not prepared.tells_secret
