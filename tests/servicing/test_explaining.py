"""Asking the graph why an amount is what it is: every amount, in both languages, replayable."""

import random
from collections import Counter
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from app.catalog.queries import offered_product
from app.foundation.database import Database
from app.foundation.errors import InvalidInput
from app.foundation.text import text
from app.loanmath.errors import EventRefused
from app.loanmath.explain import (
    Cause,
    Explainer,
    Figure,
    InputName,
    Move,
    RateFigure,
    RateRule,
    Rule,
    explain_rate,
    explainer_of_plan,
)
from app.loanmath.money import Rounding
from app.loanmath.schedule import Fee, FeeBase, FeeTiming
from app.servicing import queries
from app.servicing.graphql import explanations
from app.servicing.graphql.amounts import (
    InstallmentAmount,
    LoanAmount,
    PaymentPreviewAmount,
    PayoffAmount,
)
from app.servicing.graphql.figures import (
    ExplainedFigure,
    ExplanationCause,
    ExplanationRounding,
    ExplanationRule,
    ExplanationUnit,
)
from app.servicing.graphql.rates import ExplainedRate, RateExplanationRule
from app.servicing.queries import ToExplain
from app.servicing.rules.explaining import cause_of, label_of, rate_sentence_of, sentence_of
from tests.loanmath.drawn import random_life
from tests.loanmath.explain.asking_all import every
from tests.loanmath.explain.replaying import replay
from tests.loanmath.lives import lent, plain_terms
from tests.published import publish_catalog
from tests.servicing.conftest import GUARANTEE as GUARANTEE_FIXED
from tests.servicing.conftest import START_ON, Lend, Pay
from tests.servicing.conftest import plain_terms as servicing_terms
from tests.servicing.explained import EXPLANATION, aliased, as_said, hold, hold_one
from tests.servicing.test_graphql import ask
from tests.servicing.test_reducing import AGREED


async def test_every_amount_of_a_loan_and_its_installments_is_explained(
    lend: Lend, pay: Pay
) -> None:
    ref = await lend(reductions=AGREED)
    await pay(ref, 5_000)
    await pay(ref, 30_000)
    loan_query = f"""
      query($id: ID!) {{ loan(id: $id) {{
        lent principal balance dueNow overdue penalty unapplied refundable {aliased(LoanAmount)}
        nextInstallment {{ amount explain {{ ...E }} }}
        paidByOthers {{ payer payerName amount words parts {{ number amount isDue }} }}
        timeline {{ edges {{ node {{ kind text }} }} }}
        installments {{
          number total paid left principal interest fee cost penalty waived paidByOthers
          paidPrincipal paidInterest paidFee paidCost paidPenalty {aliased(InstallmentAmount)} }}
      }} }} {EXPLANATION}"""

    for language in ("en", "zh-Hans"):
        loan = (await ask(loan_query, id=ref.loan_id, language=language))["loan"]
        hold(loan, LoanAmount)
        by_others = Counter[int]()
        for one in loan["paidByOthers"]:
            assert one["payerName"] in one["words"]
            by_others.update({part["number"]: part["amount"] for part in one["parts"]})
            assert not any(part["isDue"] for part in one["parts"])
        assert {one["payer"] for one in loan["paidByOthers"]} == {"state", "qingmiao"}
        told = [one["node"]["text"] for one in loan["timeline"]["edges"]]
        assert any({"en": "the state", "zh-Hans": "国家"}[language] in one for one in told)
        for line in loan["installments"]:
            hold(line, InstallmentAmount)
            assert line["paidByOthers"] == by_others[line["number"]]
        coming = loan["nextInstallment"]
        assert coming["explain"]["result"] == coming["amount"]
        assert replay(as_said(coming["explain"])) == coming["amount"]


async def test_what_pays_a_loan_off_is_explained(lend: Lend, pay: Pay) -> None:
    ref = await lend()
    await pay(ref, 5_000)
    query = f"""query($id: ID!) {{ payoff(loanId: $id) {{
      amount principal interest fee cost penalty credit saved {aliased(PayoffAmount)} }} }}
      {EXPLANATION}"""
    hold((await ask(query, id=ref.loan_id))["payoff"], PayoffAmount)


@pytest.mark.parametrize("way", ["null", "REDUCE_TERM", "PAY_NEXT"])
async def test_what_a_repayment_would_do_is_explained(lend: Lend, way: str) -> None:
    ref = await lend()
    query = f"""query($id: ID!) {{
      paymentPreview(loanId: $id, amount: 50000, prepayment: {way}) {{
        amount principal interest fee cost penalty unapplied balanceAfter dueNowAfter interestSaved
        {aliased(PaymentPreviewAmount)}
        parts {{ amount explain {{ ...E }} }}
        nextInstallmentAfter {{ amount explain {{ ...E }} }} }} }} {EXPLANATION}"""

    seen = (await ask(query, id=ref.loan_id))["paymentPreview"]

    hold(seen, PaymentPreviewAmount)
    assert seen["parts"]
    for one in [*seen["parts"], seen["nextInstallmentAfter"]]:
        assert one["explain"]["result"] == one["amount"]
        assert replay(as_said(one["explain"])) == one["amount"]


