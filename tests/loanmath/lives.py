"""Random terms and lives, and short ways to write a life down by hand."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from app.loanmath.interest import BY_THE_MONTH, DayCount
from app.loanmath.life import (
    Charged,
    CouponApplied,
    Deferred,
    Disbursed,
    Event,
    RateLowered,
    Recovered,
    Refunded,
    Reopened,
    RepaymentReceived,
    RepaymentReversed,
    Rescheduled,
    Waived,
    WrittenOff,
)
from app.loanmath.money import Rounding
from app.loanmath.schedule import (
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
from app.loanmath.waterfall import Direction, DueKind, Waterfall

LENT_ON = date(2026, 1, 31)

EXAMPLES = int(os.environ.get("QINGMIAO_EXAMPLES", "0"))
"""How many random loans each law is tried on; 0 leaves the number each law names."""

SomeEvent = TypeVar("SomeEvent", bound=Event)


def examples(number: int) -> settings:
    """Try a law on so many random cases, or on as many as the environment asks for."""
    return settings(max_examples=EXAMPLES or number, deadline=None)


def plain_terms(**changes: object) -> Terms:
    """Write plain terms: 10,000 yuan over 12 months at 14.4 %; say only what matters."""
    fields: dict[str, object] = {
        "principal_fen": 1_000_000,
        "annual_rate": Decimal("0.144"),
        "method": Method.EQUAL_INSTALLMENT,
        "disbursed_on": date(2026, 1, 15),
        "count": 12,
        **changes,
    }
    return Terms(**fields)  # pyright: ignore[reportArgumentType]


class Life:
    """Writes events one after the other, each recorded after the one before."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.events: list[Event] = []
        self._places = count(1)

    def __repr__(self) -> str:
        return f"Life({self.terms!r}, {self.events!r})"

    def add(self, kind: Callable[..., SomeEvent], on: date, /, **fields: object) -> SomeEvent:
        """Write an event that takes effect on a day."""
        place = next(self._places)
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=place)
        event = kind(id=f"e{place}", effective_on=on, recorded_at=at, **fields)
        self.events.append(event)
        return event

    def lent(self) -> "Life":
        """Write the disbursement the terms say."""
        self.add(Disbursed, self.terms.disbursed_on, amount_fen=self.terms.principal_fen)
        return self

    def paid(
        self, on: date, amount_fen: int, prepayment: Prepayment | None = None
    ) -> RepaymentReceived:
        """Write a repayment."""
        return self.add(RepaymentReceived, on, amount_fen=amount_fen, prepayment=prepayment)


def lent(terms: Terms | None = None) -> Life:
    """Begin the life of a loan by its disbursement."""
    return Life(terms or plain_terms()).lent()


amounts = st.one_of(st.integers(1, 500), st.integers(1, 10**6), st.integers(1, 10**10))
rates = st.one_of(
    st.just(Decimal(0)), st.decimals("0.0001", "0.36", places=4), st.decimals("0", "2", places=6)
)
start_days = st.dates(date(2023, 1, 1), date(2028, 12, 31))

fees = st.one_of(
    st.builds(
        Fee,
        code=st.just("service"),
        timing=st.sampled_from([t for t in FeeTiming if t is not FeeTiming.UP_FRONT]),
        amount_fen=st.integers(0, 5000),
        owed_in_full=st.booleans(),
    ),
    st.builds(
        Fee,
        code=st.just("guarantee"),
        base=st.just(FeeBase.PRINCIPAL),
        timing=st.sampled_from([FeeTiming.SPREAD, FeeTiming.EACH]),
        rate=st.decimals("0", "0.02", places=4),
    ),
    st.builds(
        Fee,
        code=st.just("insurance"),
        base=st.just(FeeBase.BALANCE),
        rate=st.decimals("0", "0.05", places=4),
    ),
)

early_fees = st.none() | st.builds(
    EarlyFee,
    rate=st.decimals("0", "0.05", places=3),
    amount_fen=st.integers(0, 2000),
    on=st.sampled_from(EarlyFeeOn),
    periods=st.none() | st.integers(1, 12),
)

