"""
The app at the far end of the link, a process of its own: real TLS 1.3 and HTTP/2, by granian.

It is started within the server's namespace, makes a borrower with a loan in a folder of its own,
and then listens. `settle` on standard input lets a minute pass for due work; `fresh` takes back
what was applied for and signs the phone in anew. When standard input ends it removes its folder
and goes.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from app.commands.benches.frames import SETTLES_SECONDS
from app.commands.benches.link.certificates import certify
from app.commands.benches.scene import Scene, scene
from app.foundation.log import configure_logging

OPEN = {"DRAFT", "SUBMITTED", "ACTION_REQUIRED", "DECIDING", "OFFERED"}


async def main(address: str, port: int) -> None:
    """Serve until standard input ends."""
    configure_logging(as_json=True, level="ERROR")
    with tempfile.TemporaryDirectory(prefix="qingmiao-link-") as made:
        folder = Path(made)
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
            serving = asyncio.ensure_future(server.serve())
            commands = await _standard_input()
            _say({"authority": certified.authority_pem, **await _fresh(found, counter=0)})
            while line := await commands.readline():
                asked = orjson.loads(line)
                if asked["do"] == "fresh":
                    _say(await _fresh(found, counter=asked["counter"]))
                else:
                    await found.pause(SETTLES_SECONDS)
                    _say({})
            server.stop()
            await serving


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
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
