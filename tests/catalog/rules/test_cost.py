"""What a product costs in all, down to the fen."""

from datetime import date
from decimal import Decimal

import pytest

from app.catalog.rules import (
    OfferedProduct,
    PolicyBook,
    Product,
    RegionPack,
    loan_terms,
    offered_terms,
    typical_cost,
    usual_cost,
)
from app.loanmath.schedule import Method, amortize

TODAY = date(2026, 11, 21)


def offered(product: Product, *packs: RegionPack) -> OfferedProduct:
    narrowed = offered_terms(product, packs, version_id="v")
    assert narrowed is not None
    return narrowed


def test_a_washing_machine_costs_what_the_annuity_says(
    products: dict[str, Product], book: PolicyBook
) -> None:
    """
    2,400 yuan for 6 months at 0.7 % a month: 240000 · 0.007 · 1.007⁶ / (1.007⁶ − 1) = 40985.70 fen.

    Interest by hand: 1680 + 1405 + 1128 + 849 + 568 + 285 = 5915.
    """
    cost = usual_cost(offered(products["home_appliance"]), book, amount_fen=240_000, months=6)

    assert cost.first_payment_fen == cost.largest_payment_fen == 40_986
    assert cost.total_fen == 240_000 + cost.total_interest_fen
    assert cost.total_interest_fen == 5_915
    assert cost.total_fees_fen == 0
    assert cost.monthly_payment_fen == 40_986
    assert abs(cost.annual_cost - Decimal("0.084")) < Decimal("0.0001")


@pytest.mark.parametrize("method", sorted(set(Method) - {Method.FLAT}))
def test_every_method_gives_a_cost_that_adds_up(
    products: dict[str, Product], book: PolicyBook, method: Method
) -> None:
    for product in products.values():
        if product.method is method:
            cost = typical_cost(offered(product), book)
            principal_fen = sum(line.principal_fen for line in cost.installments)
            assert principal_fen == cost.amount_fen == product.amount.typical_fen
            assert cost.total_fen == sum(line.total_fen for line in cost.installments)
            assert cost.total_fen == cost.amount_fen + cost.total_interest_fen + cost.total_fees_fen
            assert cost.annual_cost >= product.price.annual_rate


def test_an_orchards_principal_falls_due_when_the_fruit_is_sold(
    products: dict[str, Product], packs: dict[str, RegionPack], book: PolicyBook
) -> None:
    orchard = offered(products["orchard_inputs"], packs["610000"], packs["610629"])

    plan = typical_cost(orchard, book).installments

    selling = {line.due_on.month for line in plan if line.principal_fen}
    assert selling == {10, 11, 12, 1}
    assert all(line.interest_fen > 0 for line in plan[:-1])


@pytest.mark.parametrize("months", [6, 9, 12, 18])
@pytest.mark.parametrize("month", range(1, 13))
def test_a_season_can_be_borrowed_for_in_any_month(
    products: dict[str, Product],
    packs: dict[str, RegionPack],
    book: PolicyBook,
    months: int,
    month: int,
) -> None:
    orchard = offered(products["orchard_inputs"], packs["610000"], packs["610629"])
    terms = loan_terms(
        orchard,
        book,
        amount_fen=2_000_000,
        months=months,
        annual_rate=orchard.annual_rate,
        disbursed_on=date(2026, month, 15),
    )

    plan = amortize(terms)

    assert sum(line.principal_fen for line in plan) == 2_000_000


@pytest.mark.parametrize(
    ("due_day", "first_due_on"),
    [
        (21, date(2026, 12, 21)),
        (6, date(2026, 12, 6)),
        (5, date(2027, 1, 5)),
        (31, date(2026, 12, 31)),
    ],
)
def test_the_first_due_date_is_never_days_away(
    products: dict[str, Product], book: PolicyBook, due_day: int, first_due_on: date
) -> None:
    shop = offered(products["small_shop"])

    terms = loan_terms(
        shop,
        book,
        amount_fen=3_000_000,
        months=12,
        annual_rate=shop.annual_rate,
        disbursed_on=TODAY,
        due_day=due_day,
    )

    assert amortize(terms)[0].due_on == first_due_on


def test_lateness_follows_the_dated_policy(products: dict[str, Product], book: PolicyBook) -> None:
    for code, factor in (("orchard_inputs", "1.3"), ("home_appliance", "1.5")):
        product = offered(products[code])
        terms = loan_terms(
            product,
            book,
            amount_fen=product.amount.typical_fen,
            months=product.terms.typical,
            annual_rate=product.annual_rate,
            disbursed_on=TODAY,
        )
        assert terms.penalty_factor == Decimal(factor)
        assert terms.grace_days == 3
