"""The graph names a wallet, and hands it what it pays by to whoever proves the phone only."""

from pathlib import Path
from typing import Any

from app.adapters.wallets import WalletTwin
from app.foundation import outbox
from app.foundation.caller import BorrowerCaller
from app.foundation.database import business_date, current
from app.foundation.graphql import Context
from app.gateway.schema import BORROWER_SCHEMA
from app.identity import operations as identity
from app.payments import operations
from tests.cards import approval_of, caller_of, forget_sends
from tests.payments.conftest import Lend, Pay, TestRail
from tests.payments.refunded import join

OPERATIONS = Path(__file__).parents[2] / "fixtures" / "operations" / "borrower"


async def run(name: str, caller: BorrowerCaller, **variables: object) -> dict[str, Any]:
    """Run one of our own operations."""
    document = (OPERATIONS / f"{name}.graphql").read_text(encoding="utf-8")
    context = Context(
        caller=caller, language="zh-Hans", now=current().clock.now(), today=await business_date()
    )
    result = await BORROWER_SCHEMA.execute(
        document, variable_values=variables, context_value=context
    )
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def test_a_wallet_is_named_by_the_graph_and_pays_in_the_app(
    lend: Lend, rail: TestRail, pay: Pay
) -> None:
    assert pay
    twin = WalletTwin()
    identity.ask_wallets(twin)
    borrower_id = await join()
    await forget_sends()
    caller = caller_of(borrower_id)
    refused = await run("set_wallet", caller, input={"loginCode": "mei.1", "idempotencyKey": "a"})
    assert refused["setWallet"]["code"] == "APPROVAL_MISSING"
    begun = await run(
        "begin_intent",
        caller,
        input={"to": {"changeWallet": {"loginCode": "mei.2"}}, "idempotencyKey": "b"},
    )
    shown = begun["beginIntent"]["intent"]
    wallet = await twin.wallet_of("mei.9")
    assert f"微信零钱（尾号 **** {wallet[-4:]}）" in shown["text"]
    approval = await approval_of(await identity.opened(shown["id"], borrower_id))
    named = await run(
        "set_wallet",
        caller,
        input={
            "loginCode": "mei.3",
            "idempotencyKey": "c",
            "approval": {"intentId": approval.intent_id, "code": approval.code},
        },
    )
    assert named["setWallet"]["borrower"]["walletTail"] == wallet[-4:]
    identity.ask_wallets(None)

    loan = await lend(borrower_id)
    rail.pay_in_app = {
        "timeStamp": "1",
        "nonceStr": "n",
        "package": "prepay_id=wx1",
        "signType": "RSA",
        "paySign": "s",
    }
    view = await operations.repay(
        operations.Repay(loan=loan, amount_fen=100, idempotency_key="d", in_wallet=True)
    )
    await outbox.drain()
    assert [one.wallet for one in rail.asked] == [wallet]
    told = await run("pay_in_wallet", caller, id=view.repayment_id)
    assert told["repayment"]["payInWallet"]["package"] == "prepay_id=wx1"
    bound = BorrowerCaller(
        borrower_id=borrower_id, session_id="ss00000000000000", device_id="dv00000000000000"
    )
    told = await run("pay_in_wallet", bound, id=view.repayment_id)
    assert told["repayment"]["payInWallet"] is None
