"""The bureau's twin is steady about people and unreliable only as told."""

import asyncio
import time
from pathlib import Path

import pytest

from app.adapters.bureau import BureauTwin, Knobs, Person
from app.catalog.operations import FIXTURES
from app.origination.ports import (
    AlternativeRecords,
    BureauSummary,
    BureauUnavailable,
    CreditBureau,
    RecordKind,
)

CLEAN = BureauSummary(late_count=0, active_loans=1, debt_service_fen=30_000, late_now_days=0)
KNOWN = Person(
    summary=CLEAN,
    records=AlternativeRecords(mobile_payment_turnover_fen=150_000, cooperative_years=6),
)


def shouted(resident_id: str) -> str:
    return f"ref:{resident_id}"


async def test_it_is_a_credit_bureau() -> None:
    bureau: CreditBureau = BureauTwin({"mei": KNOWN})
    assert await bureau.summary("ap1", "mei") == CLEAN


async def test_personas_get_what_their_file_says() -> None:
    bureau = BureauTwin.from_personas(FIXTURES / "personas", shouted)
    farmer, elder = shouted("612629198003120014"), shouted("433123195908150072")
    assert await bureau.summary("ap1", farmer) == BureauSummary(
        late_count=0, active_loans=0, debt_service_fen=0, late_now_days=0
    )
    assert await bureau.summary("ap1", elder) is None
    records = await bureau.records("ap1", farmer, set(RecordKind))
    assert records.cooperative_years == 6


async def test_only_the_kinds_asked_for_are_told() -> None:
    bureau = BureauTwin({"mei": KNOWN})
    turnover = await bureau.records("ap1", "mei", {RecordKind.MOBILE_PAYMENT})
    years = await bureau.records("ap1", "mei", {RecordKind.COOPERATIVE})
    assert turnover == AlternativeRecords(mobile_payment_turnover_fen=150_000)
    assert years == AlternativeRecords(cooperative_years=6)
    assert await bureau.records("ap1", "mei", ()) == AlternativeRecords()


async def test_a_stranger_is_always_the_same_and_strangers_differ() -> None:
    references = [f"{number:032x}" for number in range(200)]
    one, other = BureauTwin(seed=1), BureauTwin(seed=2)
    first = [await one.summary("ap1", reference) for reference in references]
    again = [await other.summary("ap2", reference) for reference in references]
    assert first == again
    without_file = first.count(None)
    assert 40 < without_file < 100
    records = [await one.records("ap1", reference, set(RecordKind)) for reference in references]
    assert len(set(records)) > 50


async def test_it_fails_as_often_as_told_and_the_same_way_for_a_seed() -> None:
    async def story(seed: int) -> list[bool]:
        bureau = BureauTwin({"mei": KNOWN}, seed=seed, knobs=Knobs(failure_percent=30))
        told: list[bool] = []
        for _ in range(200):
            try:
                await bureau.summary("ap1", "mei")
            except BureauUnavailable:
                told.append(False)
            else:
                told.append(True)
        return told

    first = await story(7)
    assert first == await story(7)
    assert 30 < first.count(False) < 90


async def test_when_it_is_down_it_answers_nothing() -> None:
    bureau = BureauTwin({"mei": KNOWN}, knobs=Knobs(failure_percent=100))
    with pytest.raises(BureauUnavailable):
        await bureau.summary("ap1", "mei")
    with pytest.raises(BureauUnavailable):
        await bureau.records("ap1", "mei", set(RecordKind))


async def test_it_takes_its_time() -> None:
    bureau = BureauTwin({"mei": KNOWN}, seed=3, knobs=Knobs(delay_seconds=0.2))
    began = time.perf_counter()
    await asyncio.gather(*(bureau.summary("ap1", "mei") for _ in range(10)))
    assert 0.02 < time.perf_counter() - began < 2


async def test_an_empty_folder_makes_a_bureau_that_knows_nobody(tmp_path: Path) -> None:
    bureau = BureauTwin.from_personas(tmp_path, shouted)
    assert await bureau.records("ap1", "x", ()) == AlternativeRecords()
