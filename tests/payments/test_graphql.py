"""The graph lets a phone pay, explains where a repayment stands, and shows the receipt."""

from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation.caller import Anonymous, BorrowerCaller, Caller
from app.foundation.database import Database, business_date, transaction
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.ledger import queries as ledger
from app.loanmath.schedule import Prepayment
from app.payments import operations
from app.payments.graphql import NODES, PaymentsMutation, PaymentsQuery
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules import RepaymentRef, RepaymentView
from app.servicing import queries as loans
from app.servicing.rules import ReversalReason
from tests.payments.conftest import MEI, WANG, Lend, Pay, TestRail, notice_of, stored

SCHEMA = strawberry.Schema(
    query=PaymentsQuery,
    mutation=PaymentsMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)
SIGNED_IN = BorrowerCaller(borrower_id=MEI, session_id="ss00000abcdefghi")
SOMEBODY_ELSE = BorrowerCaller(borrower_id=WANG, session_id="ss00000abcdefghj")

Run = Any


@pytest.fixture
def run(database: Database) -> Run:
    async def run_now(
        document: str,
        *,
        caller: Caller = SIGNED_IN,
        language: str = "zh-Hans",
        **variables: object,
    ) -> dict[str, Any]:
        context = Context(
            caller=caller,
            language=language,
            now=database.clock.now(),
            today=await business_date(),
        )
        result = await SCHEMA.execute(document, variable_values=variables, context_value=context)
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data

    return run_now


REPAY = """
mutation Repay($input: RepayInput!) {
  repay(input: $input) {
    __typename
    ... on RepaySuccess {
      repayment {
        id status amount amountInCapitals explanation payLink payUntil receipt { amount }
      }
    }
    ... on AmountAboveBalanceProblem { balance }
    ... on QuoteExpiredProblem { quotedOn }
    ... on QuoteInUseProblem { repaymentId }
    ... on Problem { code field message }
  }
}
"""

SHOW = """
query Show($id: ID!) {
  repayment(id: $id) {
    id loanId status explanation payLink receivedOn isPayoff initiatedAt
    receipt {
      amount amountInCapitals receivedOn principal interest fee penalty unapplied balance isClosed
      summary parts { installmentNumber label amount }
    }
  }
}
"""

QUOTE = """
mutation Quote($input: QuotePayoffInput!) {
  quotePayoff(input: $input) {
    __typename
    ... on QuotePayoffSuccess {
      quote { id loanId amount amountInCapitals principal interest fee penalty quotedOn validUntil }
    }
    ... on Problem { code field message }
  }
}
"""

