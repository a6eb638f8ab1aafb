"""How far a session is trusted: judged when it starts, and again with whatever is shown since."""

from collections.abc import Iterable

from app.foundation.audit import Entry, record
from app.foundation.caller import Trust
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.identity.events import SessionWaits
from app.identity.models import SessionRow
from app.identity.operations.leaving import come_back
from app.identity.operations.registers import subscriber_since
from app.identity.ports import Subscriber
from app.identity.queries.borrowers import contact_of
from app.identity.queries.recovery import account_of, phone_proven_at
from app.identity.rules import recovery
from app.identity.rules.recovery import Evidence


async def show(tx: Transaction, row: SessionRow, shown: Iterable[Evidence]) -> Trust:
    """
    Note what the holder of a session has shown, and trust it as far as all of that goes.

    The row is locked by the caller. Trust never falls; whoever becomes known again and had closed
    their account is back.
    """
    before = Trust(row.trust)
    evidence = recovery.evidence_of(row.evidence) | set(shown)
    account = await account_of(row.borrower_id)
    judged = recovery.trust_of(evidence, account)
    trust = judged if judged.reaches(before) else before
    row.evidence = recovery.kept_of(evidence)
    row.trust = trust
    row.full_at = None
    if trust is Trust.KNOWN and recovery.opens_by_waiting(evidence, account):
        row.full_at = milliseconds(tx.now + recovery.WAIT)
    await row.save(update_fields=["evidence", "trust", "full_at"])
    if trust is before:
        return trust
    if not before.reaches(Trust.KNOWN):
        await come_back(tx, row.borrower_id)
    if row.full_at is not None:
        await announce(tx, SessionWaits(borrower_id=row.borrower_id, session_id=row.id))
    about = {"session": row.id, "trust": trust.value}
    await record(tx, Entry("session.trusted", row.borrower_id, row.borrower_id, about))
    await revise(tx, row.borrower_id)
    return trust


async def ask_about_number(session_id: str) -> None:
    """
    Ask the register about the number that a session was started with, if it could open anything.

    Call it outside any transaction. What it says is kept with the session, and asked once.
    """
    row = await SessionRow.get_or_none(id=session_id, ended_at=None, subscriber=None)
    if row is None:
        return
    account = await account_of(row.borrower_id)
    if Trust(row.trust) is not Trust.CONTACT or not recovery.asks_register(
        recovery.evidence_of(row.evidence), account
    ):
        return
    since = await phone_proven_at(row.borrower_id, but_by=row.id)
    verdict = await subscriber_since((await contact_of(row.borrower_id)).phone, since)
    async with transaction() as tx:
        live = SessionRow.filter(id=session_id, ended_at=None, subscriber=None)
        row = await live.select_for_update().first()
        if row is None:
            return
        row.subscriber = verdict
        await row.save(update_fields=["subscriber"])
        if verdict is Subscriber.SAME:
            await show(tx, row, {Evidence.SAME_SUBSCRIBER})
