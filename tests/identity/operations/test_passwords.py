"""Passwords are hashed under a pepper of their own."""

import pytest

from app.foundation.database import Database
from app.foundation.hashing import USUAL_COST, set_cost
from app.identity.operations.passwords import compare_password, hash_password


@pytest.fixture(autouse=True)
def peppered(database: Database) -> None:
    """Passwords need the vault, which comes with the database; they cost what they usually do."""
    assert database is not None
    set_cost(USUAL_COST)


async def test_a_hash_fits_its_password_only() -> None:
    hashed = await hash_password("correct horse")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await compare_password("correct horse", hashed)).fits
    assert (await compare_password("ｃｏｒｒｅｃｔ　ｈｏｒｓｅ", hashed)).fits
    assert not (await compare_password("correct house", hashed)).fits
    assert not (await compare_password("correct horse", None)).fits


async def test_two_hashes_of_one_password_differ() -> None:
    assert await hash_password("correct horse") != await hash_password("correct horse")
