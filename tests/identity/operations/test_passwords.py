"""Passwords are hashed with argon2id under a pepper, a bounded number at a time."""

import asyncio

import pytest

from app.foundation.database import Database
from app.foundation.errors import RateLimited
from app.identity.operations.passwords import JOBS_MAX, hash_password, is_password


@pytest.fixture(autouse=True)
def peppered(database: Database) -> None:
    """Passwords need the vault, which comes with the database."""
    assert database is not None


async def test_a_hash_fits_its_password_only() -> None:
    hashed = await hash_password("correct horse")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await is_password("correct horse", hashed)
    assert await is_password("ｃｏｒｒｅｃｔ　ｈｏｒｓｅ", hashed)
    assert not await is_password("correct house", hashed)
    assert not await is_password("correct horse", None)


async def test_two_hashes_of_one_password_differ() -> None:
    assert await hash_password("correct horse") != await hash_password("correct horse")


async def test_a_flood_of_passwords_is_asked_to_come_again() -> None:
    results = await asyncio.gather(
        *(is_password("x", None) for _ in range(JOBS_MAX + 20)), return_exceptions=True
    )
    assert sum(result is False for result in results) >= JOBS_MAX
    refused = [result for result in results if isinstance(result, RateLimited)]
    assert refused
    assert all(refusal.retry_after_seconds == 1 for refusal in refused)
    assert not await is_password("x", None)
