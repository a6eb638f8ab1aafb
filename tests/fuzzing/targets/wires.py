"""Tokens, proofs, cells and cursors: what anybody may send, and what a thief may write back."""

import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from app.foundation.errors import InvalidInput
from app.foundation.paging import Key, cursor_of, page_ask
from app.foundation.sealing import (
    Cell,
    KeyClass,
    KmsUnavailable,
    SealBroken,
    Vault,
    install_vault,
)
from app.foundation.sealing.cells import DataKey, Suite, close_cell, open_cell
from app.identity.rules.proofs import Proof, read_proof, write_proof
from app.identity.rules.tokens import Token, TokenKind, read_token, write_token
from tests.fuzzing.registry import target

TOKEN_KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CELL = Cell("borrower", "name", "br00000000000mei", "br00000000000mei", KeyClass.IDENTITY)
OTHER_CELL = Cell("borrower", "name", "br0000000000wang", "br0000000000wang", KeyClass.IDENTITY)
DATA_KEY = DataKey(b"d" * 32, 1)


def tokens() -> Iterable[bytes]:
    token = Token(kind=TokenKind.ACCESS, session_id="ss00000000000000", number=7)
    return [write_token(OTHER_KEY, token).encode()]


@target(seeds=tokens)
def session_token(data: bytes) -> None:
    """Nobody writes a token without the key, whatever they send."""
    written = data.decode("utf-8", "surrogateescape")
    assert all(read_token(TOKEN_KEY, kind, written) is None for kind in TokenKind)


def proofs() -> Iterable[bytes]:
    return [write_proof(Proof(7, bytes(64))).encode()]


@target(seeds=proofs)
def proof_header(data: bytes) -> None:
    """A header is read in one form only."""
    written = data.decode("utf-8", "surrogateescape")
    proof = read_proof(written)
    assert proof is None or write_proof(proof) == written


def cells() -> Iterable[bytes]:
    for suite in Suite:
        yield bytes(close_cell(OTHER_CELL, "石宝塬", key=DATA_KEY, entropy=bytes, suite=suite))


@target(SealBroken, seeds=cells)
def sealed_cell(data: bytes) -> None:
    """Nothing opens in a cell that was not closed for it."""
    open_cell(CELL, data, key=DATA_KEY)
    raise AssertionError("a forged cell opens")


class FixedKms:
    """A keeper of keys that only ever macs, so that a cursor is the same in every run."""

    is_local = True

    def mac(self, key_name: str, message: bytes) -> bytes:
        """Return what only this keeper gives."""
        return hmac.digest(TOKEN_KEY, key_name.encode() + message, "sha256")

    def wrap(self, key_name: str, secret: bytes) -> bytes:
        """Refuse; cursors need no such thing."""
        raise KmsUnavailable(f"{key_name}, {len(secret)} bytes")

    def unwrap(self, key_name: str, wrapped: bytes) -> bytes:
        """Refuse, as above."""
        raise KmsUnavailable(f"{key_name}, {len(wrapped)} bytes")

    def rotate(self, key_name: str) -> None:
        """Refuse, as above."""
        raise KmsUnavailable(key_name)

    destroy = rotate

    def close(self) -> None:
        """Nothing is open."""


@contextmanager
def keys_for_cursors() -> Iterator[None]:
    """Give the process a vault for a moment: what a target needs, it brings along."""
    install_vault(Vault(FixedKms()))
    try:
        yield
    finally:
        install_vault(None)


CURSOR_KEYS: tuple[Key, ...] = (
    (1_795_226_400_000, "ln00000000000001"),
    ("2026-11-21", "梅", "br00000000000mei"),
    (),
)


def cursors() -> Iterable[bytes]:
    with keys_for_cursors():
        for key in CURSOR_KEYS:
            yield cursor_of("loans:br00000000000mei", key).encode()
            yield cursor_of("loans:br0000000000wang", key).encode()


@target(InvalidInput, seeds=cursors)
def page_cursor(data: bytes) -> None:
    """A cursor is one that was written for this very list, to the letter."""
    written = data.decode("utf-8", "surrogateescape")
    with keys_for_cursors():
        asked = page_ask("loans:br00000000000mei", None, written)
        assert asked.after in CURSOR_KEYS
        assert cursor_of("loans:br00000000000mei", asked.after) == written
