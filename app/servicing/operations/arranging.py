"""Hardship: an arrangement that a borrower chooses holds at once, or goes to staff."""

from datetime import timedelta

import msgspec

from app.catalog.queries import policy_book
from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.servicing.errors import HardshipOptionStale, HardshipWaiting
from app.servicing.events import HardshipArranged, HardshipReferred
from app.servicing.models import HardshipRequestRow, LoanRow
from app.servicing.operations.applying import apply_event
from app.servicing.operations.restatement import locked
from app.servicing.queries import events_of
from app.servicing.queries.hardship import hardship_policy, situation_of
from app.servicing.rules import LoanRef
from app.servicing.rules.hardship import (
    TOKEN_LENGTH,
    HardshipRequest,
    HardshipState,
    Option,
    RequestHardship,
    Situation,
    events_of_relief,
    option_of,
)

log = logger(__name__)


async def request_hardship(command: RequestHardship) -> HardshipRequest:
    """
    Take an arrangement exactly as it was shown, once per idempotency key.

    Within the bounds of policy it holds at once: its events happen to the loan in this transaction.
    Otherwise the request waits for staff and nothing about the loan changes.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
        HardshipOptionStale: The loan or the day is another since it was shown; nothing was changed.
        HardshipWaiting: Another request about the loan waits for staff.
        CalendarUnpublished: A due date has come whose year's working days are not published.
        IdempotencyConflict: The key was used for another command.
    """
    if len(command.option_token) != TOKEN_LENGTH:
        raise InvalidInput("input.optionToken", "servicing.reason.option_token")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return msgspec.convert(claim.answer, HardshipRequest)
        row = await _held(command.loan)
        situation = situation_of(row, await events_of(row.id), tx.today)
        policy = await hardship_policy(tx.today)
        option = option_of(situation, policy, command.option_token)
        if option is None:
            raise HardshipOptionStale
        if option.is_at_once:
            request = await _arrange(tx, row, situation, option)
        else:
            request = await _refer(tx, row, option)
        await revise(tx, row.borrower_id)
        answer = request.as_request()
        await claim.settle(tx, msgspec.to_builtins(answer))
    log.info("hardship_requested", request_id=answer.request_id, state=answer.state.value)
    return answer


async def _held(loan: LoanRef) -> LoanRow:
    try:
        return await locked(loan)
    except NotFound:
        raise NotFound("input.loanId") from None


async def _arrange(
    tx: Transaction, row: LoanRow, situation: Situation, option: Option
) -> HardshipRequestRow:
    request = await _write(tx, row, option, HardshipState.ARRANGED)
    ids = (tx.new_id("ev"), tx.new_id("ev"))
    events = events_of_relief(situation, option.relief, ids=ids, recorded_at=tx.now)
    lines = situation.now.lines
    for place, event in enumerate(events):
        projection = await apply_event(
            tx,
            row,
            event,
            source_key=f"hardship|{request.id}|{place}",
            about=request.id,
            posting="hardship",
        )
        lines = projection.lines
    assert lines == option.lines, "what was shown is what holds"
    await announce(
        tx,
        HardshipArranged(
            request_id=request.id,
            loan_id=row.id,
            borrower_id=row.borrower_id,
            kind=option.relief.kind.value,
            next_due_on=option.next_due_on.isoformat(),
            next_amount_fen=option.next_amount_fen,
        ),
    )
    return request


async def _refer(tx: Transaction, row: LoanRow, option: Option) -> HardshipRequestRow:
    waiting = await HardshipRequestRow.get_or_none(waiting_key=row.id)
    if waiting is not None:
        days = (await policy_book(tx.today)).whole("hardship_waiting_days")
        if tx.today <= waiting.asked_on + timedelta(days=days):
            raise HardshipWaiting(waiting.id)
    request = await _write(tx, row, option, HardshipState.WAITING)
    await announce(
        tx,
        HardshipReferred(
            request_id=request.id,
            loan_id=row.id,
            borrower_id=row.borrower_id,
            kind=option.relief.kind.value,
            periods=option.relief.periods,
            difference_fen=option.difference_fen,
            ends_on=option.ends_on.isoformat(),
        ),
    )
    return request


async def _write(
    tx: Transaction, row: LoanRow, option: Option, state: HardshipState
) -> HardshipRequestRow:
    """Write the request down; one that waits gives way to it, as its token is worth nothing now."""
    is_waiting = state is HardshipState.WAITING
    ended = HardshipState.LAPSED if is_waiting else HardshipState.REPLACED
    _ = await HardshipRequestRow.filter(waiting_key=row.id).update(
        waiting_key=None, state=ended.value
    )
    return await HardshipRequestRow.create(
        id=tx.new_id("hr"),
        borrower_id=row.borrower_id,
        loan_id=row.id,
        waiting_key=row.id if is_waiting else None,
        kind=option.relief.kind.value,
        periods=option.relief.periods,
        state=state.value,
        difference_fen=option.difference_fen,
        next_due_on=option.next_due_on,
        next_amount_fen=option.next_amount_fen,
        ends_on=option.ends_on,
        asked_at=tx.now,
        asked_on=tx.today,
    )
