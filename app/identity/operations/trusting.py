"""How far a session is trusted: judged when it starts, and again with whatever is shown since."""

from collections.abc import Iterable

from app.foundation.audit import Entry, record
from app.foundation.caller import Trust
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import blind_indexes
from app.identity.events import SessionWaits
from app.identity.models import SessionRow
from app.identity.operations.leaving import come_back
from app.identity.operations.registers import subscriber_since
from app.identity.ports import Subscriber
from app.identity.queries.borrowers import contact_of
from app.identity.queries.recovery import STOPPED, account_of, phone_proven_at
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
        if evidence & {Evidence.PHONE, Evidence.DOUBTED_CODE}:
            await let_messages_through(tx, (await contact_of(row.borrower_id)).phone)
    if row.full_at is not None:
        await announce(tx, SessionWaits(borrower_id=row.borrower_id, session_id=row.id))
    about = {"session": row.id, "trust": trust.value}
    await record(tx, Entry("session.trusted", row.borrower_id, row.borrower_id, about))
    await revise(tx, row.borrower_id)
    return trust


async def let_messages_through(tx: Transaction, phone: str) -> None:
    """Send messages to a number again that was stopped: its holder is who they are meant for."""
    indexes = blind_indexes(STOPPED, phone)
    places = ", ".join("?" for _ in indexes)
    stopped = f"SELECT id FROM stopped_number WHERE phone_index IN ({places})"
    await tx.run(f"DELETE FROM data_key WHERE subject_id IN ({stopped})", indexes)
    await tx.run(f"DELETE FROM stopped_number WHERE phone_index IN ({places})", indexes)


async def ask_about_number(session_id: str, *, always: bool = False) -> None:
    """
    Ask the register about the number that a session was started with, if it could open anything.

    Call it outside any transaction. What it says is kept with the session, and asked once; with
    `always` also where it opens nothing, because something else goes by it.
    """
    row = await SessionRow.get_or_none(id=session_id, ended_at=None, subscriber=None)
    if row is None:
        return
    account = await account_of(row.borrower_id)
    evidence = recovery.evidence_of(row.evidence)
    is_useful = always or recovery.asks_register(evidence, account)
    if Trust(row.trust) is not Trust.CONTACT or not is_useful:
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
