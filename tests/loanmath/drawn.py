"""
Random terms and lives, from the whole parameter table and every kind of event.

All is drawn from a `random.Random`: a seeded one for many cheap lives, or Hypothesis's own, whose
draws it can shrink.
"""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from hypothesis import strategies as st

from app.loanmath.calendar import BusinessDays, ListedDays, MonthEnd
from app.loanmath.interest import BY_THE_MONTH, DayCount
from app.loanmath.life import (
    ChargebackReceived,
    Charged,
    CouponApplied,
    CouponPart,
    Deferred,
    Disbursed,
    RateLowered,
    Recovered,
    Refunded,
    RefundReversed,
    Reopened,
    RepaymentReceived,
    RepaymentReversed,
    Rescheduled,
    Waived,
    WrittenOff,
)
from app.loanmath.money import Rounding
from app.loanmath.schedule import (
    Drawdown,
    EarlyFee,
    EarlyFeeOn,
    EarlyInterest,
    Fee,
    FeeBase,
    FeeTiming,
    FirstInstallment,
    FirstPeriod,
    InterestStep,
    Method,
    Moratorium,
    PenaltyStart,
    Prepayment,
    Residual,
    Terms,
    Unit,
)
from app.loanmath.schedule.terms import YEAR_DAYS
from app.loanmath.waterfall import Direction, DueKind, Waterfall
from tests.loanmath.lives import Life

FIRST_DAY = date(2023, 1, 1)
DAYS_OF = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30}
PUTS_OFF = {Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY}
UP_FRONT = FeeTiming.UP_FRONT

T = TypeVar("T")


def one_in(rng: random.Random, number: int) -> bool:
    """Say yes once in so many times."""
    return rng.randint(1, number) == number


def some(rng: random.Random, choices: Sequence[T]) -> T:
    """Choose one."""
    return choices[rng.randint(0, len(choices) - 1)]


def rate(rng: random.Random, most: int, places: int) -> Decimal:
    """Draw a rate up to so many of its last place."""
    return Decimal(f"{rng.randint(0, most)}E-{places}")


def random_terms(rng: random.Random, *, has_early_fee: bool = True) -> Terms:
    """Draw terms; the only thing they may be refused for is a level below the interest."""
    method = some(rng, list(Method))
    unit = some(rng, [Unit.MONTH, Unit.MONTH, Unit.MONTH, Unit.WEEK, Unit.DAY])
    number = rng.randint(1, 24)
    principal_fen = rng.randint(1, some(rng, [500, 10**6, 10**10]))
    disbursed_on = FIRST_DAY + timedelta(days=rng.randint(0, 2190))
    fields: dict[str, object] = {
        "principal_fen": principal_fen,
        "annual_rate": some(rng, [Decimal(0), rate(rng, 3600, 4), rate(rng, 2 * 10**6, 6)]),
        "method": method,
        "disbursed_on": disbursed_on,
        "count": number,
        **_dates(rng, unit, disbursed_on, number),
        **_interest(rng, unit),
        **_season(rng, method, number),
        **_moratorium(rng, method, number),
        **_lending(rng, method, principal_fen, disbursed_on),
        **_level(rng, method, principal_fen, number),
        "fees": tuple(_fee(rng) for _ in range(rng.randint(0, 2))),
        "grace_days": some(rng, [0, 3, 10]),
        "penalty_start": some(rng, list(PenaltyStart)),
        "penalty_factor": some(rng, [Decimal("1.5"), Decimal("1.3"), Decimal(0)]),
        "penalty_year_days": some(rng, YEAR_DAYS),
        "penalty_cap": some(rng, [None, None, Decimal("0.1")]),
        "overdue_bears_interest": one_in(rng, 2),
        "waterfall": random_waterfall(rng),
        "prepayment": some(rng, list(Prepayment)),
        "early_interest": some(rng, list(EarlyInterest)),
        "early_fee": _early_fee(rng) if has_early_fee and one_in(rng, 2) else None,
    }
    return Terms(**fields)  # pyright: ignore[reportArgumentType]


