"""The pages of development: an inbox that shows text as text, and GraphiQL told in JSON."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.foundation.errors import InvalidInput
from app.gateway import development
from app.gateway.development import IDS, InboxPage, examples, explorer_page, graphiql_files

SENT_AT = datetime(2026, 11, 21, 17, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Sms:
    phone: str = "19900000001"
    text: str = "您的验证码是 123456。"
    delivered_at: datetime = SENT_AT


@dataclass
class Twin:
    messages: list[Sms] = field(default_factory=list[Sms])
    asked: list[str | None] = field(default_factory=list[str | None])

    async def inbox(self, phone: str | None = None, limit: int = 50) -> Sequence[Sms]:
        self.asked.append(phone)
        if phone == "police":
            raise InvalidInput("phone", "identity.reason.not_a_phone")
        return self.messages[:limit]


@pytest.fixture
def twin() -> Twin:
    return Twin()


@pytest.fixture
async def client(twin: Twin) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Route("/dev/inbox", InboxPage(twin).answer)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def test_a_script_reads_the_inbox_as_json(client: httpx.AsyncClient, twin: Twin) -> None:
    twin.messages = [Sms()]
    answer = await client.get("/dev/inbox", params={"phone": "19900000001"})
    assert answer.json() == [
        {
            "phone": "19900000001",
            "text": "您的验证码是 123456。",
            "deliveredAt": "2026-11-21T17:05:00+00:00",
        }
    ]
    assert twin.asked == ["19900000001"]


async def test_what_is_no_number_has_no_inbox(client: httpx.AsyncClient) -> None:
    answer = await client.get("/dev/inbox", params={"phone": "police"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_a_person_sees_bubbles_with_the_hour_in_china(
    client: httpx.AsyncClient, twin: Twin
) -> None:
    empty = await client.get("/dev/inbox", headers={"accept": "text/html"})
    assert "No messages yet." in empty.text
    twin.messages = [Sms()]
    page = await client.get("/dev/inbox", headers={"accept": "text/html"})
    assert "<b>19900000001</b><time>11-22 01:05</time><p>您的验证码是 123456。</p>" in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_message_cannot_become_part_of_the_page(
    client: httpx.AsyncClient, twin: Twin
) -> None:
    twin.messages = [Sms(phone='"><b>', text="<script>alert('1')</script> & <!--messages-->")]
    page = await client.get("/dev/inbox", headers={"accept": "text/html"})
    assert "<script>" not in page.text
    assert "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; &lt;!--messages" in page.text
    assert "<b>&quot;&gt;&lt;b&gt;</b>" in page.text


def facts_of(page: str) -> dict[str, object]:
    found = re.search(r"^const facts = (.*);$", page, re.MULTILINE)
    assert found
    return json.loads(found[1])


def test_the_explorers_facts_are_json_whatever_they_hold() -> None:
    people = [{"label": "</script><script>alert(1)//", "phone": "1"}]
    page = explorer_page("borrower", endpoint="/graphql", people=people)
    assert "</script><script>" not in page
    facts = facts_of(page)
    assert facts["people"] == people
    assert facts["endpoint"] == "/graphql"
    assert facts["graph"] == "borrower"
    assert facts["ids"] == IDS


@pytest.mark.parametrize("folder", ["borrower", "staff"])
def test_every_example_says_what_it_is_and_has_variables_to_try(folder: str) -> None:
    found = examples(folder)
    assert len(found) >= 10
    for one in found:
        assert one.query.startswith("# "), one.name
        assert isinstance(json.loads(one.variables), dict), one.name
        assert ("$" in one.query) == (one.variables != "{}"), one.name


@pytest.mark.parametrize("folder", ["borrower", "staff"])
def test_the_examples_that_run_at_sign_in_are_there(folder: str) -> None:
    facts = facts_of(explorer_page(folder, endpoint="/", people=[]))
    names = {one.name for one in examples(folder)}
    first = facts["first"]
    assert isinstance(first, list)
    assert names.issuperset(first)


def test_graphiql_comes_from_its_package_and_is_left_out_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = graphiql_files()
    assert folder is not None
    page = explorer_page("borrower", endpoint="/graphql", people=[])
    for name in re.findall(r"/dev/graphiql/([\w.-]+)", page):
        assert (folder / name).is_file(), name
    monkeypatch.setattr(development, "GRAPHIQL_PACKAGE", "no_such_package")
    assert graphiql_files() is None
    (tmp_path / "hollow_package").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(development, "GRAPHIQL_PACKAGE", "hollow_package")
    assert graphiql_files() is None, "a package without the files is no help"