orders = st.permutations(list(DueKind))


def _waterfall(kinds: list[DueKind], direction: Direction) -> Waterfall:
    return Waterfall.of_kinds(*kinds, direction=direction)


waterfalls = st.builds(_waterfall, orders, st.sampled_from(Direction))


@st.composite
def any_terms(draw: st.DrawFn, *, has_early_fee: bool = True) -> Terms:
    """Draw terms from the whole parameter table; combinations that make no loan are redrawn."""
    principal_fen = draw(amounts)
    method = draw(st.sampled_from(Method))
    unit = draw(st.sampled_from([Unit.MONTH, Unit.MONTH, Unit.MONTH, Unit.WEEK, Unit.DAY]))
    number = draw(st.integers(1, 24))
    day_counts = [d for d in DayCount if unit is Unit.MONTH or d not in BY_THE_MONTH]
    puts_off = method in {Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY}
    moratorium = draw(st.sampled_from(Moratorium)) if puts_off and number > 1 else Moratorium.NONE
    is_by_month = draw(st.booleans())
    weights: tuple[int, ...] = ()
    if method is Method.SEASONAL:
        size = 12 if is_by_month else number
        drawn = draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))
        weights = tuple(drawn) if any(drawn) else (1,) * size
    fields: dict[str, object] = {
        "principal_fen": principal_fen,
        "annual_rate": draw(rates),
        "method": method,
        "disbursed_on": draw(start_days),
        "count": number,
        "due_day": draw(st.none() | st.integers(1, 31)) if unit is Unit.MONTH else None,
        "every": draw(st.sampled_from([1, 1, 2, 3])),
        "unit": unit,
        "first_period": draw(st.sampled_from(FirstPeriod)),
        "day_count": draw(st.sampled_from(day_counts)),
        "interest_rounding": draw(st.sampled_from(Rounding)),
        "interest_step": draw(st.sampled_from(InterestStep)),
        "season_weights": () if is_by_month else weights,
        "month_weights": weights if is_by_month else (),
        "installment_rounding": draw(st.sampled_from(Rounding)),
        "installment_unit_fen": draw(st.sampled_from([1, 1, 100])),
        "first_installment": draw(st.sampled_from(FirstInstallment)),
        "residual": draw(st.sampled_from(Residual)),
        "moratorium": moratorium,
        "moratorium_periods": 0
        if moratorium is Moratorium.NONE
        else draw(st.integers(1, number - 1)),
        "down_payment_fen": _down_payment(draw, principal_fen, method),
        "negative_amortization": method is Method.EQUAL_INSTALLMENT and draw(st.booleans()),
        "fees": tuple(draw(st.lists(fees, max_size=2))),
        "grace_days": draw(st.sampled_from([0, 3, 10])),
        "penalty_start": draw(st.sampled_from(PenaltyStart)),
        "penalty_cap": draw(st.sampled_from([None, None, Decimal("0.1")])),
        "overdue_bears_interest": draw(st.booleans()),
        "waterfall": draw(waterfalls),
        "prepayment": draw(st.sampled_from(Prepayment)),
        "early_interest": draw(st.sampled_from(EarlyInterest)),
        "early_fee": draw(early_fees) if has_early_fee else None,
    }
    return Terms(**fields)  # pyright: ignore[reportArgumentType]


def _down_payment(draw: st.DrawFn, principal_fen: int, method: Method) -> int:
    if method is Method.REVOLVING or principal_fen == 1 or draw(st.integers(0, 4)):
        return 0
    return draw(st.integers(1, principal_fen - 1))


