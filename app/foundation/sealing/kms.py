"""The port to whoever keeps the root keys: a sealed file, a key server, or a hardware module."""

from typing import Protocol

from app.foundation.sealing.cells import SealBroken

MAC_BYTES = 32


class KmsUnavailable(Exception):
    """The keeper of root keys did not answer, or not to us; nothing was done. The note says why."""


class KeyDestroyed(SealBroken):
    """There is no key of that name (any more): what it wrapped is gone for ever."""


class Kms(Protocol):
    """
    The outside keeper of root keys, which never leave it and are in no database.

    Its keys have names of at most 40 characters (letters, digits, `-`), and each serves either to
    wrap or to mac. Calls may take seconds: unless it `is_local`, they are made from a thread of
    their own and never in a transaction. Threads may share it.
    """

    is_local: bool
    """Whether calls are answered in this process, in about a millisecond."""

    def wrap(self, key_name: str, secret: bytes) -> bytes:
        """
        Encrypt a small secret under the newest version of a key, made when first asked for.

        Raises:
            KeyDestroyed: The keeper remembers that the key was destroyed.
            KmsUnavailable: It did not answer.
        """
        ...

    def unwrap(self, key_name: str, wrapped: bytes) -> bytes:
        """
        Decrypt what this key wrapped, under whatever version.

        Raises:
            KeyDestroyed: There is no such key.
            SealBroken: The key did not wrap these bytes, or they were altered.
            KmsUnavailable: The keeper did not answer.
        """
        ...

    def mac(self, key_name: str, message: bytes) -> bytes:
        """
        Return 32 bytes that only this key gives for a message, for ever; rotating changes nothing.

        The key is made when first asked for. One that must change gets another name.

        Raises:
            KeyDestroyed: The keeper remembers that the key was destroyed.
            KmsUnavailable: It did not answer.
        """
        ...

    def rotate(self, key_name: str) -> None:
        """
        Wrap under a new version of a key from now on; what older versions wrapped still opens.

        Raises:
            KeyDestroyed: There is no such key.
            KmsUnavailable: The keeper did not answer.
        """
        ...

    def destroy(self, key_name: str) -> None:
        """
        Forget every version of a key for ever; one that is not there stays so.

        Raises:
            KmsUnavailable: The keeper did not answer.
        """
        ...

    def close(self) -> None:
        """Give connections back; nothing is asked after."""
        ...
