"""Same command, same answer: a key is claimed in the transaction that does the work."""

import hmac
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any, Protocol

import orjson

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, fetch
from app.foundation.errors import IdempotencyConflict, InvalidInput, StillInFlight
from app.foundation.proof import PROBLEMS_MAX, Proof
from app.foundation.sealing import derived_key

KEY_SHAPE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
Answer = dict[str, Any]
CHUNK = 1_000


class Command(Protocol):
    """What a caller wants done once: a frozen dataclass that says who asks, and under which key."""

    @property
    def idempotency_key(self) -> str:
        """Return the key the caller chose."""
        ...

    @property
    def caller_id(self) -> str:
        """Return the borrower, member of staff or device within whose keys this one counts."""
        ...


Beside = Callable[[Transaction], Awaitable[None]]
_beside: ContextVar[Beside | None] = ContextVar("beside", default=None)


@contextmanager
def beside_effect(note: Beside) -> Iterator[None]:
    """Have something written in the transaction of each command that is settled meanwhile."""
    token = _beside.set(note)
    try:
        yield
    finally:
        _beside.reset(token)


@dataclass(slots=True)
class Claim:
    """A key held for one command; `answer` is there when the command was done before."""

    claim_key: str
    answer: Answer | None
    _is_settled: bool = field(default=False, init=False)

    async def settle(self, tx: Transaction, answer: Answer) -> None:
        """Keep the answer: ids, amounts, dates, never a personal value."""
        self._is_settled = True
        if (beside := _beside.get()) is not None:
            await beside(tx)
        await tx.run(
            "UPDATE idempotency_claim SET answer = ? WHERE claim_key = ?",
            [orjson.dumps(answer).decode(), self.claim_key],
        )

    def check_settled(self) -> None:
        """A claim committed without an answer would leave its sender waiting for ever."""
        assert self._is_settled, "a claimed command is answered in the same transaction"


async def claim(tx: Transaction, command: Command) -> Claim:
    """
    Claim the command's key for its caller.

    A second sender of the same key waits for the first transaction to end (both databases lock
    the unique row) and then gets the first one's answer.

    Raises:
        IdempotencyConflict: The caller used the key for another command.
        InvalidInput: The key is not 1 to 64 characters of A-Z a-z 0-9 _ . : -
        StillInFlight: The key is claimed, but its command has not been answered yet.
    """
    if not KEY_SHAPE.fullmatch(command.idempotency_key):
        raise InvalidInput("input.idempotencyKey", "foundation.reason.idempotency_key")
    claim_key = digest_of([command.caller_id, command.idempotency_key])
    command_hash = digest_of([type(command).__name__, _content(command)])
    claimed = await tx.rows(
        "INSERT INTO idempotency_claim (claim_key, command_hash, claimed_at) VALUES (?, ?, ?)"
        " ON CONFLICT (claim_key) DO NOTHING RETURNING claim_key",
        [claim_key, command_hash, milliseconds(tx.now)],
    )
    if claimed:
        mine = Claim(claim_key, None)
        tx.before_commit(mine.check_settled)
        return mine
    known = await tx.rows(
        "SELECT command_hash, answer FROM idempotency_claim WHERE claim_key = ?", [claim_key]
    )
    if known[0]["command_hash"] != command_hash:
        raise IdempotencyConflict
    if known[0]["answer"] is None:
        raise StillInFlight
    return Claim(claim_key, orjson.loads(known[0]["answer"]))


async def answer_of(command: Command) -> Answer | None:
    """
    Return the answer a command got before, without claiming its key; None if there is none yet.

    For commands that ask outside before their transaction, where asking twice is no use.
    """
    claim_key = digest_of([command.caller_id, command.idempotency_key])
    command_hash = digest_of([type(command).__name__, _content(command)])
    known = await fetch(
        "SELECT answer FROM idempotency_claim WHERE claim_key = ? AND command_hash = ?",
        [claim_key, command_hash],
    )
    return orjson.loads(known[0]["answer"]) if known and known[0]["answer"] else None


async def check_answers() -> Proof:
    """Prove that each key was claimed once and its command has one answer that can be read."""
    looked_at, problems, after = 0, list[str](), ""
    while rows := await fetch(
        "SELECT claim_key, answer FROM idempotency_claim WHERE claim_key > ?"
        f" ORDER BY claim_key LIMIT {CHUNK}",
        [after],
    ):
        for row in rows:
            try:
                orjson.loads(row["answer"] or b"")
            except orjson.JSONDecodeError:
                problems.append(f"key {row['claim_key']}: was claimed and has no answer")
            if row["claim_key"] == after:
                problems.append(f"key {after}: was claimed twice")
            after = row["claim_key"]
        looked_at += len(rows)
    promise = "one key, one effect and one answer"
    return Proof(promise=promise, looked_at=looked_at, problems=tuple(problems[:PROBLEMS_MAX]))


def _content(command: Command) -> dict[str, Any]:
    assert is_dataclass(command), "a command is a dataclass"
    return asdict(command)  # pyright: ignore[reportArgumentType] - an instance, not the class


def digest_of(value: object) -> str:
    """Fingerprint under a key: a bare hash of a phone number could be found by trying them all."""
    canonical = orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str)
    return hmac.digest(derived_key("idempotency"), canonical, "sha256").hex()
