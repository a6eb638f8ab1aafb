"""Agreement and cost certificate of a borrower's, as papers."""

import orjson

from app.foundation.errors import NotFound
from app.foundation.papers.blocks import Paper
from app.foundation.sealing import unseal
from app.origination.models import AgreementRow, CertificateRow, agreement_cell
from app.origination.queries.agreements import evidence_of
from app.origination.rules.certificate import certificate_from
from app.origination.rules.papers import SignatureNote, agreement_paper, certificate_paper


async def paper_of_agreement(borrower_id: str, agreement_id: str) -> Paper:
    """
    Set the text of a borrower's agreement, signed or not.

    Raises:
        NotFound: There is no such agreement, or it is somebody else's.
        SealBroken: The text or its evidence was altered.
    """
    row = await AgreementRow.get_or_none(id=agreement_id, borrower_id=borrower_id)
    if row is None:
        raise NotFound
    return agreement_paper(
        agreement_id=row.id,
        agreed=await unseal(agreement_cell(row.id, borrower_id, "text"), row.text),
        sha256=row.sha256,
        made_at=row.made_at,
        signature=await _signature(row),
    )


async def _signature(row: AgreementRow) -> SignatureNote | None:
    if row.signed_at is None:
        return None
    told = orjson.loads(await evidence_of(row.id))
    if "approval" not in told:  # of a signature from before its approval was kept with it
        means, intent_id, sha256 = "CODE", told["intent_id"], told["certificate_sha256"]
    else:
        approval = told["approval"]
        means, intent_id = approval["means"], approval["intent_id"]
        sha256 = told["certificate"]["sha256"]
    return SignatureNote(
        signed_at=row.signed_at, means=means, intent_id=intent_id, certificate_sha256=sha256
    )


async def paper_of_certificate(borrower_id: str, certificate_id: str) -> Paper:
    """
    Set a borrower's cost certificate.

    Raises:
        NotFound: There is no such certificate, or it is somebody else's.
    """
    row = await CertificateRow.get_or_none(id=certificate_id, borrower_id=borrower_id)
    if row is None:
        raise NotFound
    return certificate_paper(
        certificate_from(row.content),
        sha256=row.sha256,
        made_at=row.made_at,
        confirmed_at=row.confirmed_at,
    )