async def test_a_loans_fees_go_by_the_names_of_its_product(database: Database, lend: Lend) -> None:
    assert database.dialect
    await publish_catalog()
    product = await offered_product("guaranteed_stock", "410225", START_ON)
    terms = servicing_terms(fees=(GUARANTEE_FIXED,))
    ref = await lend(terms, product_version_id=product.version_id)
    query = f"""query($id: ID!) {{ loan(id: $id) {{
      installments {{ fee explain(of: FEE) {{ ...E }} }} }} }} {EXPLANATION}"""

    for language, name in (("zh-Hans", "担保费"), ("en", "Guarantee fee")):
        loan = (await ask(query, id=ref.loan_id, language=language))["loan"]
        for line in loan["installments"]:
            hold_one(line["explain"], line["fee"])
            assert [fee["label"] for fee in line["explain"]["fees"]] == [name]
            assert name in line["explain"]["sentence"]


async def test_asking_about_every_installment_reads_the_loan_once(
    lend: Lend, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = await lend()
    worked_out: list[int] = []
    whole = queries.explained_loans

    async def counted(asked: list[ToExplain]) -> list[queries.ExplainedLoan | None]:
        worked_out.append(len(asked))
        return await whole(asked)

    monkeypatch.setattr(queries, "explained_loans", counted)
    query = """query($id: ID!) { loan(id: $id) { explain(of: BALANCE) { result }
      installments { a: explain(of: INTEREST) { result parts { explanation { result } } }
        b: explain(of: PRINCIPAL) { result } } } }"""

    loan = (await ask(query, id=ref.loan_id))["loan"]

    assert len(loan["installments"]) == 6
    assert worked_out == [1]


async def test_any_number_of_loans_costs_the_same_statements(
    database: Database, lend: Lend, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = [await lend() for _ in range(5)]
    asked = [ToExplain(loan_id=ref.loan_id, on=START_ON) for ref in refs]
    sent: list[str] = []
    client: Any = type(database.connection())
    for name in ("execute_query", "execute_query_dict"):
        plain = getattr(client, name)

        async def counted(self: Any, query: str, *args: Any, _plain: Any = plain) -> Any:  # noqa: ANN401
            sent.append(query)
            return await _plain(self, query, *args)

        monkeypatch.setattr(client, name, counted)

    assert None not in await queries.explained_loans(asked[:1])
    for_one = len(sent)
    assert None not in await queries.explained_loans(asked)
    assert len(sent) == 2 * for_one > 0


async def test_a_loan_that_is_not_there_or_a_day_too_far_is_not_explained(lend: Lend) -> None:
    ref = await lend()
    nowhere = ToExplain(loan_id="ln00000000000000", on=START_ON)
    not_taken = ToExplain(loan_id=ref.loan_id, on=START_ON, repayment_id="rp00000000000000")
    nothing = queries.AskedPreview(0, None)
    no_payment = ToExplain(loan_id=ref.loan_id, on=START_ON, preview=nothing)
    found = await queries.explained_loans([nowhere, not_taken, no_payment])
    assert found == [None, None, None]
    there = (await queries.explained_loans([ToExplain(loan_id=ref.loan_id, on=START_ON)]))[0]
    assert there is not None
    assert there.explain(Figure.INSTALLMENT_TOTAL, 99) is None


async def test_a_request_may_not_ask_for_any_number_of_explanations(
    lend: Lend, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = await lend()
    monkeypatch.setattr(explanations, "EXPLANATIONS_MAX", 30)
    query = "query($id: ID!) { loan(id: $id) { installments { explain(of: TOTAL) { result parts"
    few = f"{query} {{ amount }} }} }} }} }}"
    many = f"{query} {{ explanation {{ result }} }} }} }} }} }}"

    assert (await ask(few, id=ref.loan_id))["loan"]
    with pytest.raises(InvalidInput):
        await ask(many, id=ref.loan_id)


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_everything_has_its_words(language: str) -> None:
    say = partial(_say, language)
    for figure in Figure:
        assert label_of(figure, 3, say)
        assert label_of(figure, None, say)
    for name in InputName:
        assert say(f"servicing.explain_input.{name}")
    for cause in Cause:
        assert say(f"servicing.explain_cause.{cause}", number=1)
    for mode in Rounding:
        assert say(f"servicing.explain_rounding.{mode}")


def test_the_graph_knows_every_word_of_the_arithmetic() -> None:
    assert {one.name for one in ExplainedFigure} == set(Figure)
    assert {one.name for one in ExplanationRule} == set(Rule)
    assert {one.name for one in ExplanationCause} == set(Cause)
    assert {one.name for one in ExplanationRounding} == set(Rounding)
    assert {one.name for one in ExplainedRate} == set(RateFigure)
    assert {one.name for one in RateExplanationRule} == set(RateRule)
    assert {one.name for one in ExplanationUnit} == {
        "FEN", "EXACT_FEN", "RATE", "COUNT", "DATE", "LIST", "WORDS",
    }  # fmt: skip


def test_a_sentence_reads_as_one_would_say_it() -> None:
    life = lent(plain_terms())
    explainer = Explainer(life.terms, life.events, date(2026, 1, 15))

    def said(figure: Figure, number: int | None, language: str) -> str:
        return sentence_of(explainer.explain(figure, number), partial(_say, language))

    assert said(Figure.INSTALLMENT_INTEREST, 2, "zh-Hans") == (
        "第 2 期利息 110.64 元：9,220.25 元 × 年利率 14.4% × 1/12 年 = 110.643 元"
        "（2月15日到3月15日，算 28 天），四舍五入到分。"
    )
    assert said(Figure.INSTALLMENT_TOTAL, 1, "en") == (
        "Installment 1, in all: ¥899.75, made up of Installment 1, principal ¥779.75;"
        " Installment 1, interest ¥120.00."
    )
    assert said(Figure.LEVEL_INSTALLMENT, None, "zh-Hans") == (
        "每期固定还款 899.75 元：本金 10,000.00 元，分 12 期，年利率 14.4%，"
        "按等额本息公式算是 899.754332… 元，四舍五入到分。"
    )


GUARANTEE = Fee(
    code="guarantee", base=FeeBase.PRINCIPAL, timing=FeeTiming.SPREAD, rate=Decimal("0.01")
)


def called(code: str) -> str:
    return {"guarantee": "担保费"}[code]


def test_a_fee_is_called_as_in_the_cost_certificate() -> None:
    terms, say = plain_terms(fees=(GUARANTEE,)), partial(_say, "zh-Hans")
    explainer = explainer_of_plan(terms)

    one = explainer.explain(Figure.INSTALLMENT_FEE, 1)
    assert sentence_of(one, say, called) == (
        "第 1 期费用 8.34 元，是这样加减出来的：担保费共 100.00 元，平摊到 12 期，这一期 8.34 元。"
    )
    whole = explainer.explain(Figure.LOAN_CHARGE, code="guarantee")
    assert sentence_of(whole, say, called).startswith("整个计划的担保费 100.00 元：一共收 12 次，")
    rate = explain_rate(terms, RateFigure.ANNUALIZED_FEE, "guarantee")
    assert rate_sentence_of(rate, say, called) == (
        "担保费摊到一年 1.76%：算上这一项是 16.1645%，不算是 14.4%，相差这么多。"
    )
    arose = Move(cause=Cause.CHARGED, amount="500", code="guarantee")
    assert cause_of(arose, say, called) == "另外产生的担保费"


def test_a_receipt_says_what_was_left_after_each_step() -> None:
    life = lent(plain_terms())
    event_id = life.paid(date(2026, 2, 15), 1_000_000).id
    explainer = Explainer(life.terms, life.events, date(2026, 2, 15))
    said = explainer.explain(Figure.REPAYMENT_UNAPPLIED, event_id=event_id)
    assert sentence_of(said, partial(_say, "zh-Hans")) == (
        "这笔还款里没用上、替您记着的 0.00 元，是这样加减出来的：这笔还款 10,000.00 元，"
        "减去这笔还款还的第 1 期利息 120.00 元（还剩 9,880.00 元），"
        "减去这笔还款还的第 1 期本金 779.75 元（还剩 9,100.25 元），"
        "减去这笔还款还的第 2 期利息 11.04 元（还剩 9,089.21 元），"
        "减去这笔还款还的第 2 期本金 9,089.21 元（还剩 0.00 元）。"
    )


def test_every_rule_can_be_said_of_any_life() -> None:
    heard: set[Rule] = set()
    for seed in range(40):
        life, on = random_life(random.Random(seed))  # noqa: S311 - lives, not secrets
        try:
            explainer = Explainer(life.terms, life.events, on, life.working)
        except EventRefused:
            continue
        for one in every(explainer):
            heard.add(one.rule)
            for language in ("zh-Hans", "en"):
                said = sentence_of(one, partial(_say, language))
                assert said
                assert len(said) < 1500
    assert len(heard) > 20


def _say(language: str, key: str, **data: object) -> str:
    return text(key, language, **data)
