"""
A small HTTP server that speaks as Vault's transit engine does, in the shapes its API pages show.

https://developer.hashicorp.com/vault/api-docs/secret/transit and .../auth/approle; the words of
its refusals are those of `builtin/logical/transit` in Vault's source.
"""

import base64
import hmac
import json
import secrets
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "hvs.the-token"
ROLE_ID = "59d6d1ca-47bb-4e7e-a40b-8be3bc5a0ba8"
SECRET_ID = "84896a0c-1347-aa90-a4f6-aca8b7558780"
SEALED = {"errors": ["Vault is sealed"]}
DENIED = {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}


@dataclass
class Key:
    """A named key: one AES key and one HMAC key for each version."""

    versions: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    may_be_deleted: bool = False

    def rotate(self) -> None:
        self.versions.append((secrets.token_bytes(32), secrets.token_bytes(32)))


class TransitServer:
    """The server: `failures` are answered first, in order; None drops the connection."""

    def __init__(self, *, mount: str = "transit", namespace: str = "") -> None:
        self.mount = mount
        self.namespace = namespace
        self.tokens = {TOKEN}
        self.keys: dict[str, Key] = {}
        self.failures: list[tuple[int, Any] | None] = []
        self.asked: list[tuple[str, str]] = []
        self.breaks_with_500 = False
        server = self

        class Answering(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                given = server.answer(
                    self.command, self.path, dict(self.headers), json.loads(body) if body else {}
                )
                if given is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, content = given
                written = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            do_POST = do_DELETE = answer  # noqa: N815 - the names the server looks for

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self.scheme = "http"

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._http.server_port}"

    def start(self, context: ssl.SSLContext | None = None) -> None:
        if context is not None:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
            self.scheme = "https"
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def answer(  # noqa: PLR0911 - one line for each answer it knows
        self, method: str, path: str, headers: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, Any] | None:
        self.asked.append((method, path))
        named = {name.lower(): value for name, value in headers.items()}
        if self.failures:
            return self.failures.pop(0)
        if named.get("x-vault-namespace", "") != self.namespace:
            return 404, {"errors": ["no handler for route. route entry not found."]}
        if path == "/v1/auth/approle/login":
            return self.signed_in(body)
        if named.get("x-vault-token") not in self.tokens:
            return 403, DENIED
        prefix = f"/v1/{self.mount}/"
        if not path.startswith(prefix):
            return 404, {"errors": [f'no handler for route "{path}". route entry not found.']}
        verb, name, *rest = path.removeprefix(prefix).split("/")
        if verb == "keys":
            return self.on_keys(method, name, rest, body)
        key = self.keys.get(name)
        if key is None:
            return 400, {"errors": ["encryption key not found"]}
        return getattr(self, f"on_{verb}")(key, body)

    def signed_in(self, body: dict[str, Any]) -> tuple[int, Any]:
        if body != {"role_id": ROLE_ID, "secret_id": SECRET_ID}:
            return 400, {"errors": ["invalid role or secret ID"]}
        token = f"hvs.{secrets.token_hex(8)}"
        self.tokens.add(token)
        return 200, {"auth": {"client_token": token, "lease_duration": 1200, "renewable": True}}

    def on_keys(  # noqa: PLR0911 - the same
        self, method: str, name: str, rest: list[str], body: dict[str, Any]
    ) -> tuple[int, Any]:
        key = self.keys.get(name)
        if method == "POST" and not rest:
            assert body == {"type": "aes256-gcm96", "exportable": False}
            if key is None:
                self.keys[name] = Key()
                self.keys[name].rotate()
            return 200, {"data": {"name": name, "type": "aes256-gcm96"}}
        if rest == ["rotate"]:
            if key is None:
                return 400, {"errors": ["key not found"]}
            key.rotate()
            return 200, {"data": {"name": name, "latest_version": len(key.versions)}}
        if key is None:
            return 400, {"errors": [f"no existing key named {name} could be found"]}
        if rest == ["config"]:
            key.may_be_deleted = body["deletion_allowed"]
            return 200, {"data": {"name": name, "deletion_allowed": key.may_be_deleted}}
        assert method == "DELETE"
        if not key.may_be_deleted:
            said = f"error deleting policy {name}: deletion is not allowed for this key"
            return 400, {"errors": [said]}
        del self.keys[name]
        return 204, b""

    def on_encrypt(self, key: Key, body: dict[str, Any]) -> tuple[int, Any]:
        nonce = secrets.token_bytes(12)
        plaintext = base64.b64decode(body["plaintext"], validate=True)
        sealed = AESGCM(key.versions[-1][0]).encrypt(nonce, plaintext, None)
        written = base64.b64encode(nonce + sealed).decode()
        version = len(key.versions)
        return 200, {"data": {"ciphertext": f"vault:v{version}:{written}", "key_version": version}}

    def on_decrypt(self, key: Key, body: dict[str, Any]) -> tuple[int, Any]:
        parts = body["ciphertext"].split(":")
        if len(parts) != 3 or parts[0] != "vault":
            return 400, {"errors": ["invalid ciphertext: no prefix"]}
        version = int(parts[1].removeprefix("v"))
        if version > len(key.versions):
            return 400, {"errors": ["invalid ciphertext: version is too new"]}
        try:
            sealed = base64.b64decode(parts[2], validate=True)
            plaintext = AESGCM(key.versions[version - 1][0]).decrypt(sealed[:12], sealed[12:], None)
        except (InvalidTag, ValueError):
            if self.breaks_with_500:
                said = "1 error occurred:\n\t* cipher: message authentication failed\n\n"
                return 500, {"errors": [said]}
            return 400, {"errors": ["invalid ciphertext: unable to decrypt"]}
        return 200, {"data": {"plaintext": base64.b64encode(plaintext).decode()}}

    def on_hmac(self, key: Key, body: dict[str, Any]) -> tuple[int, Any]:
        version = body.get("key_version") or len(key.versions)
        message = base64.b64decode(body["input"], validate=True)
        mac = hmac.digest(key.versions[version - 1][1], message, "sha256")
        return 200, {"data": {"hmac": f"vault:v{version}:{base64.b64encode(mac).decode()}"}}
