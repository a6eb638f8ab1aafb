"""The signature: an intent to sign exactly the text shown, approved by its borrower."""

import json
from collections import Counter
from dataclasses import dataclass, field

from app.catalog import queries as catalog
from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.canonical import Canonical, canonical_json, sha256_of
from app.foundation.clock import local_date
from app.foundation.database import Transaction, transaction
from app.foundation.outbox import announce
from app.foundation.sealing import seal, unseal
from app.identity import operations as identity
from app.identity import queries as identity_queries
from app.identity.errors import WrongCode
from app.identity.operations.keys import relying_party
from app.identity.rules import people
from app.identity.rules.intents import Act, IntentOpened, Wanted
from app.origination.errors import (
    AgreementChanged,
    GuarantorMissing,
    PersonLimitExceeded,
)
from app.origination.events import AgreementSigned, DisbursementRequested
from app.origination.models import (
    AgreementRow,
    ApplicationRow,
    CertificateRow,
    ComprehensionAnswerRow,
    DisbursementRow,
    OfferRow,
    agreement_cell,
)
from app.origination.operations.recalling import check_not_recalled
from app.origination.operations.reducing import check_reductions
from app.origination.operations.stepping import (
    advance,
    check_move,
    held,
    hold_all_of,
    moment_text,
)
from app.origination.operations.vouching import told_guarantee
from app.origination.queries import (
    commitments_of,
    draw_limit_of,
    is_guaranteed,
    offered_of,
    statements_of,
)
from app.origination.rules.certificate import certificate_from
from app.origination.rules.commands import BeginSignature, SignAgreement
from app.origination.rules.evidence import EVIDENCE_KIND, EVIDENCE_VERSION, SIGNED_ENTRY
from app.origination.rules.states import DisbursementState, Move
from app.partners import queries as partners


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureBegun:
    """The text to be signed, its hash, and the intent whose approval signs it."""

    application_id: str
    agreement_id: str
    text: str = field(repr=False)
    sha256: str
    intent: IntentOpened


@dataclass(frozen=True, slots=True)
class _Approved:
    """What was approved, and by which command."""

    command: SignAgreement
    wanted: Wanted