def _dates(rng: random.Random, unit: Unit, start: date, number: int) -> dict[str, object]:
    is_by_month = unit is Unit.MONTH
    fields: dict[str, object] = {
        "unit": unit,
        "every": some(rng, [1, 1, 2, 3]),
        "due_day": rng.randint(1, 31) if is_by_month and one_in(rng, 2) else None,
        "month_end": some(rng, list(MonthEnd)),
        "first_period": some(rng, list(FirstPeriod)),
        "business_days": some(rng, list(BusinessDays)) if one_in(rng, 3) else BusinessDays.AS_IS,
    }
    if one_in(rng, 6):
        fields["first_due_on"] = start + timedelta(days=rng.randint(1, 70))
    elif one_in(rng, 6):
        days, day = list[date](), start
        for _ in range(number):
            day += timedelta(days=rng.randint(1, 60))
            days.append(day)
        fields["due_dates"] = tuple(days)
    return fields


def _interest(rng: random.Random, unit: Unit) -> dict[str, object]:
    counts = [d for d in DayCount if unit is Unit.MONTH or d not in BY_THE_MONTH]
    return {
        "day_count": some(rng, counts),
        "odd_day_year": some(rng, YEAR_DAYS),
        "interest_rounding": some(rng, list(Rounding)),
        "interest_step": some(rng, list(InterestStep)),
        "first_installment": some(rng, list(FirstInstallment)),
    }


def _season(rng: random.Random, method: Method, number: int) -> dict[str, object]:
    if method is not Method.SEASONAL:
        return {}
    is_by_month = one_in(rng, 2)
    weights = tuple(rng.randint(0, 9) for _ in range(12 if is_by_month else number))
    weights = weights if any(weights) else (1,) * len(weights)
    return {"month_weights" if is_by_month else "season_weights": weights}


def _moratorium(rng: random.Random, method: Method, number: int) -> dict[str, object]:
    if method not in PUTS_OFF or number == 1 or not one_in(rng, 3):
        return {}
    kind = some(rng, [Moratorium.PRINCIPAL, Moratorium.PRINCIPAL_AND_INTEREST])
    return {"moratorium": kind, "moratorium_periods": rng.randint(1, number - 1)}


def _lending(
    rng: random.Random, method: Method, principal_fen: int, start: date
) -> dict[str, object]:
    if method is Method.REVOLVING:
        return {}
    fields: dict[str, object] = {}
    first_fen, left_fen, day = principal_fen, principal_fen, start
    if one_in(rng, 4):
        drawdowns = list[Drawdown]()
        for _ in range(rng.randint(0, 2)):
            if left_fen > 1:
                part_fen = rng.randint(1, left_fen - 1)
                drawdowns.append(Drawdown(day, part_fen))
                left_fen -= part_fen
                day += timedelta(days=rng.randint(1, 90))
        drawdowns.append(Drawdown(day, left_fen))
        first_fen = drawdowns[0].amount_fen
        fields["drawdowns"] = tuple(drawdowns)
    if first_fen > 1 and one_in(rng, 5):
        fields["down_payment_fen"] = rng.randint(1, first_fen - 1)
    return fields


def _level(
    rng: random.Random, method: Method, principal_fen: int, number: int
) -> dict[str, object]:
    if method is not Method.EQUAL_INSTALLMENT:
        return {}
    can_grow = one_in(rng, 2)
    share_fen = principal_fen // number
    least_fen = share_fen // 3 if can_grow else share_fen
    return {
        "negative_amortization": can_grow,
        "installment_fen": rng.randint(least_fen, 2 * share_fen + 2) or 1
        if one_in(rng, 4)
        else None,
        "installment_rounding": some(rng, list(Rounding)),
        "installment_unit_fen": some(rng, [1, 1, 100]),
        "residual": some(rng, list(Residual)),
    }


def _fee(rng: random.Random) -> Fee:
    match rng.randint(0, 2):
        case 0:
            return Fee(
                code="service",
                timing=some(rng, [timing for timing in FeeTiming if timing is not UP_FRONT]),
                amount_fen=rng.randint(0, 5000),
                owed_in_full=one_in(rng, 2),
            )
        case 1:
            timing = some(rng, [FeeTiming.SPREAD, FeeTiming.EACH])
            return Fee(
                code="guarantee", base=FeeBase.PRINCIPAL, timing=timing, rate=rate(rng, 200, 4)
            )
        case _:
            return Fee(code="insurance", base=FeeBase.BALANCE, rate=rate(rng, 500, 4))


