"""Repayments and refunds through WeChat Pay's adapter, against a server with keys of its own."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.adapters.wallets import WalletTwin
from app.adapters.wechat_pay.client import WeChatClient
from app.adapters.wechat_pay.keys import PlatformKeys
from app.adapters.wechat_pay.notices import PAID, WeChatNotices
from app.adapters.wechat_pay.rail import Scene, WeChatRail
from app.adapters.wechat_pay.signing import Merchant
from app.foundation import outbox
from app.foundation.clock import FixedClock, local_date
from app.foundation.database import Database, fetch
from app.foundation.outbox import Subscription
from app.identity import operations as identity
from app.identity.rules.wallets import BeginWalletChange, SetWallet
from app.payments import operations, queries
from app.payments.events import MoneyAwaitsAcceptance, RefundRequested, RepaymentInitiated
from app.payments.models import RepaymentRow
from app.payments.operations import RefundOverpayment, Repay
from app.payments.ports import OrderReport, RailUnavailable
from app.payments.rules import NoticeForged, RailNotice, RepaymentStatus, RepaymentView, WordOutcome
from app.payments.rules.refunds import RefundFailure, RefundStatus, RefundView, RefundWay
from app.servicing.rules import LoanRef
from tests.adapters.wechat_pay.provider import (
    API_V3_KEY,
    APP_ID,
    MCH_ID,
    OUR_SERIAL,
    PLACE,
    Platform,
    Provider,
    new_platform,
    rsa_key,
)
from tests.cards import approval_of, caller_of, forget_sends
from tests.payments.conftest import Lend, balance_of, facts, now_of, postings
from tests.payments.refunded import held_fen, join, join_without_a_card, standing


@dataclass(slots=True)
class Shop:
    """Our side of WeChat Pay, and theirs."""

    theirs: Provider
    rail: WeChatRail
    notices: WeChatNotices
    clock: FixedClock
    wallets: WalletTwin

    async def repay(self, loan: LoanRef, amount_fen: int, key: str) -> RepaymentView:
        command = Repay(
            loan=loan,
            amount_fen=amount_fen,
            idempotency_key=key,
            allow_overpayment=True,
            in_wallet=True,
        )
        view = await operations.repay(command)
        await outbox.drain()
        return await now_of(view)

    async def told(self, kind: str, values: dict[str, Any], number: str) -> RailNotice:
        body = self.theirs.notice(kind, values | {"mchid": MCH_ID}, number)
        notice = await self.notices.read(self.theirs.signed(body), body)
        assert notice is not None
        return notice

    async def paid(
        self, view: RepaymentView, number: str = "EV-1", *, more_fen: int = 0
    ) -> WordOutcome:
        """Let the borrower pay, and tell it."""
        trade = self.theirs.pay(view.repayment_id, at=self.clock.now())
        trade["amount"]["total"] += more_fen
        return await operations.accept_callback(await self.told(PAID, trade, number))

    async def refund(self, loan: LoanRef, amount_fen: int, key: str) -> RefundView:
        view = await operations.refund_overpayment(
            RefundOverpayment(loan=loan, amount_fen=amount_fen, idempotency_key=key)
        )
        assert isinstance(view, RefundView)
        await outbox.drain()
        return await standing(view)

    async def name_wallet(self, borrower_id: str, owner: str) -> str:
        await forget_sends()
        caller = caller_of(borrower_id)
        begun = await identity.begin_wallet_change(
            BeginWalletChange(caller=caller, login_code=f"{owner}.1", idempotency_key="wallet")
        )
        command = SetWallet(
            caller=caller,
            login_code=f"{owner}.2",
            idempotency_key="wallet-now",
            approval=await approval_of(begun),
        )
        assert await identity.set_wallet(command) is None
        return await self.wallets.wallet_of(f"{owner}.3")


@pytest.fixture
async def shop(database: Database, clock: FixedClock) -> AsyncIterator[Shop]:
    assert database
    wallets = WalletTwin()
    identity.ask_wallets(wallets)
    platform = new_platform("first", 0x5A01)
    platform.since = clock.now() - timedelta(days=100)
    theirs = Provider(clock, platform)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(theirs.app()), base_url=PLACE
    ) as http:
        client = WeChatClient(
            merchant=Merchant(mch_id=MCH_ID, serial=OUR_SERIAL, key=rsa_key("merchant")),
            keys=PlatformKeys(api_v3_key=API_V3_KEY),
            http=http,
            clock=clock,
            entropy=secrets.token_bytes,
        )
        await client.refresh()
        rail = WeChatRail(
            client=client,
            app_id=APP_ID,
            notify_url="https://qingmiao.example/callbacks/rail",
            scene=Scene(scene_id="1005"),
        )

        async def collect(fact: RepaymentInitiated, delivery_id: str) -> None:
            await operations.start_collection(fact, delivery_id, rail=rail)

        async def send(fact: RefundRequested, delivery_id: str) -> None:
            await operations.start_refund(fact, delivery_id, rail=rail)

        outbox.subscribe(
            [
                Subscription(fact_type=RepaymentInitiated, consumer="in", outside=collect),
                Subscription(fact_type=RefundRequested, consumer="out", outside=send),
            ]
        )
        yield Shop(theirs, rail, WeChatNotices(client=client, app_id=APP_ID), clock, wallets)
    identity.ask_wallets(None)


class NoDebits:
    async def debit(self, ask: object) -> str:
        raise AssertionError(ask)

    async def order_status(self, order_id: str) -> OrderReport:
        raise AssertionError(order_id)


async def test_a_repayment_in_the_app_counts_once_and_another_amount_never(
    shop: Shop, lend: Lend
) -> None:
    borrower_id = await join()
    wallet = await shop.name_wallet(borrower_id, "mei")
    loan = await lend(borrower_id)
    before = await balance_of(loan)
    shop.theirs.fails = 2  # the order is made, and its answer lost
    view = await shop.repay(loan, 100_000, "first")
    assert view.status is RepaymentStatus.INITIATED
    fact = RepaymentInitiated(
        repayment_id=view.repayment_id, borrower_id=borrower_id, loan_id="", amount_fen=100_000
    )
    await operations.start_collection(fact, "dl", rail=shop.rail)
    assert list(shop.theirs.trades) == [view.repayment_id]
    (handed,) = await queries.wallet_requests_by_order([view.repayment_id])
    assert handed is not None
    assert handed.parameters["package"] == f"prepay_id=wx21{view.repayment_id}"
    rows = repr(await fetch("SELECT * FROM wallet_request") + await fetch("SELECT * FROM wallet"))
    assert "prepay" not in rows + repr(handed)
    assert wallet not in rows

    body = shop.theirs.notice(PAID, shop.theirs.trades[view.repayment_id], "EV-0")
    thief = Platform("thief", shop.theirs.platform.serial, shop.theirs.platform.since)
    with pytest.raises(NoticeForged):
        await shop.notices.read(shop.theirs.signed(body, by=thief), body)
    outcomes = await asyncio.gather(*(shop.paid(view, "EV-1") for _ in range(4)))
    assert sorted(outcomes) == [WordOutcome.MOVED, *[WordOutcome.NOTHING_NEW] * 3]
    assert await shop.paid(view, "EV-2") is WordOutcome.NOTHING_NEW
    assert (await now_of(view)).status is RepaymentStatus.ALLOCATED
    assert before - await balance_of(loan) == 100_000
    assert await queries.wallet_requests_by_order([view.repayment_id]) == [None]

    odd = await shop.repay(loan, 50_000, "second")
    assert await shop.paid(odd, "EV-3", more_fen=1) is WordOutcome.AMOUNT_DIFFERS
    assert await postings("repayment") == 1
    shop.theirs.make_bills()
    on = local_date(shop.clock.now())
    shop.clock.advance(timedelta(days=1, hours=12))
    books = [operations.repayment_book(shop.rail, NoDebits())]
    report = await operations.reconcile(on, shop.rail, books)
    assert report is not None
    assert (report.lines, report.matched, report.left_open) == (2, 1, 1)
    (open_,) = await fetch("SELECT kind, order_id FROM reconciliation_difference")
    assert (open_["kind"], open_["order_id"]) == ("AMOUNT", odd.repayment_id)
    assert before - await balance_of(loan) == 100_000


async def test_an_order_given_up_is_closed_there_first_and_money_that_comes_late_still_counts(
    shop: Shop, lend: Lend
) -> None:
    borrower_id = await join()
    await shop.name_wallet(borrower_id, "mei")
    loan = await lend(borrower_id)
    left, last = await shop.repay(loan, 1_000, "left"), await shop.repay(loan, 2_000, "last")
    shop.clock.advance(timedelta(minutes=31))
    shop.theirs.fails = 1_000
    await operations.poll_pending(shop.rail)
    assert (await now_of(left)).status is RepaymentStatus.PENDING, "nobody says that it is over"
    shop.theirs.fails = 0
    shop.clock.advance(timedelta(minutes=1))
    assert await operations.poll_pending(shop.rail) == 2
    assert (await now_of(left)).status is RepaymentStatus.EXPIRED
    assert shop.theirs.trades[left.repayment_id]["trade_state"] == "CLOSED"
    assert await queries.wallet_requests_by_order([left.repayment_id]) == [None]
    # Paid just before it was closed, and told only now.
    assert await shop.paid(last) is WordOutcome.MOVED
    assert await shop.paid(last, "EV-2") is WordOutcome.NOTHING_NEW
    assert (await now_of(last)).status is RepaymentStatus.ALLOCATED
    assert await postings("repayment") == 1


async def test_money_held_goes_back_the_way_it_came_and_never_more_than_came(
    shop: Shop, lend: Lend
) -> None:
    borrower_id = await join_without_a_card()
    loan = await lend(borrower_id, annual_rate="0")
    view = await shop.repay(loan, 1_250_000, "too-much")  # no wallet: by a link to scan
    assert str(view.pay_link).startswith("weixin://")
    await shop.paid(view)
    assert await held_fen(loan) == 50_000
    shop.theirs.fails = 2
    back = await shop.refund(loan, 20_000, "back")
    assert back.status is RefundStatus.SENDING
    shop.clock.advance(timedelta(seconds=31))
    await operations.poll_refunds(shop.rail)
    (made,) = shop.theirs.refunds.values()
    assert (made["out_trade_no"], made["amount"]["refund"]) == (view.repayment_id, 20_000)
    assert not shop.theirs.transfers
    (payee,) = await queries.refund_payees([back.refund_id])
    assert payee.way is RefundWay.TO_PAYER
    made |= {"status": "SUCCESS", "success_time": shop.clock.now().isoformat()}
    told = {key: made[key] for key in ("out_refund_no", "refund_id", "amount", "success_time")}
    notices = [
        await shop.told("REFUND.SUCCESS", told | {"refund_status": "SUCCESS"}, f"EV-{number}")
        for number in (7, 7, 8)
    ]
    for notice in notices:
        await operations.accept_refund_notice(notice)
    assert (await standing(back)).status is RefundStatus.PAID
    assert await held_fen(loan) == 30_000


async def test_what_wechat_pay_closes_goes_to_the_wallet_instead_once_it_is_accepted_there(
    shop: Shop, lend: Lend
) -> None:
    borrower_id = await join_without_a_card()
    loan = await lend(borrower_id, annual_rate="0")
    await shop.paid(await shop.repay(loan, 1_230_000, "too-much"))
    # What WeChat Pay closes is held again, and goes to the wallet the next time it is asked for.
    closed = await shop.refund(loan, 30_000, "closed")
    shop.theirs.refunds[closed.refund_id]["status"] = "CLOSED"
    shop.clock.advance(timedelta(seconds=31))
    await operations.poll_refunds(shop.rail)
    closed = await standing(closed)
    assert (closed.status, closed.failure) == (RefundStatus.FAILED, RefundFailure.DECLINED)
    await shop.name_wallet(borrower_id, "mei")
    sent = await shop.refund(loan, 30_000, "sent")
    (payee,) = await queries.refund_payees([sent.refund_id])
    assert payee.way is RefundWay.TO_WALLET
    (transfer,) = shop.theirs.transfers.values()
    assert (transfer["out_bill_no"], transfer["transfer_amount"]) == (sent.refund_id, 30_000)
    (accept,) = await queries.wallet_requests_by_order([sent.refund_id])
    assert accept is not None
    assert accept.parameters["package"] == f"pkg-{sent.refund_id}"
    assert await facts(MoneyAwaitsAcceptance) == {"MoneyAwaitsAcceptance": 1}
    # Lost here, it is asked for anew, under the same order.
    await operations.drop_wallet_request(sent.refund_id)
    shop.clock.advance(timedelta(seconds=31))
    await operations.poll_refunds(shop.rail)
    assert await queries.wallet_requests_by_order([sent.refund_id]) != [None]
    assert len(shop.theirs.transfers) == 1
    transfer |= {"state": "SUCCESS", "update_time": shop.clock.now().isoformat()}
    shop.clock.advance(timedelta(seconds=31))
    await operations.poll_refunds(shop.rail)
    assert (await standing(sent)).status is RefundStatus.PAID
    assert await queries.wallet_requests_by_order([sent.refund_id]) == [None]
    assert await held_fen(loan) == 0

    shop.theirs.make_bills()
    on = local_date(shop.clock.now())
    shop.clock.advance(timedelta(days=1, hours=12))
    books = [
        operations.repayment_book(shop.rail, NoDebits()),
        operations.refund_book(shop.rail),
    ]
    report = await operations.reconcile(on, shop.rail, books)
    assert report is not None
    assert (report.lines, report.matched, report.left_open) == (3, 3, 0)
    assert await fetch("SELECT * FROM reconciliation_difference") == []


async def test_a_slow_refund_stands_in_the_statement_of_its_first_day_alone(
    shop: Shop, lend: Lend
) -> None:
    borrower_id = await join()
    loan = await lend(borrower_id, annual_rate="0")
    view = await shop.repay(loan, 1_250_000, "too-much")
    await shop.paid(view)
    assert (await RepaymentRow.get(id=view.repayment_id)).takes_refunds
    back = await shop.refund(loan, 50_000, "back")
    shop.theirs.make_bills()
    books = [operations.refund_book(shop.rail)]
    on = local_date(shop.clock.now())
    shop.clock.advance(timedelta(days=1, hours=12))
    report = await operations.reconcile(on, shop.rail, books)
    assert report is not None
    shop.theirs.refunds[back.refund_id] |= {
        "status": "SUCCESS",
        "success_time": shop.clock.now().isoformat(),
    }
    await operations.poll_refunds(shop.rail)
    assert (await standing(back)).status is RefundStatus.PAID
    shop.theirs.bills = {}
    shop.clock.advance(timedelta(days=1))
    report = await operations.reconcile(on + timedelta(days=1), shop.rail, books)
    assert report is not None
    assert (
        await fetch("SELECT order_id FROM reconciliation_difference WHERE order_id LIKE 'rf%'")
        == []
    )
    with pytest.raises(RailUnavailable):
        shop.theirs.forges = True
        await shop.rail.order_status(back.refund_id)
