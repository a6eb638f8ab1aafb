"""Terms that make no loan are refused, and the term at fault is named."""

from datetime import date
from decimal import Decimal

import pytest

from app.loanmath.errors import TermsRefused
from app.loanmath.interest import DayCount
from app.loanmath.schedule import Fee, FeeBase, FeeTiming, Method, Moratorium, Unit
from app.loanmath.waterfall import LEGAL, Waterfall
from tests.loanmath.lives import plain_terms

SEASONAL = {"method": Method.SEASONAL}
DAYS = tuple(date(2026, month, 20) for month in range(1, 13))


@pytest.mark.parametrize(
    ("field", "reason", "changes"),
    [
        ("principal_fen", "out_of_range", {"principal_fen": 0}),
        ("principal_fen", "out_of_range", {"principal_fen": -1}),
        ("principal_fen", "out_of_range", {"principal_fen": 10**16}),
        ("principal_fen", "out_of_range", {"principal_fen": True}),
        ("annual_rate", "out_of_range", {"annual_rate": Decimal(-1)}),
        ("annual_rate", "out_of_range", {"annual_rate": Decimal("NaN")}),
        ("annual_rate", "out_of_range", {"annual_rate": Decimal(101)}),
        ("annual_rate", "out_of_range", {"annual_rate": Decimal("1e-13")}),
        ("annual_rate", "out_of_range", {"annual_rate": 0.1}),
        ("count", "out_of_range", {"count": 0}),
        ("count", "beyond_the_calendar", {"count": 4000, "every": 366}),
        ("installment_fen", "out_of_range", {"installment_fen": 0}),
        (
            "installment_fen",
            "needs_equal_installment",
            {"installment_fen": 5, "method": Method.FLAT},
        ),
        ("installment_unit_fen", "out_of_range", {"installment_unit_fen": 0}),
        ("due_day", "out_of_range", {"due_day": 32}),
        (
            "due_day",
            "needs_months",
            {"due_day": 3, "unit": Unit.WEEK, "day_count": DayCount.ACT_364},
        ),
        ("every", "out_of_range", {"every": 0}),
        ("day_count", "needs_months", {"unit": Unit.WEEK}),
        ("first_due_on", "not_after_disbursement", {"first_due_on": date(2026, 1, 15)}),
        ("due_dates", "out_of_order", {"due_dates": DAYS[::-1]}),
        ("due_dates", "not_as_many_as_count", {"due_dates": DAYS[:-1]}),
        ("odd_day_year", "out_of_range", {"odd_day_year": 359}),
        ("season_weights", "one_of_two_needed", SEASONAL),
        (
            "season_weights",
            "one_of_two_needed",
            {**SEASONAL, "season_weights": (1,) * 12, "month_weights": (1,) * 12},
        ),
        ("season_weights", "not_as_many_as_count", {**SEASONAL, "season_weights": (1, 2)}),
        ("season_weights", "out_of_range", {**SEASONAL, "season_weights": (0,) * 12}),
        ("season_weights", "out_of_range", {**SEASONAL, "season_weights": (-1,) + (1,) * 11}),
        ("month_weights", "not_twelve", {**SEASONAL, "month_weights": (1, 2)}),
        ("season_weights", "needs_seasonal", {"season_weights": (1,) * 12}),
        ("month_weights", "needs_seasonal", {"month_weights": (1,) * 12}),
        ("moratorium_periods", "needs_moratorium", {"moratorium_periods": 1}),
        ("moratorium_periods", "out_of_range", {"moratorium": Moratorium.PRINCIPAL}),
        (
            "moratorium_periods",
            "out_of_range",
            {"moratorium": Moratorium.PRINCIPAL, "moratorium_periods": 12},
        ),
        (
            "moratorium",
            "not_with_method",
            {"moratorium": Moratorium.PRINCIPAL, "method": Method.BULLET},
        ),
        ("grace_days", "out_of_range", {"grace_days": -1}),
        ("penalty_factor", "out_of_range", {"penalty_factor": Decimal(-1)}),
        ("penalty_year_days", "out_of_range", {"penalty_year_days": 366}),
        ("penalty_cap", "out_of_range", {"penalty_cap": Decimal(-1)}),
        ("waterfall", "incomplete", {"waterfall": Waterfall(LEGAL.steps[1:])}),
    ],
)
def test_impossible_terms_are_refused_by_name(
    field: str, reason: str, changes: dict[str, object]
) -> None:
    with pytest.raises(TermsRefused) as refused:
        plain_terms(**changes)
    assert (refused.value.field, refused.value.reason) == (field, reason)


@pytest.mark.parametrize(
    ("field", "reason", "fee"),
    [
        ("timing", "taken_up_front", Fee(code="x", timing=FeeTiming.UP_FRONT, amount_fen=1)),
        ("code", "empty", Fee(code=" ")),
        ("amount_fen", "out_of_range", Fee(code="x", amount_fen=-1)),
        ("rate", "out_of_range", Fee(code="x", base=FeeBase.PRINCIPAL, rate=Decimal(2))),
        ("rate", "needs_base", Fee(code="x", rate=Decimal("0.01"))),
        ("amount_fen", "needs_fixed", Fee(code="x", base=FeeBase.PRINCIPAL, amount_fen=1)),
        ("amount_fen", "needs_fixed", Fee(code="x", base=FeeBase.BALANCE, amount_fen=1)),
        ("timing", "needs_each", Fee(code="x", base=FeeBase.BALANCE, timing=FeeTiming.SPREAD)),
        ("owed_in_full", "accrues_by_day", Fee(code="x", base=FeeBase.BALANCE, owed_in_full=True)),
    ],
)
def test_an_impossible_fee_is_refused_by_its_place(field: str, reason: str, fee: Fee) -> None:
    with pytest.raises(TermsRefused) as refused:
        plain_terms(fees=(Fee(code="first"), fee))
    assert (refused.value.field, refused.value.reason) == (f"fees[1].{field}", reason)


def test_a_refusal_says_what_and_why() -> None:
    with pytest.raises(TermsRefused, match="count: out_of_range"):
        plain_terms(count=-3)
