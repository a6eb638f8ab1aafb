"""The graph lets a phone ask for its money back, and says in words where it is."""

from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation import outbox
from app.foundation.caller import Anonymous, BorrowerCaller, Caller
from app.foundation.database import business_date, current
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.foundation.text import LANGUAGES, text
from app.payments import operations
from app.payments.graphql import NODES, PaymentsMutation, PaymentsQuery
from app.payments.graphql.refunds import RefundState
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules.refunds import RefundFailure, RefundStatus
from app.servicing.graphql import ServicingQuery
from app.servicing.rules import LoanRef
from tests.payments.conftest import WANG, Lend, Pay, stored
from tests.payments.refunded import (
    CARD,
    HELD_FEN,
    RefundsRail,
    ask,
    connect,
    join,
    join_without_a_card,
    overpaid,
    standing,
    word,
)
from tests.servicing.explained import EXPLANATION, hold_one


@strawberry.type
class Query(PaymentsQuery, ServicingQuery):
    """Payments with the loans they are about."""


SCHEMA = strawberry.Schema(
    query=Query,
    mutation=PaymentsMutation,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)


def words_of(key: str, language: str) -> str:
    """Return a sentence about a refund of what is held, to the card."""
    payee = text("payments.refund.to_card", language, tail=CARD[-4:])
    return text(f"payments.refund.{key}", language, amount_fen=HELD_FEN, payee=payee)


BACK = """
mutation Back($input: RefundOverpaymentInput!) {
  refundOverpayment(input: $input) {
    __typename
    ... on RefundOverpaymentSuccess {
      refund { id loanId amount amountInCapitals status settledAt cardTail explanation }
    }
    ... on AmountAboveHeldProblem { held }
    ... on Problem { code field message }
  }
}
"""

SHOW = "query Show($id: ID!) { refund(id: $id) { id status cardTail explanation settledAt } }"

