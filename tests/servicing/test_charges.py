"""Whatever happens to a loan, nothing is ever charged that its cost certificate does not name."""

import random
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.foundation.database import Database
from app.servicing import queries
from tests.loanmath.lives import examples
from tests.servicing.charging import (
    SMUGGLED,
    attacked_life,
    certified_codes,
    live,
    live_in_books,
)

TODAY = date(2026, 11, 21)
IN_BOOKS = 4
"""Lives lived in each database; `python -m tests.long charges` lives thousands."""


@given(st.randoms(use_true_random=False))
@examples(100)
def test_no_charge_escapes_its_certificate(rng: random.Random) -> None:
    live(attacked_life(rng))


async def test_no_charge_escapes_in_the_books_either(database: Database) -> None:
    assert database.dialect
    rng, lived = random.Random(10), 0  # noqa: S311 - the same lives every time
    refused = 0
    while lived < IN_BOOKS:
        life = attacked_life(rng)
        done = await live_in_books(life, TODAY)
        if done is None:
            continue
        lived += 1
        refused += done.refused
        assert done.taken.keys() <= certified_codes(life.terms)
        assert SMUGGLED not in done.taken
    assert refused, "and somebody tried"
    assert (await queries.reconcile()).is_right
