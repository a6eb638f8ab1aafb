"""The keeper of root keys in HashiCorp Vault: its transit engine, over HTTPS."""

import base64
import binascii
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from app.foundation.sealing import SealBroken
from app.foundation.sealing.kms import MAC_BYTES, KeyDestroyed, KmsUnavailable
from app.settings import TransitSettings

TIMEOUT = httpx.Timeout(5, connect=2)
"""Seconds; a start or a rotation waits at most twice this, for one call and its repetition."""

KEY_TYPE = "aes256-gcm96"
MAC_PREFIX = "vault:v1:"
DENIED = 403

NO_SUCH_KEY = ("encryption key not found", "policy not found", "key not found", "no existing key")
"""What Vault's transit engine says of a key that is not there, in its own words."""

NOT_OURS = ("invalid ciphertext", "message authentication failed")
"""What it says of bytes that a key did not wrap; some versions with status 500 (issue 10842)."""

Headers = Mapping[str, str]


class TransitKms:
    """
    Keys that never leave Vault; its policy decides who may wrap, unwrap, mac, rotate and destroy.

    It takes a token (from a file it is read again once Vault refuses it, as Vault Agent renews
    it there) or signs in by AppRole. Certificates are always verified.
    """

    is_local = False

    def __init__(self, settings: TransitSettings) -> None:
        self._settings = settings
        self._client = httpx.Client(
            base_url=settings.address.rstrip("/") + "/v1/",
            timeout=TIMEOUT,
            verify=ssl.create_default_context(cafile=settings.ca_file),
            trust_env=False,
        )
        self._turn = threading.Lock()
        self._token = ""
        self._made: set[str] = set()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def wrap(self, key_name: str, secret: bytes) -> bytes:
        """
        Encrypt a secret under the newest version of a key, made when first asked for.

        Raises:
            KmsUnavailable: Vault did not answer, or not to us.
        """
        self._make(key_name)
        given = self._data(f"encrypt/{key_name}", {"plaintext": _in_base64(secret)})
        return _text_in(given, "ciphertext").encode()

    def unwrap(self, key_name: str, wrapped: bytes) -> bytes:
        """
        Decrypt what a key wrapped.

        Raises:
            KeyDestroyed: There is no such key.
            SealBroken: The key did not wrap these bytes.
            KmsUnavailable: Vault did not answer, or not to us.
        """
        try:
            text = wrapped.decode("ascii")
        except UnicodeDecodeError as broken:
            raise SealBroken from broken
        given = self._data(f"decrypt/{key_name}", {"ciphertext": text})
        return _from_base64(_text_in(given, "plaintext"))

    def mac(self, key_name: str, message: bytes) -> bytes:
        """
        Return HMAC-SHA256 under a key's first version, whatever its newest is.

        Raises:
            KmsUnavailable: Vault did not answer, or not to us.
        """
        self._make(key_name)
        asked = {"input": _in_base64(message), "key_version": 1}
        given = self._data(f"hmac/{key_name}/sha2-256", asked)
        mac = _from_base64(_text_in(given, "hmac").removeprefix(MAC_PREFIX))
        if len(mac) != MAC_BYTES:
            raise KmsUnavailable("Vault's answer is no mac of 32 bytes")
        return mac

    def rotate(self, key_name: str) -> None:
        """
        Add a version to a key.

        Raises:
            KeyDestroyed: There is no such key.
            KmsUnavailable: Vault did not answer, or not to us.
        """
        self._ask("POST", f"keys/{key_name}/rotate", {})

    def destroy(self, key_name: str) -> None:
        """
        Delete every version of a key; one that is not there stays so.

        Raises:
            KmsUnavailable: Vault did not answer, or not to us.
        """
        self._made.discard(key_name)
        try:
            self._ask("POST", f"keys/{key_name}/config", {"deletion_allowed": True})
            self._ask("DELETE", f"keys/{key_name}", None)
        except KeyDestroyed:
            return

    def _make(self, key_name: str) -> None:
        """Make a key of our type; Vault leaves one that is there already as it is."""
        if key_name not in self._made:
            self._ask("POST", f"keys/{key_name}", {"type": KEY_TYPE, "exportable": False})
            self._made.add(key_name)

    def _data(self, path: str, body: Mapping[str, object]) -> Mapping[str, Any]:
        given = self._ask("POST", path, body).get("data")
        if not isinstance(given, dict):
            raise KmsUnavailable("Vault's answer has no data")
        return given

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None) -> dict[str, Any]:
        """Ask with the token at hand; one that Vault no longer takes is replaced once."""
        url = f"{self._settings.mount}/{path}"
        with self._turn:
            token = self._token or self._new_token()
            self._token = token
        answer = self._sent(method, url, body, self._headers(token))
        if answer.status_code == DENIED:
            with self._turn:
                if self._token == token:
                    self._token = self._new_token()
                token = self._token
            answer = self._sent(method, url, body, self._headers(token))
        return _read(answer)

    def _sent(
        self, method: str, url: str, body: Mapping[str, object] | None, headers: Headers
    ) -> httpx.Response:
        """Send once, and once more when nothing or a server's failure comes back."""

        def send() -> httpx.Response:
            return self._client.request(method, url, json=body, headers=headers)

        try:
            answer = send()
        except httpx.TransportError:
            return _answered(send)
        if answer.is_server_error and not _says(answer, NOT_OURS):
            return _answered(send)
        return answer

    def _headers(self, token: str) -> Headers:
        named = {"X-Vault-Namespace": self._settings.namespace} if self._settings.namespace else {}
        return {"X-Vault-Token": token, "X-Vault-Request": "true", **named}

    def _new_token(self) -> str:
        settings = self._settings
        try:
            if not settings.role_id:
                return settings.token.read()
            body = {"role_id": settings.role_id, "secret_id": settings.secret_id.read()}
        except OSError as failure:
            raise KmsUnavailable("the file with Vault's token cannot be read") from failure
        headers = {name: given for name, given in self._headers("").items() if given}
        given = _read(self._sent("POST", "auth/approle/login", body, headers))
        token = (given.get("auth") or {}).get("client_token")
        if not isinstance(token, str):
            raise KmsUnavailable("Vault's answer to the AppRole has no token")
        return token