LIST = """
query List($loanId: ID!, $first: Int, $after: String) {
  refunds(loanId: $loanId, first: $first, after: $after) {
    edges { node { id amount cardTail } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

LOAN = """
query Loan($id: ID!) {
  loan(id: $id) { unapplied refundable explanation timeline { edges { node { kind text } } } }
}
"""


async def run(
    document: str, *, caller: Caller, language: str = "zh-Hans", **variables: object
) -> dict[str, Any]:
    context = Context(
        caller=caller, language=language, now=current().clock.now(), today=await business_date()
    )
    result = await SCHEMA.execute(document, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


def of(borrower_id: str) -> Caller:
    return BorrowerCaller(borrower_id=borrower_id, session_id="ss00000abcdefghi")


@pytest.fixture
async def loan(lend: Lend, pay: Pay) -> LoanRef:
    made = await overpaid(await join(), lend, pay)
    connect(RefundsRail())
    return made


async def asked(loan: LoanRef, caller: Caller | None = None, **more: object) -> dict[str, Any]:
    wish: dict[str, object] = {"idempotencyKey": "back", "loanId": loan.loan_id} | more
    answer = await run(BACK, caller=caller or of(loan.borrower_id), input=wish)
    return answer["refundOverpayment"]


async def test_a_phone_gets_its_money_back(loan: LoanRef) -> None:
    me = of(loan.borrower_id)
    shown = (await run(LOAN, caller=me, id=loan.loan_id))["loan"]
    assert (shown["unapplied"], shown["refundable"]) == (HELD_FEN, HELD_FEN)
    assert "随时可以退回您的银行卡" in shown["explanation"]

    refund = (await asked(loan))["refund"]
    assert refund | {"id": ""} == {
        "id": "",
        "loanId": loan.loan_id,
        "amount": HELD_FEN,
        "amountInCapitals": "伍佰元整",
        "status": "REQUESTED",
        "settledAt": None,
        "cardTail": CARD[-4:],
        "explanation": "已收到您的退款申请，500.00 元马上转到您尾号 0013 的银行卡。",
    }
    shown = (await run(LOAN, caller=me, id=loan.loan_id))["loan"]
    assert (shown["unapplied"], shown["refundable"]) == (0, 0)
    assert shown["timeline"]["edges"][0]["node"] == {
        "kind": "REFUNDED",
        "text": "11月21日，您申请退回多还的 500.00 元。",
    }

    await outbox.drain()
    assert (await run(SHOW, caller=me, id=refund["id"]))["refund"]["status"] == "SENDING"
    view = await standing(await ask(loan))
    await operations.accept_refund_notice(word(view))
    paid = (await run(SHOW, caller=me, id=refund["id"], language="en"))["refund"]
    assert (paid["status"], paid["settledAt"]) == ("PAID", "2026-11-21T02:00:00+00:00")
    assert paid["explanation"] == "¥500.00 has gone to your bank card ending in 0013."


async def test_a_refund_is_explained_by_what_was_kept_when_it_was_asked_for(loan: LoanRef) -> None:
    me = of(loan.borrower_id)
    query = f"query Q($id: ID!) {{ refund(id: $id) {{ amount explain {{ ...E }} }} }} {EXPLANATION}"
    first = (await asked(loan, amount=20_000))["refund"]
    rest = (await asked(loan, idempotencyKey="rest"))["refund"]
    for refund, held in ((first, HELD_FEN), (rest, HELD_FEN - 20_000)):
        shown = (await run(query, caller=me, id=refund["id"]))["refund"]
        hold_one(shown["explain"], shown["amount"])
        (part,) = shown["explain"]["parts"]
        assert (part["figure"], part["amount"]) == ("LOAN_UNAPPLIED", held)


async def test_a_refund_that_fails_says_why_and_what_to_do(loan: LoanRef) -> None:
    refund = (await asked(loan, amount=20_000))["refund"]
    await outbox.drain()
    view = await ask(loan, 20_000)
    failed = word(view, RailStatus.FAILED, reason=FailureReason.PAYEE_UNREACHABLE)
    await operations.accept_refund_notice(failed)
    me = of(loan.borrower_id)
    shown = (await run(SHOW, caller=me, id=refund["id"]))["refund"]
    assert shown["status"] == "FAILED"
    assert "请换一张卡再退" in shown["explanation"]
    timeline = (await run(LOAN, caller=me, id=loan.loan_id, language="en"))["loan"]["timeline"]
    assert timeline["edges"][0]["node"] == {
        "kind": "REFUND_REVERSED",
        "text": "Nov 21: ¥200.00 did not reach you; we keep it for you again.",
    }


async def refused(loan: LoanRef, caller: Caller | None = None, **more: object) -> dict[str, Any]:
    before = await stored()
    answer = await asked(loan, caller, **more)
    assert await stored() == before
    assert answer["message"]
    return answer


async def test_each_refusal_says_what_a_phone_needs(loan: LoanRef, lend: Lend, pay: Pay) -> None:
    above = await refused(loan, amount=HELD_FEN + 1)
    assert (above["__typename"], above["held"]) == ("AmountAboveHeldProblem", HELD_FEN)
    assert (above["field"], "500.00" in above["message"]) == ("input.amount", True)
    small = await refused(loan, amount=0)
    assert (small["code"], small["field"]) == ("INVALID_INPUT", "input.amount")
    malformed = await refused(loan, loanId="'; DROP TABLE refund")
    assert (malformed["code"], malformed["field"]) == ("INVALID_INPUT", "input.loanId")
    theirs = await refused(loan, caller=of(WANG))
    missing = await refused(loan, loanId="ln00000000000000")
    assert (theirs["code"], missing["code"]) == ("NOT_FOUND", "NOT_FOUND")
    assert theirs["field"] == missing["field"] == "input.loanId"
    nothing = await refused(await lend(loan.borrower_id))
    assert (nothing["__typename"], nothing["code"]) == ("NothingHeldProblem", "NOTHING_HELD")
    cardless = await overpaid(await join_without_a_card(), lend, pay, "cardless")
    no_card = await refused(cardless)
    assert no_card["__typename"] == "NoCardForRefundProblem"
    nobody = await asked(loan, caller=Anonymous())
    assert nobody["code"] == "UNAUTHENTICATED"


async def test_a_refund_is_shown_to_its_borrower_only(loan: LoanRef) -> None:
    refund = (await asked(loan))["refund"]
    assert await run(SHOW, caller=of(WANG), id=refund["id"]) == {"refund": None}
    assert await run(SHOW, caller=of(WANG), id="x" * 5000) == {"refund": None}
    listed = await run(LIST, caller=of(WANG), loanId=loan.loan_id)
    assert listed["refunds"]["edges"] == []
    assert "rf" in NODES


async def test_refunds_are_paged(loan: LoanRef) -> None:
    for number in range(5):
        await asked(loan, amount=100 + number, idempotencyKey=f"key-{number}")
    me = of(loan.borrower_id)
    page = (await run(LIST, caller=me, loanId=loan.loan_id, first=3))["refunds"]
    assert len(page["edges"]) == 3
    after = page["pageInfo"]["endCursor"]
    rest = (await run(LIST, caller=me, loanId=loan.loan_id, after=after))["refunds"]
    nodes = [edge["node"] for edge in page["edges"] + rest["edges"]]
    assert sorted(node["amount"] for node in nodes) == [100, 101, 102, 103, 104]
    assert {node["cardTail"] for node in nodes} == {CARD[-4:]}
    assert not rest["pageInfo"]["hasNextPage"]


def test_every_state_of_a_refund_has_words() -> None:
    assert [one.name for one in RefundState] == [one.name for one in RefundStatus]
    for language in LANGUAGES:
        for status in RefundStatus:
            if status is not RefundStatus.FAILED:
                assert words_of(status.value, language)
        for failure in RefundFailure:
            assert words_of(f"FAILED_{failure.value}", language)
