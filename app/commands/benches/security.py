"""What `bench security` times beside the primitives it is made of, without a database."""

import hmac
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from app.commands.benches import ways_in
from app.commands.benches.guessing import otp_verify
from app.commands.benches.measuring import Work
from app.commands.benches.revealing import reveal
from app.foundation.rekeying.jobs.passing import rewrapped
from app.foundation.rekeying.jobs.renewing import Keys, renewed_value
from app.foundation.sealing.cells import (
    Cell,
    DataKey,
    KeyClass,
    Sm4Gcm,
    Suite,
    close_cell,
)
from app.foundation.sealing.data_keys import WrappedKey, key_id, wrap
from app.foundation.sealing.kms import Kms
from app.foundation.sealing.opening import unseal_all
from app.foundation.sealing.registry import SealedTable
from app.foundation.sealing.vault import Vault, install_vault

FIELDS = 12
CELLS = 1_000
SUBJECT = "br1i9uw005mztduc"
KEK = bytes(range(32))
TABLE = SealedTable(
    table="borrower",
    subject="id",
    columns={f"column{number}": list(KeyClass)[number % 4] for number in range(FIELDS)},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """Work with the primitive it is made of; the goal is of one unit of the work."""

    work: Work
    primitive: str
    ratio_most: float | None = None
    """The goal, where it is so many times the primitive."""


def primitives() -> list[Work]:
    """Return the raw ciphers on 32 bytes, which everything else is measured against."""
    aes, sm4, nonce, bound = AESGCM(KEK), Sm4Gcm(KEK[:16]), bytes(12), bytes(90)
    of_aes = aes.encrypt(nonce, KEK, bound)
    of_sm4 = sm4.encrypt(nonce, KEK, bound)
    wrapped = aes_key_wrap(KEK, KEK)
    return [
        Work(
            name="aes-gcm",
            what="AES-256-GCM, 32 bytes opened",
            do=lambda: aes.decrypt(nonce, of_aes, bound),
        ),
        Work(
            name="sm4-gcm",
            what="SM4-GCM, 32 bytes opened",
            do=lambda: sm4.decrypt(nonce, of_sm4, bound),
        ),
        Work(
            name="aes-kw",
            what="AES key wrap, a key unwrapped",
            do=lambda: aes_key_unwrap(KEK, wrapped),
        ),
        Work(
            name="hmac",
            what="HMAC-SHA256 of 32 bytes",
            do=lambda: hmac.digest(KEK, KEK, "sha256"),
        ),
        *ways_in.primitives(),
    ]


def sealing_works() -> list[Against]:
    """Return what sealing promises: a read, a row closed anew, and a key wrapped anew."""
    return [
        Against(
            primitive="aes-gcm",
            work=Work(
                name="sealed-read",
                what="12 sealed fields read, keys warm",
                do=_read_twelve(),
                most_ms=0.060,
            ),
        ),
        Against(
            primitive="aes-gcm",
            work=Work(
                name="re-encrypt",
                what="a field closed under a new key",
                do=_renew(Suite.AES_256_GCM),
                units=CELLS,
                most_ms=0.010,
            ),
        ),
        Against(
            primitive="sm4-gcm",
            work=Work(
                name="re-encrypt-sm4",
                what="a field closed under SM4 instead",
                do=_renew(Suite.SM4_GCM),
                units=CELLS,
            ),
        ),
        Against(
            primitive="aes-kw",
            work=Work(
                name="rewrap",
                what="a data key under a new week's key",
                do=_rewrap(),
                units=CELLS,
                most_ms=0.020,
            ),
        ),
    ]


def _chance() -> Callable[[int], bytes]:
    numbers = count()
    return lambda length: next(numbers).to_bytes(16, "big") * (-(-length // 16))


def _read_twelve() -> Callable[[], object]:
    vault = Vault(cast("Kms", None), monotonic=lambda: 0.0)  # no root key is asked for
    vault.notice(0)
    sealed: list[tuple[str, bytes]] = []
    for column, key_class in TABLE.columns.items():
        key = DataKey(KEK, 1)
        vault.remember(key_id(SUBJECT, key_class, 1), key)
        cell = TABLE.cell(column, SUBJECT, SUBJECT)
        sealed.append((column, close_cell(cell, "13800138000", key=key, entropy=_chance())))

    def read() -> list[str]:
        install_vault(vault)
        closed = [(TABLE.cell(column, SUBJECT, SUBJECT), value) for column, value in sealed]
        return _ended(unseal_all(closed))

    return read


def _renew(suite: Suite) -> Callable[[], object]:
    keys = Keys([_wrapped(1), _wrapped(2)], _chance())
    keys.take({_wrapped(version).id: DataKey(KEK, version) for version in (1, 2)})
    cells = [
        Cell("borrower", "phone", f"br{number:014d}", SUBJECT, KeyClass.CONTACT)
        for number in range(CELLS)
    ]
    old = DataKey(KEK, 1)
    closed = [close_cell(cell, "13800138000", key=old, entropy=_chance()) for cell in cells]

    def renew() -> None:
        for cell, sealed in zip(cells, closed, strict=True):
            renewed_value(cell, sealed, keys, suite)

    return renew


def _rewrap() -> Callable[[], object]:
    old = [_wrapped(version) for version in range(1, CELLS + 1)]
    keks = {202647: KEK, 202648: bytes(32)}
    return lambda: rewrapped(old, keks, 202648, [])


def _wrapped(version: int) -> WrappedKey:
    name = key_id(SUBJECT, KeyClass.CONTACT, version)
    wrapped = wrap(KEK, name, 202647, KEK)
    return WrappedKey(SUBJECT, KeyClass.CONTACT, version, 202647, wrapped)


def _ended(work: Coroutine[Any, Any, list[str]]) -> list[str]:
    """Run what never waits to its end."""
    try:
        work.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("warm keys are read without waiting")


def works() -> Sequence[Against]:
    """Return all that has a budget."""
    return [
        *sealing_works(),
        Against(primitive="aes-gcm", work=reveal()),
        Against(primitive="hmac", work=otp_verify()),
        Against(primitive="hmac", work=ways_in.token_check()),
        Against(
            primitive="p256-verify",
            work=ways_in.device_login(),
            ratio_most=ways_in.LOGIN_RATIO_MOST,
        ),
    ]
