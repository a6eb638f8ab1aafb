"""Money held goes back to its borrower once, and stays theirs whatever happens on the way."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.foundation.database import Database, fetch, transaction
from app.foundation.errors import IdempotencyConflict, InvalidInput, NotFound
from app.identity.rules.recovery import HOLD
from app.ledger import queries as ledger
from app.ledger import rules as accounts
from app.loanmath.life import InstallmentStatus, LoanStatus
from app.payments import operations, queries
from app.payments.errors import AmountAboveHeld, NoCardForRefund, NothingHeld
from app.payments.events import RefundFailed, RefundPaid, RefundRequested, RefundReturned
from app.payments.operations import RefundOverpayment
from app.payments.ports import FailureReason, RailStatus
from app.payments.rules import RailNotice, RepaymentRef, WordOutcome
from app.payments.rules.refunds import RefundFailure, RefundRef, RefundStatus, RefundView
from app.servicing import queries as loans
from app.servicing.rules import LoanRef, ReversalReason
from tests.payments.conftest import (
    WANG,
    Lend,
    Pay,
    facts,
    move_business_date,
    postings,
    stored,
)
from tests.payments.refunded import (
    CARD,
    HELD_FEN,
    NAME,
    OTHER_PAYEE,
    PAYEE,
    RefundsRail,
    ahead,
    ask,
    change_card,
    connect,
    held_fen,
    join,
    join_without_a_card,
    overpaid,
    reference_of,
    standing,
    word,
)

START_DAY = date(2026, 11, 21)
DUE_DAY = date(2026, 12, 21)
TOLD = (RefundPaid, RefundFailed, RefundReturned)

Held = Callable[[], Awaitable[LoanRef]]


@pytest.fixture
def outgoing(database: Database) -> RefundsRail:  # noqa: ARG001 - a database first
    return RefundsRail()


@pytest.fixture
async def loan(lend: Lend, pay: Pay, outgoing: RefundsRail) -> LoanRef:
    """A loan of somebody with a card, paid off with 500 yuan too much."""
    made = await overpaid(await join(), lend, pay)
    connect(outgoing)
    return made


async def is_sound() -> bool:
    """Prove that events, projections and ledger tell one story."""
    assert (await ledger.verify()).problems == ()
    assert (await loans.check_projections()).problems == ()
    assert (await loans.reconcile()).problems == ()
    return True


async def sent(loan: LoanRef, amount_fen: int | None = None, key: str = "back") -> RefundView:
    """Ask for money and let the rail take the order."""
    view = await ask(loan, amount_fen, key)
    await outbox.drain()
    assert (await standing(view)).status is RefundStatus.SENDING
    return view


async def plan(loan: LoanRef) -> list[Any]:
    """Return a loan's installments without its name, to compare loans."""
    return [replace(line, loan_id="") for line in (await loans.plans_by_loan([loan.loan_id]))[0]]


async def test_money_asked_for_is_set_aside_at_once_sent_and_paid(
    loan: LoanRef, outgoing: RefundsRail
) -> None:
    clearing_fen = await ledger.balance(accounts.rail_clearing())
    view = await ask(loan)

    assert (view.status, view.amount_fen) == (RefundStatus.REQUESTED, HELD_FEN)
    assert await held_fen(loan) == 0
    assert (await loans.loan(loan)).status is LoanStatus.CLOSED_PAID
    assert await postings("refund") == 1
    assert await ledger.balance(accounts.borrower_unapplied(loan.borrower_id)) == 0
    assert await ledger.balance(accounts.rail_clearing()) == clearing_fen - HELD_FEN
    assert outgoing.orders == {}

    await outbox.drain()
    assert outgoing.orders == {view.refund_id: (HELD_FEN, PAYEE)}
    assert (await standing(view)).status is RefundStatus.SENDING

    assert await operations.accept_refund_notice(word(view)) is WordOutcome.MOVED
    now = await standing(view)
    assert (now.status, now.failure) == (RefundStatus.PAID, None)
    assert now.settled_at == word(view).occurred_at
    assert await facts(*TOLD) == {"RefundPaid": 1}
    assert await postings("refund") == 1
    assert [one.tail for one in await queries.refund_payees([view.refund_id])] == [CARD[-4:]]
    assert await is_sound()


