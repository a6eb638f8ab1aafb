"""The clients that phones and pages use, as they are published, against the server as it runs."""

import asyncio
import hashlib
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from app.commands import documents_files
from app.foundation.database import Database, transaction
from app.gateway.failures import HANDLERS
from app.gateway.http import GraphQLEndpoint
from app.gateway.manifest import OPERATIONS, Operation, registered
from app.gateway.profiles import Profile
from app.gateway.routes import MIDDLEWARE
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA
from app.gateway.sockets import SocketEndpoint
from app.gateway.standing import Standing
from app.messaging.operations.notifying import Notify, notify
from app.messaging.rules import Kind
from app.settings import HttpProfile
from tests.gateway.signing_in import signed_in

HERE = Path(__file__).parent
NODE = shutil.which("node")
NPM = shutil.which("npm")
AUDITS = 61
CLIENTS = ["apollo", "urql", "graphql-ws", "graphql-sse", "relay"]
RELAY = {
    "src": ".",
    "schema": "schema.graphql",
    "language": "javascript",
    "eagerEsModules": True,
    "excludes": ["**/node_modules/**"],
    "artifactDirectory": "made",
    "persistConfig": {"file": "relay.json", "algorithm": "SHA256"},
}
SECONDS = 60
INSTALL_SECONDS = 60

pytestmark = pytest.mark.skipif(
    NODE is None or NPM is None,
    reason="NO NODE.JS HERE: Apollo Client, urql, graphql-ws, graphql-sse, Relay, the graphql-http"
    " audit were not run; install Node.js 20 or newer with npm",
)


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the clients, once for each list of them; without a registry say so and skip."""
    assert NPM is not None
    lock = HERE / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = HERE.parents[1] / ".pytest_cache" / "clients" / digest
    if not (folder / "installed").exists():
        made = tmp_path_factory.mktemp("clients")
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, made)
        install = [NPM, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
        try:
            done = subprocess.run(  # noqa: S603 - npm, from PATH
                install, cwd=made, capture_output=True, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip("NPM DID NOT ANSWER: published clients were not run")
        if done.returncode != 0:
            pytest.skip("NPM COULD NOT INSTALL the published clients: they were not run")
        (made / "installed").touch()
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)
    for script in HERE.glob("*.*js"):
        shutil.copy(script, folder)
    return folder


@pytest.fixture(scope="session")
def taken_in(clients: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Operation]:
    """Compile the scenario's documents with relay-compiler, and take its manifest into ours."""
    assert NODE is not None
    made = clients / "made"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    (clients / "relay.json").write_text("{}")
    (clients / "schema.graphql").write_text(BORROWER_SCHEMA.as_str(), "utf-8")
    (clients / "relay.config.json").write_bytes(orjson.dumps(RELAY))
    compiler = [NODE, "node_modules/relay-compiler/cli.js", "relay.config.json"]
    done = subprocess.run(  # noqa: S603 - node, from PATH
        compiler, cwd=clients, capture_output=True, timeout=SECONDS, check=False, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path_factory.mktemp("operations") / "operations"
    shutil.copytree(OPERATIONS, folder, ignore=shutil.ignore_patterns("[!h]*.graphql"))
    shutil.copy(clients / "relay.json", folder / "borrower" / "relay.json")
    assert documents_files.run(check=False, release=False, say=print, folder=folder) == 0
    return [one for one in registered("borrower", folder) if one.name.startswith("documents")]


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database will do."""
    path = tmp_path / "test.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@asynccontextmanager
async def serving(runner: Runner, trusted: Runner) -> AsyncIterator[str]:
    """Serve both profiles of the borrower's graph, and one that runs registered documents only."""
    standing = Standing()
    draft = GraphQLEndpoint(runner, explorer=None, standing=standing)
    npm = GraphQLEndpoint(runner, explorer=None, profile=Profile(HttpProfile.NPM))
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    app = Starlette(
        routes=[
            Route("/graphql", draft.answer, methods=methods),
            WebSocketRoute("/graphql", SocketEndpoint(runner, standing).answer),
            Route("/trusted", GraphQLEndpoint(trusted, explorer=None).answer, methods=methods),
            WebSocketRoute("/trusted", SocketEndpoint(trusted, standing).answer),
            Route("/npm", npm.answer, methods=methods),
        ],
        middleware=MIDDLEWARE,
        exception_handlers=HANDLERS,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(
        app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, log_enabled=False
    )
    running = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield f"http://127.0.0.1:{port}"
    finally:
        standing.end()
        await asyncio.sleep(0.1)
        server.stop()
        await asyncio.wait([running], timeout=10)


async def lines_of(folder: Path, *arguments: str) -> AsyncIterator[dict[str, Any]]:
    """Run a script and yield what it prints; one that fails says why."""
    assert NODE is not None
    process = await asyncio.create_subprocess_exec(
        NODE,
        *arguments,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "NO_COLOR": "1"},
        limit=2**20,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(SECONDS):
            async for line in process.stdout:
                yield orjson.loads(line)
            told = (await process.stderr.read()).decode()
            assert await process.wait() == 0, told
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_the_published_audit_passes_whole_and_every_client_lives_through_one_scenario(
    database: Database, clients: Path, taken_in: list[Operation]
) -> None:
    phone, borrower_id = await signed_in(database)
    trusted = Runner.over(BORROWER_SCHEMA, graph="borrower", only_trusted=True)
    assert trusted.trusted is not None
    trusted.trusted.register(taken_in)
    async with serving(Runner.over(BORROWER_SCHEMA), trusted) as address:
        async for results in lines_of(clients, "audit.mjs", f"{address}/npm"):
            failed = [one for one in results["found"] if one["status"] != "ok"]
            assert (len(results["found"]), failed) == (AUDITS, [])
        said: list[dict[str, Any]] = []
        script = ("scenario.mjs", f"{address}/graphql", str(phone.token), f"{address}/trusted")
        async for line in lines_of(clients, *script):
            said.append(line)
            if "ready" in line:
                async with transaction() as tx:
                    about = Notify(
                        borrower_id=borrower_id,
                        kind=Kind.LIMIT_LOWERED,
                        data={"limit_fen": 5},
                        dedupe_key="x",
                    )
                    await notify(tx, about)
    deferred, *lived, _, told = said
    assert deferred["deferred"] == {
        "apollo": [False, True],
        "apollo, older form": [False, True],
        "urql": [False, True],
    }
    assert [one["client"] for one in lived] == CLIENTS
    for one in lived:
        assert one["me"] == borrower_id
        assert one["changed"]
        assert one["again"] == "SetLanguageSuccess"
        is_trusted_only = one["client"] == "relay"
        refused = "DOCUMENT_NOT_TRUSTED" if is_trusted_only else "GRAPHQL_VALIDATION_FAILED"
        assert one["refused"] == refused
    assert {one["kind"] for one in told["told"].values()} == {"LIMIT_LOWERED"}
    assert len(told["told"]) == len(CLIENTS)
