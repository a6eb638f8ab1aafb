"""An invitation from code to reward: entered, watched, and rewarded once a first due is paid."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import orjson

from app.catalog.queries import policy_book
from app.catalog.rules import PolicyBook
from app.foundation import idempotency
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.log import logger
from app.foundation.revision import revise, revise_all
from app.identity import queries as identity
from app.origination.events import LoanDisbursed
from app.origination.queries import marks
from app.payments.events import RepaymentReversed, RepaymentTaken
from app.rewards.errors import (
    CampaignOver,
    InvitationCodeUnknown,
    InvitationTooLate,
    InvitedAlready,
    OwnInvitation,
)
from app.rewards.models import InvitationRow, RewardAccountRow
from app.rewards.operations import budgets
from app.rewards.operations.accounts import hold_account
from app.rewards.operations.budgets import Reserved
from app.rewards.operations.granting import grant
from app.rewards.operations.using import revoke
from app.rewards.queries.inviting import web_around
from app.rewards.rules import (
    LASTING,
    Doubt,
    InvitationState,
    Way,
    doubts_about,
    limits_of,
    normalized_code,
    points_policy,
    running,
)
from app.servicing import queries as loans
from app.servicing.events import LoanPaidOff
from app.servicing.rules import LoanRef

log = logger(__name__)

FIRST = 1
"""The installment whose payment by its day is rewarded."""
WAITING = (InvitationState.ENTERED.value, InvitationState.HELD.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterInvitation:
    """Somebody who has just joined says whose code brought them."""

    borrower_id: str
    code: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the borrower."""
        return self.borrower_id


async def enter_invitation(command: EnterInvitation) -> str:
    """
    Take an invitation code, once per person; return the invitation's id.

    Raises:
        InvalidInput: It is no code.
        CampaignOver: There are no invitations today.
        InvitationCodeUnknown: Nobody has this code.
        OwnInvitation: It is the caller's own.
        InvitedAlready: The caller entered one before.
        InvitationTooLate: The caller joined too long ago, or has applied for a loan.
        IdempotencyConflict: The key was used for another command.
    """
    code = normalized_code(command.code)
    if code is None:
        raise InvalidInput("input.code", "rewards.reason.code")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return str(claim.answer["invitation_id"])
        book = await policy_book(tx.today)
        inviter = await RewardAccountRow.get_or_none(code=code)
        if inviter is None:
            raise InvitationCodeUnknown
        if inviter.id == command.borrower_id:
            raise OwnInvitation
        await _check_new(tx.today, command.borrower_id, book)
        mark = await identity.device_mark_of(command.borrower_id)
        await hold_account(tx, command.borrower_id, points_policy(book), device_mark=mark)
        row = await _enter(tx, inviter.id, command.borrower_id)
        await _note(row, await _seen(row))
        await revise_all(tx, (inviter.id, command.borrower_id))
        await claim.settle(tx, {"invitation_id": row.id})
    log.info("invitation_entered", invitation_id=row.id)
    return row.id


async def watch_loan(_: Transaction, fact: LoanDisbursed) -> None:
    """Look again once an invited person's money has arrived: what they applied with is known."""
    row = await _waiting(fact.borrower_id)
    if row is None or row.loan_id is not None:
        return
    found = set(await _seen(row))
    if await marks.is_number_of_another(fact.borrower_id):
        found.add(Doubt.SAME_PHONE)
    if await marks.is_filled_in_by_another(fact.application_id):
        found.add(Doubt.BY_AGENT)
    row.loan_id = fact.loan_id
    await _note(row, found)


async def reward_inviter(tx: Transaction, fact: RepaymentTaken) -> None:
    """
    Give the inviter their coupon once the first installment is paid by its day, or hold it.

    Not while the loan may still be given back at no cost; the next repayment catches up. One that
    is held, for a doubt, a month that is full or money that is gone, is in staff's queue;
    nothing is lost without somebody having looked.
    """
    row = await _waiting(fact.borrower_id)
    if row is None or row.state != InvitationState.ENTERED or row.loan_id != fact.loan_id:
        return
    book = await policy_book(tx.today)
    ref = LoanRef(borrower_id=fact.borrower_id, loan_id=fact.loan_id)
    ahead_days = points_policy(book).ahead_days
    try:
        if not await loans.is_kept(ref):
            return
        if FIRST not in await loans.paid_on_time(ref, ahead_days=ahead_days, among={FIRST}):
            return
    except NotFound:  # forgotten before this was delivered
        return
    # Held, so that of two that come at once for one inviter the second counts the first.
    await hold_account(tx, row.inviter_id, points_policy(book))
    doubts = row.known_doubts() | await _seen(row)
    if await _is_full(tx, row.inviter_id, book):
        doubts |= {Doubt.TOO_MANY}
    row.doubts = _written(doubts)
    if doubts or await give_reward(tx, row, book) is not Reserved.YES:
        row.state = InvitationState.HELD.value
        await row.save()
    await revise(tx, row.inviter_id)
    log.info("invitation_due", invitation_id=row.id, state=row.state)


