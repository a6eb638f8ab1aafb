"""Whether a message may go out now: wishes, consent, truth, the night and how many there were."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.collections.operations import Reminder, may_remind
from app.collections.queries import agreement_of, holds_of
from app.collections.rules import ContactChannel, PermitRefusal
from app.foundation.clock import beginning_of, local_date
from app.foundation.database import Transaction
from app.identity.queries import has_consent, is_number_stopped
from app.messaging import queries
from app.messaging.ports import Channel
from app.messaging.queries import Notification
from app.messaging.rules import (
    ASKING_FOR_LATE_MONEY,
    CAPS,
    MANNERS,
    Cap,
    Category,
    Kind,
    QuietHours,
    Reason,
    first_allowed,
)
from app.origination.queries import is_late_still
from app.servicing.queries import plans_by_loan

OF_A_DAY = frozenset({Kind.DUE_TODAY, Kind.AUTO_DEBIT_SOON, Kind.AUTO_DEBIT_ABOVE_CAP})
"""What is not worth telling once its day is over."""
MARKETING = "MARKETING"
"""The consent's purpose in the policy data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one message is about."""

    kind: Kind
    borrower_id: str
    """Empty where somebody without an account is asked for a guarantee."""
    notification: Notification | None


async def allowed_at(told: Told, channel: Channel, moment: datetime) -> datetime:
    """
    Return when a message may go out, from a moment on.

    Warnings may come at night, but no call does.
    """
    if MANNERS[told.kind].wakes and channel is not Channel.VOICE:
        return moment
    hours = [await queries.quiet_hours(local_date(moment))]
    if told.borrower_id and not MANNERS[told.kind].wakes:
        own = (await queries.wishes_of(told.borrower_id)).quiet_hours
        hours += [] if own is None else [own]
    if told.borrower_id and told.kind in ASKING_FOR_LATE_MONEY:
        agreed = (await agreement_of(told.borrower_id)).hours
        hours += [] if agreed is None else [QuietHours(begins=agreed.ends, ends=agreed.begins)]
    return first_allowed(moment, hours)


async def reason_against(told: Told, channel: Channel, today: date) -> Reason | None:
    """Return why a message is not to be sent, as things are now; None if it is."""
    if told.notification is None:
        return None
    if await is_number_stopped(told.borrower_id):
        return Reason.NOT_THEIR_NUMBER
    category = MANNERS[told.kind].category
    if not await queries.wants(told.borrower_id, category, channel):
        return Reason.SWITCHED_OFF
    if category is Category.MARKETING and not await has_consent(told.borrower_id, MARKETING):
        return Reason.NO_CONSENT
    if category is Category.MARKETING and await holds_of(told.borrower_id, today):
        return Reason.NOT_PERMITTED
    return None if await _is_true(told.notification, today) else Reason.NO_LONGER_TRUE


async def leave_to_ask(
    tx: Transaction, told: Told, channel: Channel, message_id: str
) -> Reason | None:
    """
    Ask collections for leave, where a message asks for late money; None where it may go out.

    It is asked last, as what is given is written down as a contact with the borrower.
    """
    if told.notification is None or told.kind not in ASKING_FOR_LATE_MONEY:
        return None
    own = (await queries.wishes_of(told.borrower_id)).quiet_hours
    reminder = Reminder(
        borrower_id=told.borrower_id,
        loan_id=str(told.notification.data["loan_id"]),
        channel=ContactChannel(channel.value),
        message_id=message_id,
        own_quiet=own,
    )
    against = await may_remind(tx, reminder)
    if not against:
        return None
    return Reason.NO_LONGER_TRUE if PermitRefusal.CASE_OVER in against else Reason.NOT_PERMITTED


async def count_towards_cap(tx: Transaction, told: Told) -> bool:
    """
    Count one interruption; False where there were enough, and nothing is counted.

    The count is one statement, so that it holds however many workers count at once.
    """
    category = MANNERS[told.kind].category
    cap = CAPS.get(category)
    if cap is None or not told.borrower_id:
        return True
    span, ends_on = _span(cap, tx.now)
    counted = await tx.rows(
        "INSERT INTO contact_count (id, borrower_id, count, ends_on) VALUES (?, ?, 1, ?)"
        " ON CONFLICT (id) DO UPDATE SET count = contact_count.count + 1"
        " WHERE contact_count.count < ? RETURNING id",
        [
            f"{told.borrower_id}:{category}:{span}",
            told.borrower_id,
            ends_on.isoformat(),
            cap.most,
        ],
    )
    return bool(counted)


def next_span_begins(kind: Kind, now: datetime) -> datetime:
    """Return the first midnight after which the cap of a kind counts anew."""
    _, ends_on = _span(CAPS[MANNERS[kind].category], now)
    return beginning_of(ends_on)


def _span(cap: Cap, now: datetime) -> tuple[int, date]:
    """Return the number of the span that a moment is in, and the day on which the next begins."""
    span = local_date(now).toordinal() // cap.days
    return span, date.fromordinal((span + 1) * cap.days)


async def forget_counts(tx: Transaction) -> None:
    """Drop counts of days that are over; two more days are kept, in case the clock is set back."""
    over = local_date(tx.now) - timedelta(days=2)
    await tx.run("DELETE FROM contact_count WHERE ends_on < ?", [over.isoformat()])


async def _is_true(told: Notification, today: date) -> bool:
    if told.kind in OF_A_DAY and today.isoformat() > str(told.data["due_on"]):
        return False
    if told.kind in {Kind.DUE_TODAY, Kind.OVERDUE}:
        return await _is_still_owed(told)
    if told.kind is Kind.GUARANTEE_LATE:
        # A guarantor need not hear of what the borrower has paid since.
        return await is_late_still(str(told.data["guarantee_id"]), int(told.data["number"]))
    return True


async def _is_still_owed(told: Notification) -> bool:
    """Look again: between midnight and morning the borrower may have paid."""
    plan = (await plans_by_loan([str(told.data["loan_id"])]))[0]
    return any(line.left_fen > 0 for line in plan if line.number == told.data["number"])
