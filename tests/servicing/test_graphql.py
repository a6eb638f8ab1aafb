"""The borrower's graph of loans: every field, in both languages, for its own borrower only."""

import base64
from datetime import date, timedelta
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.catalog import queries as catalog_reads
from app.foundation.caller import Anonymous, BorrowerCaller
from app.foundation.database import Database, business_date, current, transaction
from app.foundation.errors import InvalidInput
from app.foundation.graphql import SCALARS, Context, Node
from app.foundation.text import text
from app.loanmath.life import (
    Bucket,
    DueKind,
    InstallmentStatus,
    LoanStatus,
    WrittenOff,
)
from app.loanmath.record import EVENT_KINDS
from app.servicing import graphql, operations, queries
from app.servicing.operations.restatement import append_event, keep, locked
from app.servicing.rules import Funder, LoanRef, project
from app.servicing.rules.compact import read_plan
from tests.published import publish_catalog
from tests.servicing.conftest import JOINT, MEI, START_ON, Lend, Pay

GANG = "br00000gang00000"
DUE = date(2026, 12, 21)


@strawberry.type
class Query(graphql.ServicingQuery):
    """Servicing alone, with `node`."""

    @strawberry.field
    async def node(self, info: strawberry.Info[Context, None], id: strawberry.ID) -> Node | None:  # noqa: A002 - Relay's name
        return await graphql.NODES["ln"](info, id)


SCHEMA = strawberry.Schema(
    query=Query, types=[graphql.Loan], config=StrawberryConfig(scalar_map=SCALARS)
)


