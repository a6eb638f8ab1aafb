"""What the desk reads and does takes so many statements, however much waits there."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import ExecutionResult

from app.collections.operations import heed_quiet_hours
from app.foundation.caller import StaffRole
from app.foundation.database import Database, business_date, current
from app.foundation.graphql import Context
from app.gateway.asking import Asked
from app.gateway.manifest import registered
from app.gateway.running import Runner
from app.gateway.schema import STAFF_SCHEMA
from app.identity import operations as identity
from app.identity.rules.passkeys import StaffSite
from app.messaging.queries import own_quiet_hours
from tests.conftest import START
from tests.gateway.desk_acts import ACTS, PROPOSED_ALIKE, WAYS_IN
from tests.gateway.desks import Desk
from tests.gateway.lives import Lives
from tests.gateway.test_sql_budgets import Read, sent
from tests.origination.conftest import World, small_catalog, world

__all__ = ["sent", "small_catalog", "world"]

BUDGETS: dict[str, int] = tomllib.loads(
    (Path(__file__).parents[2] / "fixtures" / "sql_budgets.toml").read_text(encoding="utf-8")
)["staff"]
DOCUMENTS = {one.name: one for one in registered("staff")}
QUERIES = {name for name, one in DOCUMENTS.items() if one.kind == "query"}
ACTS_COUNTED = DOCUMENTS.keys() - QUERIES - WAYS_IN - PROPOSED_ALIKE
FILLING = re.compile(
    r" FROM data_key\b| FROM sealing_policy\b|^SELECT content, .* FROM policy_value$"
    r"| FROM \"product_version\" WHERE \"id\" IN "
)
"""What a process asks for again once a cache has run out; an act is done once, and not counted."""
SUMS = {
    "FunderReport",
    "InterestPayers",
    "PartnerFigures",
    "RegionReport",
    "RewardCampaigns",
    "Settlement",
}
"""What adds rows up: more of them make other figures, and no longer list."""
ONE_THING = {
    "Correction",
    "DataCorrection",
    "FindByPhone",
    "HumanReview",
    "StaffMe",
    "StaffPasskeyChallenge",
    "VersionProposal",
}
"""What shows one thing, whatever stands beside it."""


@pytest.fixture
def site() -> Iterator[None]:
    """Name a page where staff sign in."""
    identity.set_staff_site(
        StaffSite(rp_id="desk.example.cn", origins=("https://desk.example.cn",))
    )
    yield
    identity.set_staff_site(None)


async def reads(desk: Desk, sent: Counter[str]) -> dict[str, Read]:
    """
    Run every read of the desk's as whoever it answers, and count what it sends with warm caches.

    A cache may run out at any moment, and is then filled again: the least of three counts.
    """
    runner = Runner.over(STAFF_SCHEMA, graph="staff")

    async def read(name: str, role: StaffRole) -> Read | None:
        prepared = runner.document(Asked(query=None, document_id=DOCUMENTS[name].short_id))
        operation = runner.operation(prepared, Asked(query=None))
        context = Context(desk.staff[role], "zh-Hans", START, await business_date())
        assert runner.execute is not None
        sent.clear()
        result = await runner.execute(prepared, operation, desk.variables(name), context)
        assert isinstance(result, ExecutionResult)
        if result.errors or result.data is None or None in result.data.values():
            return None
        return Read(result.data, sent.total())

    found: dict[str, Read] = {}
    for name in QUERIES:
        for role in StaffRole:
            answers = [one for _ in range(3) if (one := await read(name, role)) is not None]
            if answers:
                found[name] = min(answers, key=lambda one: one.statements)
                break
    return found


@pytest.mark.usefixtures("site")
async def test_the_desk_reads_by_as_many_statements_where_much_waits_as_where_little_does(
    database: Database, world: World, sent: Counter[str]
) -> None:
    assert database
    desk = await Desk.begin(await Lives.begin(world))
    await desk.go_on()
    few = await reads(desk, sent)
    for _ in range(3):
        await desk.go_on()
    many = await reads(desk, sent)
    assert few.keys() == many.keys() == QUERIES
    longer = {name for name, read in many.items() if read.length > few[name].length}
    assert many.keys() - longer == SUMS | ONE_THING
    assert {name for name in SUMS if many[name].data == few[name].data} == set()
    counts = {name: read.statements for name, read in many.items()}
    assert counts == {name: read.statements for name, read in few.items()}
    above = {name: count for name, count in counts.items() if count > BUDGETS[name]}
    assert above == {}


async def acts(desk: Desk, sent: Counter[str], *, n: int) -> list[tuple[str, int]]:
    """Do everything once, about the newest, and return what each act sends."""
    runner = Runner.over(STAFF_SCHEMA, graph="staff")
    assert runner.execute is not None
    known = {**desk.newest, **await desk.things(), "n": str(n)}
    found: list[tuple[str, int]] = []
    for one in ACTS:
        prepared = runner.document(Asked(query=None, document_id=DOCUMENTS[one.name].short_id))
        operation = runner.operation(prepared, Asked(query=None))
        now = current().clock.now()
        context = Context(desk.staff[one.by], "zh-Hans", now, await business_date())
        given = {**one.given, "idempotencyKey": f"act-{n}-{len(found)}"}
        told = known | {"now": now.isoformat()}
        text = re.sub(r"<([\w.]+)>", lambda name, told=told: told[name[1]], json.dumps(given))
        sent.clear()
        result = await runner.execute(prepared, operation, {"input": json.loads(text)}, context)
        assert isinstance(result, ExecutionResult)
        assert result.data is not None, (one.name, result.errors)
        (answer,) = result.data.values()
        assert answer["__typename"] == f"{one.name}Success", answer
        known |= _named(one.name, answer)
        kept = (times for query, times in sent.items() if not FILLING.search(query))
        found.append((one.name, sum(kept)))
    return found


def _named(name: str, answer: dict[str, Any]) -> dict[str, str]:
    """Name what an answer has, for acts that go on with it."""
    found: dict[str, str] = {}
    for key, value in answer.items():
        if isinstance(value, dict):
            found |= _named(name, value)
        elif isinstance(value, list) and value and "id" in value[0]:
            found[f"{name}.{key}"] = value[0]["id"]
        elif isinstance(value, str):
            found[name if key == "id" else f"{name}.{key}"] = value
    return found


async def test_the_desk_acts_by_as_many_statements_where_much_waits_as_where_little_does(
    database: Database, world: World, sent: Counter[str]
) -> None:
    assert database
    heed_quiet_hours(own_quiet_hours)
    desk = await Desk.begin(await Lives.begin(world))
    await desk.go_on()
    few = await acts(desk, sent, n=1)
    for _ in range(3):
        await desk.go_on()
    many = await acts(desk, sent, n=2)
    assert few == many
    assert {name for name, _ in many} == ACTS_COUNTED
    above = [(name, count) for name, count in many if count > BUDGETS[name]]
    assert above == []


def test_every_document_of_the_desk_has_its_budget_or_says_why_not() -> None:
    assert BUDGETS.keys() == QUERIES | ACTS_COUNTED