async def test_nothing_stored_or_told_shows_the_card(loan: LoanRef) -> None:
    await sent(loan)
    for table in ("refund", "outbox_fact", "idempotency_claim", "servicing_loan_event"):
        stored = str(await fetch(f"SELECT * FROM {table}"))
        assert CARD not in stored
        assert NAME not in stored


async def test_the_same_wish_sent_again_is_one_refund(loan: LoanRef, outgoing: RefundsRail) -> None:
    first = await ask(loan, 20_000)
    assert await ask(loan, 20_000) == first
    with pytest.raises(IdempotencyConflict):
        await ask(loan, 20_001)
    await outbox.drain()
    assert await ask(loan, 20_000) == first
    assert (outgoing.calls, await held_fen(loan)) == (1, HELD_FEN - 20_000)


async def test_a_hundred_clients_with_one_key_get_one_refund(
    loan: LoanRef, outgoing: RefundsRail
) -> None:
    views = await asyncio.gather(*(ask(loan) for _ in range(100)))
    assert len({view.refund_id for view in views}) == 1
    await outbox.drain()
    assert (outgoing.calls, await postings("refund")) == (1, 1)
    assert await facts(RefundRequested) == {"RefundRequested": 1}


async def test_money_is_given_back_once_however_many_ask_at_once(
    loan: LoanRef, outgoing: RefundsRail
) -> None:
    amounts = [None, 30_000, 30_000, HELD_FEN, 10_000]
    answers = await asyncio.gather(
        *(ask(loan, fen, f"key-{number}") for number, fen in enumerate(amounts)),
        return_exceptions=True,
    )
    given = [one for one in answers if isinstance(one, RefundView)]
    others = [type(one) for one in answers if not isinstance(one, RefundView)]
    assert set(others) <= {NothingHeld, AmountAboveHeld}
    assert sum(view.amount_fen for view in given) == HELD_FEN - await held_fen(loan)
    assert 1 <= len(given) < len(amounts)
    await outbox.drain()
    assert sum(fen for fen, _ in outgoing.orders.values()) <= HELD_FEN
    assert await is_sound()


async def refused(kind: type[Exception], loan: LoanRef, amount_fen: int | None = None) -> Any:  # noqa: ANN401 - of that kind
    before = await stored()
    with pytest.raises(kind) as refusal:
        await ask(loan, amount_fen, "refused")
    assert await stored() == before
    return refusal.value


async def test_each_refusal_changes_nothing(loan: LoanRef, lend: Lend) -> None:
    assert (await refused(AmountAboveHeld, loan, HELD_FEN + 1)).held_fen == HELD_FEN
    for amount_fen in (0, -1):
        assert (await refused(InvalidInput, loan, amount_fen)).field == "input.amount"
    nobodys = LoanRef(borrower_id=loan.borrower_id, loan_id="ln00000000000000")
    assert (await refused(NotFound, nobodys)).field == "input.loanId"
    theirs = LoanRef(borrower_id=WANG, loan_id=loan.loan_id)
    assert (await refused(NotFound, theirs)).field == "input.loanId"
    running = await lend(loan.borrower_id)
    assert (await refused(NothingHeld, running)).field == "input.loanId"


async def test_without_a_card_nothing_is_given_back(lend: Lend, pay: Pay) -> None:
    cardless = await overpaid(await join_without_a_card(), lend, pay)
    await refused(NoCardForRefund, cardless)
    unknown = await overpaid(WANG, lend, pay, "unknown")
    await refused(NoCardForRefund, unknown)


async def test_money_goes_to_the_card_of_the_moment_it_was_asked_for(
    loan: LoanRef, outgoing: RefundsRail, clock: FixedClock
) -> None:
    view = await ask(loan)
    await change_card(loan.borrower_id)
    await outbox.drain()
    assert outgoing.orders == {}, "a card changed by a code alone holds money back for 72 hours"
    clock.advance(HOLD)
    await operations.poll_refunds(outgoing)
    assert outgoing.orders == {view.refund_id: (HELD_FEN, PAYEE)}


async def test_fifty_notices_at_once_are_one(loan: LoanRef) -> None:
    view = await sent(loan)
    notices = [word(view, event=f"copy-{number % 5}") for number in range(50)]
    outcomes = await asyncio.gather(*(operations.accept_refund_notice(one) for one in notices))
    assert Counter(outcomes)[WordOutcome.MOVED] == 1
    assert await facts(*TOLD) == {"RefundPaid": 1}
    assert (await standing(view)).status is RefundStatus.PAID


