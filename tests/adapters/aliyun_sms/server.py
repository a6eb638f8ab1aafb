"""A small Aliyun of our own: checks every signature by itself, takes messages, and misbehaves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac_new
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY_ID, SECRET = "LTAI-test-key", "test-secret-of-nobody"
SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"


@dataclass
class Aliyun:
    """What the server knows, and how it behaves from now on."""

    now: datetime
    address: str = ""
    mode: str = "OK"
    nonces: set[str] = field(default_factory=set[str])
    sent: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    status: dict[str, int] = field(default_factory=dict[str, int])
    refused: list[str] = field(default_factory=list[str])

    def check(  # noqa: PLR0911 - one return for each thing that may be wrong
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> str | None:
        """Work the signature out by itself, as the page describes it; None if it is right."""
        said = headers.get("authorization", "")
        algorithm, _, rest = said.partition(" ")
        parts = dict(one.split("=", 1) for one in rest.split(",") if "=" in one)
        if algorithm != "ACS3-HMAC-SHA256" or parts.get("Credential") != KEY_ID:
            return "InvalidAccessKeyId.NotFound"
        path, _, query = target.partition("?")
        pairs = sorted(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
        written = "&".join(_percent(name) + "=" + _percent(value) for name, value in pairs)
        names = parts["SignedHeaders"].split(";")
        must = {"host"} | {name for name in headers if name.startswith("x-acs-")}
        if names != sorted(names) or not must <= set(names):
            return "SignatureDoesNotMatch"
        lines = [method, path or "/", written]
        lines += [name + ":" + headers.get(name, "").strip() for name in names]
        lines += ["", parts["SignedHeaders"], sha256(body).hexdigest()]
        if headers.get("x-acs-content-sha256") != lines[-1]:
            return "SignatureDoesNotMatch"
        hashed = sha256("\n".join(lines).encode()).hexdigest()
        wanted = hmac_new(SECRET.encode(), f"{algorithm}\n{hashed}".encode(), "sha256").hexdigest()
        if not compare_digest(wanted, parts.get("Signature", "")):
            return "SignatureDoesNotMatch"
        at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs((at - self.now).total_seconds()) > 900:
            return "InvalidTimeStamp.Expired"
        nonce = headers["x-acs-signature-nonce"]
        if nonce in self.nonces:
            return "SignatureNonceUsed"
        self.nonces.add(nonce)
        return None

    def answer(self, action: str, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Carry an action out."""
        if action == "SendSms":
            if self.mode not in {"OK", "DROP", "FAULT"}:
                return 200, {"Code": self.mode, "Message": "no", "RequestId": "r"}
            self.sent.append(asked)
            if self.mode == "FAULT":
                return 500, {"Code": "InternalError", "Message": "oops"}
            return 200, {"Code": "OK", "BizId": f"biz-{len(self.sent)}", "RequestId": "r"}
        day = f"{self.now:%Y%m%d}"
        found = [
            {
                "OutId": one["OutId"],
                "SendStatus": self.status.get(one["OutId"], 1),
                "ErrCode": "DELIVERED",
                "PhoneNum": one["PhoneNumbers"],
                "Content": "【青苗】…",
            }
            for one in self.sent
            if one["PhoneNumbers"] == asked["PhoneNumber"] and asked["SendDate"] == day
        ]
        size, page = int(asked["PageSize"]), int(asked["CurrentPage"])
        details = {"SmsSendDetailDTO": found[(page - 1) * size : page * size]}
        return 200, {"Code": "OK", "TotalCount": len(found), "SmsSendDetailDTOs": details}


@contextmanager
def serving(aliyun: Aliyun) -> Iterator[Aliyun]:
    """Listen on a port of this machine's."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            problem = aliyun.check("POST", self.path, headers, body)
            if problem is not None:
                aliyun.refused.append(problem)
                self._reply(400, {"Code": problem, "Message": problem})
                return
            asked = dict(parse_qsl(urlsplit(self.path).query))
            status, said = aliyun.answer(headers["x-acs-action"], asked)
            if aliyun.mode == "DROP" and headers["x-acs-action"] == "SendSms":
                self.close_connection = True
                return
            self._reply(status, said)

        def _reply(self, status: int, said: dict[str, Any]) -> None:
            raw = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            _ = self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - its own
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    aliyun.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield aliyun
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _percent(text: str) -> str:
    return "".join(chr(one) if one in SAFE else f"%{one:02X}" for one in text.encode())
