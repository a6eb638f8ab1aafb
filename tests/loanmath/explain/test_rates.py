"""What is said of a yearly rate, or of what a fee costs, leads to it: worked out from its JSON."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from app.loanmath.agreed import agreed_plan
from app.loanmath.apr.of_terms import flows_of, rates_of
from app.loanmath.explain import (
    Figure,
    NotExplained,
    RateFigure,
    RateRule,
    explain_rate,
    explainer_of_lateness,
    explainer_of_plan,
)
from app.loanmath.explain.explainer import CHANGES
from app.loanmath.schedule import Fee, FeeBase, FeeTiming, Method, Terms
from tests.loanmath.explain.asking_all import check
from tests.loanmath.explain.replaying_rates import replay_rate
from tests.loanmath.lives import plain_terms

GUARANTEE = Fee(
    code="guarantee", base=FeeBase.PRINCIPAL, timing=FeeTiming.SPREAD, rate=Decimal("0.01")
)
YEARLY = Fee(code="insurance", base=FeeBase.BALANCE, rate=Decimal("0.012"))
LETTER = Fee(code="letter", amount_fen=1_000, timing=FeeTiming.FIRST)
FEES = (GUARANTEE, YEARLY, LETTER)

TERMS = (
    plain_terms(fees=FEES),
    plain_terms(fees=FEES, due_day=28),
    plain_terms(fees=FEES, method=Method.BULLET),
    plain_terms(fees=FEES, method=Method.INTEREST_ONLY, annual_rate=Decimal("0.0365")),
)


@pytest.mark.parametrize("terms", TERMS, ids=lambda terms: f"{terms.method}-{terms.due_day}")
def test_every_yearly_rate_follows_from_what_is_said(terms: Terms) -> None:
    rates = rates_of(flows_of(terms, agreed_plan(terms)))
    expected = {
        RateFigure.CONTRACT_RATE: terms.annual_rate,
        RateFigure.PENALTY_RATE: terms.annual_rate * terms.penalty_factor,
        RateFigure.ANNUALIZED_COST: max(rates.irr_nominal, terms.annual_rate),
        RateFigure.ANNUALIZED_COST_COMPOUND: rates.irr_effective,
    }
    asked = [(figure, None) for figure in expected]
    asked += [(RateFigure.ANNUALIZED_FEE, fee.code) for fee in terms.fees]
    for figure, code in asked:
        said = explain_rate(terms, figure, code)
        assert (said.figure, said.code) == (figure, code)
        assert Decimal(said.exact) == expected.get(figure, Decimal(said.exact))
        again = replay_rate(said.as_json())
        assert abs(again - Decimal(said.exact)) < Decimal("1e-11")
        assert Decimal(said.result) == again.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def test_a_contract_rate_stands_where_the_cost_would_be_below_it() -> None:
    # One sum at the end of a year: the monthly rate times twelve is below what a year bears.
    terms = plain_terms(method=Method.BULLET)
    said = explain_rate(terms, RateFigure.ANNUALIZED_COST)
    assert (said.rule, said.result) == (RateRule.MONTHLY, "0.1440")


@pytest.mark.parametrize("terms", TERMS, ids=lambda terms: f"{terms.method}-{terms.due_day}")
def test_what_a_fee_comes_to_is_explained_and_all_of_them_are_all_fees(terms: Terms) -> None:
    explainer = explainer_of_plan(terms)
    for fee in terms.fees:
        others = tuple(other for other in terms.fees if other is not fee)
        without = agreed_plan(replace(terms, fees=others))
        amount_fen = sum(row.fee_fen for row in agreed_plan(terms))
        amount_fen -= sum(row.fee_fen for row in without)
        said = explainer.explain(Figure.LOAN_CHARGE, code=fee.code)
        assert said.code == fee.code
        check(explainer, said, amount_fen)


def test_a_charge_that_the_terms_do_not_have_is_not_explained() -> None:
    terms = plain_terms(fees=(LETTER,))
    for code in ("other", None):
        with pytest.raises(NotExplained):
            explain_rate(terms, RateFigure.ANNUALIZED_FEE, code)
        with pytest.raises(NotExplained):
            explainer_of_plan(terms).explain(Figure.LOAN_CHARGE, code=code)


def test_a_change_is_explained_only_beside_what_it_is_a_change_of() -> None:
    explainer = explainer_of_plan(plain_terms())
    for figure in CHANGES:
        with pytest.raises(NotExplained):
            explainer.explain(figure)


def test_what_being_late_would_cost_is_explained() -> None:
    terms = plain_terms(penalty_factor=Decimal("1.5"), grace_days=3)
    late = explainer_of_lateness(terms, date(2026, 2, 25))
    said = late.explain(Figure.INSTALLMENT_PENALTY, 1)
    # 779.75 yuan of principal, ten days less three of grace, 14.4 % × 1.5 a year of 360 days.
    check(late, said, 327)
    (stretch,) = said.segments
    assert (stretch.balance, stretch.days) == ("77975", 7)
