"""
The app at the far end of the link, a process of its own: real TLS 1.3 and HTTP/2, by granian.

It is started within the server's namespace, makes a borrower with a loan in a folder of its own,
and then listens. `settle` on standard input lets a minute pass for due work; `fresh` takes back
what was applied for and signs the phone in anew. When standard input ends it removes its folder
and goes.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from app.commands.benches.frames import SETTLES_SECONDS
from app.commands.benches.link.certificates import certify
from app.commands.benches.scene import Scene, scene
from app.foundation.log import configure_logging

ENDS_SECONDS = 1.0
"""For connections that are still open; the phone at their other end is gone."""
UNDONE_SECONDS = 10.0
"""For a seeding that is broken off."""
LOOKS_SECONDS = 0.05
OPEN = {"DRAFT", "SUBMITTED", "ACTION_REQUIRED", "DECIDING", "OFFERED"}


async def main(address: str, port: int) -> None:
    """Serve until standard input ends, wherever we stand then."""
    configure_logging(as_json=True, level="ERROR")
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    with _folder() as folder:
        serving = asyncio.create_task(_serve(folder, address, port, asked))
        serving.add_done_callback(_give_up)
        commands = await _standard_input()
        while line := await commands.readline():
            asked.put_nowait(orjson.loads(line))
        serving.cancel()
        await asyncio.wait({serving}, timeout=UNDONE_SECONDS)


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a new folder, and remove it though a thread of the database may write to it yet."""
    folder = Path(tempfile.mkdtemp(prefix="qingmiao-link-"))
    try:
        yield folder
    finally:
        until = time.monotonic() + UNDONE_SECONDS
        while folder.exists() and time.monotonic() < until:
            shutil.rmtree(folder, ignore_errors=True)
            time.sleep(LOOKS_SECONDS)


def _give_up(serving: asyncio.Task[None]) -> None:
    """End with a failure, whose words go to the log; nobody is left waiting for an answer."""
    if not serving.cancelled() and (failure := serving.exception()) is not None:
        asyncio.get_running_loop().stop()
        raise failure


async def _serve(
    folder: Path, address: str, port: int, asked: asyncio.Queue[dict[str, Any]]
) -> None:
    certified = certify(folder, address)
    async with scene(folder / "data") as found:
        server = Server(
            found.app,
            address=address,
            port=port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http2,
            log_enabled=False,
            websockets=False,
            ssl_cert=certified.certificate_path,
            ssl_key=certified.key_path,
        )
        serving = asyncio.create_task(server.serve())
        try:
            _say({"authority": certified.authority_pem, **await _fresh(found, counter=0)})
            while True:
                wanted = await asked.get()
                if wanted["do"] == "fresh":
                    _say(await _fresh(found, counter=wanted["counter"]))
                else:
                    await found.pause(SETTLES_SECONDS)
                    _say({})
        finally:
            server.stop()
            await asyncio.wait({serving}, timeout=ENDS_SECONDS)


async def _fresh(found: Scene, *, counter: int) -> dict[str, Any]:
    phone = found.story.phone
    assert phone.keystore is not None, "the phone has a key"
    phone.keystore.counter = max(phone.keystore.counter, counter)
    await found.pause(SETTLES_SECONDS)
    await found.enter()
    listed = (await phone.run("applications"))["applications"]["edges"]
    for one in [edge["node"] for edge in listed if edge["node"]["state"] in OPEN]:
        await phone.do("withdraw_application", applicationId=one["id"])
    product = await found.story.product()
    return {
        "token": phone.token,
        "counter": phone.keystore.counter,
        "loan_id": found.story.loan_id,
        "product_id": product["id"],
    }


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1], int(sys.argv[2])))
    finally:
        os._exit(0)  # threads of the server's that still wait for the phone must not keep us
