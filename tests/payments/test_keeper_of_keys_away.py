"""Threat 7: while the keeper of keys is away, who is known repays, and nobody new is taken."""

from pathlib import Path

import pytest

from app.adapters.kms import FileKms
from app.foundation.database import Database, fetch, transaction
from app.foundation.sealing import (
    Cell,
    KeyClass,
    KeyRing,
    KeysUnavailable,
    Vault,
    install_vault,
    seal,
    unseal,
)
from app.foundation.sealing.keeping import look
from app.foundation.text import text
from app.identity import operations as identity
from app.identity.models import OneTimeCodeRow
from app.identity.operations.challenges import code_in
from app.identity.rules import RequestCode, SignedIn, VerifyCode
from app.main import LABELS
from app.payments import operations
from app.payments.rules import RepaymentStatus
from app.servicing.rules import LoanRef
from tests.foundation.sealing.remote_kms import RemoteKms
from tests.payments.conftest import MEI, Lend, Pay, notice_of, now_of

PHONE = Cell("borrower", "phone", MEI, MEI, KeyClass.CONTACT)


class Outage:
    """A keeper of keys far away, and how long it has been so."""

    def __init__(self, path: Path) -> None:
        self.kms = RemoteKms(FileKms(path))
        self.passed = 0.0
        self.ring = KeyRing(self.kms, monotonic=lambda: self.passed)
        self.ring.labels.expect(LABELS)
        install_vault(Vault(self.kms, own_ring=self.ring))

    def begin(self) -> None:
        """Let the keeper have been away for a day."""
        self.passed += 24 * 60 * 60
        self.kms.is_away = True


@pytest.fixture
async def outage(database: Database, tmp_path: Path) -> Outage:
    """Open what the running process has opened before an outage."""
    assert database.dialect
    coming = Outage(tmp_path / "keyring.json")
    await look(coming.ring)
    return coming


@pytest.fixture
async def loan(outage: Outage, lend: Lend) -> LoanRef:
    """Lend while the keeper is there."""
    assert not outage.kms.is_away
    return await lend()


async def test_a_known_borrower_reads_and_repays_while_the_keeper_of_keys_is_away(
    outage: Outage, loan: LoanRef, pay: Pay
) -> None:
    async with transaction() as tx:
        sealed = await seal(tx, PHONE, "+8613800138000")
    outage.begin()
    asked = len(outage.kms.asked)
    view = await pay(loan, 100_000)
    await operations.accept_callback(notice_of(view))
    assert (await now_of(view)).status is RepaymentStatus.ALLOCATED
    assert await unseal(PHONE, sealed) == "+8613800138000"
    assert len(outage.kms.asked) == asked, "nobody waited for the keeper"


async def test_nobody_new_is_taken_while_the_keeper_of_keys_is_away(outage: Outage) -> None:
    outage.begin()
    asked = await identity.request_code(RequestCode(phone="13800138000", idempotency_key="first"))
    row = await OneTimeCodeRow.get(id=asked.challenge_id)
    join = VerifyCode(challenge_id=row.id, code=code_in(row), idempotency_key="join")
    tables = (
        "one_time_code",
        "data_key",
        "outbox_fact",
        "idempotency_claim",
        "borrower",
        "session",
    )
    before = {table: await fetch(f"SELECT * FROM {table}") for table in tables}
    with pytest.raises(KeysUnavailable) as refused:
        await identity.verify_code(join)
    assert refused.value.retry_after_seconds == 60
    assert {table: await fetch(f"SELECT * FROM {table}") for table in tables} == before
    for language, words in (("zh-Hans", "请过几分钟再试"), ("en", "try again in a few minutes")):
        assert words in text(refused.value.text_key, language)
    outage.kms.is_away = False
    await look(outage.ring)
    signed_in = await identity.verify_code(join)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.is_new
