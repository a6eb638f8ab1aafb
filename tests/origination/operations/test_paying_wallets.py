"""A loan's money goes to the wallet the agreement names, and waits there to be accepted."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.adapters.wallets import WalletTwin
from app.foundation import outbox
from app.foundation.database import fetch, transaction
from app.identity import operations as identity
from app.identity import queries as people
from app.identity.operations.freezes import freeze_if
from app.identity.rules.wallets import SetWallet
from app.origination import operations, queries
from app.origination.models import ApplicationMarkRow
from app.payments import operations as payments
from app.payments import queries as orders
from app.payments.ports import OrderReport, RailStatus
from tests.cards import caller_of
from tests.origination.conftest import World

WAITS = OrderReport(status=RailStatus.PENDING, awaits_payee=True)


@pytest.fixture
async def wallets() -> AsyncIterator[WalletTwin]:
    twin = WalletTwin()
    identity.ask_wallets(twin)
    yield twin
    identity.ask_wallets(None)


async def named(world: World, persona: str = "orchard_farmer", owner: str = "mei") -> str:
    """Let somebody name a wallet before they say anything else of themselves."""
    borrower_id = await world.sign_in(world.persona(persona)["contact"]["phone"])
    command = SetWallet(
        caller=caller_of(borrower_id), login_code=f"{owner}.{persona}", idempotency_key="wallet"
    )
    assert await identity.set_wallet(command) is None
    world.clock.advance(timedelta(seconds=61))
    return borrower_id


async def told() -> int:
    return len(await fetch("SELECT id FROM outbox_fact WHERE name = 'MoneyAwaitsAcceptance'"))


async def test_money_goes_to_the_wallet_that_the_agreement_names_and_waits_to_be_accepted(
    world: World, wallets: WalletTwin
) -> None:
    borrower_id = await named(world)
    signed_by, application_id = await world.sign()
    assert signed_by == borrower_id
    wallet = await wallets.wallet_of("mei.now")
    (agreement,) = await queries.agreements_by_application([application_id])
    assert agreement is not None
    assert f"微信零钱（尾号 {wallet[-4:]}）" in agreement.text
    assert wallet not in agreement.text
    disbursement_id = (await world.disbursement(application_id)).disbursement_id
    package = {"mchId": "1900000001", "appId": "wx1", "package": "pkg-1"}
    world.rail.accepts[disbursement_id] = package
    await outbox.drain()
    party = await people.party_of(borrower_id)
    assert world.rail.orders == {disbursement_id: (1_500_000, f"{wallet} {party.name}")}
    (waiting,) = await orders.wallet_requests_by_order([disbursement_id])
    assert waiting is not None
    assert waiting.parameters == package
    assert waiting.expires_at - world.clock.now() == timedelta(hours=24)
    assert "pkg-1" not in repr(waiting) + repr(await fetch("SELECT * FROM wallet_request"))

    # Whoever forces them from now on holds their WeChat too, and sees money still on its way.
    async with transaction() as tx:
        await freeze_if(tx, borrower_id, is_forced=True)
    assert await orders.acceptances_by_order([disbursement_id]) == [None]
    async with transaction() as tx:
        await tx.run("UPDATE disbursement_freeze SET live_key = NULL", [])
    assert await orders.acceptances_by_order([disbursement_id]) == [waiting]

    # Asked about while it waits, it is left alone, unless what accepts it was lost.
    world.rail.reports[disbursement_id] = WAITS
    world.clock.advance(timedelta(seconds=31))
    asked = world.rail.asked
    await operations.poll_disbursements(world.rail)
    assert world.rail.asked == asked
    await payments.drop_wallet_request(disbursement_id)
    await operations.poll_disbursements(world.rail)
    assert (world.rail.asked, len(world.rail.orders)) == (asked + 1, 1)
    assert await orders.wallet_requests_by_order([disbursement_id]) != [None]

    await operations.accept_disbursement_notice(await world.notice(application_id))
    assert await world.state(application_id) == "BOOKED"
    assert await orders.wallet_requests_by_order([disbursement_id]) == [None]
    assert await fetch("SELECT id FROM wallet_request") == []


async def test_what_nobody_accepts_in_a_day_is_shown_no_more_and_told_of_once(
    world: World, wallets: WalletTwin
) -> None:
    assert wallets
    await named(world)
    _, application_id = await world.sign()
    disbursement_id = (await world.disbursement(application_id)).disbursement_id
    world.rail.accepts[disbursement_id] = {"mchId": "1", "appId": "wx1", "package": "pkg-1"}
    world.rail.loses_answers = True
    await outbox.drain()
    world.rail.loses_answers = False
    world.rail.reports[disbursement_id] = WAITS
    world.clock.advance(timedelta(seconds=31))
    for _ in range(2):
        await operations.poll_disbursements(world.rail)
    assert await told() == 1
    world.clock.advance(timedelta(hours=2))
    assert await queries.orders_stuck() == [], "its payee has time"
    world.clock.advance(timedelta(hours=22))
    assert [one.order_id for one in await queries.orders_stuck()] == [disbursement_id]
    assert await orders.wallet_requests_by_order([disbursement_id]) == [None]
    assert await payments.drop_old_wallet_requests() == 1
    assert await payments.drop_old_wallet_requests() == 0


async def test_one_wallet_behind_two_people_is_a_mark_like_a_card(
    world: World, wallets: WalletTwin
) -> None:
    assert wallets
    for persona in ("orchard_farmer", "washing_machine_family"):
        await named(world, persona)
        await world.decide(persona)
    marks = await ApplicationMarkRow.filter(kind="WALLET")
    assert len({row.borrower_id for row in marks}) == 2
    assert len({row.mark for row in marks}) == 1


async def test_where_wallets_alone_are_paid_a_card_is_not_enough_to_apply(
    world: World, wallets: WalletTwin
) -> None:
    assert wallets
    borrower_id = await world.borrower()
    assert (await people.facts_for_decision(borrower_id)).has_payee
    people.pay_wallets_only(wallets_only=True)
    try:
        assert not (await people.facts_for_decision(borrower_id)).has_payee
        other = await named(world, "washing_machine_family")
        assert (await people.facts_for_decision(other)).has_payee
    finally:
        people.pay_wallets_only(wallets_only=False)