async def test_money_that_could_not_be_paid_is_held_again(
    loan: LoanRef, outgoing: RefundsRail, clock: FixedClock
) -> None:
    balance_fen = await ledger.balance(accounts.rail_clearing())
    view = await sent(loan)
    said = word(view, RailStatus.FAILED, reason=FailureReason.PAYEE_UNREACHABLE)
    assert await operations.accept_refund_notice(said) is WordOutcome.MOVED
    assert await operations.accept_refund_notice(said) is WordOutcome.NOTHING_NEW

    now = await standing(view)
    assert (now.status, now.failure) == (RefundStatus.FAILED, RefundFailure.PAYEE_UNREACHABLE)
    assert await held_fen(loan) == HELD_FEN
    assert (await loans.loan(loan)).status is LoanStatus.OVERPAID
    assert await ledger.balance(accounts.rail_clearing()) == balance_fen
    assert await facts(*TOLD) == {"RefundFailed": 1}

    await change_card(loan.borrower_id)
    clock.advance(HOLD)
    again = await sent(loan, key="again")
    assert outgoing.orders[again.refund_id] == (HELD_FEN, OTHER_PAYEE)
    assert await is_sound()


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        (FailureReason.DECLINED, RefundFailure.DECLINED),
        (FailureReason.EXPIRED, RefundFailure.UNSTATED),
    ],
)
async def test_a_rail_that_will_not_pay_leaves_the_money_held(
    loan: LoanRef, outgoing: RefundsRail, reason: FailureReason, failure: RefundFailure
) -> None:
    outgoing.refusal = reason
    view = await ask(loan)
    await outbox.drain()
    now = await standing(view)
    assert (now.status, now.failure) == (RefundStatus.FAILED, failure)
    assert await held_fen(loan) == HELD_FEN
    assert await is_sound()


async def test_money_that_the_bank_returns_is_held_again_and_told(
    loan: LoanRef, clock: FixedClock
) -> None:
    view = await sent(loan)
    await operations.accept_refund_notice(word(view))
    clock.advance(timedelta(days=1))
    returned = word(view, RailStatus.FAILED, event="returned")
    assert await operations.accept_refund_notice(returned) is WordOutcome.MOVED
    assert (await standing(view)).status is RefundStatus.REVERSED
    assert await held_fen(loan) == HELD_FEN
    assert await facts(*TOLD) == {"RefundPaid": 1, "RefundReturned": 1}
    assert await is_sound()


def said_of(view: RefundView, *statuses: RailStatus) -> list[RailNotice]:
    """Return words about one moment after another."""
    first = word(view).occurred_at
    return [
        word(view, status, event=str(number), occurred_at=first + timedelta(seconds=number))
        for number, status in enumerate(statuses)
    ]


@pytest.mark.parametrize(
    ("statuses", "end"),
    [
        ((RailStatus.PENDING, RailStatus.SUCCEEDED, RailStatus.FAILED), RefundStatus.REVERSED),
        ((RailStatus.PENDING, RailStatus.FAILED, RailStatus.SUCCEEDED), RefundStatus.PAID),
        ((RailStatus.SUCCEEDED, RailStatus.FAILED, RailStatus.SUCCEEDED), RefundStatus.PAID),
        ((RailStatus.FAILED, RailStatus.SUCCEEDED, RailStatus.FAILED), RefundStatus.REVERSED),
    ],
)
async def test_words_in_every_order_end_as_the_money_went(
    lend: Lend, pay: Pay, outgoing: RefundsRail, statuses: tuple[RailStatus, ...], end: RefundStatus
) -> None:
    mei = await join()
    for number, order in enumerate(permutations(range(3))):
        made = await overpaid(mei, lend, pay, f"too-much-{number}")
        connect(outgoing)
        view = await sent(made, key=f"back-{number}")
        said = said_of(view, *statuses)
        for index in order:
            await operations.accept_refund_notice(said[index])
            await operations.accept_refund_notice(said[index])
        assert (order, (await standing(view)).status) == (order, end)
        assert await held_fen(made) == (0 if end is RefundStatus.PAID else HELD_FEN)
    assert await is_sound()


