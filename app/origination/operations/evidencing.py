"""Handing the evidence of a signature out, with its place in the audit chain, on record."""

import orjson

from app.foundation.audit import Entry, record
from app.foundation.audit.vouching import place_in_chain, vouch, vouching_key
from app.foundation.canonical import sha256_of
from app.foundation.database import transaction
from app.foundation.errors import NotFound
from app.foundation.sealing import Sealed, unseal
from app.origination.models import AgreementRow, agreement_cell
from app.origination.operations.stepping import moment_text
from app.origination.rules.evidence import EVIDENCE_VERSION, SIGNED_ENTRY, file_of

EXPORTED_ENTRY = "evidence.exported"


class NotInChain(Exception):
    """The audit chain doesn't name this evidence: one of them was altered, or it is too old."""


async def export_evidence(
    agreement_id: str, *, actor: str, borrower_id: str | None = None
) -> bytes:
    """
    Return the file of evidence of a signed agreement; who asked for it goes on the audit chain.

    Args:
        agreement_id: Which agreement.
        actor: Who asks: the borrower's id, or `OPERATOR` for whoever may run commands here.
        borrower_id: Whose it must be; anybody's unless said.

    Raises:
        NotFound: There is no such agreement of the borrower's, or it is not signed.
        NotInChain: Nobody can vouch for it any more, or never could.
        SealBroken: What was kept was altered.
    """
    async with transaction() as tx:
        row = await AgreementRow.get_or_none(id=agreement_id)
        kept: object = None if row is None else row.evidence
        if row is None or borrower_id not in {None, row.borrower_id}:
            raise NotFound
        if not isinstance(kept, Sealed):
            raise NotFound
        cell = agreement_cell(row.id, row.borrower_id, "evidence")
        written = await unseal(cell, kept)
        evidence = orjson.loads(written)
        about = {"agreement": row.id, "evidence": sha256_of(written)}
        if evidence.get("version") != EVIDENCE_VERSION:
            raise NotInChain
        chain = await place_in_chain(tx, kind=SIGNED_ENTRY, subject_id=row.borrower_id, about=about)
        if chain is None:
            raise NotInChain
        await record(tx, Entry(EXPORTED_ENTRY, row.borrower_id, actor, {"agreement": row.id}))
        return file_of(
            evidence=evidence,
            chain=chain,
            exported_at=moment_text(tx.now),
            key=vouching_key(),
            vouch=vouch,
        )
