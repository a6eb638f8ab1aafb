"""Every table with sealed columns is edited at random; nothing edited is taken for genuine."""

import random

import pytest

from app.foundation.database import Database
from app.foundation.sealing import declared
from tests.long.everywhere import Everywhere


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_random_edits_of_every_table_are_refused_or_told_of(database: Database) -> None:
    assert database.dialect
    edits = await Everywhere.begin(random.Random(7))  # noqa: S311 - the same edits every time
    for _ in range(8):
        await edits.round()
    assert edits.wrong == []
    assert edits.refused + edits.unseen.total() == edits.counted.total() > 250
    assert edits.tables == {one.seals.table for one in declared()}
