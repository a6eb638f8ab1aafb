"""Laws of a loan's projection and of its part of the ledger, for any life a loan can have."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.loanmath.errors import EventRefused
from app.loanmath.life import (
    Charged,
    Deferred,
    Disbursed,
    DueKind,
    Event,
    InstallmentStatus,
    RateLowered,
    Refunded,
    RepaymentReceived,
    RepaymentReversed,
    Waived,
    WrittenOff,
)
from app.loanmath.schedule import Fee, Method, Prepayment, Terms
from app.servicing.rules import (
    Funder,
    LoanRef,
    Notice,
    PlanLine,
    Signed,
    entries_between,
    moved_by,
    notices,
    position_from_json,
    project,
)
from app.servicing.rules.position import position_as_json
from tests.servicing.conftest import GUARANTEE, JOINT, MEI, START_ON, plain_terms

REF = LoanRef(MEI, "ln00000mei000000")
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
THIRDS = (
    Funder(code="a", share=Decimal("0.3333")),
    Funder(code="b", share=Decimal("0.3333")),
    Funder(code="c", share=Decimal("0.3334")),
)


def signed(terms: Terms, funders: tuple[Funder, ...] = JOINT) -> Signed:
    return Signed(ref=REF, terms=terms, funders=funders)


def lent(amount_fen: int = 120_000) -> Disbursed:
    return Disbursed(id="ev0", effective_on=START_ON, recorded_at=NOON, amount_fen=amount_fen)


def paid(number: int, after_days: int, amount_fen: int) -> RepaymentReceived:
    return RepaymentReceived(
        id=f"ev{number}",
        effective_on=START_ON + timedelta(days=after_days),
        recorded_at=NOON + timedelta(days=after_days, seconds=number),
        amount_fen=amount_fen,
    )


terms = st.builds(
    plain_terms,
    method=st.sampled_from(
        [
            Method.EQUAL_INSTALLMENT,
            Method.EQUAL_PRINCIPAL,
            Method.INTEREST_ONLY,
            Method.BULLET,
            Method.FLAT,
            Method.REVOLVING,
        ]
    ),
    annual_rate=st.sampled_from([Decimal(0), Decimal("0.0803"), Decimal("0.24")]),
    count=st.integers(1, 7),
    due_day=st.sampled_from([None, 1, 15, 31]),
    fees=st.sampled_from([(), (GUARANTEE,), (GUARANTEE, Fee(code="service", amount_fen=90))]),
    prepayment=st.sampled_from(list(Prepayment)),
)
payments = st.lists(st.tuples(st.integers(0, 250), st.integers(1, 60_000)), max_size=5).map(
    lambda some: [paid(n, days, fen) for n, (days, fen) in enumerate(some, start=1)]
)
days = st.integers(0, 260).map(lambda n: START_ON + timedelta(days=n))


@given(terms, payments, days, st.integers(1, 40))
def test_nothing_kept_changes_by_itself_before_the_next_event(
    terms: Terms, payments: list[Event], on: date, later: int
) -> None:
    happened = [event for event in (lent(), *payments) if event.effective_on <= on]
    then = project(signed(terms), happened, on, None)
    until = then.figures.next_event_on or on + timedelta(days=later)
    day = min(on + timedelta(days=later), until - timedelta(days=1))
    assume(day > on)

    now = project(signed(terms), happened, day, None)

    assert now.figures == then.figures
    assert now.lines == then.lines
    assert now.position == then.position
    assert list(notices(now.lines, told_on=on, on=day)) == []


@given(terms, payments, days, st.sampled_from([JOINT, THIRDS, (JOINT[0],)]))
def test_the_ledger_follows_event_by_event_and_always_balances(
    terms: Terms, payments: list[Event], on: date, funders: tuple[Funder, ...]
) -> None:
    shares = tuple(replace(funder, share=funder.share) for funder in funders)
    if len(shares) == 1:
        shares = (replace(shares[0], share=Decimal(1)),)
    events: list[Event] = [lent()]
    position = project(signed(terms, shares), events, on, None).position
    for event in payments:
        events.append(event)
        wanted = project(signed(terms, shares), events, on, None).position
        entries = entries_between(position, wanted)
        assert sum(entry.amount_fen for entry in entries) == 0
        assert all(entry.amount_fen for entry in entries)
        position = moved_by(position, entries)
        assert position == wanted

    owed_fen = project(signed(terms, shares), events, on, None).figures.principal_fen
    funded = [fen for (account, _), fen in position.items() if account.endswith(":principal")]
    assert sum(funded) == 0
    assert owed_fen == sum(fen for fen in funded if fen > 0)
    assert position_from_json(position_as_json(position)) == position


@given(terms, payments, days)
def test_every_order_of_arrival_makes_the_same_rows(
    terms: Terms, payments: list[Event], on: date
) -> None:
    events = [lent(), *payments[:3]]
    first = project(signed(terms), events, on, None)
    for order in permutations(events):
        assert project(signed(terms), order, on, None) == first


@given(terms, payments, st.integers(0, 4), days)
def test_a_reversed_repayment_leaves_the_rows_as_if_it_had_never_been(
    terms: Terms, payments: list[Event], index: int, on: date
) -> None:
    assume(index < len(payments))
    undone = payments[index]
    reversal = RepaymentReversed(
        id="ev9", effective_on=on, recorded_at=NOON + timedelta(days=300), reverses=undone.id
    )
    without = [lent(), *(event for event in payments if event is not undone)]

    assert project(signed(terms), [lent(), *payments, reversal], on, None) == project(
        signed(terms), without, on, None
    )


@given(terms, payments, days)
def test_a_closed_loan_was_open_the_day_before_it_closed(
    terms: Terms, payments: list[Event], on: date
) -> None:
    rest = paid(9, (on - START_ON).days, 400_000)
    happened = [lent(), *payments, rest]
    closed_on = project(signed(terms), happened, on, None).figures.closed_on
    assert closed_on is not None
    assert closed_on <= on

    assert project(signed(terms), happened, closed_on, None).is_closed
    if closed_on > START_ON:
        assert not project(signed(terms), happened, closed_on - timedelta(days=1), None).is_closed


OTHER_EVENTS: Sequence[tuple[type[Event], dict[str, object]]] = (
    (Charged, {"code": "letter", "amount_fen": 300}),
    (Waived, {"kind": DueKind.PENALTY, "amount_fen": 10}),
    (RateLowered, {"annual_rate": Decimal("0.06")}),
    (Deferred, {"periods": 2}),
    (WrittenOff, {}),
    (Refunded, {"amount_fen": 1}),
)


@pytest.mark.parametrize(("kind", "values"), OTHER_EVENTS)
@pytest.mark.parametrize("after_days", [10, 60])
def test_every_kind_of_event_keeps_the_books_in_balance(
    kind: type[Event], values: dict[str, object], after_days: int
) -> None:
    terms = plain_terms(fees=(GUARANTEE,), prepayment=Prepayment.HOLD)
    event = kind(
        id="ev5",
        effective_on=START_ON + timedelta(days=after_days),
        recorded_at=NOON + timedelta(days=after_days),
        **values,  # pyright: ignore[reportCallIssue] - each kind has its own
    )
    held_fen = 30_000 if kind is Refunded else 0
    events = [lent(), *([paid(1, 2, held_fen)] if held_fen else []), event]

    for day in (after_days, after_days + 1, 200, 400):
        on = START_ON + timedelta(days=day)
        projection = project(signed(terms), [*events, paid(7, day, 45_000)], on, None)
        assert sum(projection.position.values()) == 0
        assert projection.figures.principal_fen == sum(
            line.principal_fen - line.paid_principal_fen for line in projection.lines
        )


def test_fees_paid_are_shared_out_to_their_charges_exactly() -> None:
    fees = (Fee(code="guarantee", amount_fen=500), Fee(code="service", amount_fen=250))
    events = [lent(), paid(1, 30, 21_000)]
    on = START_ON + timedelta(days=30)

    position = project(signed(plain_terms(fees=fees)), events, on, None).position

    taken = {code: -fen for (account, code), fen in position.items() if account == "income:fee"}
    assert taken == {"guarantee": 500, "service": 250}


def test_a_lowered_rate_is_the_one_in_force_from_its_day() -> None:
    lowered = RateLowered(
        id="ev1",
        effective_on=START_ON + timedelta(days=40),
        recorded_at=NOON,
        annual_rate=Decimal("0.0600"),
    )
    before = project(signed(plain_terms()), [lent(), lowered], START_ON + timedelta(days=39), None)
    after = project(signed(plain_terms()), [lent(), lowered], START_ON + timedelta(days=40), None)

    assert (before.figures.annual_rate, after.figures.annual_rate) == ("0.12", "0.0600")


@given(terms, payments, st.integers(0, 200), st.integers(1, 40))
def test_what_is_written_off_ages_but_grows_no_more(
    terms: Terms, payments: list[Event], given_up: int, later: int
) -> None:
    on = START_ON + timedelta(days=given_up)
    written_off = WrittenOff(id="ev8", effective_on=on, recorded_at=NOON + timedelta(days=900))
    happened = [event for event in (lent(), *payments) if event.effective_on <= on]
    then = project(signed(terms), [*happened, written_off], on, None)
    until = then.figures.next_event_on or on + timedelta(days=later)
    day = min(on + timedelta(days=later), until - timedelta(days=1))

    now = project(signed(terms), [*happened, written_off], max(day, on), None)

    assert now.figures == then.figures
    assert now.lines == then.lines


def test_events_that_make_no_life_are_refused() -> None:
    with pytest.raises(EventRefused):
        project(signed(plain_terms()), [paid(1, 0, 100)], START_ON, None)


def line(payable_on: date, *, left_fen: int = 100) -> PlanLine:
    return PlanLine(
        loan_id=REF.loan_id,
        number=1,
        due_on=payable_on,
        payable_on=payable_on,
        principal_fen=left_fen,
        interest_fen=0,
        cost_fen=0,
        fee_fen=0,
        penalty_fen=0,
        waived_fen=0,
        paid_principal_fen=0,
        paid_interest_fen=0,
        paid_fee_fen=0,
        paid_cost_fen=0,
        paid_penalty_fen=0,
        status=InstallmentStatus.NOT_YET_DUE,
    )


DUE = date(2026, 12, 21)


@pytest.mark.parametrize(
    ("told_before", "ahead", "told"),
    [
        (1, 4, []),
        (1, 3, [Notice.DUE_SOON]),
        (1, 2, []),
        (1, 0, [Notice.DUE_TODAY]),
        (1, -1, [Notice.OVERDUE]),
        (1, -2, []),
        (2, 2, [Notice.DUE_SOON]),
        (4, 0, [Notice.DUE_TODAY]),
        (9, -4, [Notice.OVERDUE]),
        (0, 3, []),
    ],
)
def test_each_notice_is_given_once_and_only_while_it_is_true(
    told_before: int, ahead: int, told: list[Notice]
) -> None:
    on = DUE - timedelta(days=ahead)
    given_now = notices([line(DUE)], told_on=on - timedelta(days=told_before), on=on)
    assert [one.notice for one in given_now] == told


@given(st.integers(-3, 10), st.lists(st.integers(1, 4), max_size=12))
@example(10, [10, 4])
def test_however_days_are_skipped_nothing_is_told_twice(start: int, steps: list[int]) -> None:
    told_on = DUE - timedelta(days=start)
    heard: list[Notice] = []
    for step in steps:
        on = told_on + timedelta(days=step)
        heard += [one.notice for one in notices([line(DUE)], told_on=told_on, on=on)]
        told_on = on
    assert len(set(heard)) == len(heard)


def test_what_is_paid_gives_no_notice() -> None:
    told = notices([line(DUE, left_fen=0)], told_on=DUE - timedelta(days=9), on=DUE)
    assert list(told) == []
