"""
The part of CBOR (RFC 8949) that a sync needs: what JSON has, and bytes.

Numbers are whole numbers of at most 64 bits and doubles, every length is given beforehand, there
are no tags, and a map's keys are text, each once. So whatever is read is bounded by its own length.
"""

import struct
from math import isfinite
from typing import NoReturn

Value = int | float | str | bytes | bool | list["Value"] | dict[str, "Value"] | None

DEPTH_MAX = 16
_INT, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG, _SIMPLE = range(8)
_CONSTANTS = {20: False, 21: True, 22: None}
_DOUBLE = 27
_NUMBERS = {24: "B", 25: ">H", 26: ">I", 27: ">Q"}
_WHOLE_MAX = 2**64
_NEGATIVE_MAX = 2**63


class NotCbor(ValueError):
    """Bytes are not this part of CBOR; the message says where and why."""


def encode(value: Value) -> bytes:
    """
    Return a value in its shortest form, maps in the order of their keys as they stand.

    Raises:
        ValueError: A whole number needs more than 64 bits.
    """
    out = bytearray()
    _write(out, value)
    return bytes(out)


def decode(content: bytes) -> Value:
    """
    Return the one value that the bytes hold.

    Raises:
        NotCbor: They hold something else, more, or end too early.
    """
    reading = _Reading(content)
    value = reading.value(DEPTH_MAX)
    if reading.at != len(content):
        reading.refuse("there is more after the value")
    return value


def _write(out: bytearray, value: Value) -> None:
    if isinstance(value, list):
        out += _head(_LIST, len(value))
        for one in value:
            _write(out, one)
    elif isinstance(value, dict):
        out += _head(_MAP, len(value))
        for name, one in value.items():
            _write(out, name)
            _write(out, one)
    else:
        out += _single(value)


def _single(value: float | str | bytes | None) -> bytes:
    match value:
        case None | bool():
            return bytes([_SIMPLE << 5 | {False: 20, True: 21, None: 22}[value]])
        case int():
            return _head(_INT, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
        case float():
            return bytes([_SIMPLE << 5 | _DOUBLE]) + struct.pack(">d", value)
        case bytes():
            return _head(_BYTES, len(value)) + value
        case _:
            written = value.encode()
            return _head(_TEXT, len(written)) + written


def _head(kind: int, number: int) -> bytes:
    if number >= _WHOLE_MAX:
        message = f"{number} needs more than 64 bits"
        raise ValueError(message)
    if number < min(_NUMBERS):
        return bytes([kind << 5 | number])
    size = next(size for size in sorted(_NUMBERS) if number < 1 << 8 * (1 << size - 24))
    return bytes([kind << 5 | size]) + struct.pack(_NUMBERS[size], number)


class _Reading:
    """A place in the bytes, which moves on."""

    def __init__(self, content: bytes) -> None:
        self.at = 0
        self._content = content

    def value(self, depth: int) -> Value:
        """Read one value of at most so many levels."""
        if depth == 0:
            self.refuse(f"more than {DEPTH_MAX} levels")
        first = self._take(1)[0]
        kind, small = first >> 5, first & 31
        if kind == _SIMPLE:
            return self._simple(small)
        if kind == _TAG:
            self.refuse("a tag")
        number = self._number(small)
        if kind == _LIST:
            # Every item takes a byte at least, so a length that is a lie ends with the bytes.
            return [self.value(depth - 1) for _ in range(number)]
        if kind == _MAP:
            return self._map(number, depth)
        return self._flat(kind, number)

    def _flat(self, kind: int, number: int) -> Value:
        if kind == _BYTES:
            return self._take(number)
        if kind == _TEXT:
            return self._text(number)
        if kind == _INT:
            return number
        if number >= _NEGATIVE_MAX:
            self.refuse("a number below those of 64 bits")
        return -1 - number

    def refuse(self, why: str) -> NoReturn:
        """Say what is wrong, and where."""
        message = f"byte {self.at}: {why}"
        raise NotCbor(message)

    def _take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self._content):
            self.refuse("it ends too early")
        taken = self._content[self.at : end]
        self.at = end
        return taken

    def _number(self, small: int) -> int:
        if small < min(_NUMBERS):
            return small
        if small not in _NUMBERS:
            self.refuse("a length that is not given")
        (number,) = struct.unpack(_NUMBERS[small], self._take(1 << small - 24))
        return number

    def _simple(self, small: int) -> Value:
        if small == _DOUBLE:
            (number,) = struct.unpack(">d", self._take(8))
            if not isfinite(number):
                self.refuse("a number that JSON does not have")
            return number
        if small not in _CONSTANTS:
            self.refuse("a simple value that JSON does not have")
        return _CONSTANTS[small]

    def _text(self, count: int) -> str:
        try:
            return self._take(count).decode()
        except UnicodeDecodeError:
            self.refuse("text that is not UTF-8")

    def _map(self, count: int, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for _ in range(count):
            name = self.value(depth - 1)
            if not isinstance(name, str) or name in found:
                self.refuse("a key that is not text, or is there twice")
            found[name] = self.value(depth - 1)
        return found