def _answered(send: Callable[[], httpx.Response]) -> httpx.Response:
    try:
        return send()
    except httpx.TransportError as failure:
        raise KmsUnavailable(f"Vault did not answer ({type(failure).__name__})") from failure


def _read(answer: httpx.Response) -> dict[str, Any]:
    """
    Read an answer; what Vault says of a failure decides what it is.

    Raises:
        KeyDestroyed: It speaks of a key that is not there.
        SealBroken: It speaks of bytes that the key did not wrap.
        KmsUnavailable: Anything else went wrong.
    """
    if answer.is_success:
        return _object_in(answer)
    if _says(answer, NO_SUCH_KEY):
        raise KeyDestroyed
    if _says(answer, NOT_OURS):
        raise SealBroken
    said = " ".join("; ".join(_errors_in(answer)).split()) or "no reason given"
    raise KmsUnavailable(f"Vault answered {answer.status_code}: {said[:200]}")


def _says(answer: httpx.Response, words: tuple[str, ...]) -> bool:
    return any(word in error for error in _errors_in(answer) for word in words)


def _errors_in(answer: httpx.Response) -> list[str]:
    try:
        errors = _object_in(answer).get("errors")
    except KmsUnavailable:
        return []
    return [str(one) for one in errors] if isinstance(errors, list) else []


def _object_in(answer: httpx.Response) -> dict[str, Any]:
    if not answer.content:
        return {}
    try:
        given = answer.json()
    except ValueError:
        raise KmsUnavailable("the answer is not Vault's") from None
    if not isinstance(given, dict):
        raise KmsUnavailable("the answer is not Vault's")
    return given


def _text_in(given: Mapping[str, Any], name: str) -> str:
    text = given.get(name)
    if not isinstance(text, str):
        raise KmsUnavailable(f"Vault's answer has no {name}")
    return text


def _in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise KmsUnavailable("Vault's answer is not in base64") from None