async def begin_signature(command: BeginSignature) -> SignatureBegun:
    """
    Return the exact text to be signed, and the intent that signs it and nothing else.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: The cost is not confirmed, the agreement is signed, or a person looks.
        OfferExpired: The offer's time is over.
        PersonLimitExceeded: With this loan the borrower would owe more than one person may.
        ReductionChanged: Others pay less of the interest by now than the certificate says.
        GuarantorMissing: Its guarantor stepped back, or agreed to less.
        PartnerNotListed: A lender or guarantor may not lend today.
        RateLimited: Codes were sent too often.
        CodesLocked: Too many wrong codes were tried today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        row = await held(command.application_id, command.borrower_id)
        if claim.answer is None:
            check_move(tx, row, Move.BEGIN_SIGNATURE)
            await check_not_recalled(row.id, Move.BEGIN_SIGNATURE)
            agreement = await AgreementRow.get(live_key=row.id)
            amount_fen = await _amount_fen(row)
            await _check_still_allowed(tx, row, amount_fen)
            wanted = await _wanted(row, agreement, amount_fen)
            needs_code = await catalog.needs_code(command.caller, tx.today, amount_fen=amount_fen)
            intent = await identity.open_intent(tx, command.caller, wanted, needs_code=needs_code)
            await claim.settle(tx, {"agreement_id": agreement.id, "intent_id": intent.intent_id})
        else:
            agreement = await AgreementRow.get(id=claim.answer["agreement_id"])
            intent = await identity.opened(claim.answer["intent_id"], row.borrower_id)
        cell = agreement_cell(agreement.id, agreement.borrower_id, "text")
        return SignatureBegun(
            application_id=row.id,
            agreement_id=agreement.id,
            text=await unseal(cell, agreement.text),
            sha256=agreement.sha256,
            intent=intent,
        )


async def _wanted(row: ApplicationRow, agreement: AgreementRow, amount_fen: int) -> Wanted:
    """Say what signing means: which text, how much, and where the money goes."""
    stated = (await statements_of([row]))[0]
    reference = await unseal(
        agreement_cell(agreement.id, row.borrower_id, "payee"), agreement.payee
    )
    if stated.merchant is not None:
        name = stated.merchant.name
    else:
        name = people.masked_name((await identity_queries.party_of(row.borrower_id)).name)
    return Wanted(
        act=Act.SIGN_AGREEMENT,
        about={
            "agreement_id": agreement.id,
            "amount_fen": amount_fen,
            "text_sha256": agreement.sha256,
        },
        contract_id=agreement.id,
        amount_fen=amount_fen,
        payee=name,
        payee_tail=people.payee_tail(reference),
    )


async def sign_agreement(command: SignAgreement) -> str | WrongCode:
    """
    Sign the text: evidence is sealed, the money reserved once, and its sending asked for.

    Returns the application's id, or the wrong code, whose guess stays counted.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: The cost is not confirmed, it is signed already, or a person looks.
        OfferExpired: The offer's time is over.
        AgreementChanged: The hash is of another text.
        IntentOver: What was shown is over, or something about it has changed.
        SignatureWrong: The signature is not the device's over what was shown.
        PersonLimitExceeded: With this loan the borrower would owe more than one person may.
        ReductionChanged: Others pay less of the interest by now than the certificate says.
        GuarantorMissing: Its guarantor stepped back, or agreed to less.
        PartnerNotListed: A lender or guarantor may not lend today.
        InvalidInput: The code is not six digits.
        CodeExpired: The code is too old, used up or replaced.
        CodesLocked: Too many wrong codes were tried today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return _answered(claim.answer)
        await hold_all_of(command.borrower_id)
        row = await held(command.application_id, command.borrower_id)
        check_move(tx, row, Move.SIGN)
        await check_not_recalled(row.id, Move.SIGN)
        agreement = await AgreementRow.get(live_key=row.id)
        if agreement.sha256 != command.text_sha256:
            raise AgreementChanged
        amount_fen = await _amount_fen(row)
        await _check_still_allowed(tx, row, amount_fen)
        wanted = await _wanted(row, agreement, amount_fen)
        wrong = await identity.spend_intent(tx, command.caller, command.approval, wanted)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        await _keep_evidence(tx, row, agreement, _Approved(command, wanted))
        await advance(tx, row, Move.SIGN)
        await _reserve(tx, row, agreement, amount_fen)
        await claim.settle(tx, {"application_id": row.id})
    return row.id


def _answered(answer: idempotency.Answer) -> str | WrongCode:
    if "attempts_left" in answer:
        return WrongCode(answer["attempts_left"])
    return str(answer["application_id"])


async def _amount_fen(row: ApplicationRow) -> int:
    certificate = await CertificateRow.get(live_key=row.id)
    return certificate_from(certificate.content).principal_fen


async def _check_still_allowed(tx: Transaction, row: ApplicationRow, amount_fen: int) -> None:
    """Refuse what was allowed when it was decided, and no longer is."""
    if not await is_guaranteed(row, amount_fen, tx.today):
        raise GuarantorMissing
    await partners.lenders_of(offered_of(row.offered).product, tx.today)
    await check_reductions(tx, row)
    limit_fen = (await catalog.policy_book(tx.today)).whole("person_limit_fen")
    lowered = await draw_limit_of(row.borrower_id)
    # A month's look counts for what was decided before it; a later decision has seen it all.
    if lowered is not None and row.submitted_at and local_date(row.submitted_at) <= lowered.set_on:
        limit_fen = min(limit_fen, lowered.limit_fen)
    committed = await commitments_of(row.borrower_id, apart_from=row.id)
    if committed.principal_fen + amount_fen > limit_fen:
        left_fen = max(0, limit_fen - committed.principal_fen)
        raise PersonLimitExceeded(limit_fen=limit_fen, left_fen=left_fen)


