"""Passwords of staff: hashed under a pepper, at the gate that all slow hashing passes."""

from app.foundation.hashing import Compared, compared, hashed

PEPPER = "password-pepper"
"""The label of the key that passwords are hashed under."""


async def hash_password(password: str) -> str:
    """
    Hash a password under the pepper.

    Raises:
        RateLimited: Too many passwords are being worked on.
    """
    return await hashed(password, pepper=PEPPER)


async def compare_password(password: str, password_hash: str | None) -> Compared:
    """
    Tell whether a password fits a hash; without a hash it takes as long and does not.

    Raises:
        RateLimited: Too many passwords are being worked on.
    """
    if password_hash is None:
        await hashed(password, pepper=PEPPER)
        return Compared(fits=False)
    return (await compared(password, password_hash, pepper=PEPPER))[0]