LIST = """
query List($loanId: ID!, $first: Int, $after: String) {
  repayments(loanId: $loanId, first: $first, after: $after) {
    edges { node { id amount } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def test_a_phone_pays_and_sees_the_receipt(run: Run, lend: Lend, pay: Pay) -> None:
    loan = await lend()
    asked = {"idempotencyKey": "first", "loanId": loan.loan_id, "amount": 150_000}
    answer = (await run(REPAY, input=asked))["repay"]
    assert answer["__typename"] == "RepaySuccess"
    assert answer["repayment"] | {"id": ""} == {
        "id": "",
        "status": "INITIATED",
        "amount": 150_000,
        "amountInCapitals": "壹仟伍佰元整",
        "explanation": "正在准备付款，请等几秒。",
        "payLink": None,
        "payUntil": "2026-11-21T02:25:00+00:00",
        "receipt": None,
    }
    view = await pay(loan, 150_000, "first")
    shown = (await run(SHOW, id=view.repayment_id))["repayment"]
    assert (shown["status"], shown["payLink"]) == ("PENDING", f"pay://R{view.repayment_id}")

    await operations.accept_callback(notice_of(view))
    shown = (await run(SHOW, id=view.repayment_id))["repayment"]
    receipt = shown["receipt"]
    assert (shown["status"], shown["payLink"], shown["receivedOn"]) == (
        "ALLOCATED",
        None,
        "2026-11-21",
    )
    parts = sum(receipt[name] for name in ("principal", "interest", "fee", "penalty", "unapplied"))
    assert parts == receipt["amount"] == sum(part["amount"] for part in receipt["parts"])
    assert receipt["amountInCapitals"] == "壹仟伍佰元整"
    assert receipt["summary"].startswith("您还了 1,500.00 元：")
    assert shown["explanation"].startswith("已收到 1,500.00 元，还剩 ")


DIRECTED = """
mutation Repay($input: RepayInput!) {
  repay(input: $input) {
    ... on RepaySuccess { repayment { id prepayment } }
    ... on Problem { code field message }
  }
}
"""

EFFECT = "query Show($id: ID!) { repayment(id: $id) { prepayment receipt { earlyEffect } } }"


async def test_a_phone_chooses_what_paying_early_does(run: Run, lend: Lend, pay: Pay) -> None:
    loan = await lend()
    asked = {"idempotencyKey": "first", "loanId": loan.loan_id, "amount": 500_000}
    chosen = asked | {"prepayment": "REDUCE_TERM"}
    answer = (await run(DIRECTED, input=chosen))["repay"]["repayment"]
    assert answer["prepayment"] == "REDUCE_TERM"
    view = await pay(loan, 500_000, "first", prepayment=Prepayment.REDUCE_TERM)
    await operations.accept_callback(notice_of(view))
    shown = (await run(EFFECT, id=answer["id"]))["repayment"]
    assert shown["receipt"]["earlyEffect"].startswith("还清时间从 2027年11月21日提前到 2027年")
    english = (await run(EFFECT, id=answer["id"], language="en"))["repayment"]
    assert english["receipt"]["earlyEffect"].startswith("The loan ends on ")

    quote = await run(QUOTE, input={"idempotencyKey": "quote", "loanId": loan.loan_id})
    payoff = quote["quotePayoff"]["quote"]
    both = chosen | {
        "idempotencyKey": "both",
        "amount": payoff["amount"],
        "payoffQuoteId": payoff["id"],
    }
    refusal = (await run(DIRECTED, input=both))["repay"]
    assert (refusal["code"], refusal["field"]) == ("INVALID_INPUT", "input.prepayment")


async def test_a_receipt_speaks_english_too_and_says_what_is_kept(
    run: Run, lend: Lend, pay: Pay
) -> None:
    loan = await lend(annual_rate="0")
    view = await pay(loan, 1_250_000, allow_overpayment=True)
    await operations.accept_callback(notice_of(view))
    shown = (await run(SHOW, id=view.repayment_id, language="en"))["repayment"]
    assert shown["explanation"] == "We received ¥12,500.00. This loan is fully paid."
    assert shown["receipt"]["summary"] == (
        "You paid ¥12,500.00: principal ¥12,000.00, ¥500.00 too much, still yours and kept for"
        " you. This loan is fully paid."
    )
    chinese = (await run(SHOW, id=view.repayment_id))["repayment"]["receipt"]["summary"]
    assert chinese == (
        "您还了 12,500.00 元：本金 12,000.00 元，多付的 500.00 元还是您的钱，替您记着。"
        "这笔借款还清了。"
    )


async def test_a_phone_pays_a_loan_off(run: Run, lend: Lend, pay: Pay) -> None:
    loan = await lend()
    asked = {"idempotencyKey": "quote", "loanId": loan.loan_id}
    quote = (await run(QUOTE, input=asked))["quotePayoff"]["quote"]
    assert (quote["amount"], quote["amountInCapitals"]) == (1_200_000, "壹万贰仟元整")
    assert (quote["quotedOn"], quote["validUntil"]) == ("2026-11-21", "2026-11-22T00:00:00+08:00")

    view = await pay(loan, quote["amount"], payoff_quote_id=quote["id"])
    await operations.accept_callback(notice_of(view))
    shown = (await run(SHOW, id=view.repayment_id))["repayment"]
    assert shown["isPayoff"]
    assert shown["receipt"]["isClosed"]
    closed = (await run(QUOTE, input=asked | {"idempotencyKey": "again"}))["quotePayoff"]
    assert (closed["__typename"], closed["code"]) == ("PlainProblem", "NOTHING_OWED")
    assert (await ledger.verify()).problems == ()


async def test_a_closed_loan_takes_no_more_money(run: Run, lend: Lend, pay: Pay) -> None:
    loan = await lend()
    await operations.accept_callback(notice_of(await pay(loan, 1_200_000)))
    for means_it in (False, True):
        more: dict[str, object] = {"amount": 1, "allowOverpayment": means_it}
        answer = await refused(run, {"loanId": loan.loan_id} | more)
        assert (answer["__typename"], answer["code"]) == ("PlainProblem", "NOTHING_OWED")


async def refused(run: Run, input_: dict[str, object]) -> dict[str, Any]:
    before = await stored()
    answer = (await run(REPAY, input={"idempotencyKey": "refused"} | input_))["repay"]
    assert await stored() == before
    assert answer["message"]
    return answer


async def test_each_refusal_says_what_a_phone_needs(run: Run, lend: Lend, pay: Pay) -> None:
    loan = await lend()
    base: dict[str, object] = {"loanId": loan.loan_id, "amount": 1_200_001}

    above = await refused(run, base)
    assert above["__typename"] == "AmountAboveBalanceProblem"
    assert (above["balance"], above["field"]) == (1_200_000, "input.amount")
    assert "12,000.00" in above["message"]

    small = await refused(run, base | {"amount": 0})
    assert (small["code"], small["field"]) == ("INVALID_INPUT", "input.amount")
    for name in ("loanId", "payoffQuoteId"):
        malformed = await refused(run, base | {name: "'; DROP TABLE repayment"})
        assert (malformed["code"], malformed["field"]) == ("INVALID_INPUT", f"input.{name}")
    missing = await refused(run, base | {"loanId": "ln00000000000000"})
    assert (missing["__typename"], missing["code"]) == ("PlainProblem", "NOT_FOUND")
    assert missing["field"] == "input.loanId"
    nobodys: dict[str, object] = {"idempotencyKey": "nobodys", "loanId": "ln00000000000000"}
    unquoted = (await run(QUOTE, input=nobodys))["quotePayoff"]
    assert (unquoted["code"], unquoted["field"]) == ("NOT_FOUND", "input.loanId")

    asked = {"idempotencyKey": "quote", "loanId": loan.loan_id}
    quote = (await run(QUOTE, input=asked))["quotePayoff"]["quote"]
    paid = base | {"amount": 1_200_000, "payoffQuoteId": quote["id"]}
    view = await pay(loan, 1_200_000, payoff_quote_id=quote["id"])
    in_use = await refused(run, paid)
    assert (in_use["__typename"], in_use["repaymentId"]) == ("QuoteInUseProblem", view.repayment_id)
    await operations.accept_callback(notice_of(view, RailStatus.FAILED))
    part = await pay(loan, 500_000, "part")
    await operations.accept_callback(notice_of(part))
    expired = await refused(run, paid)
    assert (expired["__typename"], expired["quotedOn"]) == ("QuoteExpiredProblem", "2026-11-21")


@pytest.mark.usefixtures("database")
async def test_nobody_pays_or_asks_without_signing_in(run: Run) -> None:
    asked = {"idempotencyKey": "first", "loanId": "ln00000000000000"}
    answer = (await run(REPAY, caller=Anonymous(), input=asked | {"amount": 1}))["repay"]
    assert answer["code"] == "UNAUTHENTICATED"
    answer = (await run(QUOTE, caller=Anonymous(), input=asked))["quotePayoff"]
    assert answer["code"] == "UNAUTHENTICATED"


async def test_a_repayment_is_shown_to_its_borrower_only(run: Run, pay: Pay) -> None:
    view = await pay()
    shown = await run(SHOW, id=view.repayment_id, caller=SOMEBODY_ELSE)
    assert shown == {"repayment": None}
    assert await run(SHOW, id="x" * 5000) == {"repayment": None}
    listed = await run(LIST, loanId=view.loan.loan_id, caller=SOMEBODY_ELSE)
    assert listed["repayments"]["edges"] == []
    assert set(NODES) >= {"rp", "rf"}


async def test_repayments_are_paged(run: Run, lend: Lend, pay: Pay) -> None:
    loan = await lend()
    for number in range(5):
        await pay(loan, 100 + number, f"key-{number}")
    page = (await run(LIST, loanId=loan.loan_id, first=3))["repayments"]
    assert len(page["edges"]) == 3
    after = page["pageInfo"]["endCursor"]
    rest = (await run(LIST, loanId=loan.loan_id, after=after))["repayments"]
    amounts = [edge["node"]["amount"] for edge in page["edges"] + rest["edges"]]
    assert sorted(amounts) == [100, 101, 102, 103, 104]
    assert not rest["pageInfo"]["hasNextPage"]


async def explained(run: Run, view: RepaymentView, language: str = "zh-Hans") -> str:
    shown = await run(SHOW, id=view.repayment_id, language=language)
    return shown["repayment"]["explanation"]


async def test_what_went_wrong_is_explained(run: Run, pay: Pay) -> None:
    view = await pay()
    failed = notice_of(view, RailStatus.FAILED, reason=FailureReason.INSUFFICIENT_FUNDS)
    await operations.accept_callback(failed)
    assert "余额不够" in await explained(run, view)
    assert "nothing was taken" in await explained(run, view, "en")


async def test_a_reversal_is_explained(run: Run, pay: Pay, rail: TestRail) -> None:
    view = await pay()
    await operations.accept_callback(notice_of(view))
    ref = RepaymentRef(borrower_id=MEI, repayment_id=view.repayment_id)
    async with transaction() as tx:
        command = operations.ReverseRepayment(repayment=ref, reason=ReversalReason.CHARGED_BACK)
        await operations.reverse(tx, command)
    assert "退回" in await explained(run, view)
    assert len(rail.asked) == 1
    assert (await loans.loan(view.loan)).balance_fen > 0
