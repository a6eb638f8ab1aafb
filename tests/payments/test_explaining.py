"""Why a receipt's and a payoff quote's amounts are what they are."""

from typing import Any

from app.payments import operations
from app.servicing.graphql.amounts import PayoffQuoteAmount, ReceiptAmount
from tests.payments.conftest import Lend, Pay, notice_of
from tests.payments.test_graphql import QUOTE, Run, run
from tests.servicing.explained import EXPLANATION, aliased, hold, hold_one

__all__ = ["run"]

RECEIPT = f"""
query Show($id: ID!) {{ repayment(id: $id) {{ receipt {{
  amount principal interest fee cost penalty unapplied balance {aliased(ReceiptAmount)}
  parts {{ amount explain {{ ...E }} }} }} }} }} {EXPLANATION}
"""
EXPLAINED_QUOTE = (
    QUOTE.replace("quotedOn", f"cost credit quotedOn {aliased(PayoffQuoteAmount)}") + EXPLANATION
)


async def receipt_of(run: Run, repayment_id: str) -> dict[str, Any]:
    return (await run(RECEIPT, id=repayment_id))["repayment"]["receipt"]


async def test_a_receipt_explains_each_of_its_amounts(run: Run, lend: Lend, pay: Pay) -> None:
    loan = await lend()
    view = await pay(loan, 150_000, "first")
    await operations.accept_callback(notice_of(view))

    receipt = await receipt_of(run, view.repayment_id)

    hold(receipt, ReceiptAmount)
    assert receipt["parts"]
    left = receipt["amount"]
    for part in receipt["parts"]:
        hold_one(part["explain"], part["amount"])
        left -= part["amount"]
        assert [step["left"] for step in part["explain"]["moves"]] == [left]
    steps = receipt["xUNAPPLIED"]["parts"]
    assert [step["amount"] for step in steps[1:]] == [part["amount"] for part in receipt["parts"]]
    assert (steps[0]["left"], steps[-1]["left"]) == (receipt["amount"], receipt["unapplied"])


async def test_a_receipt_is_explained_by_what_was_known_when_the_money_came(
    run: Run, lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    first = await pay(loan, 150_000, "first")
    await operations.accept_callback(notice_of(first))
    before = await receipt_of(run, first.repayment_id)
    second = await pay(loan, 200_000, "second")
    await operations.accept_callback(notice_of(second))

    assert await receipt_of(run, first.repayment_id) == before
    hold(before, ReceiptAmount)


async def test_a_quote_explains_each_of_its_amounts(run: Run, lend: Lend) -> None:
    loan = await lend()
    asked = {"idempotencyKey": "quote", "loanId": loan.loan_id}
    quote = (await run(EXPLAINED_QUOTE, input=asked))["quotePayoff"]["quote"]
    hold(quote, PayoffQuoteAmount)


async def test_a_quote_that_no_longer_holds_explains_nothing_of_its_price(
    run: Run, lend: Lend, pay: Pay
) -> None:
    loan = await lend()
    asked = {"idempotencyKey": "quote", "loanId": loan.loan_id}
    await run(EXPLAINED_QUOTE, input=asked)
    view = await pay(loan, 150_000, "first")
    await operations.accept_callback(notice_of(view))

    again = (await run(EXPLAINED_QUOTE, input=asked))["quotePayoff"]["quote"]

    assert (again["xAMOUNT"], again["xPRINCIPAL"]) == (None, None)
    assert again["xFEE"]["result"] == again["fee"] == 0
