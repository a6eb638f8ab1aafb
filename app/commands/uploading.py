"""Sending a picture from the emulated phone: in pieces, over a line that breaks, then on."""

import hashlib
import io
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
from PIL import Image

from app.commands.phoning import Phone, PhoneError

SIDE = 320
"""Pixels of a picture that never was: noise, so that it is some hundred kilobytes long."""
PIECE = 8 * 1024
"""What arrives for sure while a request is still under way."""


def photograph(seed: int = 1) -> bytes:
    """Make a picture as a camera's file; the same seed makes the same."""
    noise = random.Random(seed).randbytes(SIDE * SIDE * 3)  # noqa: S311 - a picture, not a secret
    file = io.BytesIO()
    Image.frombytes("RGB", (SIDE, SIDE), noise).save(file, "JPEG", quality=90)
    return file.getvalue()


async def send_picture(
    phone: Phone, application_id: str, kind: str, content: bytes, *, breaks: int
) -> int:
    """
    Announce a picture and send it; the line breaks so often before all of it has arrived.

    Each time the phone asks how far it got and goes on from there, as the IETF's resumable upload
    wants it. Returns how many bytes were sent in all.

    Raises:
        PhoneError: It was refused, or what had arrived was lost.
    """
    added = await phone.do(
        "add_document",
        applicationId=application_id,
        kind=kind,
        size=len(content),
        hash=hashlib.sha256(content).hexdigest(),
    )
    path, sent, arrived = added["document"]["uploadPath"], 0, 0
    for left in range(breaks, 0, -1):
        part = content[arrived : arrived + (len(content) - arrived) // (left + 1)]
        await _break_off(phone, path, arrived, part)
        sent += len(part)
        before, arrived = arrived, await _offset(phone, path)
        if arrived < before + len(part) // PIECE * PIECE:
            raise PhoneError(f"of {before + len(part)} bytes {arrived} are left")
    rest = content[arrived:]
    answer = await phone.send("PATCH", path, rest, _headers(arrived, last=True))
    if answer.is_error:
        raise PhoneError(f"the upload ended with {answer.status_code}: {answer.text}")
    return sent + len(rest)


async def _break_off(phone: Phone, path: str, offset: int, part: bytes) -> None:
    """
    Send a part of the rest, and lose the line before the end of the request.

    A way to the app within this process cannot break in the middle: there the answer is lost.
    """
    if phone.transport is not None:
        _ = await phone.send("PATCH", path, part, _headers(offset, last=False))
        return

    async def broken() -> AsyncIterator[bytes]:
        for start in range(0, len(part), PIECE):
            yield part[start : start + PIECE]
            await phone.pause(0)
        raise httpx.WriteError("the line broke")

    try:
        _ = await phone.send("PATCH", path, broken(), _headers(offset, last=True))
    except httpx.TransportError:
        await phone.pause(0.5)
        return
    raise PhoneError("the line did not break")


async def _offset(phone: Phone, path: str) -> int:
    answer = await phone.send("HEAD", path, b"", {})
    if answer.is_error:
        raise PhoneError(f"how far it got is not told: {answer.status_code}")
    return int(answer.headers["upload-offset"])


def _headers(offset: int, *, last: bool) -> dict[str, Any]:
    return {
        "content-type": "application/partial-upload",
        "upload-offset": str(offset),
        "upload-complete": "?1" if last else "?0",
    }
