"""Tokens, proofs, cells and cursors: what anybody may send, and what a thief may write back."""

from collections.abc import Iterable

from app.foundation.sealing import Cell, KeyClass, SealBroken
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
