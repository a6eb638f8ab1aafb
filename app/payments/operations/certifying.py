"""Payoff certificates: made out once a loan is paid off, revoked if something is owed again."""

from collections import Counter
from typing import Any

from app.catalog.queries import product_versions
from app.foundation.canonical import sha256_of
from app.foundation.database import Transaction
from app.foundation.outbox import Fact, LocalEffect, announce
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.foundation.text import LANGUAGES
from app.identity import queries as identity
from app.identity.rules.people import masked_name, masked_resident_id
from app.loanmath.waterfall import DueKind
from app.payments.events import (
    PayoffCertificateIssued,
    PayoffCertificateRevoked,
    RepaymentReversed,
    RepaymentTaken,
)
from app.payments.models import PayoffCertificateRow, certificate_cell
from app.payments.rules.certificate import (
    Holder,
    RevocationReason,
    Settled,
    basis_of,
    document_of,
    words_of,
)
from app.servicing import queries as servicing
from app.servicing.events import LoanPaidOff, LoanReopened
from app.servicing.rules import LoanRef, LoanSummary


async def certify(
    tx: Transaction, fact: LoanPaidOff | LoanReopened | RepaymentTaken | RepaymentReversed
) -> None:
    """
    Bring a loan's payoff certificate in line with the loan, whatever was told of it.

    Paid off without one that holds, it gets one; owed again, the one it had is revoked; paid off
    with other figures than it states, it is revoked and another made out. It goes by how the loan
    stands now, so facts may come late, twice and in any order.
    """
    loan = LoanRef(borrower_id=fact.borrower_id, loan_id=fact.loan_id)
    if not await _is_of_interest(loan):
        return
    # Counting the change first makes two deliveries about one borrower wait for each other.
    await revise(tx, loan.borrower_id)
    summary = await servicing.loan(loan, tx.today)
    held = await PayoffCertificateRow.get_or_none(live_key=loan.loan_id)
    settled = await _settled(tx, summary) if summary.is_closed else None
    if held is not None and settled is not None and held.basis == basis_of(settled):
        return
    if held is not None:
        reason = RevocationReason.REOPENED if settled is None else RevocationReason.RESTATED
        await _revoke(tx, held, reason)
    if settled is not None:
        await _issue(tx, settled)


async def _is_of_interest(loan: LoanRef) -> bool:
    """Look, before anything is locked, whether there is a certificate to keep or to make."""
    if await PayoffCertificateRow.exists(live_key=loan.loan_id):
        return True
    return (await servicing.loan(loan)).is_closed


async def _settled(tx: Transaction, summary: LoanSummary) -> Settled:
    state = await servicing.state_of(summary.ref, tx.today)
    repaid = Counter[DueKind]()
    for part in state.allocations:
        repaid[part.kind] += part.amount_fen
    version = (await product_versions([summary.product_version_id]))[0]
    names = {} if version is None else {one.code: one.name for one in version.product.funders}
    return Settled(
        loan=summary.ref,
        agreement_id=summary.agreement_id,
        product=_unnamed(summary.product_code)
        if version is None
        else {language: version.product.wording[language].name for language in LANGUAGES},
        lenders=tuple(
            (funder, names.get(funder.code, _unnamed(funder.code))) for funder in summary.funders
        ),
        disbursed_fen=summary.disbursed_fen,
        opened_on=summary.opened_on,
        closed_on=summary.closed_on or tx.today,
        repaid_fen=repaid,
        waived_fen=sum(row.waived_fen for row in state.rows),
    )


def _unnamed(code: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, code)


async def _issue(tx: Transaction, settled: Settled) -> None:
    loan, number = settled.loan, tx.new_id("pc")
    party = await identity.party_of(loan.borrower_id)
    holder = Holder(
        name=party.name,
        masked_name=masked_name(party.name),
        masked_resident_id=masked_resident_id(party.resident_id),
    )
    document = document_of(settled, holder, number=number, issued_on=tx.today)
    texts = {language: words_of(document, language, name=party.name) for language in LANGUAGES}
    await PayoffCertificateRow.create(
        id=number,
        borrower_id=loan.borrower_id,
        loan_id=loan.loan_id,
        live_key=loan.loan_id,
        document=await seal(tx, certificate_cell(number, loan.borrower_id, "document"), document),
        text_zh=await seal(
            tx, certificate_cell(number, loan.borrower_id, "text_zh"), texts["zh-Hans"]
        ),
        text_en=await seal(tx, certificate_cell(number, loan.borrower_id, "text_en"), texts["en"]),
        sha256=sha256_of(document),
        basis=basis_of(settled),
        issued_at=tx.now,
    )
    await announce(
        tx,
        PayoffCertificateIssued(
            certificate_id=number, borrower_id=loan.borrower_id, loan_id=loan.loan_id
        ),
    )


async def _revoke(tx: Transaction, row: PayoffCertificateRow, reason: RevocationReason) -> None:
    row.live_key = None
    row.revoked_at = tx.now
    row.revocation = reason.value
    await row.save(update_fields=["live_key", "revoked_at", "revocation"])
    await announce(
        tx,
        PayoffCertificateRevoked(
            certificate_id=row.id,
            borrower_id=row.borrower_id,
            loan_id=row.loan_id,
            reason=reason.value,
        ),
    )


CERTIFICATE_EFFECTS: tuple[tuple[type[Fact], str, LocalEffect[Any]], ...] = (
    (LoanPaidOff, "payments.certify_paid_off", certify),
    (LoanReopened, "payments.certify_reopened", certify),
    (RepaymentTaken, "payments.certify_taken", certify),
    (RepaymentReversed, "payments.certify_reversed", certify),
)
"""Fact, consumer's name, effect: what the worker subscribes so that certificates keep up."""
