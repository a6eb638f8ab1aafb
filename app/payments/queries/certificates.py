"""Payoff certificates, for the borrower and for whoever holds one."""

from app.foundation.ids import has_id_shape
from app.foundation.sealing import unseal, unseal_all
from app.foundation.text import LANGUAGES
from app.payments.models import (
    PayoffCertificateRow,
    certificate_cell,
)
from app.payments.rules.certificate import (
    CertificateCheck,
    CertificateView,
    RevocationReason,
    check_of,
    is_code,
)
from app.servicing.rules import LoanRef


async def payoff_certificate(loan: LoanRef) -> CertificateView | None:
    """Return a loan's newest payoff certificate, which may be revoked; None if there is none."""
    rows = PayoffCertificateRow.filter(borrower_id=loan.borrower_id, loan_id=loan.loan_id)
    # The one that holds is the newest; ids grow with time, but two may be of one second.
    row = await rows.filter(live_key=loan.loan_id).get_or_none() or (
        await rows.order_by("-revoked_at", "-id").first()
    )
    return None if row is None else await _certificate(row)


async def certificate_by_number(borrower_id: str, number: str) -> CertificateView | None:
    """Return one of a borrower's payoff certificates; None if there is none of this number."""
    row = await PayoffCertificateRow.get_or_none(id=number, borrower_id=borrower_id)
    return None if row is None else await _certificate(row)


async def check_certificate(number: str, code: str) -> CertificateCheck | None:
    """
    Check a payoff certificate for whoever holds it; None unless number and code belong together.

    Missing and wrong look the same.
    """
    if not has_id_shape(number, "pc"):
        return None
    row = await PayoffCertificateRow.get_or_none(id=number)
    if row is None or not is_code(code, row.sha256):
        return None
    cell = certificate_cell(row.id, row.borrower_id, "document")
    return check_of(
        await unseal(cell, row.document),
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
    )


async def _certificate(row: PayoffCertificateRow) -> CertificateView:
    columns = {"document": row.document, "text_zh": row.text_zh, "text_en": row.text_en}
    document, *texts = await unseal_all(
        [
            (certificate_cell(row.id, row.borrower_id, column), bytes(sealed))
            for column, sealed in columns.items()
        ]
    )
    return CertificateView(
        number=row.id,
        loan=LoanRef(borrower_id=row.borrower_id, loan_id=row.loan_id),
        document=document,
        texts=dict(zip(LANGUAGES, texts, strict=True)),
        sha256=row.sha256,
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        revocation=None if row.revocation is None else RevocationReason(row.revocation),
    )
