"""Taking a repayment and undoing one: each once, whatever came before or after."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from app.foundation.database import Transaction
from app.foundation.errors import NotFound
from app.foundation.working_days import working_days
from app.ledger import operations as ledger
from app.loanmath.errors import EventRefused
from app.loanmath.life import (
    ChargebackReceived,
    Event,
    RepaymentReceived,
    RepaymentReversed,
)
from app.loanmath.schedule import Prepayment
from app.servicing.errors import RepaymentImpossible, SourceReused
from app.servicing.models import LoanEventRow, LoanRow
from app.servicing.operations.restatement import (
    Cause,
    append_event,
    keep,
    locked,
    post_difference,
)
from app.servicing.queries import allocated_by, check_amount, events_of, paid_by_number
from app.servicing.rules import (
    EarlyEffect,
    LoanRef,
    LoanSummary,
    PaymentOutcome,
    Projection,
    ReversalReason,
    early_effect,
    early_fen_of,
    moved_by,
    project,
)

UNDONE_BY: Mapping[ReversalReason, type[RepaymentReversed | ChargebackReceived]] = {
    ReversalReason.BOOKED_IN_ERROR: RepaymentReversed,
    ReversalReason.RAIL_REVERSED: RepaymentReversed,
    ReversalReason.CHARGED_BACK: ChargebackReceived,
}
"""Which event undoes a repayment, by why."""


async def take_payment(
    tx: Transaction,
    loan: LoanRef,
    amount_fen: int,
    *,
    repayment_id: str,
    received_on: date,
    prepayment: Prepayment | None = None,
    returns: bool = False,
) -> PaymentOutcome:
    """
    Take money towards a loan, once per repayment: what is more than owed is held for the borrower.

    With a `prepayment`, what goes beyond the dues does that; without, it pays the next installment
    first and then does what the terms say.

    It counts from the day it was received, which may lie back; everything since is worked out anew.
    Money never counts later than the business date on which it is taken.

    One that `returns` gives the loan back within the days agreed: it closes it at its principal.
    Should it not be enough for that any more, because an earlier repayment was undone meanwhile, or
    should its money have come after those days, it is a repayment like others.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        InvalidInput: The amount is not between 1 fen and ten billion yuan.
        RepaymentImpossible: It was received before the loan's money went out.
        SourceReused: A fault: the repayment was taken before, with another amount or direction.
    """
    check_amount(amount_fen)
    row = await locked(loan)
    events = await events_of(row.id)
    source_key = f"repayment|{repayment_id}"
    known = await LoanEventRow.get_or_none(source_key=source_key)
    on = max(tx.today, row.as_of)
    if known is not None:
        _check_same(known, row, amount_fen, prepayment)
        taken = project(row.signed(), events, on, working_days())
        return _outcome(row, known.id, amount_fen, taken, others=_without(events, known.id))
    effective_on = min(received_on, tx.today)
    event = RepaymentReceived(
        id=tx.new_id("ev"),
        effective_on=effective_on,
        recorded_at=tx.now,
        amount_fen=amount_fen,
        prepayment=prepayment,
        returns=returns and effective_on <= (row.returnable_until or date.min),
    )
    projection = _with_event(row, events, event, on)
    if event.returns and not projection.is_closed:
        event = replace(event, returns=False)
        projection = _with_event(row, events, event, on)
    await post_difference(
        tx,
        row.id,
        before=row.kept_position(),
        after=projection.position,
        cause=Cause(kind="repayment", source=event.id, effective_on=event.effective_on),
    )
    await append_event(tx, row, event, source_key=source_key, about=repayment_id)
    await keep(tx, row, projection, on)
    return _outcome(row, event.id, amount_fen, projection, others=events)


async def reverse_payment(
    tx: Transaction,
    loan: LoanRef,
    *,
    repayment_id: str,
    reason: ReversalReason,
) -> LoanSummary:
    """
    Undo a repayment: the loan is as if it had never been, and what came after is worked out anew.

    The ledger keeps both: the repayment's posting is reversed by its opposite, and what later
    repayments now went to instead is posted beside it. Undoing it again changes nothing.

    Raises:
        NotFound: There is no such loan or repayment, or it is somebody else's.
        RepaymentImpossible: What happened since cannot stand without it, such as a refund.
    """
    row = await locked(loan)
    events = await events_of(row.id)
    taken = await LoanEventRow.get_or_none(source_key=f"repayment|{repayment_id}", loan_id=row.id)
    if taken is None:
        raise NotFound("repaymentId")
    source_key = f"reversal|{repayment_id}"
    on = max(tx.today, row.as_of)
    if await LoanEventRow.exists(source_key=source_key):
        return row.as_summary(on)
    event = UNDONE_BY[reason](
        id=tx.new_id("ev"), effective_on=tx.today, recorded_at=tx.now, reverses=taken.id
    )
    projection = _with_event(row, events, event, on)
    opposite = await ledger.reverse(
        tx,
        kind="repayment",
        source=taken.id,
        reversal_kind="reversal",
        reversal_source=event.id,
        effective_on=event.effective_on,
    )
    before = row.kept_position()
    await post_difference(
        tx,
        row.id,
        before=before if opposite is None else moved_by(before, opposite.entries),
        after=projection.position,
        cause=Cause(kind="restatement", source=event.id, effective_on=event.effective_on),
    )
    await append_event(tx, row, event, source_key=source_key, about=repayment_id)
    await keep(tx, row, projection, on)
    return row.as_summary(on)


def _with_event(row: LoanRow, events: list[Event], event: Event, on: date) -> Projection:
    try:
        return project(row.signed(), [*events, event], on, working_days())
    except EventRefused as refused:
        raise RepaymentImpossible(refused.reason) from refused


def _without(events: list[Event], repayment_event_id: str) -> list[Event]:
    return [
        event
        for event in events
        if event.id != repayment_event_id and getattr(event, "reverses", None) != repayment_event_id
    ]


def _check_same(
    known: LoanEventRow, row: LoanRow, amount_fen: int, prepayment: Prepayment | None
) -> None:
    event = known.as_event()
    assert isinstance(event, RepaymentReceived), "a repayment's key has a repayment"
    taken = (known.loan_id, event.amount_fen, event.prepayment)
    if taken != (row.id, amount_fen, prepayment):
        raise SourceReused(f"{known.source_key} was taken as {known.id}")


def _outcome(
    row: LoanRow,
    event_id: str,
    amount_fen: int,
    projection: Projection,
    *,
    others: Sequence[Event],
) -> PaymentOutcome:
    """Sum up what a repayment did; `others` is all that happened to the loan beside it."""
    allocations = allocated_by(event_id, projection.state)
    applied_fen = sum(part.amount_fen for part in allocations)
    return PaymentOutcome(
        event_id=event_id,
        allocations=allocations,
        applied_fen=applied_fen,
        unapplied_fen=amount_fen - applied_fen,
        balance_fen=projection.figures.balance_fen,
        held_fen=projection.figures.unapplied_fen,
        is_closed=projection.is_closed,
        early=_early_effect(row, projection, paid_by_number(allocations), others),
    )


def _early_effect(
    row: LoanRow, after: Projection, paid_fen: Mapping[int, int], others: Sequence[Event]
) -> EarlyEffect | None:
    """Compare with the loan without the repayment, which most need not: they pay what is due."""
    on = after.state.on
    if not early_fen_of(after.lines, paid_fen, on):
        return None
    before = project(row.signed(), others, on, working_days())
    return early_effect(before.lines, after.lines, paid_fen, on)
