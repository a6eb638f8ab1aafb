"""What is offered is what is signed, and money that comes late never costs more."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.rules import PolicyBook, loan_terms
from app.loanmath.schedule import Method, Terms, amortize
from app.origination.rules.offers import (
    charge_codes,
    funders_of,
    offer_of,
    plan_sha256,
    terms_on_arrival,
    with_fixed_dates,
)
from app.origination.rules.picks import picks_of
from tests.origination.rules.conftest import TODAY, Offer, SnapshotOf

PRODUCTS = (
    ("orchard_inputs", "610629"),  # seasonal
    ("home_appliance", "320830"),  # equal installments
    ("guaranteed_stock", "410225"),  # with a fee
    ("harvest_bridge", "410225"),  # everything at the end
    ("small_line", "320830"),  # interest by the day
    ("livestock", "640122"),
    ("small_shop", "410225"),
)


def test_an_offer_names_its_plan_by_a_hash_and_its_lenders_largest_first(
    snapshot_of: SnapshotOf,
) -> None:
    snapshot = snapshot_of()
    pick = picks_of(snapshot, limit_fen=10_000_000, annual_rate=Decimal("0.0480"))[0]
    offer = offer_of(snapshot, pick)
    assert offer.plan_sha256 == plan_sha256(amortize(offer.terms))
    assert [(one.code, one.share) for one in offer.funders] == [
        ("hechuan_bank", Decimal("0.7")),
        ("qingmiao", Decimal("0.3")),
    ]
    assert offer.terms.due_dates[0] == date(2026, 12, 21)
    assert len(offer.terms.due_dates) == 12


@pytest.mark.parametrize(("code", "region"), PRODUCTS)
def test_writing_the_dates_out_changes_no_figure(
    code: str, region: str, offer: Offer, book: PolicyBook
) -> None:
    for day in (TODAY, date(2026, 11, 30), date(2027, 1, 31), date(2028, 2, 29)):
        terms = typical(offer, book, code, region, day)
        assert amortize(with_fixed_dates(terms)) == amortize(terms)


def typical(offer: Offer, book: PolicyBook, code: str, region: str, day: date) -> Terms:
    offered = offer(code, region)
    return loan_terms(
        offered,
        book,
        amount_fen=offered.amount.typical_fen,
        months=offered.terms.typical,
        annual_rate=offered.annual_rate,
        disbursed_on=day,
    )


def total(terms: Terms) -> int:
    return sum(row.total_fen for row in amortize(terms))


@given(
    st.sampled_from(PRODUCTS),
    st.dates(date(2026, 9, 1), date(2028, 12, 31)),
    st.integers(0, 12),
)
def test_money_that_arrives_later_costs_no_more_on_the_dates_that_were_signed(
    offer: Offer, book: PolicyBook, product: tuple[str, str], day: date, days_late: int
) -> None:
    signed = with_fixed_dates(typical(offer, book, *product, day))
    arrived_on = day + timedelta(days=days_late)
    lived = terms_on_arrival(signed, arrived_on, first_due_days_min=15)
    assert lived.disbursed_on == arrived_on
    assert lived.due_dates == signed.due_dates
    assert total(lived) <= total(signed)
    if days_late == 0:
        assert amortize(lived) == amortize(signed)


@given(
    st.sampled_from(PRODUCTS),
    st.dates(date(2026, 9, 1), date(2028, 12, 31)),
    st.integers(20, 90),
)
def test_money_that_arrives_much_too_late_moves_the_dates_and_keeps_the_principal(
    offer: Offer, book: PolicyBook, product: tuple[str, str], day: date, days_late: int
) -> None:
    signed = with_fixed_dates(typical(offer, book, *product, day))
    arrived_on = day + timedelta(days=days_late)
    lived = terms_on_arrival(signed, arrived_on, first_due_days_min=15)
    if signed.method is Method.BULLET:
        return
    assert (lived.due_dates[0] - arrived_on).days >= 15
    assert len(lived.due_dates) == signed.count
    if signed.method in {Method.SEASONAL, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY}:
        principal = [row.principal_fen for row in amortize(signed)]
        assert [row.principal_fen for row in amortize(lived)] == principal


def test_a_bullet_is_due_when_it_was_signed_to_be(offer: Offer, book: PolicyBook) -> None:
    signed = with_fixed_dates(typical(offer, book, "harvest_bridge", "410225", TODAY))
    assert signed.method is Method.BULLET
    (row,) = amortize(signed)
    assert row.due_on == signed.due_dates[-1]
    (lived,) = amortize(terms_on_arrival(signed, TODAY + timedelta(3), first_due_days_min=15))
    assert lived.due_on == row.due_on
    assert lived.total_fen < row.total_fen


def test_a_season_outside_the_plan_leaves_the_principal_to_the_last_row(
    offer: Offer, book: PolicyBook
) -> None:
    offered = offer("orchard_inputs", "610629")
    terms = loan_terms(
        offered,
        book,
        amount_fen=1_000_000,
        months=6,
        annual_rate=Decimal("0.06"),
        disbursed_on=date(2027, 2, 10),
    )
    signed = with_fixed_dates(terms)
    lived = terms_on_arrival(signed, date(2027, 3, 5), first_due_days_min=15)
    principal = [row.principal_fen for row in amortize(lived)]
    assert principal == [row.principal_fen for row in amortize(signed)] == [0] * 5 + [1_000_000]


def test_only_what_the_terms_charge_may_ever_be_charged(offer: Offer, book: PolicyBook) -> None:
    plain = typical(offer, book, "home_appliance", "320830", TODAY)
    guaranteed = typical(offer, book, "guaranteed_stock", "410225", TODAY)
    assert charge_codes(plain) == ("INTEREST", "PENALTY")
    assert charge_codes(guaranteed) == ("INTEREST", "PENALTY", "guarantee")


def test_a_loan_without_interest_charges_nothing(offer: Offer, book: PolicyBook) -> None:
    offered = offer("home_appliance", "320830")
    free = loan_terms(
        offered,
        book,
        amount_fen=120_000,
        months=6,
        annual_rate=Decimal(0),
        disbursed_on=TODAY,
    )
    assert charge_codes(free) == ()
    forgiving = replace(free, annual_rate=Decimal("0.06"), penalty_factor=Decimal(0))
    assert charge_codes(forgiving) == ("INTEREST",)
    assert funders_of(offered)[0].share == 1
