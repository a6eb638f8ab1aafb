"""The twin of the record sources is steady about people, and each source fails only as told."""

import pytest

from app.adapters.bureau import Knobs
from app.adapters.records import RecordsTwin
from app.catalog.operations import FIXTURES
from app.origination.ports import (
    FIELDS_OF,
    AlternativeRecords,
    RecordKind,
    RecordSource,
    SourceUnavailable,
)

KNOWN = AlternativeRecords(
    mobile_payment_turnover_fen=150_000, cooperative_years=6, farm_years=9, farm_area_mu=8
)


def shouted(resident_id: str) -> str:
    return f"ref:{resident_id}"


async def test_each_source_tells_only_what_is_its_own() -> None:
    twin = RecordsTwin({"mei": KNOWN})
    source: RecordSource = twin
    assert await source.records("ap1", "mei", RecordKind.FARM) == AlternativeRecords(
        farm_years=9, farm_area_mu=8
    )
    assert await source.records("ap1", "mei", RecordKind.PHONE) == AlternativeRecords()
    assert twin.asked == [RecordKind.FARM, RecordKind.PHONE]
    told = {name for names in FIELDS_OF.values() for name in names}
    assert told == set(AlternativeRecords.__slots__)


async def test_personas_have_what_their_file_says_and_strangers_stay_the_same() -> None:
    twin = RecordsTwin.from_personas(FIXTURES / "personas", shouted)
    farmer = shouted("612629198003120014")
    assert (await twin.records("ap1", farmer, RecordKind.COOPERATIVE)).cooperative_years == 6
    references = [f"{number:032x}" for number in range(100)]
    for kind in RecordKind:
        first = [await RecordsTwin(seed=1).records("ap1", one, kind) for one in references]
        assert first == [await RecordsTwin(seed=2).records("ap2", one, kind) for one in references]
        unknown = first.count(AlternativeRecords())
        assert 5 < unknown < 95, kind


async def test_one_source_may_be_down_while_the_others_answer() -> None:
    twin = RecordsTwin({"mei": KNOWN}, knobs={RecordKind.FARM: Knobs(failure_percent=100)})
    with pytest.raises(SourceUnavailable):
        await twin.records("ap1", "mei", RecordKind.FARM)
    years = await twin.records("ap1", "mei", RecordKind.COOPERATIVE)
    assert years.cooperative_years == 6
