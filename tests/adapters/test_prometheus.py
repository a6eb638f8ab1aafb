"""What operators read: numbers of this process under names of ours, and nothing of anybody."""

import asyncio
import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route

from app.adapters.prometheus import UNREAD, Measuring, shown_on
from app.commands.benches.statements import Statement, scans
from app.foundation import metrics, outbox
from app.foundation.audit import Met, sound_broken_seals
from app.foundation.clock import milliseconds
from app.foundation.database import Database, transaction
from app.foundation.database.records import Found
from app.foundation.errands import do_all
from app.foundation.metrics import OTHER, Counts, Durations, Gauge
from app.foundation.sealing import SealBroken
from app.gateway.http import GraphQLEndpoint
from app.gateway.rates import Places, Rates
from app.gateway.running import Runner
from app.gateway.schema import BORROWER_SCHEMA
from app.main import MEASURES
from app.settings import Settings, SettingsRefused
from tests.conftest import START

PHONE, NAME, CARD = "13977001234", "鄢苡薇", "6200000000000039"
Told = Mapping[str, float]


def told_in(text: str) -> Told:
    """Read the text format: each line's name and labels, and its number."""
    return {
        f"{one.name}{sorted(one.labels.items())}": one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def looked() -> str:
    """Look as Prometheus does."""
    async with shown_on(0, MEASURES) as port, httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=")
        assert (await client.get(f"http://127.0.0.1:{port}/graphql")).status_code == 404
        return answer.text


def grown(before: Told, after: Told) -> dict[str, float]:
    return {
        name.removeprefix("qingmiao_"): value - before.get(name, 0)
        for name, value in after.items()
        if "_total" in name and name.startswith("qingmiao") and value != before.get(name, 0)
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_operations_are_told_by_our_own_names_and_no_word_of_a_caller_is(
    database: Database,
) -> None:
    assert database
    places = Places(most=1, kept=0)
    runner = Runner.over(BORROWER_SCHEMA, Rates(400), places, graph="borrower")
    app = Starlette(
        routes=[Route("/graphql", GraphQLEndpoint(runner, explorer=None).answer, methods=["POST"])]
    )
    transport = httpx.ASGITransport(app)
    before = told_in(await looked())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

        async def ask(query: str, **variables: str) -> int:
            body = {"query": query, "variables": variables}
            return (await client.post("/graphql", json=body)).status_code

        ours = next(one for one in runner.trusted._by_body.values() if one.name == "Regions")  # noqa: SLF001 # pyright: ignore[reportPrivateUsage,reportOptionalMemberAccess] - the manifest's
        await ask(ours.body)
        await ask(f"query p{PHONE} {{ regions {{ code }} }}")
        await ask(f'{{ node(id: "{PHONE}") {{ id }} c{CARD}: __typename }}')
        await ask("query Q($name: String!) { product(code: $name) { code } }", name=NAME)
        await ask(f"{{ p{PHONE} }}")
        with places.one(pays=False):
            assert await ask(ours.body) == 503
        for bucket in runner.rates._buckets.values():  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - what an hour of asking leaves
            bucket.points = -1_000
        assert await ask(ours.body) == 429
    text = await looked()
    for value in (PHONE, NAME, CARD):
        assert value not in text
    requests = {
        "".join(re.findall(r"\('(?:operation|outcome)', '(\w+)'\)", name)): value
        for name, value in grown(before, told_in(text)).items()
        if name.startswith("requests_total")
    }
    refusals = grown(before, told_in(text))
    assert refusals["refusals_total[('code', 'RATE_LIMITED')]"] == 1
    assert refusals["refusals_total[('code', 'TEMPORARILY_UNAVAILABLE')]"] == 1
    assert {name: value for name, value in requests.items() if name.startswith("Regions")} == {
        "Regionscomplete": 1,
        "Regionsshed": 1,
        "Regionslimited": 1,
    }
    assert all(name.startswith(("Regions", "other")) for name in requests)
    assert {name.partition("[")[0] for name in told_in(text)} >= {
        "process_resident_memory_bytes",
        "qingmiao_request_seconds_bucket",
        "qingmiao_rail_orders_pending",
        "qingmiao_business_date_behind_days",
        "qingmiao_messages_overdue_seconds",
    }


async def test_what_waits_and_what_failed_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told_in(await looked())
    assert before["qingmiao_audit_alarms_total[]"] >= 0, "so that the first one shows"
    async with transaction() as tx:
        facts: list[list[str | int]] = [
            [f"fa{number}", "Told", "{}", milliseconds(START - timedelta(seconds=ago))]
            for number, ago in enumerate((90, 700, 9_000, 30_000, 30_000))
        ]
        await tx.run_many(
            "INSERT INTO outbox_fact (id, name, payload, announced_at) VALUES (?, ?, ?, ?)", facts
        )
        await tx.run_many(
            "INSERT INTO outbox_delivery"
            " (id, fact_id, consumer, status, attempts, due_at, position)"
            " VALUES (?, ?, 'nobody', ?, ?, ?, 1)",
            [
                ["dl0", "fa0", "PENDING", 11, milliseconds(START)],
                ["dl1", "fa1", "PENDING", 9, milliseconds(START + timedelta(minutes=5))],
                ["dl2", "fa2", "DONE", 1, None],
                ["dl3", "fa3", "PENDING", 0, milliseconds(START)],  # a message for the morning
                ["dl4", "fa4", "PENDING", 1, milliseconds(START + timedelta(minutes=1))],
            ],
        )

    async def fails() -> None:
        raise SealBroken

    with pytest.raises(SealBroken) as broken:
        await do_all({"messaging.tend": fails})
    await sound_broken_seals(broken.value, Met.WORKER)
    read = statements_of(database, monkeypatch)
    text = told_in(await looked())
    assert len(read) == 6
    if database.dialect == "sqlite":  # which says how it searches
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as file:
            assert scans(file, read) == [], "what was done long ago is not looked through"
    assert text["qingmiao_outbox_waiting[]"] == 4
    assert text["qingmiao_outbox_lag_seconds[]"] == 700
    await outbox.drain()
    counted = grown(before, told_in(await looked()))
    assert counted["outbox_deliveries_total[('consumer', 'nobody'), ('outcome', 'dead')]"] == 1
    assert counted["errands_failed_total[('errand', 'messaging.tend')]"] == 1
    assert counted["broken_seals_total[('met', 'worker')]"] == 1
    assert counted["audit_alarms_total[]"] == 1
    assert counted["transactions_total[('outcome', 'committed')]"] >= 4
    assert not [name for name in counted if name.startswith("measures_failed")], "all was read"


def statements_of(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    """Keep what is read from now on."""
    client = database.reading()
    at_once, kept = client.at_once, list[Statement]()

    def keeping(_client: object, query: str, values: Sequence[Any]) -> Found | None:
        kept.append(Statement(query, tuple(values)))
        return at_once(query, values)

    monkeypatch.setattr(type(client), "at_once", keeping)
    return kept


async def test_many_who_look_read_once_and_what_fails_is_counted() -> None:
    read = 0

    async def measure() -> None:
        nonlocal read
        read += 1

    async def fails() -> None:
        raise ConnectionError(PHONE)

    before = UNREAD.of("failing").value
    measuring = Measuring({"failing": fails, "counted": measure})
    await asyncio.gather(*(measuring.refresh() for _ in range(20)))
    assert (read, UNREAD.of("failing").value - before) == (1, 1)


def test_a_label_is_a_name_of_ours_and_there_are_never_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "ALL", {})
    counts = Counts("tried_total", "Tried", "code")
    for value in (PHONE, NAME, f"a{CARD}", "", "two words", "x" * 65, "a\nb", 'a"b', "612629"):
        counts.of(value).add()
    counts.of("PLAN_STALE").add()
    told = {labels: count.value for labels, count in counts.by_labels.items()}
    assert told == {(OTHER,): 9, ("PLAN_STALE",): 1}
    monkeypatch.setattr(metrics, "SERIES_MAX", 3)
    for number in range(10):
        counts.of(f"CODE_{number}").add()
    assert len(counts.by_labels) == 3
    assert counts.by_labels[(OTHER,)].value == 9 + 9
    took = Durations("took_seconds", "Took", bounds=(1, 2)).of()
    for seconds in (0.5, 1, 1.5, 99):
        took.add(seconds)
    assert (took.counts, took.sum) == ([2, 1, 1], 102)
    gauge = Gauge("now", "Now", "provider")
    gauge.put_all({(NAME,): 1})
    assert gauge.now() == {(OTHER,): 1}


async def test_they_are_shown_only_where_a_port_is_named() -> None:
    assert Settings.from_environ({}).metrics_port == 0
    assert Settings.from_environ({"METRICS_PORT": "9464"}).metrics_port == 9464
    async with shown_on(0, {}) as port:
        with pytest.raises(SettingsRefused, match="METRICS_PORT"):
            async with shown_on(port, {}):
                raise AssertionError("two cannot listen there")
