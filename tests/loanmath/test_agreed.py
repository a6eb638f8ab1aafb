"""Plans of drawdowns agreed in advance."""

from datetime import date
from decimal import Decimal

import pytest

from app.loanmath.agreed import agreed_plan, lent_of
from app.loanmath.calendar import BusinessDays
from app.loanmath.errors import TermsRefused
from app.loanmath.quote import quote
from app.loanmath.schedule import Drawdown, Installment, Method, Terms, amortize
from tests.loanmath.lives import plain_terms

LENT = date(2026, 1, 15)
TWO = (Drawdown(LENT, 600_000), Drawdown(date(2026, 4, 15), 600_000))


def terms_of(**changes: object) -> Terms:
    """Write terms of 12,000 yuan at 12 % in two halves, the second after three months."""
    fields: dict[str, object] = {
        "principal_fen": 1_200_000,
        "annual_rate": Decimal("0.12"),
        "method": Method.EQUAL_PRINCIPAL,
        "drawdowns": TWO,
        **changes,
    }
    return plain_terms(**fields)


def parts(plan: tuple[Installment, ...]) -> list[tuple[int, int]]:
    return [(row.principal_fen, row.interest_fen) for row in plan]


def test_one_drawdown_is_no_other_plan_than_none() -> None:
    once = terms_of(drawdowns=(Drawdown(LENT, 1_200_000),))
    assert agreed_plan(once) == amortize(terms_of(drawdowns=()))
    assert lent_of(once) == lent_of(terms_of(drawdowns=())) == (Drawdown(LENT, 1_200_000),)


def test_a_later_drawdown_is_shared_over_the_installments_after_it() -> None:
    plan = agreed_plan(terms_of())
    assert parts(plan)[:6] == [
        (50_000, 6_000),
        (50_000, 5_500),
        (50_000, 5_000),  # 450,000 are left of the first half; with the second 1,050,000
        (116_667, 10_500),
        (116_667, 9_333),
        (116_667, 8_167),
    ]
    assert sum(row.principal_fen for row in plan) == 1_200_000


def test_lateness_gets_into_no_plan() -> None:
    calm = agreed_plan(terms_of())
    strict = terms_of(overdue_bears_interest=True, grace_days=0, penalty_factor=Decimal(10))
    assert agreed_plan(strict) == calm


def test_a_plan_needs_no_working_days() -> None:
    assert agreed_plan(terms_of(business_days=BusinessDays.NEXT)) == agreed_plan(terms_of())


def test_a_quote_shows_what_is_left_of_what_was_lent_by_then() -> None:
    quoted = quote(terms_of())
    assert [row.balance_fen for row in quoted.rows][:4] == [
        550_000,
        500_000,
        # the second half has come on this day
        450_000 + 600_000,
        1_050_000 - 116_667,
    ]
    assert quoted.rows[-1].balance_fen == 0
    assert quoted.rates is not None
    assert abs(quoted.rates.irr_nominal - Decimal("0.12")) < Decimal("0.00001")


def test_drawdowns_that_make_no_plan_are_refused() -> None:
    too_low = terms_of(method=Method.EQUAL_INSTALLMENT, installment_fen=100)
    with pytest.raises(TermsRefused) as refused:
        agreed_plan(too_low)
    assert (refused.value.field, refused.value.reason) == (
        "drawdowns",
        "installment_below_interest",
    )


@pytest.mark.parametrize(
    ("field", "reason", "changes"),
    [
        ("drawdowns", "not_with_method", {"method": Method.REVOLVING}),
        ("drawdowns", "out_of_order", {"drawdowns": (TWO[0], Drawdown(LENT, 600_000))}),
        (
            "drawdowns",
            "first_not_on_disbursement",
            {"drawdowns": (Drawdown(date(2026, 1, 16), 1_200_000),)},
        ),
        (
            "drawdowns",
            "out_of_range",
            {"drawdowns": (Drawdown(LENT, 1_200_001), Drawdown(date(2026, 2, 1), -1))},
        ),
        ("drawdowns", "not_the_principal", {"drawdowns": (Drawdown(LENT, 600_000),)}),
        ("down_payment_fen", "out_of_range", {"down_payment_fen": 600_000}),
        ("down_payment_fen", "out_of_range", {"down_payment_fen": -1}),
        (
            "down_payment_fen",
            "not_with_method",
            {"down_payment_fen": 5, "drawdowns": (), "method": Method.REVOLVING},
        ),
        ("negative_amortization", "needs_equal_installment", {"negative_amortization": True}),
    ],
)
def test_what_cannot_be_lent_so_is_refused_by_name(
    field: str, reason: str, changes: dict[str, object]
) -> None:
    with pytest.raises(TermsRefused) as refused:
        terms_of(**changes)
    assert (refused.value.field, refused.value.reason) == (field, reason)
