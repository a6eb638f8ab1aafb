"""
Writing the consent ledger: one for everything a borrower agrees to, wherever they do.

It is kept here, at the bottom of the house, because origination writes it during an application
and privacy shows it and takes things back: both are above, and neither may own it alone.
"""

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.identity.events import ConsentGiven, ConsentWithdrawn
from app.identity.models import ConsentLineRow
from app.identity.queries.consents import consent_line
from app.identity.rules.consents import ConsentAct, ConsentLine, ConsentTo, ConsentWords, standing


async def note_consent(
    tx: Transaction,
    borrower_id: str,
    to: ConsentTo,
    words: ConsentWords,
    *,
    session_id: str | None = None,
) -> bool:
    """Write down that a borrower agrees, unless the ledger says so already; tell whether it did."""
    lines = await _locked_lines(tx, borrower_id)
    if to in standing(lines):
        return False
    await _write(
        tx,
        borrower_id,
        len(lines) + 1,
        act=ConsentAct.GIVEN,
        to=to,
        words=words,
        session_id=session_id,
    )
    await announce(
        tx,
        ConsentGiven(
            borrower_id=borrower_id, purpose=to.purpose, recipient=to.recipient, about=to.about
        ),
    )
    return True


async def note_withdrawal(
    tx: Transaction,
    borrower_id: str,
    purpose: str,
    recipient: str = "",
    *,
    about: str | None = None,
    session_id: str | None = None,
) -> list[ConsentTo]:
    """
    Write down that a borrower takes back what stands of a purpose towards a recipient.

    Without `about`, for every application and in general. Returns what was taken back; taking back
    what does not stand writes nothing. Nothing written before is changed: what was done while the
    consent stood was done with it (PIPL art. 15).
    """
    lines = await _locked_lines(tx, borrower_id)
    number = len(lines)
    taken_back = [
        (to, line.words)
        for to, line in standing(lines).items()
        if to.purpose == purpose
        and to.recipient == recipient
        and (about is None or to.about == about)
    ]
    for to, words in taken_back:
        number += 1
        await _write(
            tx,
            borrower_id,
            number,
            act=ConsentAct.WITHDRAWN,
            to=to,
            words=words,
            session_id=session_id,
        )
        await announce(
            tx,
            ConsentWithdrawn(
                borrower_id=borrower_id,
                purpose=to.purpose,
                recipient=to.recipient,
                about=to.about,
            ),
        )
    return [to for to, _ in taken_back]


async def _locked_lines(tx: Transaction, borrower_id: str) -> list[ConsentLine]:
    """Read the ledger after locking the borrower's revision: two writers at once count right."""
    await revise(tx, borrower_id)
    rows = await ConsentLineRow.filter(borrower_id=borrower_id).order_by("number")
    return [consent_line(row) for row in rows]


async def _write(
    tx: Transaction,
    borrower_id: str,
    number: int,
    *,
    act: ConsentAct,
    to: ConsentTo,
    words: ConsentWords,
    session_id: str | None,
) -> None:
    await ConsentLineRow.create(
        id=tx.new_id("cr"),
        line_key=f"{borrower_id}:{number}",
        borrower_id=borrower_id,
        number=number,
        act=act.value,
        purpose=to.purpose,
        recipient=to.recipient,
        about=to.about,
        version=words.version,
        language=words.language,
        text_sha256=words.sha256,
        session_id=session_id,
        noted_at=milliseconds(tx.now),
    )
