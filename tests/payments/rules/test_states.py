"""A repayment takes only the steps of the table, and ends the same whatever the order of words."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations, product

import pytest

from app.payments.errors import RepaymentStepRefused
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules import (
    AWAITED,
    STEPS,
    RepaymentStatus,
    keeps_quoted_price,
    received_on,
    step,
    step_of_reversal,
    step_on_word,
)
from app.servicing.rules import ReversalReason

S = RepaymentStatus
ALLOWED = {
    (S.INITIATED, S.PENDING),
    (S.INITIATED, S.RECEIVED),
    (S.INITIATED, S.FAILED),
    (S.INITIATED, S.EXPIRED),
    (S.PENDING, S.RECEIVED),
    (S.PENDING, S.FAILED),
    (S.PENDING, S.EXPIRED),
    (S.RECEIVED, S.ALLOCATED),
    (S.ALLOCATED, S.REVERSED),
    (S.ALLOCATED, S.CHARGED_BACK),
    (S.FAILED, S.RECEIVED),
    (S.EXPIRED, S.RECEIVED),
}


def test_the_table_covers_every_state() -> None:
    assert set(STEPS) == set(S)


@pytest.mark.parametrize(("status", "wanted"), list(product(S, S)))
def test_only_steps_of_the_table_are_taken(status: S, wanted: S) -> None:
    if (status, wanted) in ALLOWED:
        assert step(status, wanted) is wanted
    else:
        with pytest.raises(RepaymentStepRefused):
            step(status, wanted)


def ending(words: tuple[RailStatus, ...]) -> S:
    status = S.INITIATED
    for word in words:
        wanted = step_on_word(status, word, None)
        if wanted is S.RECEIVED:
            wanted = step(S.RECEIVED, S.ALLOCATED)
        status = wanted or status
    return status


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ((RailStatus.PENDING, RailStatus.SUCCEEDED, RailStatus.SUCCEEDED), S.ALLOCATED),
        ((RailStatus.PENDING, RailStatus.FAILED, RailStatus.FAILED), S.FAILED),
        ((RailStatus.PENDING, RailStatus.FAILED, RailStatus.SUCCEEDED), S.ALLOCATED),
        ((RailStatus.UNKNOWN, RailStatus.PENDING, RailStatus.PENDING), S.PENDING),
    ],
)
def test_every_order_of_the_same_words_ends_the_same(words: tuple[RailStatus, ...], end: S) -> None:
    assert {ending(order) for order in permutations(words)} == {end}


def test_an_order_that_ran_out_of_time_is_expired_rather_than_failed() -> None:
    assert step_on_word(S.PENDING, RailStatus.FAILED, FailureReason.EXPIRED) is S.EXPIRED
    assert step_on_word(S.PENDING, RailStatus.FAILED, FailureReason.DECLINED) is S.FAILED


def test_every_word_of_the_rail_and_every_reason_has_a_meaning() -> None:
    for status, said, reason in product(S, RailStatus, [None, *FailureReason]):
        assert step_on_word(status, said, reason) in {None, *STEPS[status]}
    assert {step_of_reversal(reason) for reason in ReversalReason} == STEPS[S.ALLOCATED]


def test_nothing_is_awaited_after_an_end() -> None:
    assert {S.INITIATED, S.PENDING} == AWAITED


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        (ReversalReason.BOOKED_IN_ERROR, S.REVERSED),
        (ReversalReason.RAIL_REVERSED, S.REVERSED),
        (ReversalReason.CHARGED_BACK, S.CHARGED_BACK),
    ],
)
def test_a_reversal_ends_by_its_reason(reason: ReversalReason, end: S) -> None:
    assert step_of_reversal(reason) is end


NIGHT = datetime(2026, 11, 21, 15, 50, tzinfo=UTC)
"""Ten to midnight in China."""
TWENTY_FIRST = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("paid_after", "today", "counts_on"),
    [
        (timedelta(minutes=5), TWENTY_FIRST, TWENTY_FIRST),
        (timedelta(minutes=15), date(2026, 11, 22), date(2026, 11, 22)),
        (timedelta(minutes=5), date(2026, 11, 25), TWENTY_FIRST),
        (timedelta(minutes=-30), date(2026, 11, 22), TWENTY_FIRST),
        (timedelta(days=9), date(2026, 11, 22), date(2026, 11, 22)),
    ],
    ids=["at once", "past midnight", "told days late", "before it began", "after today"],
)
def test_a_repayment_counts_on_the_day_it_was_paid(
    paid_after: timedelta, today: date, counts_on: date
) -> None:
    counted = received_on(
        initiated_on=TWENTY_FIRST, initiated_at=NIGHT, paid_at=NIGHT + paid_after, today=today
    )
    assert counted == counts_on


def test_a_business_date_ahead_of_the_clock_stays_ahead() -> None:
    counted = received_on(
        initiated_on=date(2027, 1, 5),
        initiated_at=NIGHT,
        paid_at=NIGHT + timedelta(minutes=1),
        today=date(2027, 1, 5),
    )
    assert counted == date(2027, 1, 5)


def test_a_quoted_price_holds_while_the_order_lives() -> None:
    assert keeps_quoted_price(initiated_at=NIGHT, paid_at=NIGHT + timedelta(minutes=30))
    assert not keeps_quoted_price(initiated_at=NIGHT, paid_at=NIGHT + timedelta(minutes=31))