async def _keep_evidence(
    tx: Transaction, row: ApplicationRow, agreement: AgreementRow, approved: _Approved
) -> None:
    """
    Seal what proves the signature, all that is needed to check it without us; note its hash.

    The text, the certificate as it was confirmed, the answers to its questions, the plan, the
    words approved with their signature or code, and the same of what its guarantor agreed to.
    """
    certificate = await CertificateRow.get(live_key=row.id)
    offer = await OfferRow.get(id=agreement.offer_id)
    text = await unseal(agreement_cell(agreement.id, row.borrower_id, "text"), agreement.text)
    assert sha256_of(text) == agreement.sha256, "what is signed is what was shown"
    evidence = canonical_json(
        {
            "kind": EVIDENCE_KIND,
            "version": EVIDENCE_VERSION,
            "application_id": row.id,
            "borrower_id": row.borrower_id,
            "signed_at": moment_text(tx.now),
            "agreement": {
                "id": agreement.id,
                "made_at": moment_text(agreement.made_at),
                "sha256": agreement.sha256,
                "template": agreement.template,
                "text": text,
            },
            "certificate": _told_certificate(certificate),
            "comprehension": await _answers(certificate),
            "plan": {
                "rows": json.loads(certificate.content)["plan"],
                "sha256": offer.plan_sha256,
            },
            "terms": offer.terms,
            "approval": await _told_approval(approved),
            **await told_guarantee(row.id),
        }
    )
    agreement.signed_at = tx.now
    cell = agreement_cell(agreement.id, row.borrower_id, "evidence")
    agreement.evidence = await seal(tx, cell, evidence)
    await agreement.save(update_fields=["signed_at", "evidence"])
    about = {"agreement": agreement.id, "evidence": sha256_of(evidence)}
    await record(tx, Entry(SIGNED_ENTRY, row.borrower_id, row.borrower_id, about))


def _told_certificate(row: CertificateRow) -> dict[str, Canonical]:
    assert row.opened_at is not None, "the certificate was opened"
    assert row.confirmed_at is not None, "the cost is confirmed before it is signed"
    return {
        "id": row.id,
        "json": row.content,
        "sha256": row.sha256,
        "opened_at": moment_text(row.opened_at),
        "confirmed_at": moment_text(row.confirmed_at),
    }


async def _answers(certificate: CertificateRow) -> list[Canonical]:
    """Tell of every question the newest right answer, and how many it took."""
    rows = await ComprehensionAnswerRow.filter(certificate_id=certificate.id)
    rows.sort(key=lambda one: (one.is_right, one.answered_at, one.id))
    best, tries = {one.question: one for one in rows}, Counter(one.question for one in rows)
    return [
        {
            "question": question,
            "choice": one.choice,
            "is_right": one.is_right,
            "tries": tries[question],
            "answered_at": moment_text(one.answered_at),
        }
        for question, one in sorted(best.items())
    ]


async def _told_approval(approved: _Approved) -> Canonical:
    command, wanted = approved.command, approved.wanted
    proof = await identity_queries.approval_proof(command.borrower_id, command.approval.intent_id)
    assert proof["about_sha256"] == wanted.about_hash, "what was approved is what is signed"
    rp_id, origins = relying_party()
    return {
        **proof,
        "about": dict(wanted.about),
        "relying_party": {"id": rp_id, "origins": list(origins)},
    }


async def _reserve(
    tx: Transaction, row: ApplicationRow, agreement: AgreementRow, amount_fen: int
) -> None:
    """Set the money aside; the row's unique application keeps a second from ever being there."""
    disbursement = await DisbursementRow.create(
        id=tx.new_id("db"),
        application_id=row.id,
        borrower_id=row.borrower_id,
        agreement_id=agreement.id,
        amount_fen=amount_fen,
        state=DisbursementState.RESERVED.value,
        reserved_at=tx.now,
    )
    await announce(
        tx,
        AgreementSigned(
            application_id=row.id, borrower_id=row.borrower_id, agreement_id=agreement.id
        ),
    )
    await announce(
        tx,
        DisbursementRequested(
            disbursement_id=disbursement.id,
            application_id=row.id,
            borrower_id=row.borrower_id,
            amount_fen=amount_fen,
        ),
    )