async def test_words_at_once_in_any_order_end_the_same(loan: LoanRef) -> None:
    view = await sent(loan)
    said = said_of(view, RailStatus.PENDING, RailStatus.SUCCEEDED, RailStatus.FAILED)
    mixed = [one for order in permutations(said) for one in order]
    await asyncio.gather(*(operations.accept_refund_notice(one) for one in mixed))
    assert (await standing(view)).status is RefundStatus.REVERSED
    assert await held_fen(loan) == HELD_FEN
    assert await is_sound()


async def test_two_ends_at_one_moment_are_for_a_person_to_look_at(
    loan: LoanRef, lend: Lend, pay: Pay, outgoing: RefundsRail
) -> None:
    other = await overpaid(loan.borrower_id, lend, pay, "other")
    connect(outgoing)
    for made, first, second in (
        (loan, RailStatus.SUCCEEDED, RailStatus.FAILED),
        (other, RailStatus.FAILED, RailStatus.SUCCEEDED),
    ):
        view = await sent(made, key=made.loan_id)
        await operations.accept_refund_notice(word(view, first, event="first"))
        ended = (await standing(view)).status
        contrary = word(view, second, event="second")
        assert await operations.accept_refund_notice(contrary) is WordOutcome.CONTRADICTS
        assert (await standing(view)).status is ended
    assert {one.outcome for one in await queries.faults()} == {WordOutcome.CONTRADICTS}


async def test_another_amount_or_reference_moves_nothing(
    loan: LoanRef, lend: Lend, pay: Pay, outgoing: RefundsRail
) -> None:
    view = await sent(loan)
    wrong = word(view, amount_fen=view.amount_fen + 1)
    assert await operations.accept_refund_notice(wrong) is WordOutcome.AMOUNT_DIFFERS
    strange = word(view, event="strange", provider_ref="somebody-elses")
    assert await operations.accept_refund_notice(strange) is WordOutcome.REFERENCE_DIFFERS
    assert (await standing(view)).status is RefundStatus.SENDING
    assert await held_fen(loan) == 0

    right = word(view, event="corrected")
    assert await operations.accept_refund_notice(right) is WordOutcome.MOVED
    other = await overpaid(loan.borrower_id, lend, pay, "other")
    connect(outgoing)
    outgoing.loses_answers = True
    second = await sent(other, key="back-too")
    stolen = word(second, provider_ref=reference_of(view.refund_id))
    assert await operations.accept_refund_notice(stolen) is WordOutcome.REFERENCE_DIFFERS
    assert (await standing(second)).status is RefundStatus.SENDING


@pytest.mark.parametrize("order_id", ["rf00000000000000", "rp00000000000000"])
async def test_a_notice_about_a_refund_we_never_made_moves_nothing(
    loan: LoanRef, order_id: str
) -> None:
    view = await sent(loan)
    before = await stored()
    unknown = word(view, order_id=order_id)
    assert await operations.accept_refund_notice(unknown) is WordOutcome.UNKNOWN_ORDER
    assert await operations.accept_refund_notice(unknown) is WordOutcome.NOTHING_NEW
    after = await stored()
    assert len(after.pop("rail_notice")) == len(before.pop("rail_notice")) + 1
    assert after == before


async def test_what_is_not_told_is_asked(
    loan: LoanRef, outgoing: RefundsRail, clock: FixedClock
) -> None:
    view = await sent(loan)
    outgoing.settle(view, RailStatus.SUCCEEDED, at=clock.now())
    assert await operations.poll_refunds(outgoing) == 0
    clock.advance(timedelta(seconds=31))
    outgoing.is_away = True
    assert await operations.poll_refunds(outgoing) == 0
    outgoing.is_away = False
    clock.advance(timedelta(seconds=31))
    moved = await asyncio.gather(*(operations.poll_refunds(outgoing) for _ in range(5)))
    assert sum(moved) == 1
    assert (await standing(view)).status is RefundStatus.PAID
    assert await facts(*TOLD) == {"RefundPaid": 1}


async def test_a_return_nobody_told_of_is_found_within_days(
    loan: LoanRef, outgoing: RefundsRail, clock: FixedClock
) -> None:
    view = await sent(loan)
    await operations.accept_refund_notice(word(view))
    outgoing.settle(view, RailStatus.SUCCEEDED, at=clock.now())
    for _ in range(2):
        clock.advance(timedelta(hours=25))
        assert await operations.poll_refunds(outgoing) == 0
    outgoing.settle(view, RailStatus.FAILED, at=clock.now())
    clock.advance(timedelta(hours=25))
    assert await operations.poll_refunds(outgoing) == 1
    assert (await standing(view)).status is RefundStatus.REVERSED
    assert await held_fen(loan) == HELD_FEN


