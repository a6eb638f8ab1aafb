"""The bureau's twin is steady about people and unreliable only as told."""

import asyncio
import time
from pathlib import Path

import pytest

from app.adapters.bureau import BureauTwin, Knobs
from app.catalog.operations import FIXTURES
from app.origination.ports import BureauSummary, BureauUnavailable, CreditBureau

CLEAN = BureauSummary(late_count=0, active_loans=1, debt_service_fen=30_000, late_now_days=0)


def shouted(resident_id: str) -> str:
    return f"ref:{resident_id}"


async def test_it_is_a_credit_bureau() -> None:
    bureau: CreditBureau = BureauTwin({"mei": CLEAN})
    assert await bureau.summary("ap1", "mei") == CLEAN


async def test_personas_get_what_their_file_says() -> None:
    bureau = BureauTwin.from_personas(FIXTURES / "personas", shouted)
    farmer, elder = shouted("612629198003120014"), shouted("433123195908150072")
    assert await bureau.summary("ap1", farmer) == BureauSummary(
        late_count=0, active_loans=0, debt_service_fen=0, late_now_days=0
    )
    assert await bureau.summary("ap1", elder) is None


async def test_a_stranger_is_always_the_same_and_strangers_differ() -> None:
    references = [f"{number:032x}" for number in range(200)]
    one, other = BureauTwin(seed=1), BureauTwin(seed=2)
    first = [await one.summary("ap1", reference) for reference in references]
    again = [await other.summary("ap2", reference) for reference in references]
    assert first == again
    without_file = first.count(None)
    assert 40 < without_file < 100


async def test_it_fails_as_often_as_told_and_the_same_way_for_a_seed() -> None:
    async def story(seed: int) -> list[bool]:
        bureau = BureauTwin({"mei": CLEAN}, seed=seed, knobs=Knobs(failure_percent=30))
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
    bureau = BureauTwin({"mei": CLEAN}, knobs=Knobs(failure_percent=100))
    with pytest.raises(BureauUnavailable):
        await bureau.summary("ap1", "mei")


async def test_it_takes_its_time() -> None:
    bureau = BureauTwin({"mei": CLEAN}, seed=3, knobs=Knobs(delay_seconds=0.2))
    began = time.perf_counter()
    await asyncio.gather(*(bureau.summary("ap1", "mei") for _ in range(10)))
    assert 0.02 < time.perf_counter() - began < 2


async def test_an_empty_folder_makes_a_bureau_that_knows_nobody(tmp_path: Path) -> None:
    bureau = BureauTwin.from_personas(tmp_path, shouted)
    assert await bureau.summary("ap1", "0") == await BureauTwin().summary("ap2", "0")
