"""The demo says what to open; every example on its pages runs for whoever signs in."""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.commands import demonstration, seeding
from app.commands.personas import desk, persona
from app.commands.phoning import Phone
from app.foundation.database import business_date, fetch
from app.main import opened
from app.settings import Settings

NOT_RUN = {"INTERNAL", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT"}
LAST = ("end_session", "sign_out", "staff_sign_out")
"""Examples after which nobody is signed in."""


@asynccontextmanager
async def demo(settings: Settings) -> AsyncIterator[None]:
    """Run the demo in this process."""
    running = asyncio.create_task(demonstration.run(settings, quiet=False))
    async with httpx.AsyncClient(base_url=settings.address) as client:
        while True:
            assert not running.done(), running.exception()
            try:
                answer = await client.get("/readyz")
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
                continue
            if answer.is_success:
                break
    try:
        yield
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, 15)


@dataclass
class Explorer:
    """GraphiQL's page, used as a person would: it fills in what answers have shown."""

    client: httpx.AsyncClient
    facts: dict[str, Any]
    known: dict[str, str] = field(default_factory=dict[str, str])
    token: str | None = None

    async def run(self, example: Mapping[str, str]) -> dict[str, Any]:
        variables = json.loads(re.sub(r'"<(\w+)>"', self._filled, example["variables"]))
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        asked = {"query": example["query"], "variables": variables}
        answer = (
            await self.client.post(self.facts["endpoint"], json=asked, headers=headers)
        ).json()
        found: dict[str, str] = {}
        self._learn(answer.get("data"), (), found)
        self.known |= found
        return answer

    def _filled(self, placeholder: re.Match[str]) -> str:
        if placeholder[1] == "key":
            return json.dumps(str(uuid4()))
        known = self.known.get(placeholder[1])
        return placeholder[0] if known is None else json.dumps(known)

    def _learn(self, value: Any, path: tuple[str, ...], found: dict[str, str]) -> None:  # noqa: ANN401 - any JSON
        if isinstance(value, list):
            for one in value:
                self._learn(one, path, found)
        elif isinstance(value, dict) and not value.get("isCurrent"):
            for key, inner in value.items():
                self._learn(inner, (*path, key), found)
        elif isinstance(value, str) and len(path) > 1:
            owner, key = path[-2:]
            name = {"id": self.facts["ids"].get(value[:2]), "hash": f"{owner}Hash"}.get(key, key)
            if name is not None:
                found.setdefault(name, value)

    async def run_all(self) -> dict[str, list[str]]:
        """Run the examples of sign-in, then every one; return the codes of those with errors."""
        examples = {one["name"]: one for one in self.facts["examples"]}
        for name in self.facts["first"]:
            await self.run(examples[name])
        codes: dict[str, list[str]] = {}
        for name in sorted(examples, key=lambda name: (name in LAST, name)):
            errors = (await self.run(examples[name])).get("errors", [])
            codes[name] = [error["extensions"]["code"] for error in errors]
        return codes


async def explorer(client: httpx.AsyncClient, path: str) -> Explorer:
    page = await client.get(path, headers={"accept": "text/html"})
    facts = re.search(r"^const facts = (.*);$", page.text, re.MULTILINE)
    assert facts
    for file in re.findall(r'(?:src|href)="(/dev/graphiql/[^"]+)"', page.text):
        assert (await client.get(file)).status_code == 200, file
    return Explorer(client, json.loads(facts[1]))


async def test_every_example_runs_for_a_borrower_and_at_the_desk(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with demo(settings), httpx.AsyncClient(base_url=settings.address) as client:
        borrower = await explorer(client, "/graphql")
        borrower.token = await signed_in(settings, borrower)
        told = await borrower.run_all()
        staff = await explorer(client, "/staff/graphql")
        staff.token = await signed_in_at_desk(client, staff)
        told |= await staff.run_all()
    assert {name: codes for name, codes in told.items() if NOT_RUN.intersection(codes)} == {}
    assert {"loanId", "applicationId", "productId", "repaymentId"} <= borrower.known.keys()
    assert {"ticketId", "borrowerId"} <= staff.known.keys()
    said = capsys.readouterr().out
    for shown in (f"{settings.address}/graphql", "/staff/graphql", "/dev/inbox", "19900000002"):
        assert shown in said


async def signed_in(settings: Settings, page: Explorer) -> str:
    person = page.facts["people"][0]
    phone = Phone(settings.address)
    before = await phone.newest_code(person["phone"])
    asked = await phone.do("request_otp", phone=person["phone"])
    code = await phone.code_in_inbox(person["phone"], after=before)
    entered = await phone.do(
        "verify_otp", challengeId=asked["challengeId"], code=code, deviceName="GraphiQL"
    )
    return entered["accessToken"]


async def signed_in_at_desk(client: httpx.AsyncClient, page: Explorer) -> str:
    person = page.facts["people"][0]
    code = (await client.get("/dev/staff-code", params={"name": person["name"]})).json()["code"]
    nobody = await client.get("/dev/staff-code", params={"name": "nobody"})
    assert nobody.json() == {"code": None}
    phone = Phone(str(client.base_url), path="/staff/graphql", graph="staff")
    entered = await phone.do(
        "staff_sign_in", name=person["name"], password=person["password"], totp=code
    )
    return entered["accessToken"]


OWNER = persona(demonstration.RUNNING_LOAN)


async def test_a_seeded_folder_is_not_opened_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await seeding.seed(settings, running_loan=OWNER, staff=desk())

    def opened(*_given: object, **_named: object) -> None:
        pytest.fail("a restart would take twice as long")

    monkeypatch.setattr(seeding, "opened", opened)
    await seeding.seed(settings, running_loan=OWNER, staff=desk())


async def test_a_database_in_use_gets_the_desk_and_nobody_elses_loan(settings: Settings) -> None:
    async with opened(settings):
        day = await business_date()
    for _ in range(2):
        await seeding.seed(settings, running_loan=OWNER, staff=desk())
    async with opened(settings):
        assert await business_date() == day
        assert await fetch("SELECT id FROM borrower") == []
        names = await fetch("SELECT name FROM staff ORDER BY name")
        assert [row["name"] for row in names] == sorted(one.name for one in desk())