@st.composite
def lives(draw: st.DrawFn, *, with_every_kind: bool = True) -> tuple[Life, date]:
    """Draw a loan with a life of repayments and other events, and a day to look at it."""
    terms = draw(any_terms())
    life = Life(terms).lent()
    kinds = [_repayment] * 6 + (
        [
            _waiver,
            _lower_rate,
            _deferral,
            _charge,
            _refund,
            _end,
            _reopening,
            _recovery,
            _rescheduling,
            _coupon,
        ]
        if with_every_kind
        else []
    )
    longest = 40 + 45 * terms.count
    for _ in range(draw(st.integers(0, 8))):
        on = terms.disbursed_on + timedelta(days=draw(st.integers(0, longest)))
        draw(st.sampled_from(kinds))(draw, life, on)
    return life, terms.disbursed_on + timedelta(days=draw(st.integers(0, longest)))


def _repayment(draw: st.DrawFn, life: Life, on: date) -> None:
    most = life.terms.principal_fen
    amount = draw(st.integers(1, most) | st.integers(1, max(most // 10, 1)))
    mode = draw(st.none() | st.sampled_from(Prepayment))
    paid = life.paid(on, amount, mode)
    if draw(st.integers(0, 5)) == 0:
        life.add(RepaymentReversed, on, reverses=paid.id)


def _refund(draw: st.DrawFn, life: Life, on: date) -> None:
    life.add(Refunded, on, amount_fen=draw(st.integers(1, 5_000)))


def _waiver(draw: st.DrawFn, life: Life, on: date) -> None:
    kind = draw(st.sampled_from([DueKind.PENALTY, DueKind.FEE, DueKind.INTEREST]))
    life.add(Waived, on, kind=kind, amount_fen=draw(st.integers(1, 10_000)))


def _lower_rate(draw: st.DrawFn, life: Life, on: date) -> None:
    part = draw(st.sampled_from([2, 3]))
    if not any(isinstance(event, RateLowered) for event in life.events):
        lower = (life.terms.annual_rate / part).quantize(Decimal("0.000001"))
        if lower and lower <= 1:
            life.add(RateLowered, on, annual_rate=lower)


def _deferral(draw: st.DrawFn, life: Life, on: date) -> None:
    if on < life.terms.disbursed_on + timedelta(days=25) and life.terms.unit is Unit.MONTH:
        kind = draw(st.sampled_from([Moratorium.PRINCIPAL, Moratorium.PRINCIPAL_AND_INTEREST]))
        life.add(Deferred, on, periods=draw(st.integers(1, 3)), moratorium=kind)


def _charge(draw: st.DrawFn, life: Life, on: date) -> None:
    life.add(
        Charged,
        on,
        code="letter",
        amount_fen=draw(st.integers(1, 3000)),
        kind=draw(st.sampled_from([DueKind.FEE, DueKind.COST])),
        installment_number=draw(st.none() | st.integers(1, 5)),
    )


def _reopening(draw: st.DrawFn, life: Life, on: date) -> None:
    del draw
    life.add(Reopened, on)


def _recovery(draw: st.DrawFn, life: Life, on: date) -> None:
    life.add(Recovered, on, amount_fen=draw(st.integers(1, life.terms.principal_fen)))


def _coupon(draw: st.DrawFn, life: Life, on: date) -> None:
    life.add(CouponApplied, on, code="spring", amount_fen=draw(st.integers(1, 5000)))


def _rescheduling(draw: st.DrawFn, life: Life, on: date) -> None:
    number = draw(st.integers(1, 12))
    has_weights = bool(life.terms.season_weights) and draw(st.booleans())
    rate = (life.terms.annual_rate / 2).quantize(Decimal("0.0000001"))
    life.add(
        Rescheduled,
        on,
        count=number,
        first_due_on=draw(st.none() | st.integers(1, 70).map(lambda n: on + timedelta(days=n))),
        annual_rate=rate if draw(st.integers(0, 3)) == 0 else None,
        season_weights=(1,) * number if has_weights else (),
        includes_arrears=draw(st.booleans()),
    )


def _end(draw: st.DrawFn, life: Life, on: date) -> None:
    is_first = not any(isinstance(event, WrittenOff) for event in life.events)
    if is_first and draw(st.booleans()):
        life.add(WrittenOff, on)
