"""Threat 7: while the keeper of keys is away, who is known signs in by a code as ever."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest

from app.foundation.caller import Trust
from app.foundation.database import fetch, transaction
from app.foundation.sealing import (
    KeyRing,
    KeysUnavailable,
    Kms,
    Vault,
    install_vault,
    seal,
    unseal,
)
from app.foundation.sealing.keeping import look
from app.identity.errors import WrongCode
from app.identity.models import borrower_cell, code_cell
from app.main import LABELS
from tests.foundation.sealing.remote_kms import RemoteKms
from tests.identity.conftest import LAN, MEI, MEI_E164, Person
from tests.identity.operations.test_recovery import trust_of

HOURS_24 = 24 * 60 * 60


class Keeper:
    """A keeper of keys far away that can be gone for a day."""

    def __init__(self, near: Kms) -> None:
        self.passed = 0.0
        self.kms = RemoteKms(near)
        self.ring = KeyRing(self.kms, monotonic=lambda: self.passed)
        self.ring.labels.expect(LABELS)
        install_vault(Vault(self.kms, own_ring=self.ring))

    def leave(self) -> None:
        """Be away, and have been so for a day."""
        self.passed += HOURS_24
        self.kms.is_away = True


@pytest.fixture
async def keeper(person: Person, keyring: Kms) -> Keeper:
    """Open what a running process has opened before an outage."""
    assert person
    far = Keeper(keyring)
    await look(far.ring)
    return far


async def test_a_known_borrower_signs_in_by_a_code(person: Person, keeper: Keeper) -> None:
    first = await person.sign_in()
    keeper.leave()
    asked = len(keeper.kms.asked)
    again = await person.sign_in_later()

    assert (again.borrower_id, again.is_new) == (first.borrower_id, False)
    assert await trust_of(person, again) is Trust.KNOWN
    assert len(keeper.kms.asked) == asked, "nobody waited for the keeper"


async def test_known_and_unknown_numbers_get_codes_alike(person: Person, keeper: Keeper) -> None:
    await person.sign_in()
    keeper.leave()
    person.clock.advance(timedelta(minutes=2))
    seen: defaultdict[str, list[Any]] = defaultdict(list)
    for phone in (MEI, LAN):
        asked = await person.ask(phone)
        row = (await fetch("SELECT * FROM one_time_code WHERE id = ?", [asked.challenge_id]))[0]
        keys = await fetch(
            "SELECT key_class, version, epoch FROM data_key WHERE subject_id = ?", [row["id"]]
        )
        wrong = str((int(person.phones.code()) + 1) % 10**6).zfill(6)
        told = await person.type_code(asked.challenge_id, wrong)
        assert isinstance(told, WrongCode)
        seen["asked"].append((asked.digits, asked.resend_after_seconds, asked.expires_at))
        seen["row"].append({
            name: len(bytes(value)) if isinstance(value, bytes | memoryview) else value is None
            for name, value in row.items()
        })  # fmt: skip
        seen["keys"].append(keys)
        seen["told"].append(told.attempts_left)
    assert all(known == unknown for known, unknown in seen.values()), dict(seen)
    assert len(seen["keys"][0]) == 1


async def test_nothing_but_what_is_brief_gets_a_new_key(person: Person, keeper: Keeper) -> None:
    keeper.leave()
    asked = await person.ask()
    cell = code_cell(asked.challenge_id, "phone")
    row = (await fetch("SELECT phone FROM one_time_code"))[0]
    assert await unseal(cell, bytes(row["phone"])) == MEI_E164
    keys = await fetch("SELECT id FROM data_key")
    with pytest.raises(KeysUnavailable):
        async with transaction() as tx:
            await seal(tx, borrower_cell("br00000000000001", "phone"), MEI_E164)
    assert await fetch("SELECT id FROM data_key") == keys


@pytest.mark.parametrize("why", ["never opened here", "destroyed"])
async def test_without_the_weeks_key_no_code_is_sent(
    person: Person, keeper: Keeper, why: str
) -> None:
    keeper.leave()
    if why == "destroyed":
        async with transaction() as tx:
            await tx.run("UPDATE epoch_key SET wrapped = NULL, destroyed_at = 1", [])
    else:
        person.clock.advance(timedelta(days=14))
    with pytest.raises(KeysUnavailable):
        await person.ask()
    assert await fetch("SELECT id FROM one_time_code") == []