def _early_fee(rng: random.Random) -> EarlyFee:
    return EarlyFee(
        rate=rate(rng, 50, 3),
        amount_fen=rng.randint(0, 2000),
        on=some(rng, list(EarlyFeeOn)),
        periods=rng.randint(1, 12) if one_in(rng, 2) else None,
    )


def random_waterfall(rng: random.Random) -> Waterfall:
    """Draw an order of kinds and a direction."""
    kinds = list(DueKind)
    rng.shuffle(kinds)
    return Waterfall.of_kinds(*kinds, direction=some(rng, list(Direction)))


def random_days_off(rng: random.Random, near: date) -> ListedDays:
    """Draw a week of days off and some make-up workdays, on which people work at weekends."""
    first = near + timedelta(days=rng.randint(-20, 200))
    made_up = near + timedelta(days=rng.randint(0, 200))
    return ListedDays(
        holidays=frozenset(first + timedelta(days=place) for place in range(rng.randint(0, 9))),
        make_up_workdays=frozenset(made_up + timedelta(days=place) for place in range(3)),
        weekend=some(rng, [frozenset({6, 7}), frozenset({7}), frozenset({5, 6})]),
    )


def fresh_life(rng: random.Random, *, has_early_fee: bool = True) -> Life:
    """Draw a loan that was lent as agreed."""
    terms = random_terms(rng, has_early_fee=has_early_fee)
    is_shifted = terms.business_days is not BusinessDays.AS_IS
    working = random_days_off(rng, terms.disbursed_on) if is_shifted else None
    return Life(terms, working).lent()


def random_life(rng: random.Random, *, with_every_kind: bool = True) -> tuple[Life, date]:
    """Draw a loan, a life of it, and a day to look at it."""
    life = fresh_life(rng)
    terms = life.terms
    period_days = DAYS_OF[terms.unit] * terms.every
    longest = some(rng, [40 + 45 * terms.count, 10 + period_days * (terms.count + 3)])
    for _ in range(rng.randint(0, 8)):
        on = terms.disbursed_on + timedelta(days=rng.randint(0, longest))
        write = some(rng, _OTHER) if with_every_kind and one_in(rng, 2) else _repayment
        write(rng, life, on)
    return life, terms.disbursed_on + timedelta(days=rng.randint(0, longest))


