"""The signature: an intent to sign exactly the text shown, approved by its borrower."""

from dataclasses import dataclass, field

from app.catalog import queries as catalog
from app.foundation import idempotency
from app.foundation.canonical import canonical_json, sha256_of
from app.foundation.database import Transaction, transaction
from app.foundation.outbox import announce
from app.foundation.sealing import seal, unseal
from app.identity import operations as identity
from app.identity import queries as identity_queries
from app.identity.errors import WrongCode
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
    DisbursementRow,
    OfferRow,
    agreement_cell,
)
from app.origination.operations.stepping import (
    advance,
    check_move,
    held,
    hold_all_of,
    moment_text,
)
from app.origination.queries import commitments_of, is_guaranteed, offered_of, statements_of
from app.origination.rules.certificate import certificate_from
from app.origination.rules.commands import BeginSignature, SignAgreement
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


async def begin_signature(command: BeginSignature) -> SignatureBegun:
    """
    Return the exact text to be signed, and the intent that signs it and nothing else.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: The cost is not confirmed, or the agreement is signed.
        OfferExpired: The offer's time is over.
        PersonLimitExceeded: With this loan the borrower would owe more than one person may.
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
        payee_tail=people.card_tail(reference),
    )


async def sign_agreement(command: SignAgreement) -> str | WrongCode:
    """
    Sign the text: evidence is sealed, the money reserved once, and its sending asked for.

    Returns the application's id, or the wrong code, whose guess stays counted.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: The cost is not confirmed, or the agreement is signed already.
        OfferExpired: The offer's time is over.
        AgreementChanged: The hash is of another text.
        IntentOver: What was shown is over, or something about it has changed.
        SignatureWrong: The signature is not the device's over what was shown.
        PersonLimitExceeded: With this loan the borrower would owe more than one person may.
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
        await _keep_evidence(tx, row, agreement, command)
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
    limit_fen = (await catalog.policy_book(tx.today)).whole("person_limit_fen")
    committed = await commitments_of(row.borrower_id, apart_from=row.id)
    if committed.principal_fen + amount_fen > limit_fen:
        left_fen = max(0, limit_fen - committed.principal_fen)
        raise PersonLimitExceeded(limit_fen=limit_fen, left_fen=left_fen)


async def _keep_evidence(
    tx: Transaction, row: ApplicationRow, agreement: AgreementRow, command: SignAgreement
) -> None:
    """Seal what proves the signature: the exact text, its hash, the intent approved, the time."""
    certificate = await CertificateRow.get(live_key=row.id)
    offer = await OfferRow.get(id=agreement.offer_id)
    place = agreement_cell(agreement.id, row.borrower_id, "text")
    text = await unseal(place, agreement.text)
    assert sha256_of(text) == agreement.sha256, "what is signed is what was shown"
    evidence = canonical_json(
        {
            "agreement_id": agreement.id,
            "application_id": row.id,
            "borrower_id": row.borrower_id,
            "certificate_sha256": certificate.sha256,
            "intent_id": command.approval.intent_id,
            "plan_sha256": offer.plan_sha256,
            "session_id": command.caller.session_id,
            "signed_at": moment_text(tx.now),
            "text": text,
            "text_sha256": agreement.sha256,
        }
    )
    agreement.signed_at = tx.now
    cell = agreement_cell(agreement.id, row.borrower_id, "evidence")
    agreement.evidence = await seal(tx, cell, evidence)
    await agreement.save(update_fields=["signed_at", "evidence"])


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
