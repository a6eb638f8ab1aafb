"""A PKCS#11 token in memory, at the boundary where the library for real ones stands."""

import hmac
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.adapters.kms.pkcs11 import TokenFailed, TokenKey


@dataclass
class FakeKey:
    token: "FakeToken"
    label: str
    id: bytes
    for_mac: bool
    secret: bytes

    def encrypt(self, nonce: bytes, secret: bytes, aad: bytes) -> bytes:
        self.token.use()
        return AESGCM(self.secret).encrypt(nonce, secret, aad)

    def decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes | None:
        self.token.use()
        try:
            return AESGCM(self.secret).decrypt(nonce, sealed, aad)
        except (InvalidTag, ValueError):
            return None

    def sign(self, message: bytes) -> bytes:
        self.token.use()
        return hmac.digest(self.secret, message, "sha256")[: self.token.mac_bytes]

    def destroy(self) -> None:
        self.token.objects.remove(self)


@dataclass
class FakeToken:
    """What several processes share; `fails` makes it fail until it is opened anew."""

    objects: list[FakeKey] = field(default_factory=list[FakeKey])
    fails: bool = False
    is_gone: bool = False
    opened: int = 0
    closed: int = 0
    mac_bytes: int = 32
    users: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(8))

    def open(self) -> "FakeSession":
        if self.is_gone:
            raise TokenFailed("TokenNotPresent")
        self.opened += 1
        self.fails = False
        return FakeSession(self)

    def use(self) -> None:
        if self.fails or self.is_gone:
            raise TokenFailed("SessionHandleInvalid")


class FakeSession:
    def __init__(self, token: FakeToken) -> None:
        self._token = token
        self._users = threading.Semaphore(1)

    def keys(self, label: str, *, for_mac: bool) -> Sequence[TokenKey]:
        assert self._users.acquire(blocking=False), "a session serves one thread at a time"
        try:
            self._token.use()
            return [
                key for key in self._token.objects if (key.label, key.for_mac) == (label, for_mac)
            ]
        finally:
            self._users.release()

    def make(self, label: str, key_id: bytes, *, for_mac: bool) -> TokenKey:
        self._token.use()
        secret = AESGCM.generate_key(256)
        key = FakeKey(self._token, label, key_id, for_mac, secret)
        self._token.objects.append(key)
        return key

    def close(self) -> None:
        self._token.closed += 1