async def test_a_paid_refund_is_left_alone_in_the_end(
    loan: LoanRef, outgoing: RefundsRail, clock: FixedClock
) -> None:
    view = await sent(loan)
    await operations.accept_refund_notice(word(view))
    outgoing.settle(view, RailStatus.SUCCEEDED, at=clock.now())
    for _ in range(5):
        clock.advance(timedelta(hours=25))
        await operations.poll_refunds(outgoing)
    rows = await fetch("SELECT poll_at FROM refund")
    assert rows == [{"poll_at": None}]


async def test_a_refund_waiting_at_the_rail_goes_on_waiting(
    loan: LoanRef, outgoing: RefundsRail, clock: FixedClock
) -> None:
    view = await sent(loan)
    for _ in range(3):
        clock.advance(timedelta(days=1))
        assert await operations.poll_refunds(outgoing) == 0
    assert (await standing(view)).status is RefundStatus.SENDING
    assert await held_fen(loan) == 0


class Killed(BaseException):
    """The process ended here."""


async def kill() -> None:
    raise Killed


@pytest.mark.parametrize("moment", ["before sending", "rail away", "rail answered", "no answer"])
async def test_killed_at_any_moment_a_refund_is_sent_once(
    loan: LoanRef, outgoing: RefundsRail, clock: FixedClock, moment: str
) -> None:
    view = await ask(loan)
    fact = RefundRequested(
        refund_id=view.refund_id,
        borrower_id=loan.borrower_id,
        loan_id=loan.loan_id,
        amount_fen=view.amount_fen,
    )
    match moment:
        case "rail away":
            outgoing.is_away = True
            await outbox.drain()
            outgoing.is_away = False
        case "rail answered":
            outgoing.before_answer = kill
            with pytest.raises(Killed):
                await operations.start_refund(fact, "dl00000abcdefghi", rail=outgoing)
            outgoing.before_answer = None
        case "no answer":
            outgoing.loses_answers = True
            await outbox.drain()
            outgoing.loses_answers = False
        case _:
            outbox.subscribe([])

    clock.advance(timedelta(seconds=31))
    for _ in range(2):
        await operations.poll_refunds(outgoing)
        clock.advance(timedelta(seconds=31))
    await operations.start_refund(fact, "dl00000abcdefghi", rail=outgoing)
    assert outgoing.orders == {view.refund_id: (HELD_FEN, PAYEE)}
    await operations.accept_refund_notice(word(view))
    calls = outgoing.calls
    await operations.start_refund(fact, "dl00000abcdefghi", rail=outgoing)
    assert outgoing.calls == calls
    assert (await standing(view)).status is RefundStatus.PAID
    assert await postings("refund") == 1
    assert await is_sound()


async def test_one_broken_refund_does_not_hold_up_the_others(
    loan: LoanRef, outgoing: RefundsRail, clock: FixedClock
) -> None:
    first, second = await sent(loan, 10_000, "first"), await sent(loan, 20_000, "second")
    outgoing.settle(second, RailStatus.SUCCEEDED, at=clock.now())
    async with transaction() as tx:
        await tx.run("UPDATE refund SET status = ? WHERE id = ?", ["LOST", first.refund_id])
    outgoing.settle(first, RailStatus.SUCCEEDED, at=clock.now())
    clock.advance(timedelta(seconds=31))
    assert await operations.poll_refunds(outgoing) == 1
    assert (await standing(second)).status is RefundStatus.PAID


async def test_a_due_in_between_is_not_paid_by_money_on_its_way_out(
    lend: Lend, pay: Pay, outgoing: RefundsRail
) -> None:
    loan = await ahead(await join(), lend, pay)
    connect(outgoing)
    view = await sent(loan)
    await move_business_date(DUE_DAY + timedelta(days=2))
    assert (await plan(loan))[0].status is InstallmentStatus.OVERDUE
    assert await facts_named("InstallmentDueToday", "InstallmentOverdue") == 2

    await operations.accept_refund_notice(word(view))
    assert (await plan(loan))[0].status is InstallmentStatus.OVERDUE
    assert await is_sound()


async def facts_named(*names: str) -> int:
    rows = await fetch("SELECT name FROM outbox_fact")
    return sum(row["name"] in names for row in rows)