async def ask(
    query: str,
    *,
    borrower_id: str | None = MEI,
    language: str = "en",
    **variables: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401 - whatever was asked for
    """Run a query and return its data, raising what it raised."""
    caller = (
        Anonymous()
        if borrower_id is None
        else BorrowerCaller(borrower_id=borrower_id, session_id="ss00000mei000000")
    )
    context = Context(
        caller=caller,
        language=language,
        now=current().clock.now(),
        today=await business_date(),
    )
    result = await SCHEMA.execute(query, variable_values=variables, context_value=context)
    if result.errors:
        raise result.errors[0].original_error or result.errors[0]
    return result.data


FULL = """
query Loan($id: ID!) {
  loan(id: $id) {
    id applicationId productCode productName method annualRate status bucket daysPastDue
    lent principal balance dueNow overdue penalty unapplied installmentsTotal
    nextInstallment { number dueOn amount }
    openedOn closesOn closedOn explanation
    lenders { code name share }
    installments {
      number dueOn status total paid left principal interest fee penalty waived
      paidPrincipal paidInterest paidFee paidPenalty
    }
    timeline(first: 1) { edges { cursor node { id kind effectiveOn recordedAt amount text } }
      pageInfo { hasNextPage endCursor } }
  }
}
"""


async def test_a_loan_shows_everything_about_itself(lend: Lend, pay: Pay) -> None:
    ref = await lend(funders=JOINT)
    await pay(ref, 5_000)

    loan = (await ask(FULL, id=ref.loan_id))["loan"]

    assert loan["status"] == "ACTIVE"
    assert loan["bucket"] == "CURRENT"
    assert loan["method"] == "EQUAL_INSTALLMENT"
    assert loan["annualRate"] == "0.1200"
    assert (loan["lent"], loan["principal"]) == (120_000, 116_200)
    assert loan["nextInstallment"] == {"number": 1, "dueOn": "2026-12-21", "amount": 15_706}
    assert loan["productName"] == loan["productCode"] == "rice_inputs"
    assert loan["lenders"] == [
        {"code": "qingmiao", "name": "qingmiao", "share": "0.3"},
        {"code": "hechuan_bank", "name": "hechuan_bank", "share": "0.7"},
    ]
    assert loan["explanation"] == "Next payment: ¥157.06 on Dec 21."
    first = loan["installments"][0]
    assert (first["total"], first["paid"], first["left"]) == (20_706, 5_000, 15_706)
    assert (first["paidInterest"], first["paidPrincipal"]) == (1_200, 3_800)
    assert sum(line["left"] for line in loan["installments"]) == loan["balance"]
    (edge,) = loan["timeline"]["edges"]
    assert edge["node"]["kind"] == "REPAYMENT_RECEIVED"
    assert edge["node"]["text"] == "Nov 21: we received ¥50.00."
    assert loan["timeline"]["pageInfo"]["hasNextPage"]


async def test_plan_terms_are_the_same_plan_in_few_bytes(lend: Lend, pay: Pay) -> None:
    ref = await lend()
    await pay(ref, 5_000)

    loan = (
        await ask(
            "query L($id: ID!) { loan(id: $id) { planTerms installments {"
            " number dueOn status principal interest fee cost penalty waived paidPrincipal"
            " paidInterest paidFee paidCost paidPenalty } } }",
            id=ref.loan_id,
        )
    )["loan"]

    raw = base64.urlsafe_b64decode(loan["planTerms"] + "==")
    assert len(raw) <= 40
    read = [[row.number, str(row.due_on), row.status.value, *row.amounts] for row in read_plan(raw)]
    assert read == [list(installment.values()) for installment in loan["installments"]]


async def test_the_timeline_goes_on_after_its_cursor(lend: Lend, pay: Pay) -> None:
    ref = await lend()
    await pay(ref, 5_000)
    cursor = (await ask(FULL, id=ref.loan_id))["loan"]["timeline"]["pageInfo"]["endCursor"]
    rest = "query($id: ID!, $after: String) { loan(id: $id) { timeline(after: $after) { edges {"
    rest += " node { kind text } } } } }"

    found = await ask(rest, id=ref.loan_id, after=cursor, language="zh-Hans")

    assert found["loan"]["timeline"]["edges"] == [
        {"node": {"kind": "DISBURSED", "text": "11月21日，借款 1,200.00 元到账。"}}
    ]
    with pytest.raises(InvalidInput):
        await ask(rest, id=ref.loan_id, after="forged")


async def test_somebody_elses_loan_looks_like_none(lend: Lend) -> None:
    ref = await lend()
    everything = """query($id: ID!) { loan(id: $id) { id } node(id: $id) { id }
      paymentPreview(loanId: $id, amount: 100) { amount } payoff(loanId: $id) { amount } }"""
    nothing = {"loan": None, "node": None, "paymentPreview": None, "payoff": None}

    assert await ask(everything, id=ref.loan_id, borrower_id=GANG) == nothing
    assert await ask(everything, id="ln00000nobody000") == nothing
    assert (await ask("{ loans { id } }", borrower_id=GANG))["loans"] == []
    assert (await ask("query($id: ID!) { node(id: $id) { id } }", id=ref.loan_id)) == {
        "node": {"id": ref.loan_id}
    }


@pytest.mark.parametrize("wrong", ["", "ln1", "ap00000mei000000", "ln00000nobody00!", "x" * 400])
@pytest.mark.usefixtures("database")
async def test_an_id_of_no_loan_is_null_or_refused(wrong: str) -> None:
    assert (await ask("query($id: ID!) { loan(id: $id) { id } }", id=wrong)) == {"loan": None}
    for field in ("payoff(loanId: $id)", "paymentPreview(loanId: $id, amount: 1)"):
        with pytest.raises(InvalidInput):
            await ask(f"query($id: ID!) {{ {field} {{ amount }} }}", id=wrong)


@pytest.mark.parametrize(
    "query",
    [
        "{ loans { id } }",
        '{ loan(id: "ln00000nobody000") { id } }',
        "{ dues { loan { id } } }",
        '{ payoff(loanId: "ln00000nobody000") { amount } }',
        '{ paymentPreview(loanId: "ln00000nobody000", amount: 1) { amount } }',
    ],
)
@pytest.mark.usefixtures("database")
async def test_nobody_signed_in_sees_nothing(query: str) -> None:
    with pytest.raises(Exception, match="UNAUTHENTICATED"):
        await ask(query, borrower_id=None)


async def test_a_preview_shows_the_split_and_what_remains(lend: Lend) -> None:
    ref = await lend()
    query = """query($id: ID!, $amount: Fen!) { paymentPreview(loanId: $id, amount: $amount) {
      amount principal interest fee penalty unapplied parts { installmentNumber kind amount }
      balanceAfter dueNowAfter nextInstallmentAfter { number dueOn amount } installmentsLeft
      closesLoan } }"""

    seen = (await ask(query, id=ref.loan_id, amount=5_000))["paymentPreview"]
    all_of_it = (await ask(query, id=ref.loan_id, amount=200_000))["paymentPreview"]

    assert (seen["principal"], seen["interest"]) == (3_800, 1_200)
    assert seen["parts"] == [
        {"installmentNumber": 1, "kind": "INTEREST", "amount": 1_200},
        {"installmentNumber": 1, "kind": "PRINCIPAL", "amount": 3_800},
    ]
    assert seen["nextInstallmentAfter"] == {"number": 1, "dueOn": "2026-12-21", "amount": 15_706}
    assert all_of_it["closesLoan"]
    assert all_of_it["nextInstallmentAfter"] is None
    assert all_of_it["unapplied"] == 80_000
    with pytest.raises(InvalidInput):
        await ask(query, id=ref.loan_id, amount=0)


async def test_ways_of_paying_early_are_shown_beside_each_other(lend: Lend) -> None:
    ref = await lend()
    query = """query($id: ID!, $amount: Fen!, $ways: [PrepaymentMode!]) {
      paymentPreviews(loanId: $id, amount: $amount, prepayments: $ways) {
        prepayment installmentsLeft closesOnAfter interestSaved earlyEffect
        nextInstallmentAfter { amount } }
      paymentPreview(loanId: $id, amount: $amount, prepayment: REDUCE_TERM) {
        prepayment interestSaved } }"""

    seen = await ask(query, id=ref.loan_id, amount=60_000)
    four = {one["prepayment"]: one for one in seen["paymentPreviews"]}

    assert list(four) == ["REDUCE_TERM", "REDUCE_INSTALLMENT", "PAY_NEXT", "PARK_AT_END"]
    assert four["REDUCE_TERM"]["closesOnAfter"] == "2027-02-21"
    assert four["REDUCE_INSTALLMENT"]["closesOnAfter"] == "2027-05-21"
    assert four["PAY_NEXT"]["installmentsLeft"] == 4
    assert four["PAY_NEXT"]["interestSaved"] == 0
    assert "Installments 1 to 2 are paid ahead." in four["PAY_NEXT"]["earlyEffect"]
    saved = {name: one["interestSaved"] for name, one in four.items()}
    assert saved["REDUCE_TERM"] > saved["REDUCE_INSTALLMENT"] > 0
    assert seen["paymentPreview"] == {
        "prepayment": "REDUCE_TERM",
        "interestSaved": saved["REDUCE_TERM"],
    }
    two = await ask(
        query, id=ref.loan_id, amount=60_000, ways=["PAY_NEXT", "REDUCE_TERM", "PAY_NEXT"]
    )
    assert two["paymentPreviews"] == [four["PAY_NEXT"], four["REDUCE_TERM"]]
    assert await ask(query, id=ref.loan_id, amount=60_000, borrower_id=GANG) == {
        "paymentPreviews": None,
        "paymentPreview": None,
    }


async def test_a_payoff_shows_what_it_saves(lend: Lend) -> None:
    ref = await lend()
    query = """query($id: ID!) { payoff(loanId: $id) {
      amount principal interest fee penalty saved } loan(id: $id) { balance } }"""

    found = await ask(query, id=ref.loan_id)

    payoff = found["payoff"]
    assert payoff["amount"] == payoff["principal"] == 120_000
    assert payoff["saved"] == found["loan"]["balance"] - 120_000


async def test_what_is_due_comes_with_its_loan(lend: Lend) -> None:
    ref = await lend()

    (due,) = (await ask("{ dues { loan { id } installment { number left } } }"))["dues"]

    assert due == {"loan": {"id": ref.loan_id}, "installment": {"number": 1, "left": 20_706}}


async def test_plans_of_many_loans_are_one_read(lend: Lend) -> None:
    refs = [await lend() for _ in range(5)]

    loans = (await ask("{ loans { id installments { number } lenders { code } } }"))["loans"]

    assert {loan["id"] for loan in loans} == {ref.loan_id for ref in refs}
    assert all(len(loan["installments"]) == 6 for loan in loans)


async def explained(ref: LoanRef, language: str = "en") -> str:
    query = "query($id: ID!) { loan(id: $id) { explanation } }"
    return (await ask(query, id=ref.loan_id, language=language))["loan"]["explanation"]


async def test_a_loan_explains_itself_at_every_turn(lend: Lend, pay: Pay) -> None:
    ref = await lend()
    assert await explained(ref, "zh-Hans") == "下次还款是 12月21日，还 207.06 元。"
    await operations.run_days(DUE)
    assert await explained(ref) == "¥207.06 is due today."
    await operations.run_days(DUE + timedelta(days=2))
    assert await explained(ref) == (
        "¥207.06 is past its due date by 2 days. Paying sooner costs less; if it is hard,"
        " talk to customer service."
    )
    owed = await queries.payoff_on(ref, DUE + timedelta(days=2))
    await pay(ref, owed.amount_fen)
    assert await explained(ref) == "Paid off. You owe nothing."
    await pay(ref, 123)
    assert "¥1.23 too much" in await explained(ref)
    loan = (await ask(FULL, id=ref.loan_id))["loan"]
    assert loan["nextInstallment"] is None
    assert loan["closesOn"] == loan["closedOn"] == "2026-12-23"
    assert loan["status"] == "OVERPAID"
    assert loan["unapplied"] == 123


async def test_a_loan_given_up_says_that_it_grows_no_more(lend: Lend) -> None:
    ref = await lend()
    async with transaction() as tx:
        row = await locked(ref)
        given_up = WrittenOff(id=tx.new_id("ev"), effective_on=tx.today, recorded_at=tx.now)
        await append_event(tx, row, given_up, source_key="event|1", about=given_up.id)
        events = await queries.events_of(ref.loan_id)
        await keep(tx, row, project(row.signed(), events, tx.today, None), tx.today)

    assert "no more interest" in await explained(ref)
    loan = (await ask(FULL, id=ref.loan_id))["loan"]
    assert loan["status"] == "WRITTEN_OFF"
    assert loan["timeline"]["edges"][0]["node"]["amount"] is None


async def test_product_and_lenders_are_named_as_they_were_signed(
    lend: Lend, database: Database
) -> None:
    assert database
    await publish_catalog()
    today = await business_date()
    version_id = (await catalog_reads.offered_product("rice_inputs", "320830", today)).version_id
    product = (await catalog_reads.product_version(version_id)).product
    funders = tuple(Funder(code=one.code, share=one.share) for one in product.funders)
    refs = [await lend(product_version_id=version_id, funders=funders) for _ in range(2)]

    for language in ("zh-Hans", "en"):
        query = "{ loans { id productName lenders { code name share } } }"
        loans = (await ask(query, language=language))["loans"]
        assert len(loans) == len(refs)
        for loan in loans:
            assert loan["productName"] == product.wording[language].name
            assert [(one["code"], one["name"]) for one in loan["lenders"]] == [
                (one.code, one.name[language]) for one in product.funders
            ]


def test_the_schema_names_every_state_the_arithmetic_has() -> None:
    for shown, known in (
        (graphql.LoanStatus, set(LoanStatus) - {LoanStatus.NOT_DISBURSED}),
        (graphql.LatenessBucket, set(Bucket)),
        (graphql.InstallmentStatus, set(InstallmentStatus)),
        (graphql.DueKind, set(DueKind)),
    ):
        assert {one.name for one in shown} == {one.name for one in known}
    recorded = set(EVENT_KINDS)
    assert {kind.value for kind in graphql.LoanEventKind} == recorded


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_event_has_a_sentence(language: str) -> None:
    of_parts = {
        graphql.LoanEventKind.CHARGED: ("_FEE", "_COST"),
        graphql.LoanEventKind.WAIVED: ("_COST", "_PENALTY", "_FEE", "_INTEREST"),
    }
    for kind in graphql.LoanEventKind:
        for part in of_parts.get(kind, ("",)):
            key = f"servicing.event.{kind.name}{part}"
            assert text(key, language, amount_fen=100, on=START_ON)
