"""The keeper of root keys in a hardware module, or anything else that speaks PKCS#11."""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from app.foundation.sealing import SealBroken
from app.foundation.sealing.kms import MAC_BYTES, KeyDestroyed, KmsUnavailable

T = TypeVar("T")

NONCE_BYTES = 12
TAG_BYTES = 16
ID_BYTES = 16
_HEAD_BYTES = ID_BYTES + NONCE_BYTES

SETTLING_SECONDS = 1.0
"""
A module has no unique names. Whoever makes a mac key waits this long and takes the lowest id that
is there: two processes that start together agree, and a key is made once in a database's life.
"""


class TokenKey(Protocol):
    """A key inside a token: it can be used and destroyed, and not be read."""

    @property
    def id(self) -> bytes:
        """Return the 16 bytes that tell this key from others of its name."""
        ...

    def encrypt(self, nonce: bytes, secret: bytes, aad: bytes) -> bytes:
        """Return AES-GCM ciphertext and tag."""
        ...

    def decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes | None:
        """Return what was encrypted; None when tag, nonce or additional data are others."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return HMAC-SHA256."""
        ...

    def destroy(self) -> None:
        """Delete the key from the token."""
        ...


class TokenSession(Protocol):
    """A session signed in to a token; used by one thread at a time."""

    def keys(self, label: str, *, for_mac: bool) -> Sequence[TokenKey]:
        """
        Return the keys of a label and kind, in no order.

        Raises:
            TokenFailed: The session is no longer signed in, and would see none either way.
        """
        ...

    def make(self, label: str, key_id: bytes, *, for_mac: bool) -> TokenKey:
        """Make a random 32-byte key that stays in the token and can never be read."""
        ...

    def close(self) -> None:
        """Sign out."""
        ...


class TokenFailed(Exception):
    """The token or the way to it failed; the session is to be opened anew."""


class Pkcs11Kms:
    """
    Keys that never leave the module: AES-256 keys wrap with GCM, generic secrets mac.

    A name's keys share one label; the wrapped bytes begin with the id of the one that made them.
    The newest is the one whose id is highest: ids begin with the moment of making.
    """

    is_local = False

    def __init__(
        self,
        open_session: Callable[[], TokenSession],
        *,
        settling_seconds: float = SETTLING_SECONDS,
    ) -> None:
        self._open_session = open_session
        self._settling_seconds = settling_seconds
        self._turn = threading.Lock()
        self._session: TokenSession | None = None

    def close(self) -> None:
        """Sign out of the token."""
        with self._turn:
            self._forget_session()

    def wrap(self, key_name: str, secret: bytes) -> bytes:
        """
        Encrypt a secret with AES-256-GCM under the newest key of a name, made when first asked for.

        Raises:
            KmsUnavailable: The token does not answer.
        """

        def wrap_in(session: TokenSession) -> bytes:
            keys = session.keys(key_name, for_mac=False)
            newest = max(keys, key=lambda key: key.id, default=None)
            key = newest or session.make(key_name, _new_id(), for_mac=False)
            nonce = secrets.token_bytes(NONCE_BYTES)
            return key.id + nonce + key.encrypt(nonce, secret, key_name.encode())

        return self._use(wrap_in)

    def unwrap(self, key_name: str, wrapped: bytes) -> bytes:
        """
        Decrypt what a key of this name wrapped.

        Raises:
            KeyDestroyed: There is no key of this name.
            SealBroken: None of its keys wrapped these bytes.
            KmsUnavailable: The token does not answer.
        """

        def unwrap_in(session: TokenSession) -> bytes:
            keys = {key.id: key for key in session.keys(key_name, for_mac=False)}
            if not keys:
                raise KeyDestroyed
            key = keys.get(wrapped[:ID_BYTES])
            if key is None or len(wrapped) < _HEAD_BYTES + TAG_BYTES:
                raise SealBroken
            nonce = wrapped[ID_BYTES:_HEAD_BYTES]
            secret = key.decrypt(nonce, wrapped[_HEAD_BYTES:], key_name.encode())
            if secret is None:
                raise SealBroken
            return secret

        return self._use(unwrap_in)

    def mac(self, key_name: str, message: bytes) -> bytes:
        """
        Return HMAC-SHA256 under the first mac key of a name, made when first asked for.

        Raises:
            KmsUnavailable: The token does not answer.
        """

        def mac_in(session: TokenSession) -> bytes:
            keys = session.keys(key_name, for_mac=True)
            if not keys:
                session.make(key_name, _new_id(), for_mac=True)
                time.sleep(self._settling_seconds)
                keys = session.keys(key_name, for_mac=True)
            return min(keys, key=lambda key: key.id).sign(message)

        mac = self._use(mac_in)
        if len(mac) != MAC_BYTES:
            raise KmsUnavailable("the token's answer is no mac of 32 bytes")
        return mac

    def rotate(self, key_name: str) -> None:
        """
        Make another wrapping key of a name.

        Raises:
            KeyDestroyed: There is no such key.
            KmsUnavailable: The token does not answer.
        """

        def rotate_in(session: TokenSession) -> None:
            if session.keys(key_name, for_mac=False):
                session.make(key_name, _new_id(), for_mac=False)
            elif not session.keys(key_name, for_mac=True):
                raise KeyDestroyed

        self._use(rotate_in)

    def destroy(self, key_name: str) -> None:
        """
        Delete every key of a name; one that is not there stays so.

        Raises:
            KmsUnavailable: The token does not answer.
        """

        def destroy_in(session: TokenSession) -> None:
            for for_mac in (False, True):
                for key in session.keys(key_name, for_mac=for_mac):
                    key.destroy()

        self._use(destroy_in)

    def _use(self, action: Callable[[TokenSession], T]) -> T:
        """Use the session, one thread at a time; one that failed is opened anew, once."""
        with self._turn:
            try:
                return action(self._opened())
            except TokenFailed:
                self._forget_session()
            try:
                return action(self._opened())
            except TokenFailed as failure:
                self._forget_session()
                raise KmsUnavailable(f"the token did not answer ({failure})") from failure

    def _opened(self) -> TokenSession:
        if self._session is None:
            self._session = self._open_session()
        return self._session

    def _forget_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def _new_id() -> bytes:
    """Return an id that sorts by the moment of its making and is nobody else's."""
    return time.time_ns().to_bytes(8, "big") + secrets.token_bytes(ID_BYTES - 8)