async def give_reward(tx: Transaction, row: InvitationRow, book: PolicyBook) -> Reserved:
    """Give the inviter's coupon, if a campaign that runs has money for them; else note why not."""
    reserved = Reserved.CAMPAIGN_FULL
    for campaign in running(book, Way.INVITATION):
        reserved = await budgets.try_reserve(tx, campaign, row.inviter_id)
        if reserved is Reserved.YES:
            source_key = f"invitation|{row.id}"
            coupon = await grant(tx, campaign, row.inviter_id, source_key=source_key)
            row.coupon_id = coupon.id
            row.state = InvitationState.REWARDED.value
            row.settled_month = f"{tx.today:%Y-%m}"
            await row.save()
            return reserved
    why = Doubt.TOO_MANY if reserved is Reserved.PERSON_FULL else Doubt.BUDGET
    row.doubts = _written(row.known_doubts() | {why})
    return reserved


async def reverse_reward(tx: Transaction, fact: RepaymentReversed | LoanPaidOff) -> None:
    """
    Take a reward back, or end its wait, whose first due was not paid by its day after all.

    So too where the loan was given back, in its days but told late.
    A coupon that was used stays used: nobody's loan gets dearer for what another did.
    """
    rows = InvitationRow.filter(invited_id=fact.borrower_id, loan_id=fact.loan_id)
    row = await rows.select_for_update().get_or_none()
    if row is None or row.state not in {InvitationState.HELD, InvitationState.REWARDED}:
        return
    ref = LoanRef(borrower_id=fact.borrower_id, loan_id=fact.loan_id)
    ahead_days = points_policy(await policy_book(tx.today)).ahead_days
    is_returned = await loans.is_returned(ref)
    stand = await loans.paid_on_time(ref, ahead_days=ahead_days, among={FIRST})
    if is_returned or FIRST not in stand:
        await take_reward_back(tx, row)


async def take_reward_back(tx: Transaction, row: InvitationRow) -> None:
    """Take a reward back as far as it was not used, whose invitation is held."""
    if row.coupon_id is not None:
        await revoke(tx, row.coupon_id)
    row.state = InvitationState.REVERSED.value
    await row.save()
    await revise(tx, row.inviter_id)


async def _check_new(today: date, borrower_id: str, book: PolicyBook) -> None:
    limits = limits_of(book)
    if limits is None:
        raise CampaignOver
    joined_on = local_date(await identity.joined_at(borrower_id))
    is_late = today > joined_on + timedelta(days=limits.entry_days)
    if is_late or await marks.has_applied(borrower_id):
        raise InvitationTooLate(days=limits.entry_days)


async def _enter(tx: Transaction, inviter_id: str, invited_id: str) -> InvitationRow:
    row = InvitationRow(
        id=tx.new_id("iv"),
        inviter_id=inviter_id,
        invited_id=invited_id,
        state=InvitationState.ENTERED.value,
        doubts=_written(()),
        entered_at=milliseconds(tx.now),
    )
    await InvitationRow.bulk_create([row], ignore_conflicts=True)
    kept = await InvitationRow.get_or_none(id=row.id)
    if kept is None:
        raise InvitedAlready
    return kept


async def _waiting(invited_id: str) -> InvitationRow | None:
    rows = InvitationRow.filter(invited_id=invited_id, state__in=WAITING)
    return await rows.select_for_update().get_or_none()


async def _seen(row: InvitationRow) -> frozenset[Doubt]:
    """Return the doubts that what is known today gives."""
    web = await web_around(row.inviter_id, row.invited_id)
    return doubts_about(row.inviter_id, row.invited_id, web)


async def _note(row: InvitationRow, found: Iterable[Doubt]) -> None:
    """Keep the doubts that last, as the marks they rest on are kept for a short time only."""
    row.doubts = _written(row.known_doubts() | (frozenset(found) & LASTING))
    await row.save()


async def _is_full(tx: Transaction, inviter_id: str, book: PolicyBook) -> bool:
    limits = limits_of(book)
    if limits is None:
        return True
    rewarded = InvitationRow.filter(inviter_id=inviter_id, state=InvitationState.REWARDED.value)
    if await rewarded.count() >= limits.total_max:
        return True
    return await rewarded.filter(settled_month=f"{tx.today:%Y-%m}").count() >= limits.month_max


def _written(doubts: Iterable[Doubt]) -> str:
    return orjson.dumps(sorted(doubts)).decode()
