"""Money goes to a wallet only if its own app proved it, and its borrower approved which one."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.adapters.wallets import WalletTwin
from app.foundation.database import fetch, transaction
from app.foundation.errors import Refusal, TemporarilyUnavailable
from app.foundation.sealing import SealBroken
from app.identity import operations, queries
from app.identity.errors import ApprovalMissing, IntentOver, LoginCodeRefused, WrongCode
from app.identity.operations.freezes import freeze_if
from app.identity.ports import WalletUnavailable
from app.identity.rules.intents import Approval, IntentOpened
from app.identity.rules.people import payee_number
from app.identity.rules.wallets import BeginWalletChange, SetWallet
from tests.cards import approval_of, caller_of, forget_sends
from tests.identity.conftest import Person

CARD = "6200000000000013"


@pytest.fixture
async def wallets() -> AsyncIterator[WalletTwin]:
    """Let a twin tell whose wallet a code is."""
    twin = WalletTwin()
    operations.ask_wallets(twin)
    yield twin
    operations.ask_wallets(None)


async def begin(borrower_id: str, code: str | None, key: str = "begin") -> IntentOpened:
    command = BeginWalletChange(caller=caller_of(borrower_id), login_code=code, idempotency_key=key)
    return await operations.begin_wallet_change(command)


def change(
    borrower_id: str, code: str | None, approval: Approval | None = None, key: str = "set"
) -> SetWallet:
    return SetWallet(
        caller=caller_of(borrower_id), login_code=code, idempotency_key=key, approval=approval
    )


async def approved(borrower_id: str, codes: tuple[str | None, str | None], key: str) -> None:
    """Name another wallet, and approve it by code."""
    await forget_sends()
    approval = await approval_of(await begin(borrower_id, codes[0], f"{key}-begin"))
    assert await operations.set_wallet(change(borrower_id, codes[1], approval, key)) is None


async def refused(kind: type[Refusal], command: SetWallet) -> None:
    tables = ("borrower", "wallet", "disbursement_freeze")
    before = [await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables]
    with pytest.raises(kind):
        await operations.set_wallet(command)
    assert [await fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables] == before


async def test_another_wallet_needs_an_approval_and_a_fresh_code_of_that_very_wallet(
    person: Person, wallets: WalletTwin
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    assert await operations.set_wallet(change(borrower_id, "mei.1", key="first")) is None
    assert await operations.set_wallet(change(borrower_id, "mei.1", key="first")) is None
    mine = await wallets.wallet_of("mei.9")
    await person.complete(borrower_id, bank_card=CARD)
    party = await queries.party_of(borrower_id)
    assert party.payee_reference == f"{mine} {party.name}"
    assert mine not in repr(party)
    assert (await queries.own_profile_of(borrower_id)).wallet_tail == mine[-4:]
    assert (await queries.held_of(borrower_id))["wallet"][0]["openid"] == mine

    await refused(LoginCodeRefused, change(borrower_id, "mei.1", key="used"))
    await refused(ApprovalMissing, change(borrower_id, "thief.1", key="none"))
    begun = await begin(borrower_id, "lan.1")
    assert begun.text.splitlines()[1] == "要办的事：以后的钱打到您的微信零钱"
    assert await begin(borrower_id, "lan.1") == begun, "the same key asks nobody twice"
    approval = await approval_of(begun)
    await refused(IntentOver, change(borrower_id, "thief.2", approval, "other"))
    wrong = Approval(
        intent_id=begun.intent_id, code=f"{(int(approval.code or 0) + 1) % 1_000_000:06d}"
    )
    answer = await operations.set_wallet(change(borrower_id, "lan.2", wrong, "wrong"))
    assert isinstance(answer, WrongCode)
    assert await queries.wallet_of(borrower_id) == mine
    assert await operations.set_wallet(change(borrower_id, "lan.3", approval)) is None
    assert await queries.wallet_of(borrower_id) == await wallets.wallet_of("lan.9")
    # A code alone approved it, so whoever did not do it has time to object.
    assert await queries.is_disbursement_frozen(borrower_id)


async def test_a_wallet_taken_away_lets_money_go_to_the_card_again(
    person: Person, wallets: WalletTwin
) -> None:
    assert wallets
    borrower_id = (await person.sign_in()).borrower_id
    await person.complete(borrower_id, bank_card=CARD)
    await refused(ApprovalMissing, change(borrower_id, "mei.1"))
    await approved(borrower_id, ("mei.2", "mei.3"), "on")
    person.clock.advance(timedelta(seconds=61))
    await refused(ApprovalMissing, change(borrower_id, None, key="off-at-once"))
    await approved(borrower_id, (None, None), "off")
    assert await queries.wallet_of(borrower_id) is None
    assert payee_number((await queries.party_of(borrower_id)).payee_reference or "") == CARD


async def test_whoever_forces_a_borrower_sees_their_wallet_and_gets_nothing(
    person: Person, wallets: WalletTwin
) -> None:
    borrower_id = (await person.sign_in()).borrower_id
    assert await operations.set_wallet(change(borrower_id, "mei.1", key="first")) is None
    await person.complete(borrower_id, bank_card=CARD)
    async with transaction() as tx:
        await freeze_if(tx, borrower_id, is_forced=True)
    await approved(borrower_id, ("thief.1", "thief.2"), "forced")
    theirs = await wallets.wallet_of("thief.9")
    assert await queries.wallet_of(borrower_id) == theirs
    assert (await queries.held_of(borrower_id))["wallet"] == [{"openid": theirs}]
    party = await queries.party_of(borrower_id)
    assert (party.wallet, party.payee_freeze_id is None) == (theirs, False)
    person.clock.advance(timedelta(seconds=61))
    await approved(borrower_id, (None, None), "forced-off")
    party = await queries.party_of(borrower_id)
    assert (payee_number(party.payee_reference or ""), party.payee_freeze_id is None) == (
        CARD,
        False,
    )
    async with transaction() as tx:  # as staff let money flow
        await tx.run("UPDATE disbursement_freeze SET live_key = NULL, wallet = NULL", [])
    party = await queries.party_of(borrower_id)
    assert (party.wallet, party.payee_freeze_id) == (await wallets.wallet_of("mei.9"), None)


async def test_a_wallet_put_back_by_hand_is_refused(person: Person, wallets: WalletTwin) -> None:
    assert wallets
    borrower_id = (await person.sign_in()).borrower_id
    assert await operations.set_wallet(change(borrower_id, "mei.1", key="first")) is None
    await person.complete(borrower_id, bank_card=CARD)
    (before,) = await fetch("SELECT openid FROM wallet")
    await approved(borrower_id, ("lan.1", "lan.2"), "again")
    (after,) = await fetch("SELECT openid FROM wallet")
    async with transaction() as tx:
        await tx.run("UPDATE wallet SET openid = ?", [bytes(before["openid"])])
    with pytest.raises(SealBroken):
        await queries.party_of(borrower_id)
    async with transaction() as tx:
        await tx.run("UPDATE wallet SET openid = ?", [bytes(after["openid"])])


async def test_without_an_answer_about_a_code_nothing_changes(person: Person) -> None:
    class Silent:
        async def wallet_of(self, login_code: str) -> str:
            assert login_code
            raise WalletUnavailable

    borrower_id = (await person.sign_in()).borrower_id
    await refused(TemporarilyUnavailable, change(borrower_id, "mei.1"))
    operations.ask_wallets(Silent())
    try:
        await refused(TemporarilyUnavailable, change(borrower_id, "mei.1"))
    finally:
        operations.ask_wallets(None)