def _repayment(rng: random.Random, life: Life, on: date) -> None:
    most = life.terms.principal_fen
    amount = rng.randint(1, most if one_in(rng, 2) else max(most // 10, 1))
    mode = some(rng, list(Prepayment)) if one_in(rng, 2) else None
    paid = life.paid(on, amount, mode)
    if one_in(rng, 6):
        undoing = some(rng, [RepaymentReversed, ChargebackReceived])
        life.add(undoing, on + timedelta(days=rng.randint(0, 30)), reverses=paid.id)


def _refund(rng: random.Random, life: Life, on: date) -> None:
    """Give back at most what had come in; it may come back in turn."""
    came_fen = sum(
        event.amount_fen
        for event in life.events
        if isinstance(event, RepaymentReceived | Recovered) and event.effective_on <= on
    )
    given_fen = sum(event.amount_fen for event in life.events if isinstance(event, Refunded))
    amount_fen = min(rng.randint(1, 5000), came_fen - given_fen)
    if amount_fen > 0:
        refunded = life.add(Refunded, on, amount_fen=amount_fen)
        if one_in(rng, 4):
            life.add(RefundReversed, on + timedelta(days=1), reverses=refunded.id)


def _waiver(rng: random.Random, life: Life, on: date) -> None:
    kind = some(rng, [kind for kind in DueKind if kind is not DueKind.PRINCIPAL])
    number = rng.randint(1, 5) if one_in(rng, 3) else None
    amount_fen = rng.randint(1, 10_000)
    life.add(Waived, on, kind=kind, amount_fen=amount_fen, installment_number=number)


def _lower_rate(rng: random.Random, life: Life, on: date) -> None:
    life.add(RateLowered, on, annual_rate=rate(rng, 200_000, 6))


def _deferral(rng: random.Random, life: Life, on: date) -> None:
    kind = some(rng, [Moratorium.PRINCIPAL, Moratorium.PRINCIPAL_AND_INTEREST])
    life.add(Deferred, on, periods=rng.randint(1, 3), moratorium=kind)


def _charge(rng: random.Random, life: Life, on: date) -> None:
    life.add(
        Charged,
        on,
        code="letter",
        amount_fen=rng.randint(1, 3000),
        kind=some(rng, [DueKind.FEE, DueKind.COST]),
        installment_number=rng.randint(1, 5) if one_in(rng, 2) else None,
    )


def _write_off(rng: random.Random, life: Life, on: date) -> None:
    del rng
    life.add(WrittenOff, on)


def _reopening(rng: random.Random, life: Life, on: date) -> None:
    del rng
    life.add(Reopened, on)


def _recovery(rng: random.Random, life: Life, on: date) -> None:
    life.add(Recovered, on, amount_fen=rng.randint(1, life.terms.principal_fen))


def _coupon(rng: random.Random, life: Life, on: date) -> None:
    if one_in(rng, 2):
        life.add(CouponApplied, on, code="spring", amount_fen=rng.randint(1, 5000))
        return
    parts = [_coupon_part(rng, number, on) for number in range(1, rng.randint(2, 6))]
    amount_fen = sum(part.amount_fen for part in parts)
    life.add(
        CouponApplied, on, code="help", payer="state", amount_fen=amount_fen, parts=tuple(parts)
    )


def _coupon_part(rng: random.Random, number: int, on: date) -> CouponPart:
    of_fen = rng.randint(1, 3000)
    due_on = on + timedelta(days=rng.randint(0, 300))
    return CouponPart(number, rng.randint(1, of_fen), of_fen, due_on)


def _lending_again(rng: random.Random, life: Life, on: date) -> None:
    if life.terms.method is Method.REVOLVING:
        life.add(Disbursed, on, amount_fen=rng.randint(1, life.terms.principal_fen))


def _rescheduling(rng: random.Random, life: Life, on: date) -> None:
    terms, number = life.terms, rng.randint(1, 12)
    fields: dict[str, object] = {}
    if one_in(rng, 3):
        fields["first_due_on"] = on + timedelta(days=rng.randint(1, 70))
    elif one_in(rng, 4):
        gap = rng.randint(1, 40)
        days = [on + timedelta(days=gap * place) for place in range(1, number + 1)]
        fields["due_dates"] = tuple(days)
    if terms.unit is Unit.MONTH and one_in(rng, 3):
        fields["due_day"] = rng.randint(1, 31)
    if one_in(rng, 3):
        fields["every"] = rng.randint(1, 3)
    if one_in(rng, 3):
        fields["annual_rate"] = rate(rng, 200_000, 6)
    if terms.method is Method.EQUAL_INSTALLMENT and one_in(rng, 3):
        fields["installment_fen"] = rng.randint(1, terms.principal_fen)
    if terms.season_weights and one_in(rng, 2):
        fields["season_weights"] = (0,) * (number - 1) + (3,)
    life.add(Rescheduled, on, count=number, includes_arrears=one_in(rng, 2), **fields)


_OTHER: Sequence[Callable[[random.Random, Life, date], None]] = (
    _refund,
    _waiver,
    _lower_rate,
    _deferral,
    _charge,
    _write_off,
    _reopening,
    _recovery,
    _coupon,
    _lending_again,
    _rescheduling,
)

_randoms = st.randoms(use_true_random=False)


def any_terms(*, has_early_fee: bool = True) -> st.SearchStrategy[Terms]:
    """Draw terms; see `random_terms`."""
    return _randoms.map(lambda rng: random_terms(rng, has_early_fee=has_early_fee))


def fresh_lives(*, has_early_fee: bool = True) -> st.SearchStrategy[Life]:
    """Draw loans just lent; see `fresh_life`."""
    return _randoms.map(lambda rng: fresh_life(rng, has_early_fee=has_early_fee))


def lives(*, with_every_kind: bool = True) -> st.SearchStrategy[tuple[Life, date]]:
    """Draw lives; see `random_life`."""
    return _randoms.map(lambda rng: random_life(rng, with_every_kind=with_every_kind))


waterfalls = _randoms.map(random_waterfall)
