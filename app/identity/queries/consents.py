"""Reading the consent ledger: what stands, what stood, and whether something may be done."""

from app.foundation.clock import moment_of
from app.foundation.paging import Page, PageAsk
from app.identity.models import ConsentLineRow
from app.identity.rules.consents import (
    ConsentAct,
    ConsentLine,
    ConsentTo,
    ConsentWords,
    standing,
)

PAGE = 1_000
"""How many withdrawals are read at once."""


async def has_consent(
    borrower_id: str, purpose: str, *, recipient: str = "", about: str | None = None
) -> bool:
    """
    Tell whether a borrower agrees to a use of their data at this moment.

    Whoever uses data that needs consent asks here right before. `about` asks for the consent of
    one application; without it, any that stands will do.
    """
    return any(
        to.purpose == purpose
        and to.recipient == recipient
        and (about is None or to.about in {"", about})
        for to in await consents_standing(borrower_id)
    )


async def consents_standing(borrower_id: str) -> dict[ConsentTo, ConsentLine]:
    """Return what a borrower agrees to at this moment, with the line that says so."""
    rows = await ConsentLineRow.filter(borrower_id=borrower_id).order_by("number")
    return standing(consent_line(row) for row in rows)


async def withdrawals_after(line_id: str) -> list[tuple[str, list[str | int]]]:
    """
    Return the next withdrawals in the ledger, each with the name of its line.

    They say whose, of what purpose, towards whom, about what, and when: what it takes to repeat
    them in a copy of the database from before.
    """
    rows = (
        await ConsentLineRow.filter(act=ConsentAct.WITHDRAWN.value, id__gt=line_id)
        .order_by("id")
        .limit(PAGE)
    )
    return [
        (row.id, [row.borrower_id, row.purpose, row.recipient, row.about, row.noted_at])
        for row in rows
    ]


async def consent_lines(borrower_id: str, ask: PageAsk) -> Page[ConsentLine]:
    """Return a page of a borrower's ledger, newest first."""
    found = ConsentLineRow.filter(borrower_id=borrower_id)
    if ask.after is not None:
        found = found.filter(number__lt=int(ask.after[0]))
    rows = await found.order_by("-number").limit(ask.first + 1)
    return Page[ConsentLine].cut([((row.number,), consent_line(row)) for row in rows], ask)


async def consent_line_of(borrower_id: str, line_id: str) -> ConsentLine | None:
    """Return one line of a borrower's ledger; None when missing or somebody else's."""
    row = await ConsentLineRow.get_or_none(id=line_id, borrower_id=borrower_id)
    return None if row is None else consent_line(row)


def consent_line(row: ConsentLineRow) -> ConsentLine:
    """Turn a row into the value that leaves the room."""
    return ConsentLine(
        line_id=row.id,
        number=row.number,
        act=ConsentAct(row.act),
        to=ConsentTo(purpose=row.purpose, recipient=row.recipient, about=row.about),
        words=ConsentWords(version=row.version, language=row.language, sha256=row.text_sha256),
        session_id=row.session_id,
        noted_at=moment_of(row.noted_at),
    )