async def test_money_that_comes_back_has_paid_the_due_in_between_in_time(
    lend: Lend, pay: Pay, outgoing: RefundsRail
) -> None:
    mei = await join()
    loan, twin = await ahead(mei, lend, pay), await ahead(mei, lend, pay, "twin")
    connect(outgoing)
    view = await sent(loan)
    await move_business_date(DUE_DAY + timedelta(days=9))
    assert (await loans.loan(loan)).overdue_fen > 0

    await operations.accept_refund_notice(word(view, RailStatus.FAILED))

    assert (await plan(loan)) == (await plan(twin))
    assert (await plan(loan))[0].status is InstallmentStatus.PAID
    assert (await loans.loan(loan)).penalty_fen == 0
    assert await held_fen(loan) == await held_fen(twin)
    kinds = [entry.kind for _, entry in (await loans.timeline_of(loan)).items]
    assert kinds[:2] == ["RefundReversed", "Refunded"]
    assert await is_sound()


async def charge_back(loan: LoanRef) -> None:
    """Let the payer of the loan's only repayment take it back."""
    (entry,) = [
        one for _, one in (await loans.timeline_of(loan)).items if one.kind == "RepaymentReceived"
    ]
    ref = RepaymentRef(borrower_id=loan.borrower_id, repayment_id=entry.about)
    command = operations.ReverseRepayment(repayment=ref, reason=ReversalReason.CHARGED_BACK)
    async with transaction() as tx:
        await operations.reverse(tx, command)


async def test_money_charged_back_before_it_is_sent_is_not_sent(
    lend: Lend, pay: Pay, outgoing: RefundsRail
) -> None:
    mei = await join()
    loan, twin = await ahead(mei, lend, pay), await ahead(mei, lend, pay, "twin")
    connect(outgoing)
    view = await ask(loan)
    await charge_back(loan)
    await charge_back(twin)
    await outbox.drain()

    now = await standing(view)
    assert (now.status, now.failure) == (RefundStatus.FAILED, RefundFailure.NO_LONGER_HELD)
    assert (outgoing.calls, await held_fen(loan)) == (0, 0)
    assert await plan(loan) == await plan(twin)
    assert await facts(*TOLD) == {"RefundFailed": 1}
    assert await is_sound()


async def test_money_charged_back_after_it_was_sent_has_been_lent(
    lend: Lend, pay: Pay, outgoing: RefundsRail
) -> None:
    mei = await join()
    loan, twin = await ahead(mei, lend, pay), await ahead(mei, lend, pay, "twin")
    connect(outgoing)
    view = await sent(loan)
    await charge_back(loan)
    await charge_back(twin)
    owed_fen = (await loans.loan(twin)).principal_fen
    assert (await loans.loan(loan)).principal_fen == owed_fen + 200_000
    assert await is_sound()

    await operations.accept_refund_notice(word(view, RailStatus.FAILED))
    assert await plan(loan) == await plan(twin)
    assert await is_sound()


async def test_a_due_before_sending_does_not_stop_a_refund(
    lend: Lend, pay: Pay, outgoing: RefundsRail
) -> None:
    loan = await ahead(await join(), lend, pay)
    view = await ask(loan)
    await move_business_date(DUE_DAY + timedelta(days=1))
    connect(outgoing)
    await operations.start_refund(
        RefundRequested(
            refund_id=view.refund_id,
            borrower_id=loan.borrower_id,
            loan_id=loan.loan_id,
            amount_fen=view.amount_fen,
        ),
        "dl00000abcdefghi",
        rail=outgoing,
    )
    assert outgoing.orders == {view.refund_id: (200_000, PAYEE)}


async def test_a_refund_is_found_by_its_borrower_only(loan: LoanRef) -> None:
    view = await ask(loan)
    for ref in (
        RefundRef(borrower_id=WANG, refund_id=view.refund_id),
        RefundRef(borrower_id=loan.borrower_id, refund_id="rf00000000000000"),
        RefundRef(borrower_id=loan.borrower_id, refund_id="'; DROP TABLE refund"),
    ):
        with pytest.raises(NotFound):
            await queries.refund(ref)


def test_a_wish_counts_within_its_borrowers_keys() -> None:
    ref = LoanRef(borrower_id=WANG, loan_id="ln00000000000000")
    assert RefundOverpayment(loan=ref, idempotency_key="k").caller_id == WANG
    assert START_DAY < DUE_DAY
