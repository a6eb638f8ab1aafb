"""Reads of certificates, agreements and disbursements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.foundation.errors import NotFound
from app.foundation.sealing import Sealed, unseal, unseal_all
from app.origination.models import (
    AgreementRow,
    CertificateRow,
    ComprehensionAnswerRow,
    DisbursementRow,
    agreement_cell,
)
from app.origination.rules.certificate import CostCertificate, certificate_from
from app.origination.rules.comprehension import Question, questions_of
from app.origination.rules.states import DisbursementState


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """A cost certificate: its exact JSON, its values and questions, and how far reading has got."""

    certificate_id: str
    application_id: str
    canonical_json: str
    sha256: str
    certificate: CostCertificate
    questions: tuple[Question, ...]
    answered: frozenset[str]
    """The questions that were answered right."""
    opened_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementView:
    """The text to be signed, or that was signed."""

    agreement_id: str
    application_id: str
    text: str = field(repr=False)
    sha256: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementView:
    """Where the money of an application stands."""

    disbursement_id: str
    application_id: str
    amount_fen: int
    state: DisbursementState
    failure_reason: str | None


async def certificates_by_application(
    application_ids: Sequence[str],
) -> list[CertificateView | None]:
    """Return the certificates that count, in the order asked; two queries for any number."""
    rows = await CertificateRow.filter(live_key__in=list(application_ids))
    answered: defaultdict[str, set[str]] = defaultdict(set)
    right = ComprehensionAnswerRow.filter(
        certificate_id__in=[row.id for row in rows], is_right=True
    )
    for answer in await right:
        answered[answer.certificate_id].add(answer.question)
    found = {row.application_id: certificate_view(row, answered[row.id]) for row in rows}
    return [found.get(application_id) for application_id in application_ids]


def certificate_view(row: CertificateRow, answered: set[str]) -> CertificateView:
    """Read a certificate from its row."""
    certificate = certificate_from(row.content)
    return CertificateView(
        certificate_id=row.id,
        application_id=row.application_id,
        canonical_json=row.content,
        sha256=row.sha256,
        certificate=certificate,
        questions=questions_of(certificate, row.sha256),
        answered=frozenset(answered),
        opened_at=row.opened_at,
        confirmed_at=row.confirmed_at,
    )


async def agreements_by_application(application_ids: Sequence[str]) -> list[AgreementView | None]:
    """Return the agreements that count, in the order asked; two queries for any number."""
    rows = await AgreementRow.filter(live_key__in=list(application_ids))
    cells = [(agreement_cell(row.id, row.borrower_id, "text"), bytes(row.text)) for row in rows]
    texts = await unseal_all(cells)
    found = {
        row.application_id: AgreementView(
            agreement_id=row.id,
            application_id=row.application_id,
            text=text,
            sha256=row.sha256,
            signed_at=row.signed_at,
        )
        for row, text in zip(rows, texts, strict=True)
    }
    return [found.get(application_id) for application_id in application_ids]


async def evidence_of(agreement_id: str) -> str:
    """
    Return the evidence of a signature: canonical JSON with the text, its hash, the code, the time.

    Raises:
        NotFound: There is no such agreement, or it was not signed.
        SealBroken: The evidence was altered.
    """
    row = await AgreementRow.get_or_none(id=agreement_id)
    evidence: object = None if row is None else row.evidence
    if row is None or not isinstance(evidence, Sealed):
        raise NotFound
    return await unseal(agreement_cell(row.id, row.borrower_id, "evidence"), evidence)


async def disbursements_by_application(
    application_ids: Sequence[str],
) -> list[DisbursementView | None]:
    """Return disbursements in the order asked, with one query."""
    found = {
        row.application_id: DisbursementView(
            disbursement_id=row.id,
            application_id=row.application_id,
            amount_fen=row.amount_fen,
            state=DisbursementState(row.state),
            failure_reason=row.failure_reason,
        )
        for row in await DisbursementRow.filter(application_id__in=list(application_ids))
    }
    return [found.get(application_id) for application_id in application_ids]
