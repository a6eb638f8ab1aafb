"""Who pays what of the interest: as offered, as far as it is left, on paper, and on arrival."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from app.catalog.rules import CatalogContent, Need, PolicyBook, whole_cost
from app.catalog.rules.product import Payee
from app.catalog.rules.reductions import (
    Reduction,
    campaign_coupon,
    interest_subsidy,
    is_use_proven,
    years_of,
)
from app.foundation.text import LANGUAGES
from app.loanmath.schedule import Method, Terms
from app.origination.rules.agreement import paid_by_others
from app.origination.rules.certificate import CostCertificate, certificate_from, certificate_of
from app.origination.rules.comprehension import QuestionKind, questions_of
from app.origination.rules.papers import certificate_paper
from app.origination.rules.reductions import (
    KEPT_CODE,
    Used,
    agreed_on_arrival,
    as_agreed,
    granted,
    reductions_as_json,
    reductions_from,
    state_by_year,
    still_granted,
)
from tests.origination.rules.conftest import Offer

DAY = date(2026, 12, 2)
TERMS = Terms(
    principal_fen=1_000_000,
    annual_rate=Decimal("0.0720"),
    method=Method.EQUAL_INSTALLMENT,
    count=12,
    disbursed_on=DAY,
    due_day=2,
)
NOON = datetime(2026, 12, 2, 4, tzinfo=UTC)
BOTH = (Payee.MERCHANT, Payee.BORROWER)


def book_on(content: CatalogContent, day: date) -> PolicyBook:
    return PolicyBook.on_day(day, content.policy_values)


@pytest.fixture
def december(content: CatalogContent) -> PolicyBook:
    """Return the policy of a day on which both the state and a campaign pay."""
    return book_on(content, DAY)


@pytest.fixture
def reductions(december: PolicyBook) -> tuple[Reduction, ...]:
    """Return what the state and we pay of a loan for school."""
    return granted(TERMS, Need.EDUCATION, december, Used(), by_state=True)


def test_the_state_pays_surely_only_where_the_seller_is_paid(content: CatalogContent) -> None:
    def proven(day: date, need: Need = Need.MEDICAL) -> list[bool]:
        return [is_use_proven(need, payee, book_on(content, day)) for payee in BOTH]

    assert proven(date(2026, 11, 22)) == [False, False]
    assert proven(date(2026, 11, 23)) == [True, False]
    assert proven(date(2026, 11, 23), Need.MICRO_BUSINESS) == [False, False]


def test_a_campaign_gives_its_coupon_from_its_first_day_to_its_last(
    content: CatalogContent,
) -> None:
    def given(day: date, need: Need = Need.EDUCATION) -> int:
        made = campaign_coupon(TERMS, need, book_on(content, day))
        return 0 if made is None else made.total_fen

    assert [given(date(2026, 11, 30)), given(DAY), given(date(2027, 2, 28))] == [0, 2_000, 2_000]
    assert [given(date(2027, 3, 1)), given(DAY, Need.MEDICAL)] == [0, 0]


def test_nobody_has_a_coupon_twice_nor_more_of_the_state_than_is_left(
    december: PolicyBook, reductions: tuple[Reduction, ...]
) -> None:
    state, ours = reductions
    assert (state.payer, ours.payer, ours.code) == ("state", "qingmiao", "WINTER_SKILLS")
    assert reductions_from(reductions_as_json(reductions)) == reductions
    assert reductions_from(reductions_as_json(())) == ()
    by_year = state_by_year(reductions, TERMS)
    assert set(by_year) == {2026}
    used = Used(state_by_year={2026: 300_000 - 100}, coupons=frozenset({"WINTER_SKILLS"}))
    assert [
        one.total_fen for one in granted(TERMS, Need.EDUCATION, december, used, by_state=True)
    ] == [100]
    left = still_granted(reductions, TERMS, used, year_max_fen=300_000)
    assert [(one.payer, one.total_fen) for one in left] == [("state", 100)]
    none_left = Used(state_by_year={2026: 300_000}, coupons=frozenset({"WINTER_SKILLS"}))
    assert still_granted(reductions, TERMS, none_left, year_max_fen=300_000) == ()
    assert still_granted(reductions, TERMS, Used(), year_max_fen=300_000) == reductions


def test_a_ceiling_is_counted_by_the_year_in_which_a_period_begins(december: PolicyBook) -> None:
    longer = replace(december, values=dict(december.values))
    until = december.values["interest_subsidy_until"]
    longer.values[until.name] = msgspec.structs.replace(until, value="2027-12-31")
    made = interest_subsidy(TERMS, Need.EDUCATION, longer, used_by_year={2027: 299_000})
    assert made is not None
    years = years_of(TERMS)
    assert [years[number] for number in (1, 2, 12)] == [2026, 2027, 2027]
    in_2027 = sum(fen for number, fen in made.by_number if years[number] == 2027)
    assert in_2027 == 1_000


def certificate(offer: Offer, reductions: tuple[Reduction, ...]) -> CostCertificate:
    return certificate_of(
        application_id="ap00000000000001",
        offer_id="of00000000000001",
        offered=offer("vocational_school", "610629"),
        terms=TERMS,
        plan_sha256="b" * 64,
        agreement_sha256="a" * 64,
        made_on=DAY,
        reductions=reductions,
    )


def test_the_certificate_says_who_pays_what_and_asks_about_what_is_left(
    offer: Offer, reductions: tuple[Reduction, ...]
) -> None:
    made, plain = certificate(offer, reductions), certificate(offer, ())
    assert certificate_from(made.as_json()) == made
    assert made.reductions == reductions
    assert (plain.format, made.format) == (2, 3)
    assert "paid_by_others" not in plain.as_json()
    others_fen = sum(one.total_fen for one in reductions)
    pays = made.borrower_pays
    assert pays is not None
    assert (made.total_fen, pays.total_fen) == (plain.total_fen, plain.total_fen - others_fen)
    assert pays.paid_by_others_fen == others_fen
    assert Decimal(pays.annualized) < Decimal(made.annualized)
    assert made.to_pay_fen == pays.total_fen
    assert made.first_payment_fen < plain.first_payment_fen
    asked = {one.kind: one.data["amount_fen"] for one in questions_of(made, "c" * 64)[:2]}
    assert asked == {
        QuestionKind.NEXT_PAYMENT: made.first_payment_fen,
        QuestionKind.TOTAL: pays.total_fen,
    }
    paper = certificate_paper(made, sha256="d" * 64, made_at=NOON, confirmed_at=None)
    assert "国家（国家贴息）" in str(paper)
    assert "国家" not in str(
        certificate_paper(plain, sha256="d" * 64, made_at=NOON, confirmed_at=None)
    )


def test_the_agreement_writes_every_lower_bill_out(reductions: tuple[Reduction, ...]) -> None:
    lines = list(paid_by_others(TERMS, reductions))
    rows = [line for line in lines if " = " in line]
    assert len(rows) == len({number for one in reductions for number, _ in one.by_number})
    assert len(lines) == (len(reductions) + 2) * len(LANGUAGES) + len(rows)
    assert list(paid_by_others(TERMS, ())) == []


@pytest.mark.parametrize("late_days", [0, 1, 9])
def test_no_bill_is_above_the_one_signed_however_late_the_money_comes(
    content: CatalogContent, reductions: tuple[Reduction, ...], late_days: int
) -> None:
    signed = replace(TERMS, due_dates=tuple(row.due_on for row in whole_cost(TERMS).installments))
    arrived = DAY + timedelta(days=late_days)
    terms = replace(signed, disbursed_on=arrived)
    again = interest_subsidy(terms, Need.EDUCATION, book_on(content, arrived))
    agreed = agreed_on_arrival(reductions, signed=signed, terms=terms, again=again)
    state, *rest = agreed
    assert state.payer == "state"
    assert state.amount_fen <= reductions[0].total_fen
    assert (rest[0].code, rest[0].amount_fen) == ("WINTER_SKILLS", 2_000)
    assert {one.code for one in rest[1:]} <= {KEPT_CODE}
    others_fen = sum(one.amount_fen for one in agreed)  # all of it is of the first installment
    bill_fen = whole_cost(terms).installments[0].total_fen - others_fen
    promised_fen = sum(one.total_fen for one in reductions)
    assert bill_fen <= whole_cost(signed).installments[0].total_fen - promised_fen
    if not late_days:
        assert agreed == as_agreed(reductions, signed)

    # Were the state to pay nothing any more, we would: what was signed holds.
    alone = agreed_on_arrival(reductions[:1], signed=signed, terms=signed_on(signed), again=None)
    assert {one.code for one in alone} == {KEPT_CODE}
    assert sum(one.amount_fen for one in alone) == reductions[0].total_fen


def signed_on(terms: Terms) -> Terms:
    """Return terms that differ in nothing that costs."""
    return replace(terms, grace_days=terms.grace_days + 1)
