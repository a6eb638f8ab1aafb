"""What an explanation holds, on figures that can be worked out by hand."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from app.loanmath.explain import (
    Cause,
    Explainer,
    Explanation,
    Figure,
    InputName,
    NotExplained,
    Rule,
    asked_for,
    explain,
    explainer_of_plan,
)
from app.loanmath.explain.rows import decimal_text
from app.loanmath.explain.values import exact
from app.loanmath.interest import DayCount
from app.loanmath.life import (
    Charged,
    CouponApplied,
    Deferred,
    Disbursed,
    DueKind,
    RateLowered,
    Refunded,
    RefundReversed,
    Rescheduled,
    Waived,
    WrittenOff,
)
from app.loanmath.schedule import (
    Drawdown,
    EarlyFee,
    Fee,
    FeeBase,
    FeeTiming,
    FirstInstallment,
    InterestStep,
    Method,
    Moratorium,
    Prepayment,
    Residual,
)
from app.loanmath.waterfall import Direction, Waterfall
from tests.loanmath.explain.asking_all import check
from tests.loanmath.explain.replaying import number, replay
from tests.loanmath.lives import Life, lent, plain_terms

GUARANTEE = Fee(
    code="guarantee",
    base=FeeBase.PRINCIPAL,
    timing=FeeTiming.SPREAD,
    rate=Decimal("0.01"),
)


def asked(
    life: Life, on: date, figure: Figure, of: int | None = None, event_id: str | None = None
) -> Explanation:
    """Ask, and hold the answer to its own words."""
    explainer = Explainer(life.terms, life.events, on, life.working)
    said = explainer.explain(figure, of, event_id)
    check(explainer, said, said.result_fen)
    return said


def given(said: Explanation, name: InputName) -> object:
    (value,) = [one.value for one in said.inputs if one.name is name]
    return value


def test_interest_names_its_stretch_and_its_rounding() -> None:
    terms = plain_terms(day_count=DayCount.ACT_365F)
    said = asked(lent(terms), date(2026, 1, 15), Figure.INSTALLMENT_INTEREST, 1)

    assert said.rule is Rule.INTEREST
    (stretch,) = said.segments
    assert (stretch.start, stretch.end, stretch.days) == (date(2026, 1, 15), date(2026, 2, 15), 31)
    assert (stretch.balance, stretch.annual_rate) == ("1000000", "0.144")
    assert (stretch.fraction, stretch.amount) == ("31/365", "892800/73")
    assert said.rounding is not None
    assert (said.rounding.before, said.rounding.after_fen) == ("892800/73", 12_230)
    assert said.result_fen == 12_230


def test_a_balance_that_changes_inside_a_period_makes_two_stretches() -> None:
    life = lent()
    life.paid(date(2026, 2, 1), 100_000, Prepayment.REDUCE_INSTALLMENT)

    said = asked(life, date(2026, 2, 2), Figure.INSTALLMENT_INTEREST, 1)

    first, second = said.segments
    assert (first.end, second.start) == (date(2026, 2, 1), date(2026, 2, 1))
    assert (first.balance, first.days, second.days) == ("1000000", 17, 14)
    assert Fraction(second.balance) == 1_000_000 - (100_000 - 6581)  # 17/31 of 120 yuan borne


def test_a_lowered_rate_makes_two_stretches_too() -> None:
    life = lent()
    life.add(RateLowered, date(2026, 2, 1), annual_rate=Decimal("0.072"))
    said = asked(life, date(2026, 2, 1), Figure.INSTALLMENT_INTEREST, 1)
    assert [one.annual_rate for one in said.segments] == ["0.144", "0.072"]


def test_interest_carried_from_row_to_row_is_told() -> None:
    life = lent(plain_terms(interest_step=InterestStep.CARRIED, principal_fen=1_000_001))
    said = asked(life, date(2026, 1, 15), Figure.INSTALLMENT_INTEREST, 2)
    (carried,) = said.moves
    assert (carried.cause, carried.installment_number) == (Cause.CARRIED, 1)
    assert number(carried.amount) == Fraction(3, 250)  # 12,000.012 was rounded to 12,000


@pytest.mark.parametrize("step", InterestStep)
def test_each_step_of_rounding_replays(step: InterestStep) -> None:
    life = lent(plain_terms(interest_step=step, day_count=DayCount.ACT_365F))
    life.paid(date(2026, 2, 1), 100_000, Prepayment.PARK_AT_END)
    life.paid(date(2026, 3, 2), 50_000, Prepayment.REDUCE_TERM)
    for row in range(1, 9):
        for figure in (Figure.INSTALLMENT_INTEREST, Figure.INSTALLMENT_PRINCIPAL):
            assert asked(life, date(2026, 3, 20), figure, row)


def test_settling_interest_early_rounds_it_and_says_so() -> None:
    step = InterestStep.AT_SETTLEMENT
    life = lent(plain_terms(interest_step=step, day_count=DayCount.ACT_365F))
    life.paid(date(2026, 2, 1), 100_000, Prepayment.PARK_AT_END)
    said = asked(life, date(2026, 2, 2), Figure.INSTALLMENT_INTEREST, 1)
    assert [one.cause for one in said.moves] == [Cause.ROUNDED]


def test_the_level_is_solved_over_the_rates_of_the_periods() -> None:
    said = asked(lent(), date(2026, 1, 15), Figure.LEVEL_INSTALLMENT)
    assert said.rule is Rule.LEVEL_SOLVED
    assert said.result_fen == 89_975
    assert len(said.segments) == 12
    assert {one.amount for one in said.segments} == {"3/250"}


def test_a_level_kept_is_explained_by_when_it_was_solved() -> None:
    life = lent()
    life.paid(date(2026, 3, 1), 200_000, Prepayment.REDUCE_TERM)
    said = asked(life, date(2026, 3, 2), Figure.LEVEL_INSTALLMENT)
    assert (said.result_fen, given(said, InputName.ON)) == (89_975, "2026-01-15")


def test_a_level_handed_in_says_only_that() -> None:
    life = lent(plain_terms(installment_fen=90_000))
    assert asked(life, date(2026, 1, 15), Figure.LEVEL_INSTALLMENT).rule is Rule.LEVEL_HANDED_IN
    life = lent()
    life.add(Rescheduled, date(2026, 3, 20), count=20, installment_fen=80_000)
    said = asked(life, date(2026, 3, 20), Figure.LEVEL_INSTALLMENT)
    assert (said.rule, given(said, InputName.ON)) == (Rule.LEVEL_HANDED_IN, "2026-03-20")


def test_a_smoothed_level_shows_what_it_was_chosen_from() -> None:
    terms = plain_terms(residual=Residual.SMOOTHED, installment_unit_fen=100)
    said = asked(lent(terms), date(2026, 1, 15), Figure.LEVEL_INSTALLMENT)
    assert said.rule is Rule.LEVEL_SMOOTHED
    assert str(said.result_fen) in str(given(said, InputName.LEVELS)).split(",")


def test_the_last_interest_may_be_what_the_level_leaves() -> None:
    life = lent(plain_terms(residual=Residual.LAST_INTEREST))
    said = asked(life, date(2026, 1, 15), Figure.INSTALLMENT_INTEREST, 12)
    assert said.rule is Rule.INTEREST_OF_LEVEL


def test_interest_left_out_waits_for_the_row_that_pays() -> None:
    terms = plain_terms(moratorium=Moratorium.PRINCIPAL_AND_INTEREST, moratorium_periods=2)
    life = lent(terms)
    on = date(2026, 1, 15)
    assert asked(life, on, Figure.INSTALLMENT_INTEREST, 1).rule is Rule.INTEREST_LEFT_OUT
    assert asked(life, on, Figure.INSTALLMENT_PRINCIPAL, 1).rule is Rule.PRINCIPAL_LEFT_OUT
    third = asked(life, on, Figure.INSTALLMENT_INTEREST, 3)
    assert (len(third.segments), third.result_fen) == (3, 36_000)


def test_interest_left_out_that_was_paid_ahead_is_taken_off_later() -> None:
    life = lent()
    life.add(Deferred, date(2026, 1, 20), periods=1, moratorium=Moratorium.PRINCIPAL_AND_INTEREST)
    life.paid(date(2026, 2, 1), 3_000, Prepayment.REDUCE_INSTALLMENT)
    for on in (date(2026, 2, 2), date(2026, 2, 20)):
        said = asked(life, on, Figure.INSTALLMENT_INTEREST, 2)
        assert Cause.PAID_AHEAD in {one.cause for one in said.moves}


def test_equal_and_seasonal_principal_point_to_their_shares() -> None:
    equal = lent(plain_terms(method=Method.EQUAL_PRINCIPAL, principal_fen=1_000_001))
    on = date(2026, 1, 15)
    assert asked(equal, on, Figure.PRINCIPAL_SHARE, 3).result_fen == 83_333
    assert asked(equal, on, Figure.INSTALLMENT_PRINCIPAL, 12).rule is Rule.PRINCIPAL_REST
    season = lent(plain_terms(method=Method.SEASONAL, count=3, season_weights=(0, 1, 2)))
    said = asked(season, on, Figure.PRINCIPAL_SHARE, 2)
    assert (said.rule, said.result_fen) == (Rule.SHARE_BY_WEIGHT, 333_333)
    season.paid(date(2026, 1, 20), 300_000, Prepayment.PARK_AT_END)
    later = asked(season, date(2026, 1, 20), Figure.PRINCIPAL_SHARE, 2)
    assert later.result_fen == 333_333


def test_principal_parked_at_the_end_keeps_what_the_plan_had() -> None:
    life = lent()
    before = asked(life, date(2026, 1, 15), Figure.INSTALLMENT_PRINCIPAL, 4).result_fen
    life.paid(date(2026, 1, 20), 300_000, Prepayment.PARK_AT_END)
    said = asked(life, date(2026, 1, 20), Figure.PRINCIPAL_SHARE, 4)
    assert (said.rule, said.result_fen) == (Rule.SHARE_AS_BEFORE, before)


def test_a_down_payment_and_what_is_lent_after_the_end_are_told() -> None:
    life = lent(plain_terms(down_payment_fen=200_000))
    said = asked(life, date(2026, 1, 15), Figure.INSTALLMENT_PRINCIPAL, 1)
    assert (said.rule, said.result_fen) == (Rule.DOWN_PAYMENT, 200_000)
    assert asked(life, date(2026, 1, 15), Figure.INSTALLMENT_FEE, 1).result_fen == 0
    assert asked(life, date(2026, 1, 15), Figure.INSTALLMENT_INTEREST, 1).result_fen == 0


def test_a_loan_paid_off_says_what_its_last_installment_took() -> None:
    terms = plain_terms(fees=(Fee(code="service", amount_fen=1_000, owed_in_full=True),))
    life = lent(terms)
    life.add(CouponApplied, date(2026, 1, 16), code="spring", amount_fen=500)
    life.paid(date(2026, 3, 1), 1_500_000)
    on = date(2026, 3, 1)
    principal = asked(life, on, Figure.PLANNED_PRINCIPAL, 2)
    interest = asked(life, on, Figure.PLANNED_INTEREST, 2)
    assert Rule.PRINCIPAL_CLOSED in {
        principal.rule,
        asked(life, on, Figure.PLANNED_PRINCIPAL, 2).rule,
    }
    assert Rule.INTEREST_CLOSED in {interest.rule, asked(life, on, Figure.PLANNED_INTEREST, 2).rule}
    fee = asked(life, on, Figure.INSTALLMENT_FEE, 2)
    assert {one.cause for one in fee.moves} == {Cause.PAID, Cause.CLOSING}
    assert asked(life, on, Figure.ACCRUED_INTEREST).result_fen == 0
    assert asked(life, on, Figure.LOAN_UNAPPLIED).result_fen > 0


def test_fees_name_their_codes_and_how_they_are_shared() -> None:
    terms = plain_terms(
        fees=(
            Fee(code="service", amount_fen=1_000),
            Fee(
                code="guarantee",
                base=FeeBase.PRINCIPAL,
                timing=FeeTiming.SPREAD,
                rate=Decimal("0.01"),
            ),
            Fee(code="setup", timing=FeeTiming.FIRST, amount_fen=700),
            Fee(code="closing", timing=FeeTiming.LAST, amount_fen=900),
            Fee(code="insurance", base=FeeBase.BALANCE, rate=Decimal("0.012")),
        )
    )
    life = lent(terms)
    on = date(2026, 1, 15)
    first = asked(life, on, Figure.INSTALLMENT_FEE, 1)
    assert [(one.code, one.amount_fen) for one in first.fees] == [
        ("service", 1_000),
        ("guarantee", 834),
        ("setup", 700),
    ]
    assert [(one.code, one.rounded_fen) for one in first.segments] == [("insurance", 1_000)]
    last = asked(life, on, Figure.INSTALLMENT_FEE, 12)
    assert [one.code for one in last.fees] == ["service", "guarantee", "closing"]
    life.add(Rescheduled, date(2026, 3, 20), count=5)
    brought = asked(life, date(2026, 3, 20), Figure.INSTALLMENT_FEE, 4)
    assert {one.code for one in brought.fees} == {None}


def test_charges_waivers_and_costs_are_moves() -> None:
    life = lent()
    life.add(Charged, date(2026, 1, 20), code="letter", amount_fen=300)
    life.add(Charged, date(2026, 1, 20), code="court", amount_fen=400, kind=DueKind.COST)
    life.add(Charged, date(2026, 1, 20), code="late", amount_fen=50, kind=DueKind.PENALTY)
    waiver = life.add(Waived, date(2026, 3, 1), kind=DueKind.FEE, amount_fen=100)
    on = date(2026, 3, 1)
    fee = asked(life, on, Figure.INSTALLMENT_FEE, 1)
    assert [(one.cause, one.amount, one.event_id) for one in fee.moves] == [
        (Cause.WAIVED, "-100", waiver.id)
    ]
    assert asked(life, on, Figure.PLANNED_FEE, 1).moves[0].cause is Cause.CHARGED
    assert asked(life, on, Figure.INSTALLMENT_COST, 1).result_fen == 400
    penalty = asked(life, on, Figure.INSTALLMENT_PENALTY, 1)
    assert penalty.moves[0].cause is Cause.CHARGED
    assert asked(life, on, Figure.INSTALLMENT_WAIVED, 1).result_fen == 100


def test_penalty_is_summed_over_stretches_and_capped() -> None:
    life = lent(plain_terms(penalty_cap=Decimal("0.01"), overdue_bears_interest=True))
    life.paid(date(2026, 2, 25), 40_000)
    on = date(2026, 8, 1)
    said = asked(life, on, Figure.INSTALLMENT_PENALTY, 1)
    assert [one.days for one in said.segments] == [7, 157]
    assert said.segments[0].rate == "27/125"
    assert said.result_fen == given(said, InputName.CAP) == 780
    assert asked(life, on, Figure.LATE_INTEREST, 1).rule is Rule.LATE


def test_a_coupon_says_how_much_it_had_and_how_much_was_asked() -> None:
    life = lent()
    life.add(CouponApplied, date(2026, 1, 16), code="spring", amount_fen=13_000)
    on = date(2026, 1, 20)
    first = asked(life, on, Figure.COUPON, 1)
    assert (given(first, InputName.COUPONS), first.result_fen) == (13_000, 12_000)
    assert asked(life, on, Figure.COUPON, 2).result_fen == 1_000
    assert asked(life, on, Figure.INSTALLMENT_INTEREST, 1).result_fen == 0


def test_a_loan_agreed_anew_says_what_came_along() -> None:
    life = lent()
    life.paid(date(2026, 1, 20), 50_000, Prepayment.REDUCE_INSTALLMENT)
    life.add(Rescheduled, date(2026, 4, 1), count=10)
    on = date(2026, 4, 1)
    old = asked(life, on, Figure.INSTALLMENT_PRINCIPAL, 2)
    assert Cause.RESCHEDULED in {one.cause for one in old.moves}
    new = asked(life, on, Figure.INSTALLMENT_INTEREST, 3)
    assert Cause.RESCHEDULED in {one.cause for one in new.moves}


def test_payoff_is_its_parts_less_what_is_there() -> None:
    terms = plain_terms(early_fee=EarlyFee(rate=Decimal("0.01"), amount_fen=500))
    life = lent(terms)
    life.paid(date(2026, 2, 1), 3_000, Prepayment.HOLD)
    on = date(2026, 2, 1)
    said = asked(life, on, Figure.PAYOFF_AMOUNT)
    assert [part.sign for part in said.parts][-1] == -1
    assert asked(life, on, Figure.EARLY_FEE).result_fen == 10_500
    assert asked(life, on, Figure.PAYOFF_CREDIT).result_fen == 3_000


def test_interest_paid_ahead_comes_back_when_the_loan_ends_early() -> None:
    life = lent(plain_terms(prepayment=Prepayment.PAY_NEXT))
    life.paid(date(2026, 1, 20), 89_975)
    on = date(2026, 1, 20)
    said = asked(life, on, Figure.UNEARNED_INTEREST, 1)
    assert said.result_fen == 12_000 - asked(life, on, Figure.CLOSING_INTEREST).result_fen


def test_a_refund_that_came_back_is_not_told() -> None:
    life = lent()
    life.paid(date(2026, 1, 20), 50_000, Prepayment.HOLD)
    life.add(Refunded, date(2026, 1, 21), amount_fen=20_000)
    lost = life.add(Refunded, date(2026, 1, 22), amount_fen=10_000)
    life.add(RefundReversed, date(2026, 1, 23), reverses=lost.id)
    said = asked(life, date(2026, 1, 24), Figure.LOAN_UNAPPLIED)
    assert [(one.cause, one.amount) for one in said.moves] == [
        (Cause.RECEIVED, "50000"),
        (Cause.GIVEN_BACK, "-20000"),
    ]


def test_refunding_more_than_is_held_lends_the_rest() -> None:
    life = lent()
    life.paid(date(2026, 1, 20), 50_000, Prepayment.REDUCE_INSTALLMENT)
    life.add(Refunded, date(2026, 1, 21), amount_fen=20_000)
    said = asked(life, date(2026, 1, 24), Figure.LOAN_UNAPPLIED)
    assert (said.result_fen, said.moves[-1].cause) == (0, Cause.LENT_AGAIN)
    assert asked(life, date(2026, 1, 24), Figure.LOAN_LENT).result_fen == 1_020_000


def test_a_loan_given_up_bears_nothing_more_and_says_until_when() -> None:
    life = lent()
    life.add(WrittenOff, date(2026, 3, 20))
    said = asked(life, date(2026, 9, 1), Figure.INSTALLMENT_PENALTY, 1)
    assert said.segments[-1].end == date(2026, 3, 20)


def test_a_plan_drawn_in_parts_is_explained_before_it_is_signed() -> None:
    parts = (Drawdown(date(2026, 1, 15), 400_000), Drawdown(date(2026, 3, 1), 600_000))
    explainer = explainer_of_plan(plain_terms(drawdowns=parts))
    said = explainer.explain(Figure.INSTALLMENT_INTEREST, 2)
    assert int(said.segments[0].balance) < 400_000
    assert replay(said.as_json()) == said.result_fen
    assert explainer.explain(Figure.INSTALLMENT_PENALTY, 1).result_fen == 0


NONE_OF_THESE = [
    (Figure.INSTALLMENT_TOTAL, None, None),
    (Figure.INSTALLMENT_TOTAL, 0, None),
    (Figure.INSTALLMENT_TOTAL, 13, None),
    (Figure.LOAN_BALANCE, 1, None),
    (Figure.PRINCIPAL_SHARE, 1, None),
    (Figure.CLOSING_FEE, 1, None),
    (Figure.REPAYMENT_AMOUNT, None, "nothing"),
    (Figure.REPAYMENT_AMOUNT, None, None),
    (Figure.REPAYMENT_AMOUNT, None, "e1"),
    (Figure.INTEREST_SAVED, None, None),
]


@pytest.mark.parametrize(("figure", "of", "event_id"), NONE_OF_THESE)
def test_what_there_is_none_of_is_not_explained(
    figure: Figure, of: int | None, event_id: str | None
) -> None:
    explainer = Explainer(plain_terms(), lent().events, date(2026, 2, 20))
    with pytest.raises(NotExplained):
        explainer.explain(figure, of, event_id)


def test_a_loan_without_a_level_total_has_no_level_installment() -> None:
    life = lent(plain_terms(method=Method.FLAT))
    with pytest.raises(NotExplained):
        asked(life, date(2026, 2, 20), Figure.LEVEL_INSTALLMENT)
    with pytest.raises(NotExplained):
        asked(life, date(2026, 2, 20), Figure.LEVEL_INSTALLMENT, 3)


def test_one_figure_can_be_asked_for_at_once() -> None:
    life = lent()
    said = explain(life.terms, life.events, date(2026, 1, 15), Figure.INSTALLMENT_TOTAL, 1)
    assert said.result_fen == 89_975


def test_numbers_of_any_length_are_written_out_exactly() -> None:
    long = Fraction(-(7**9_000), 3**9_000)
    assert number(exact(long)) == long
    assert exact(Fraction(1, 3)) == "1/3"
    assert exact(12) == "12"


def test_an_exact_plan_over_decades_is_explained() -> None:
    terms = plain_terms(
        count=240, interest_step=InterestStep.UNROUNDED, annual_rate=Decimal("0.0491234567")
    )
    life = lent(terms)
    said = asked(life, date(2026, 1, 15), Figure.INSTALLMENT_PRINCIPAL, 239)
    assert said.rounding is not None
    assert len(said.rounding.before) > 4300


def test_rates_are_written_as_decimals() -> None:
    assert decimal_text(Fraction(9, 125)) == "0.072"
    assert decimal_text(Fraction(2)) == "2"
    assert decimal_text(Fraction(0)) == "0"


FEES_FIRST = Waterfall.of_kinds(
    DueKind.FEE, DueKind.INTEREST, DueKind.PRINCIPAL, direction=Direction.HORIZONTAL
)


def test_rows_that_fall_away_keep_what_was_paid_of_them() -> None:
    terms = plain_terms(waterfall=FEES_FIRST, fees=(Fee(code="service", amount_fen=1_000),))
    life = lent(terms)
    life.paid(date(2026, 1, 20), 11_500, Prepayment.PAY_NEXT)
    life.paid(date(2026, 1, 21), 500_000, Prepayment.REDUCE_TERM)
    on = date(2026, 1, 21)
    assert asked(life, on, Figure.INSTALLMENT_PRINCIPAL, 12).rule is Rule.AS_PAID
    assert asked(life, on, Figure.INSTALLMENT_INTEREST, 12).rule is Rule.AS_PAID
    kept = asked(life, on, Figure.INSTALLMENT_FEE, 12)
    assert (kept.rule, kept.result_fen) == (Rule.FEE_OWED, 500)


def test_fees_paid_ahead_that_are_owed_anyway_stay_when_the_loan_ends() -> None:
    owed = Fee(code="service", amount_fen=1_000, owed_in_full=True)
    life = lent(plain_terms(waterfall=FEES_FIRST, fees=(owed,)))
    life.paid(date(2026, 1, 20), 12_000, Prepayment.PAY_NEXT)
    life.paid(date(2026, 1, 21), 1_500_000)
    said = asked(life, date(2026, 1, 21), Figure.INSTALLMENT_FEE, 12)
    assert (said.rule, said.result_fen) == (Rule.AS_PAID, 1_000)


@pytest.mark.parametrize("first", FirstInstallment)
def test_a_first_period_of_another_length_replays(first: FirstInstallment) -> None:
    life = lent(plain_terms(first_due_on=date(2026, 3, 1), first_installment=first))
    on = date(2026, 1, 15)
    for figure in (Figure.INSTALLMENT_PRINCIPAL, Figure.LEVEL_INSTALLMENT):
        assert asked(life, on, figure, 1).result_fen > 0


def test_a_penalty_forgiven_is_taken_off() -> None:
    life = lent()
    life.add(Waived, date(2026, 3, 10), kind=DueKind.PENALTY, amount_fen=50)
    said = asked(life, date(2026, 3, 10), Figure.INSTALLMENT_PENALTY, 1)
    assert [(one.cause, one.amount) for one in said.moves] == [(Cause.WAIVED, "-50")]


def test_fees_owed_in_any_case_move_to_the_last_row_kept() -> None:
    terms = plain_terms(fees=(Fee(code="service", amount_fen=1_000, owed_in_full=True),))
    life = lent(terms)
    life.paid(date(2026, 1, 21), 500_000, Prepayment.REDUCE_TERM)
    on = date(2026, 1, 21)
    last = len(life.on(on).rows)
    said = asked(life, on, Figure.INSTALLMENT_FEE, last)
    assert {one.cause for one in said.moves} == {Cause.MOVED}
    assert said.result_fen == (12 - last + 1) * 1_000


def test_a_line_drawn_again_after_it_was_paid_off_tells_both() -> None:
    life = lent(plain_terms(method=Method.REVOLVING, count=3))
    life.paid(date(2026, 1, 25), 1_003_871)
    life.add(Disbursed, date(2026, 2, 4), amount_fen=400_000)
    on = date(2026, 2, 5)
    principal = asked(life, on, Figure.INSTALLMENT_PRINCIPAL, 1)
    assert [one.cause for one in principal.moves] == [Cause.REPAID_EARLY]
    interest = asked(life, on, Figure.INSTALLMENT_INTEREST, 1)
    assert [one.cause for one in interest.moves] == [Cause.SETTLED]
    assert [one.balance for one in interest.segments] == ["400000"]


def test_money_lent_after_the_last_row_is_a_row_of_its_own() -> None:
    life = lent(plain_terms(count=1))
    life.paid(date(2026, 2, 15), 1_012_000)
    life.add(Refunded, date(2026, 3, 1), amount_fen=5_000)
    said = asked(life, date(2026, 3, 2), Figure.INSTALLMENT_PRINCIPAL, 2)
    assert [(one.cause, one.amount) for one in said.moves] == [(Cause.LENT, "5000")]
    assert asked(life, date(2026, 3, 2), Figure.PLANNED_PRINCIPAL, 2).result_fen == 0
    assert asked(life, date(2026, 3, 2), Figure.PLANNED_INTEREST, 2).result_fen == 0
    assert asked(life, date(2026, 3, 2), Figure.PLANNED_FEE, 2).result_fen == 0
    assert asked(life, date(2026, 3, 2), Figure.COUPON, 2).result_fen == 0


def test_what_ending_early_costs_is_in_the_fee_of_the_row_it_ends_on() -> None:
    life = lent(plain_terms(early_fee=EarlyFee(rate=Decimal("0.01"), amount_fen=500)))
    life.paid(date(2026, 1, 25), 1_500_000)
    said = asked(life, date(2026, 1, 25), Figure.INSTALLMENT_FEE, 1)
    assert (said.moves[-1].cause, said.result_fen) == (Cause.EARLY_FEE, 10_500)


def test_principal_below_the_interest_is_told_where_interest_grows_into_it() -> None:
    life = lent(plain_terms(installment_fen=11_000, negative_amortization=True))
    said = asked(life, date(2026, 1, 15), Figure.INSTALLMENT_PRINCIPAL, 1)
    assert (said.rule, said.result_fen) == (Rule.PRINCIPAL_OF_LEVEL, -1_000)
    owed = asked(life, date(2026, 2, 15), Figure.LOAN_PRINCIPAL)
    assert [one.cause for one in owed.moves] == [Cause.CAPITALIZED]


def test_a_figure_is_read_as_a_person_writes_it() -> None:
    assert asked_for("installment-interest:3") == (Figure.INSTALLMENT_INTEREST, 3)
    assert asked_for("PAYOFF_AMOUNT") == (Figure.PAYOFF_AMOUNT, None)
    for wrong in ("interest", "PAYOFF_AMOUNT:", "PAYOFF_AMOUNT:x", "PAYOFF_AMOUNT:99999", ""):
        with pytest.raises(NotExplained):
            asked_for(wrong)


def test_a_coupon_goes_on_with_the_installments_agreed_anew() -> None:
    life = lent()
    life.add(CouponApplied, date(2026, 1, 16), code="spring", amount_fen=500)
    life.paid(date(2026, 1, 20), 50_000, Prepayment.REDUCE_INSTALLMENT)
    life.add(Rescheduled, date(2026, 2, 1), count=10)
    on = date(2026, 2, 1)
    assert asked(life, on, Figure.COUPON, 1).result_fen == 0
    assert asked(life, on, Figure.COUPON, 2).result_fen == 500


def test_what_an_arrangement_changes_is_the_figure_after_it_less_the_one_before() -> None:
    before, after, on = lent(), lent(), date(2026, 3, 20)
    after.add(Deferred, date(2026, 3, 20), periods=1)
    now = Explainer(before.terms, before.events, on, before.working)
    then = Explainer(after.terms, after.events, on, after.working, before=now)
    said = then.explain(Figure.CHANGE_INTEREST)
    figures = [one.explain(Figure.LOAN_INTEREST).result_fen for one in (then, now)]
    assert said.result_fen == figures[0] - figures[1] > 0
    check(then, said, said.result_fen)
    with pytest.raises(NotExplained):
        now.explain(Figure.CHANGE_INTEREST)


def test_nothing_is_next_to_pay_once_a_loan_is_paid_off() -> None:
    life, on = lent(), date(2026, 2, 10)
    assert asked(life, on, Figure.LOAN_NEXT_TO_PAY).result_fen > 0
    life.pay_off(on)
    assert asked(life, on, Figure.LOAN_NEXT_TO_PAY).result_fen == 0


def test_money_held_is_taken_off_what_is_next_to_pay() -> None:
    life, on = lent(plain_terms(prepayment=Prepayment.HOLD)), date(2026, 2, 10)
    first, second = life.on(on).rows[:2]
    life.paid(on, first.left_fen + 100)
    assert asked(life, on, Figure.LOAN_NEXT_TO_PAY).result_fen == second.left_fen - 100


def test_a_fee_owed_in_any_case_is_told_of_an_installment_without_a_balance() -> None:
    sure = Fee(
        code="setup",
        base=FeeBase.PRINCIPAL,
        timing=FeeTiming.SPREAD,
        rate=Decimal("0.01"),
        owed_in_full=True,
    )
    life = lent(plain_terms(fees=(sure, GUARANTEE)))
    life.paid(date(2026, 3, 1), life.payoff_on(date(2026, 3, 1)).amount_fen)
    for line in life.on(date(2026, 3, 2)).rows:
        asked(life, date(2026, 3, 2), Figure.INSTALLMENT_FEE, line.number)
