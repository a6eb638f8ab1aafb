"""
Money held for a borrower leaves the loan, and comes back to it if it cannot reach them.

It leaves the moment the borrower asks for it, not when the rail says that it has arrived: from then
on no due is paid out of it and nobody can ask for it twice. If it comes back, it has been there all
along, a due that fell in between included, so that what we restate is only ever better for the
borrower. The other way round a due would be paid by money already on its way out, and turn out
unpaid days later, with penalty. A due in between that the money would have paid is therefore simply
due, and its reminders go out.

Should the repayment that brought the money be undone meanwhile, what goes out has been lent: that
is what the arithmetic makes of a refund beyond what is held. Before money is sent,
`is_refund_covered` tells whether that has happened.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson

from app.foundation.database import Transaction
from app.foundation.working_days import working_days
from app.ledger import operations as ledger
from app.loanmath.life import Event, Refunded, RefundReversed
from app.servicing.models import LoanEventRow, LoanRow
from app.servicing.operations.restatement import (
    Cause,
    append_event,
    keep,
    locked,
    post_difference,
)
from app.servicing.queries import events_of
from app.servicing.rules import LoanRef, moved_by, project


async def refund(tx: Transaction, loan: LoanRef, amount_fen: int, *, refund_id: str) -> None:
    """
    Take money held for the borrower out of a loan; while the refund stands, again changes nothing.

    The caller makes sure that so much is held, with the loan held still since (`hold_loan`): what
    is not held is lent.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    row = await locked(loan)
    given = await _refunds_of(row, refund_id)
    if given and await _stands(given[-1]):
        return
    on = max(tx.today, row.as_of)
    events = await events_of(row.id)
    event = Refunded(
        id=tx.new_id("ev"),
        effective_on=tx.today,
        recorded_at=_after(events, tx.now),
        amount_fen=amount_fen,
    )
    projection = project(row.signed(), [*events, event], on, working_days())
    await post_difference(
        tx,
        row.id,
        before=row.kept_position(),
        after=projection.position,
        cause=Cause(kind="refund", source=event.id, effective_on=event.effective_on),
    )
    source_key = f"refund|{refund_id}|{len(given)}"
    await append_event(tx, row, event, source_key=source_key, about=refund_id)
    await keep(tx, row, projection, on)


async def undo_refund(tx: Transaction, loan: LoanRef, *, refund_id: str) -> None:
    """
    Hold the money of a refund again, as if it had never been given; done already, change nothing.

    The ledger keeps both: the refund's posting is reversed by its opposite, and what else is
    different now is posted beside it.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    row = await locked(loan)
    given = await _refunds_of(row, refund_id)
    if not given or not await _stands(given[-1]):
        return
    undone = given[-1]
    on = max(tx.today, row.as_of)
    event = RefundReversed(
        id=tx.new_id("ev"), effective_on=tx.today, recorded_at=tx.now, reverses=undone.id
    )
    projection = project(row.signed(), [*await events_of(row.id), event], on, working_days())
    opposite = await ledger.reverse(
        tx,
        kind="refund",
        source=undone.id,
        reversal_kind="refund_reversal",
        reversal_source=event.id,
        effective_on=event.effective_on,
    )
    assert opposite is not None, "money that left a loan was posted"
    await post_difference(
        tx,
        row.id,
        before=moved_by(row.kept_position(), opposite.entries),
        after=projection.position,
        cause=Cause(kind="restatement", source=event.id, effective_on=event.effective_on),
    )
    await append_event(tx, row, event, source_key=_reversal_key(undone), about=refund_id)
    await keep(tx, row, projection, on)


async def is_refund_covered(loan: LoanRef, refund_id: str) -> bool:
    """
    Tell whether the money of a refund that stands was the borrower's, as things look now.

    It is not when the repayment that brought it has been undone since. Dues that fell later do not
    count: they came when the money had left.

    Raises:
        NotFound: There is no such loan, or it is somebody else's.
    """
    row = await locked(loan)
    given = (await _refunds_of(row, refund_id))[-1]
    others = [one for one in await events_of(row.id) if one.id != given.id]
    without = project(row.signed(), others, given.effective_on, working_days())
    return without.state.unapplied_fen >= orjson.loads(given.body)["amount_fen"]


def _after(events: Sequence[Event], now: datetime) -> datetime:
    """
    Return a moment after everything recorded, now if it is.

    It orders the events of a day, and what gives money away must come after what brought it, even
    where another machine's clock, or nobody's, is fast enough to tell them apart.
    """
    return max(now, *(event.recorded_at + timedelta(microseconds=1) for event in events))


async def _refunds_of(row: LoanRow, refund_id: str) -> list[LoanEventRow]:
    """Return the events by which a refund took money out, the latest last."""
    found = LoanEventRow.filter(loan_id=row.id, about=refund_id, kind=Refunded.__name__)
    return await found.order_by("seq")


async def _stands(given: LoanEventRow) -> bool:
    return not await LoanEventRow.exists(source_key=_reversal_key(given))


def _reversal_key(given: LoanEventRow) -> str:
    """Return what is unique about the end of a refund: it comes back once."""
    return f"refund_reversal|{given.id}"
