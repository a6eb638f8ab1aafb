"""A server process of one's own: started in a folder, waited for, killed, started again."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).parents[2]
READY_SECONDS_MAX = 30.0


class NotReady(Exception):
    """The server did not become ready in time; the message shows the end of its log."""


@dataclass(slots=True)
class OwnServer:
    """A serving command of ours with its data in a folder, listening on a free port."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    port: int = 0
    serves: tuple[str, ...] = ("demo", "--quiet")
    """The command and its options; `serve` begins without the demo's people."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Choose a free port unless one was given."""
        self.port = self.port or free_port()

    @property
    def address(self) -> str:
        """Return where it listens, as a URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        """Return the number of its process."""
        assert self._process is not None, "it was started"
        return self._process.pid

    @property
    def log_path(self) -> Path:
        """Return the file that holds everything it printed."""
        return self.folder / "server.log"

    @property
    def process_environ(self) -> dict[str, str]:
        """Return the environment of the server and of commands that share its data."""
        return {
            **os.environ,
            "APP_MODE": "development",
            "DATA_FOLDER": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder / 'qingmiao.sqlite3'}",
            "KEYRING_PATH": str(self.folder / "keyring.json"),
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "LOG_JSON": "true",
            **self.environ,
        }

    async def start(self) -> None:
        """
        Start it and wait until it is ready.

        Raises:
            NotReady: It stopped, or took more than 30 s.
        """
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own command, at once
                [sys.executable, "-m", "app", *self.serves],
                cwd=ROOT,
                env=self.process_environ,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + READY_SECONDS_MAX
        async with httpx.AsyncClient(timeout=2) as client:
            while time.monotonic() < until and self._process.poll() is None:
                try:
                    answer = await client.get(self.address + "/readyz")
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                if answer.is_success:
                    return
                await asyncio.sleep(0.05)
        code = self._process.poll()
        self.kill()  # nobody would end it later: it would go on working on the same database
        ended = "it took too long" if code is None else f"it ended with {code}"
        log_end = self.log_path.read_text(encoding="utf-8", errors="replace")[-2_000:]
        raise NotReady(f"{ended}: {log_end}")

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """Ask it to finish (SIGTERM) and return its exit code."""
        assert self._process is not None, "it was started"
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(15)
        self._process = None
        return code

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run `python -m app …` on the same data; return its exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app",
            *arguments,
            cwd=ROOT,
            env=self.process_environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode()

    async def __aenter__(self) -> Self:
        """Start it."""
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """End it."""
        self.kill()


def free_port() -> int:
    """Return a port of the loopback address that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
