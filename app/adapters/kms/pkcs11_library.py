"""PKCS#11 through the optional library `python-pkcs11`: sessions and keys in our own words."""

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from app.adapters.kms.pkcs11 import TokenFailed, TokenKey, TokenSession
from app.settings import Pkcs11Settings, SettingsRefused


def opener(settings: Pkcs11Settings) -> Callable[[], TokenSession]:
    """
    Return what opens a session on the token of the settings.

    Raises:
        SettingsRefused: The library for PKCS#11 is not installed, or there is no such module.
    """
    try:
        library: Any = importlib.import_module("pkcs11")
    except ImportError:
        message = "KMS=pkcs11 needs one more library: pip install 'qingmiao[pkcs11]'"
        raise SettingsRefused(message) from None
    if not os.access(settings.module, os.R_OK):
        raise SettingsRefused(f"PKCS11_MODULE names no readable file: {settings.module}")
    failed = (library.PKCS11Error, RuntimeError, OSError)

    def open_session() -> TokenSession:
        with _mapped(failed):
            token = library.lib(str(settings.module)).get_token(token_label=settings.token_label)
            session = LibrarySession(library, token.open(rw=True), failed)
            if not session.is_signed_in():  # a process signs in once, for all its sessions
                session.close()
                signed_in = token.open(rw=True, user_pin=settings.pin.read())
                session = LibrarySession(library, signed_in, failed)
            return session

    return open_session


class LibrarySession:
    """A session of the library `python-pkcs11`, in this module's words."""

    def __init__(self, library: Any, session: Any, failed: tuple[type[Exception], ...]) -> None:  # noqa: ANN401 - an optional library
        self._library = library
        self._session = session
        self._failed = failed

    def keys(self, label: str, *, for_mac: bool) -> Sequence[TokenKey]:
        """Return the keys of a label and kind."""
        library = self._library
        wanted = {
            library.Attribute.CLASS: library.ObjectClass.SECRET_KEY,
            library.Attribute.KEY_TYPE: self._kind(for_mac=for_mac),
            library.Attribute.LABEL: label,
        }
        with _mapped(self._failed):
            found = list(self._session.get_objects(wanted))
            if not found and not self.is_signed_in():
                raise TokenFailed("UserNotLoggedIn")
            return [LibraryKey(library, key, key.id, self._failed) for key in found]

    def make(self, label: str, key_id: bytes, *, for_mac: bool) -> TokenKey:
        """Make a key that stays in the token."""
        library = self._library
        uses = library.MechanismFlag
        can = uses.SIGN | uses.VERIFY if for_mac else uses.ENCRYPT | uses.DECRYPT
        with _mapped(self._failed):
            key = self._session.generate_key(
                self._kind(for_mac=for_mac),
                256,
                id=key_id,
                label=label,
                store=True,
                capabilities=can,
                template={
                    library.Attribute.SENSITIVE: True,
                    library.Attribute.EXTRACTABLE: False,
                },
            )
            return LibraryKey(library, key, key_id, self._failed)

    def is_signed_in(self) -> bool:
        """Tell by making a private key for a moment; one that is signed out sees no keys at all."""
        library = self._library
        try:
            key = self._session.generate_key(
                library.KeyType.AES, 256, store=False, template={library.Attribute.PRIVATE: True}
            )
        except library.UserNotLoggedIn:
            return False
        key.destroy()
        return True

    def close(self) -> None:
        """Sign out; a session that is gone already is as good."""
        try:
            self._session.close()
        except self._failed:
            return

    def _kind(self, *, for_mac: bool) -> Any:  # noqa: ANN401 - the library's own
        kinds = self._library.KeyType
        return kinds.GENERIC_SECRET if for_mac else kinds.AES


class LibraryKey:
    """A key of the library `python-pkcs11`, in this module's words."""

    def __init__(
        self,
        library: Any,  # noqa: ANN401 - an optional library
        key: Any,  # noqa: ANN401 - the same
        key_id: bytes,
        failed: tuple[type[Exception], ...],
    ) -> None:
        self._library = library
        self.inner = key
        self._failed = failed
        self.id = key_id

    def encrypt(self, nonce: bytes, secret: bytes, aad: bytes) -> bytes:
        """Return AES-GCM ciphertext and tag."""
        with _mapped(self._failed):
            return self.inner.encrypt(secret, **self._gcm(nonce, aad))

    def decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes | None:
        """
        Return what was encrypted; None when it was not encrypted so.

        Modules tell of a wrong tag in several ways, some as a failure of their own: one that goes
        on to open what it closes has not failed.
        """
        with _mapped(self._failed):
            try:
                return self.inner.decrypt(sealed, **self._gcm(nonce, aad))
            except self._failed:
                settings = self._gcm(os.urandom(len(nonce)), aad)
                self.inner.decrypt(self.inner.encrypt(sealed[:1], **settings), **settings)
                return None

    def sign(self, message: bytes) -> bytes:
        """Return HMAC-SHA256."""
        with _mapped(self._failed):
            return self.inner.sign(message, mechanism=self._library.Mechanism.SHA256_HMAC)

    def destroy(self) -> None:
        """Delete the key from the token."""
        with _mapped(self._failed):
            self.inner.destroy()

    def _gcm(self, nonce: bytes, aad: bytes) -> dict[str, Any]:
        library = self._library
        parameters = library.GCMParams(nonce, aad, 128)
        return {"mechanism": library.Mechanism.AES_GCM, "mechanism_param": parameters}


@contextmanager
def _mapped(failed: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except failed as failure:
        raise TokenFailed(type(failure).__name__) from failure
