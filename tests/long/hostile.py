"""Bodies, frames and query strings that nobody honest would send, drawn from a seed."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, quote_from_bytes

import brotli
import orjson
import zstandard

OPERATIONS = Path(__file__).parents[2] / "fixtures" / "operations"
DOCUMENTS = [path.read_text("utf-8") for path in sorted(OPERATIONS.rglob("*.graphql"))]
NAMES = sorted(
    {word for text in DOCUMENTS for word in text.replace("{", " ").split() if word.isidentifier()}
)
PUNCTUATION = [
    "{", "}", "(", ")", "[", "]", ":", "!", "=", "...", "|", "&", "@", "$", ",", "#", "\n", '"""',
    '"', "\\u0000", "query ", "mutation ", "subscription ", "fragment F on Query ", " on ", "...F ",
    "true", "null", "-0", "1e400", "123456789012345678901234567890", '"\\ud800"', '"a"', "$a ",
    "@skip(if: true) ", "@defer ", "@stream ", "__typename ", "__schema { types { name } } ",
]  # fmt: skip
ODD: list[Any] = [
    None, True, False, 0, -1, 5, 2**31, 2**53, 2**63, 1.5, -0.0, "", "x", "\x00", "\u202e",
    "𝕏" * 40, "9" * 400, [], {}, [[]], [None], {"": None}, {"__proto__": 1}, "1", "EN", "ln0",
]  # fmt: skip
BYTES = [
    b"", b"x", b"5", b'"x"', b"null", b"[]", b"{}", b"\xff", b"\xed\xa0\x80", b"\x00", b"NaN",
    b"Infinity", b"[" * 3_000, b'{"a":' * 3_000, b'{"query":"' + b"\\u0000" * 500 + b'"}',
    b"\xef\xbb\xbf{}", b'{"query":"{ me { id } }","query":5}', b"1e999", b"{" * 2_000,
]  # fmt: skip
MEDIA = [
    "application/json", "application/json; charset=utf-8", "application/json; charset=gbk",
    "text/plain", "multipart/form-data; boundary=a", "application/graphql", "", ";;;", "\xff",
]  # fmt: skip
ACCEPTS = [
    "*/*", "application/json", "application/graphql-response+json", "text/event-stream",
    "multipart/mixed;deferSpec=20220824, application/json", "text/html", "", "x;q=x", ",,,;;;q==",
    "application/json;q=0.3, application/graphql-response+json;q=0.2",
]  # fmt: skip
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor(level=1).compress,
    "deflate": zlib.compress,
    "identity": bytes,
}
METHODS = ["POST"] * 40 + ["GET"] * 6 + ["PUT", "DELETE", "HEAD", "PATCH"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it goes over the wire."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws hostile things, the same from the same seed."""

    draw: Random

    def request(self) -> Request:
        """Draw a request to either graph."""
        draw = self.draw
        path = draw.choice(["/graphql"] * 16 + ["/staff/graphql"] * 4 + ["/s", "/q/a"])
        method = draw.choice(METHODS)
        headers = {"content-type": draw.choice(MEDIA) if draw.random() < 0.05 else MEDIA[0]}
        headers["accept"] = draw.choice(ACCEPTS) if draw.random() < 0.2 else ACCEPTS[0]
        if method in {"GET", "HEAD"} or draw.random() < 0.05:
            path += f"?{self._query()}"
        body = b"" if method in {"GET", "HEAD"} else self.body()
        if draw.random() < 0.1:
            name = draw.choice([*ENCODINGS, "x", "gzip, gzip"])
            headers["content-encoding"] = name
            body = self._bytes(ENCODINGS.get(name, bytes)(body))
        return Request(method, path, body, headers)

    def frames(self) -> list[bytes | str]:
        """Draw what is said over one socket, after its `connection_init` or without one."""
        opening = [b'{"type":"connection_init"}'] if self.draw.random() < 0.8 else []
        return [*opening, *(self._frame() for _ in range(self.draw.randint(1, 6)))]

    def body(self) -> bytes:
        """Draw a body: bytes, JSON of some kind, or an operation that is nearly one of ours."""
        match self.draw.randint(0, 9):
            case 0:
                return self.draw.choice(BYTES)
            case 1:
                return self._bytes(orjson.dumps(self._json(3)))
            case 2:
                return self._bytes(orjson.dumps(self._asked()))
            case _:
                return orjson.dumps(self._asked())

    def _frame(self) -> bytes:
        kinds = [
            "subscribe",
            "subscribe",
            "complete",
            "ping",
            "pong",
            "connection_init",
            "start",
            5,
        ]
        match self.draw.randint(0, 5):
            case 0:
                return self.draw.choice(BYTES)
            case 1:
                return self._bytes(orjson.dumps(self._json(3)))
            case _:
                frame = {
                    "id": self.draw.choice(["a", "b", "c", "", 5, None]),
                    "type": self.draw.choice(kinds),
                    "payload": self.draw.choice([self._asked(), self._asked(), self._json(2)]),
                }
                return orjson.dumps(frame)

    def _query(self) -> str:
        asked = self._asked()
        parts: list[str] = []
        for name, value in asked.items():
            written = value if isinstance(value, str) else orjson.dumps(value).decode()
            raw = self._bytes(written.encode("utf-8", "replace"))
            parts.append(f"{quote(name)}={quote_from_bytes(raw)}")
        return "&".join(parts)[:12_000]

    def _asked(self) -> dict[str, Any]:
        draw = self.draw
        asked: dict[str, Any] = {"query": self.document(), "variables": self._variables()}
        if draw.random() < 0.05:
            asked["operationName"] = draw.choice([*ODD, *NAMES[:20]])
        if draw.random() < 0.05:
            extension = draw.choice(["persistedQuery", "timeoutMs", "cost", "x"])
            asked["extensions"] = draw.choice([self._json(2), {extension: self._json(2)}])
        if draw.random() < 0.02:
            asked["documentId"] = draw.choice([*ODD, "a", "sha256:" + "0" * 64])
        if draw.random() < 0.04:
            asked[draw.choice(list(asked))] = self._json(2)
        return asked

    def document(self) -> str:
        """Draw a document: one of ours as it is or bent, or a soup of tokens."""
        draw = self.draw
        ours = draw.choice(DOCUMENTS)
        match draw.randint(0, 9):
            case 0:
                soup = [*PUNCTUATION, *draw.sample(NAMES, 15)]
                return " ".join(draw.choice(soup) for _ in range(draw.randint(1, 200)))
            case 1:
                return self._bytes(ours.encode()).decode("utf-8", "replace")
            case 2:
                words = ours.split(" ")
                for _ in range(draw.randint(1, 6)):
                    place = draw.randrange(len(words))
                    words[place : place + draw.randint(0, 2)] = [
                        draw.choice([*PUNCTUATION, draw.choice(NAMES), draw.choice(words)])
                    ]
                return " ".join(words)
            case 3:
                part = draw.choice(
                    ["a", "loans { id } ", "...F ", "... { ", "@skip(if: true) ", "[ "]
                )
                return ours.replace("{", "{ " + part * draw.randint(1, 300), 1)
            case _:
                return ours

    def _variables(self) -> Any:  # noqa: ANN401 - any JSON
        names = ["id", "input", "first", "after", "loanId", "ids", "amount", "a"]
        chosen = self.draw.sample(names, self.draw.randint(0, 4))
        return {name: self._json(3) for name in chosen}

    def _json(self, depth: int) -> Any:  # noqa: ANN401 - any JSON
        draw = self.draw
        kind = draw.randint(0, 4) if depth else 0
        if kind == 1:
            return [self._json(depth - 1) for _ in range(draw.randint(0, 4))]
        if kind == 2:
            keys = draw.sample([*NAMES[:60], "idempotencyKey", "", "input"], draw.randint(0, 4))
            return {key: self._json(depth - 1) for key in keys}
        return draw.choice(ODD)

    def _bytes(self, given: bytes) -> bytes:
        """Bend some bytes: cut, repeat, flip, splice."""
        bent = bytearray(given)
        for _ in range(self.draw.randint(0, 3)):
            place = self.draw.randint(0, len(bent))
            match self.draw.randint(0, 4):
                case 0:
                    del bent[place:]
                case 1:
                    bent[place:place] = self.draw.choice(BYTES)
                case 2:
                    bent[place:place] = self.draw.randbytes(self.draw.randint(1, 4))
                case 3 if place < len(bent):
                    bent[place] ^= 1 << self.draw.randint(0, 7)
                case _:
                    bent[place:place] = bent[place : place + 30] * self.draw.randint(1, 20)
        return bytes(bent)
