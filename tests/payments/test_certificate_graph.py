"""A phone reads, keeps and shows its payoff certificate; anybody shown it can check it."""

import hashlib
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from app.foundation import outbox
from app.foundation.caller import Anonymous, BorrowerCaller, Caller
from app.foundation.database import Database, business_date, transaction
from app.foundation.graphql import SCALARS, Context, PlainProblem
from app.payments import operations
from app.payments.graphql import NODES, PaymentsQuery
from app.payments.graphql.certificate import PayoffCertificateAmount
from app.payments.operations import ReverseRepayment
from app.payments.rules import RepaymentRef
from app.servicing.rules import LoanRef, ReversalReason
from tests.payments.certified import NAME, certify_as_the_worker_does, join, paid_off
from tests.payments.conftest import WANG, Lend
from tests.servicing.explained import EXPLANATION, hold, with_explanations

SCHEMA = strawberry.Schema(
    query=PaymentsQuery,
    types=[PlainProblem],
    config=StrawberryConfig(scalar_map=SCALARS),
)

SHOW = """
query Show($loanId: ID!) {
  payoffCertificate(loanId: $loanId) {
    id number loanId status issuedAt revokedAt code pagePath sha256 document text explanation
    principal principalInCapitals repaid repaidInCapitals openedOn closedOn
  }
}
"""

CHECK = """
query Check($number: String!, $code: String!) {
  checkPayoffCertificate(number: $number, code: $code) {
    isGenuine status explanation issuedAt revokedAt sha256 borrower principal closedOn
  }
}
"""


@pytest.fixture
async def loan(database: Database, lend: Lend) -> LoanRef:
    """Give a loan of a borrower with a complete profile."""
    assert database.dialect
    signed_in = await join()
    certify_as_the_worker_does()
    return await lend(signed_in.borrower_id)


def context(database: Database, caller: Caller, today: Any, language: str) -> Context:  # noqa: ANN401 - a date
    return Context(caller=caller, language=language, now=database.clock.now(), today=today)


async def run(
    database: Database,
    document: str,
    *,
    who: str | None,
    language: str = "zh-Hans",
    **given: object,
) -> dict[str, Any]:
    caller = Anonymous() if who is None else BorrowerCaller(borrower_id=who, session_id="ss0")
    seen = context(database, caller, await business_date(), language)
    result = await SCHEMA.execute(document, variable_values=given, context_value=seen)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def test_a_phone_reads_its_certificate_and_can_check_the_hash_itself(
    database: Database, loan: LoanRef
) -> None:
    gao = loan.borrower_id
    before = await run(database, SHOW, who=gao, loanId=loan.loan_id)
    assert before["payoffCertificate"] is None
    paid = await paid_off(loan)

    seen = (await run(database, SHOW, who=gao, loanId=loan.loan_id))["payoffCertificate"]
    assert (seen["status"], seen["loanId"], seen["revokedAt"]) == ("VALID", loan.loan_id, None)
    assert seen["id"] == seen["number"]
    assert hashlib.sha256(seen["document"].encode()).hexdigest() == seen["sha256"]
    assert (seen["principal"], seen["repaid"]) == (1_200_000, paid.amount_fen)
    assert seen["principalInCapitals"] == "壹万贰仟元整"
    assert NAME in seen["text"]
    assert NAME not in seen["document"]
    assert seen["explanation"] == "有效：这笔借款已经结清。"
    assert seen["pagePath"] == f"/certificates/{seen['number']}?code={seen['code']}"
    assert (seen["openedOn"], seen["closedOn"]) == ("2026-11-21", "2026-11-21")

    english = await run(database, SHOW, who=gao, loanId=loan.loan_id, language="en")
    assert english["payoffCertificate"]["text"].startswith("Certificate of Payoff\n")
    someone = await run(database, SHOW, who=WANG, loanId=loan.loan_id)
    assert someone["payoffCertificate"] is None

    anonymous = context(database, Anonymous(), await business_date(), "zh-Hans")
    refused = await SCHEMA.execute(
        SHOW, variable_values={"loanId": loan.loan_id}, context_value=anonymous
    )
    assert refused.errors is not None


async def test_a_certificate_explains_its_amounts(database: Database, loan: LoanRef) -> None:
    await paid_off(loan)
    query = f"""query Show($loanId: ID!) {{ payoffCertificate(loanId: $loanId) {{
      {with_explanations(PayoffCertificateAmount)} }} }} {EXPLANATION}"""
    shown = await run(database, query, who=loan.borrower_id, loanId=loan.loan_id)
    hold(shown["payoffCertificate"], PayoffCertificateAmount)


async def test_anybody_with_number_and_code_can_check_it(database: Database, loan: LoanRef) -> None:
    paid = await paid_off(loan)
    own = await run(database, SHOW, who=loan.borrower_id, loanId=loan.loan_id)
    number, code = own["payoffCertificate"]["number"], own["payoffCertificate"]["code"]
    given = {"number": f" {number.upper()} ", "code": code.lower()}
    seen = (await run(database, CHECK, who=None, **given))["checkPayoffCertificate"]
    assert (seen["isGenuine"], seen["status"]) == (True, "VALID")
    assert seen["borrower"] == "石* 612***…14"
    assert seen["sha256"] == own["payoffCertificate"]["sha256"]
    assert (seen["principal"], seen["closedOn"]) == (1_200_000, "2026-11-21")

    wrong = await run(database, CHECK, who=None, number=number, code="7" * 19)
    assert wrong["checkPayoffCertificate"] == {
        "isGenuine": False,
        "status": None,
        "explanation": "没有查到：证明编号和验真码对不上。请照证明上的原样再输一次。",
        "issuedAt": None,
        "revokedAt": None,
        "sha256": None,
        "borrower": None,
        "principal": None,
        "closedOn": None,
    }

    ref = RepaymentRef(borrower_id=loan.borrower_id, repayment_id=paid.repayment_id)
    async with transaction() as tx:
        await operations.reverse(
            tx, ReverseRepayment(repayment=ref, reason=ReversalReason.CHARGED_BACK)
        )
    await outbox.drain()
    seen = (await run(database, CHECK, who=None, **given))["checkPayoffCertificate"]
    assert (seen["isGenuine"], seen["status"]) == (True, "REVOKED")
    assert "已经作废" in seen["explanation"]
    own = await run(database, SHOW, who=loan.borrower_id, loanId=loan.loan_id)
    assert own["payoffCertificate"]["status"] == "REVOKED"
    assert "又有欠款" in own["payoffCertificate"]["explanation"]


async def test_a_certificate_is_a_node_of_its_borrower(database: Database, loan: LoanRef) -> None:
    await paid_off(loan)
    own = await run(database, SHOW, who=loan.borrower_id, loanId=loan.loan_id)
    number = own["payoffCertificate"]["number"]
    today = await business_date()

    async def find(who: str) -> object:
        caller = BorrowerCaller(borrower_id=who, session_id="ss0")
        info: Any = type("Info", (), {"context": context(database, caller, today, "en")})
        return await NODES["pc"](info, number)

    assert await find(loan.borrower_id) is not None
    assert await find(WANG) is None
