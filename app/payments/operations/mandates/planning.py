"""When a mandate debits: on due dates, after notice, in rounds of a few attempts."""

from datetime import date, timedelta

from app.catalog.queries import policy_book
from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import blind_index, blind_indexes
from app.loanmath.life import DUE_SOON_DAYS
from app.payments.events import DebitPlanned
from app.payments.models import MandateConsentRow, MandateRow
from app.payments.queries import taken_in_month
from app.payments.rules.mandates import (
    LIVE,
    DebitPolicy,
    MandateStatus,
    NotSent,
    first_moment,
    mandate_step,
)
from app.servicing import queries as servicing
from app.servicing.events import InstallmentDueSoon, InstallmentDueToday, LoanPaidOff
from app.servicing.rules import LoanSummary


def card_mark(card: str) -> str:
    """Return a keyed hash of a card, by which it is known again without being kept."""
    return blind_index("mandate.card", card)


def is_marked(card_mark: str, card: str) -> bool:
    """Tell whether a mark is a card's, made under any version of the key that still counts."""
    return card_mark in blind_indexes("mandate.card", card)


async def policy_of(row: MandateRow) -> DebitPolicy:
    """Return the policy a mandate's words state: that of the day they were agreed to."""
    return DebitPolicy.of(await policy_book(row.agreed_on))


async def announce_debit(tx: Transaction, fact: InstallmentDueSoon) -> None:
    """Tell the borrower some days ahead what is going to be debited, and when."""
    row = await _active(fact.loan_id)
    due_on = date.fromisoformat(fact.due_on)
    if row is None or due_on <= tx.today:
        return
    await _give_notice(tx, row, await policy_of(row), due_on)
    await row.save()


async def plan_debit(tx: Transaction, fact: InstallmentDueToday) -> None:
    """
    Begin the round of a due date: today if its debit was announced in time, else after notice.

    An older round ends with it: the new one takes everything due. Above a cap there is nothing to
    announce: the round begins today, so that the borrower hears that nothing is taken.
    """
    row = await _active(fact.loan_id)
    due_on = date.fromisoformat(fact.due_on)
    if row is None or (row.round_on is not None and row.round_on >= due_on):
        return
    policy = await policy_of(row)
    noticed_on = row.announced_on if row.announced_for == due_on else None
    is_noticed = (
        noticed_on is not None and noticed_on + timedelta(days=policy.notice_days) <= tx.today
    )
    if is_noticed or (await _foreseen(row, policy, tx.today))[1] is not None:
        _begin_round(tx, row, policy, due_on=due_on, first_on=due_on)
    else:
        await _after_notice(tx, row, policy, due_on=due_on)
    await row.save()
    await revise(tx, row.borrower_id)


async def plan_from_now(
    tx: Transaction, row: MandateRow, loan: LoanSummary, policy: DebitPolicy
) -> None:
    """Plan for a mandate just agreed to: what is due now, or give late notice of what is near."""
    if loan.due_now_fen > 0:
        first_on = tx.today + timedelta(days=policy.notice_days)
        await _after_notice(tx, row, policy, due_on=first_on)
    elif loan.next_due_on is not None and loan.next_due_on <= tx.today + timedelta(
        days=DUE_SOON_DAYS
    ):
        await _give_notice(tx, row, policy, loan.next_due_on)


async def end_mandate(tx: Transaction, fact: LoanPaidOff) -> None:
    """End the mandate of a loan on which nothing is owed any more."""
    row = await MandateRow.filter(live_key=fact.loan_id).select_for_update().get_or_none()
    if row is not None:
        await stop(tx, row, MandateStatus.ENDED)


async def stop(tx: Transaction, row: MandateRow, status: MandateStatus) -> None:
    """
    Bring a held mandate where nothing is debited any more: for good, or until agreed to anew.

    Raises:
        MandateStepRefused: It does not lead there; nothing is changed.
    """
    row.status = mandate_step(MandateStatus(row.status), status).value
    row.next_on = None
    row.stopped_at = tx.now
    if status not in LIVE:
        row.live_key = None
        await MandateConsentRow.filter(id=row.consent_id).update(ended_at=tx.now)
    await row.save()
    await revise(tx, row.borrower_id)


async def _active(loan_id: str) -> MandateRow | None:
    return (
        await MandateRow.filter(live_key=loan_id, status=MandateStatus.ACTIVE.value)
        .select_for_update()
        .get_or_none()
    )


async def _after_notice(
    tx: Transaction, row: MandateRow, policy: DebitPolicy, *, due_on: date
) -> None:
    """Announce a debit today and plan it for when the notice is over, if that is not too late."""
    first_on = tx.today + timedelta(days=policy.notice_days)
    if first_on > policy.last_attempt_on(due_on):
        return
    await _give_notice(tx, row, policy, first_on)
    _begin_round(tx, row, policy, due_on=due_on, first_on=first_on)


def _begin_round(
    tx: Transaction, row: MandateRow, policy: DebitPolicy, *, due_on: date, first_on: date
) -> None:
    row.round_on = due_on
    row.round_number = 0
    row.next_on = first_on
    row.next_at = first_moment(policy, tx.now)


async def _give_notice(tx: Transaction, row: MandateRow, policy: DebitPolicy, on: date) -> None:
    amount_fen, above = await _foreseen(row, policy, on)
    if amount_fen == 0:
        return
    row.announced_for = on if above is None else None
    row.announced_on = tx.today
    await announce(
        tx,
        DebitPlanned(
            mandate_id=row.id,
            consent_id=row.consent_id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            on=on.isoformat(),
            amount_fen=amount_fen,
            is_above_cap=above is not None,
        ),
    )


async def _foreseen(row: MandateRow, policy: DebitPolicy, on: date) -> tuple[int, NotSent | None]:
    """Return what is to be taken of a day's dues, or all of them and what stands in the way."""
    due_fen = (await servicing.state_of(row.loan, on)).due_now_fen
    taken_fen = await taken_in_month(row.id, on)
    return row.caps.takes(due_fen, taken_fen=taken_fen, takes_part=policy.takes_part)
