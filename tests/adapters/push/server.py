"""Phone makers' services of our own: they check what Huawei and Xiaomi would, and misbehave."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

APP_ID, SECRET = "104000001", "secret-of+nobody/="
PACKAGE, KEY = "cn.qingmiao.app", "xiaomi-secret-of-nobody"
GONE = "gone-token"
UNLISTED = "unlisted-token"
"""Refused among some, and yet not listed."""
JOB_KEY = re.compile(r"[0-9a-zA-Z-][0-9a-zA-Z_-]{0,19}")
FORM = "application/x-www-form-urlencoded"

Reply = tuple[int, dict[str, Any] | bytes]


@dataclass
class MakerServices:
    """What both services know, and how they behave from now on."""

    address: str = ""
    mode: str = "OK"
    """OK, a code to refuse with, or a misbehavior: DROP, FAULT, BUSY, HUGE, NOISE."""
    access: list[str] = field(default_factory=list[str])
    """Every access token given out, oldest first; those in `over` are not good any more."""
    over: set[str] = field(default_factory=set[str])
    sends: int = 0
    pushed: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What was taken, as Huawei's JSON or Xiaomi's form."""
    delivered: set[str] = field(default_factory=set[str])
    """Job keys of what phones have."""
    lock: Lock = field(default_factory=Lock)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """Answer one request, both makers' by their paths."""
        parts = urlsplit(target)
        with self.lock:
            match method, parts.path:
                case "POST", "/oauth2/v3/token":
                    return self._give_access(headers, body)
                case "POST", path if path == f"/v1/{APP_ID}/messages:send":
                    return self._by_huawei(headers, json.loads(body))
                case "POST", "/v3/message/regid":
                    return self._by_xiaomi(headers, dict(parse_qsl(body.decode())))
                case "GET", "/v1/trace/message/status":
                    return self._traced(headers, dict(parse_qsl(parts.query)))
                case _:
                    return 404, b"not found"

    def _give_access(self, headers: dict[str, str], body: bytes) -> Reply:
        form = dict(parse_qsl(body.decode()))
        wanted = {
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "client_secret": SECRET,
        }
        if not headers["content-type"].startswith(FORM) or form != wanted:
            return 400, {"error": 1101, "error_description": "invalid client"}
        self.access.append(f"access-{len(self.access) + 1}+/=")
        return 200, {
            "access_token": self.access[-1],
            "expires_in": 3600,
            "token_type": "Bearer",
        }

    def _by_huawei(  # noqa: PLR0911 - one return for each thing that may be wrong
        self, headers: dict[str, str], asked: dict[str, Any]
    ) -> Reply:
        self.sends += 1
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.access:
            return 401, {"code": "80200001", "msg": "oauth failed"}
        if token in self.over:
            return 200, {"code": "80200003", "msg": "oauth token expired"}
        message = asked["message"]
        (to,) = message.pop("token")
        android, note = message["android"], message["android"]["notification"]
        is_formed = (
            note["title"]
            and note["body"]
            and note["click_action"] == {"type": 3}
            and 0 < note["notify_id"] < 2**31
            and 0 < int(android.get("ttl", "1s").removesuffix("s")) <= 1_296_000
            and isinstance(json.loads(message.get("data", "{}")), dict)
        )
        if not is_formed:
            return 400, {"code": "80100003", "msg": "Illegal payload"}
        if len(json.dumps(message, ensure_ascii=False).replace('": ', '":').encode()) > 4_096:
            return 400, {"code": "80300008", "msg": "The message body is too large"}
        if to == GONE:
            return 200, {"code": "80300007", "msg": "All the tokens are invalid"}
        if self.mode == "80100000":
            listed = [] if to == UNLISTED else [to]
            said = {"success": 0, "failure": 1, "illegal_tokens": listed}
            return 200, {"code": "80100000", "msg": json.dumps(said), "requestId": "r"}
        if self.mode.isdigit():
            return 200, {"code": self.mode, "msg": "no", "requestId": "r"}
        self.pushed.append({**message, "to": to})
        return self._taken({"code": "80000000", "msg": "Success", "requestId": "1572000006"})

    def _by_xiaomi(self, headers: dict[str, str], form: dict[str, str]) -> Reply:
        self.sends += 1
        if headers.get("authorization") != f"key={KEY}":
            return 200, _refusal(21301, "Invalid application secret.")
        is_formed = (
            headers["content-type"].startswith(FORM)
            and form["restricted_package_name"] == PACKAGE
            and form["pass_through"] == "0"
            and 0 < len(form["title"].strip()) < 50
            and 0 < len(form["description"].strip()) < 128
            and 0 <= int(form["notify_id"]) < 2**31
            and JOB_KEY.fullmatch(form["extra.jobkey"])
            and 0 < int(form.get("time_to_live", "1")) <= 14 * 86_400_000
            and len(form.get("extra.callback", "")) <= 128
            and len(form.get("extra.callback.param", "")) <= 64
        )
        if not is_formed:
            return 200, _refusal(10017, "Parameter value invalid")
        if len(form.get("payload", "")) > 4_096:
            return 200, _refusal(65009, "Payload too long")
        if form["registration_id"] == GONE:
            return 200, _refusal(20301, "No valid targets!")
        if self.mode.lstrip("-").isdigit():
            return 200, _refusal(int(self.mode), "no")
        self.pushed.append(form)
        return self._taken(
            {
                "result": "ok",
                "trace_id": "t",
                "code": 0,
                "data": {"id": "scm51b1"},
                "info": "1 REGID",
            }
        )

    def _taken(self, said: dict[str, Any]) -> Reply:  # noqa: PLR0911 - one for each misbehavior
        match self.mode:
            case "FAULT":
                return 500, b"<html>oops</html>"
            case "BUSY":
                del self.pushed[-1]
                return 503, b"<html>slow down</html>"
            case "HUGE":
                return 200, json.dumps({**said, "more": "x" * 100_000}).encode()
            case "NOISE":
                return 200, b"\xff{"
            case "DROP":
                return 0, b""
            case "TEXT":
                return 200, {**said, "data": json.dumps(said["data"])}
            case "NAMELESS":
                return 200, {**said, "data": "\\"}
            case _:
                return 200, said

    def _traced(self, headers: dict[str, str], asked: dict[str, str]) -> Reply:
        if headers.get("authorization") != f"key={KEY}":
            return 200, _refusal(21301, "Invalid application secret.")
        if self.mode == "FAULT":
            return 500, b"<html>oops</html>"
        if self.mode.isdigit():
            return 200, _refusal(int(self.mode), "no")
        key = asked.get("job_key")
        found: list[dict[str, Any]] = [
            {
                "id": "scm51b1",
                "delivered": int(one["extra.jobkey"] in self.delivered),
                "invalid_target": int(self.mode == "NOBODY"),
            }
            for one in self.pushed
            if key is None or one["extra.jobkey"] == key
        ]
        return 200, {"code": 0, "data": {"data": found[0] if key is None else found}}


@contextmanager
def serving(services: MakerServices) -> Iterator[MakerServices]:
    """Listen on a port of this machine's."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer("POST")

        def do_GET(self) -> None:
            self._answer("GET")

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said = services.answer(method, self.path, headers, body)
            if status == 0:
                self.close_connection = True
                return
            raw = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            _ = self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - its own
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    services.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _refusal(code: int, reason: str) -> dict[str, Any]:
    return {"result": "error", "code": code, "reason": reason, "description": "失败"}
