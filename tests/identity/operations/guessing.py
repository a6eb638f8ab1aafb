"""A process that guesses one code many times at once, when told to, and prints what it heard."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from app.adapters.kms import FileKms
from app.foundation.clock import FixedClock
from app.foundation.database import Database
from app.foundation.sealing import Vault, install_vault
from app.identity import operations, rules
from app.identity.errors import CodeExpired, WrongCode

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def wrong(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def main(arguments: list[str]) -> None:
    """Guess."""
    url, keyring, challenge_id, code, count, name = arguments
    database = Database(url=url, clock=FixedClock(START))
    await database.open()
    install_vault(Vault(FileKms(Path(keyring))))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    guesses = await asyncio.gather(
        *(
            operations.verify_code(
                rules.VerifyCode(
                    challenge_id=challenge_id, code=code, idempotency_key=f"{name}-{number}"
                )
            )
            for number in range(int(count))
        ),
        return_exceptions=True,
    )
    await database.close()
    heard = {
        "looked_at": sum(isinstance(guess, WrongCode) for guess in guesses),
        "expired": sum(isinstance(guess, CodeExpired) for guess in guesses),
    }
    sys.stdout.write(json.dumps(heard))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
