"""From a chosen offer to a cost that was read, understood and confirmed."""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial

import orjson

from app.catalog import queries as catalog
from app.foundation import idempotency
from app.foundation.canonical import sha256_of
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound, RateLimited
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import seal, unseal
from app.identity import queries as identity
from app.identity.rules import people
from app.loanmath.record import terms_from_json
from app.origination.errors import (
    CertificateChanged,
    CertificateNotOpened,
    ComprehensionMissing,
    ReadingTimeNotOver,
)
from app.origination.events import CostCertificateMade
from app.origination.models import (
    AgreementRow,
    ApplicationRow,
    CertificateRow,
    ComprehensionAnswerRow,
    OfferRow,
    agreement_cell,
)
from app.origination.operations.reducing import is_as_certified, reductions_left
from app.origination.operations.stepping import advance, check_move, held
from app.origination.queries import offered_of, statements_of
from app.origination.rules.agreement import (
    Signatory,
    agreement_text,
    return_days,
    template_on,
)
from app.origination.rules.certificate import certificate_from, certificate_of
from app.origination.rules.commands import (
    AcceptOffer,
    AnswerComprehension,
    ConfirmCost,
    OpenCertificate,
)
from app.origination.rules.completeness import Merchant
from app.origination.rules.comprehension import Question, QuestionKind, questions_of
from app.origination.rules.states import Move
from app.partners import queries as partners

ANSWERS_AN_HOUR_MAX = 30
"""Answers to one certificate's questions within an hour; nobody needs ten rounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How one answer was: right, or wrong with the reason in the question's own words."""

    question: str
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComprehensionChecked:
    """How the answers were, and which questions still wait for a right one."""

    application_id: str
    checked: tuple[Checked, ...]
    questions_left: tuple[str, ...]


async def accept_offer(command: AcceptOffer) -> str:
    """
    Choose an offer: its agreement and its cost certificate are written, bound to each other.

    Another offer may be chosen until the signature; it brings a new certificate to be read.
    Returns the application's id.

    Raises:
        NotFound: It is not an offer to this borrower.
        StepOutOfOrder: The application is signed or has ended.
        OfferExpired: The offer's time is over.
        PartnerNotListed: A lender or guarantor may not lend today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        offer = await OfferRow.get_or_none(id=command.offer_id, borrower_id=command.borrower_id)
        if offer is None:
            raise NotFound("input.offerId")
        row = await held(offer.application_id, command.borrower_id)
        check_move(tx, row, Move.ACCEPT_OFFER)
        await offer.refresh_from_db(fields=["recalled_at"])
        if offer.recalled_at is not None:
            raise NotFound("input.offerId")
        await partners.lenders_of(offered_of(row.offered).product, tx.today)
        paper = await _paper(row)
        is_same = row.offer_id == offer.id and await _is_still_true(row, paper)
        if not is_same or not await is_as_certified(tx, row, offer):
            await _write_documents(tx, row, offer, paper)
            row.offer_id = offer.id
            await advance(tx, row, Move.ACCEPT_OFFER)
            await announce(
                tx, CostCertificateMade(application_id=row.id, borrower_id=row.borrower_id)
            )
        await claim.settle(tx, {"application_id": row.id})
    return row.id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paper:
    """What an agreement says about people and money's way, in clear."""

    signatory: Signatory = field(repr=False)
    purpose: str = field(repr=False)
    merchant: Merchant | None = field(repr=False)
    payee_reference: str = field(repr=False)
    payee_freeze_id: str | None
    """The freeze during which the payee was named, and which no money goes to therefore."""


async def _paper(row: ApplicationRow) -> _Paper:
    party = await identity.party_of(row.borrower_id)
    stated = (await statements_of([row]))[0]
    is_theirs = stated.merchant is None
    payee_reference = party.payee_reference if stated.merchant is None else stated.merchant.account
    assert stated.purpose is not None, "an application was submitted with a purpose"
    assert payee_reference is not None, "an application was submitted with a payee"
    return _Paper(
        signatory=Signatory(
            name=party.name,
            resident_id=people.masked_resident_id(party.resident_id),
            phone=people.masked_phone(party.phone),
            card_tail=None if party.bank_card is None else people.card_tail(party.bank_card),
            wallet_tail=None if party.wallet is None else people.payee_tail(party.wallet),
        ),
        purpose=stated.purpose,
        merchant=stated.merchant,
        payee_reference=payee_reference,
        payee_freeze_id=party.payee_freeze_id if is_theirs else None,
    )


async def _is_still_true(row: ApplicationRow, paper: _Paper) -> bool:
    """Tell whether the agreement written for the offer still names the payee there is now."""
    agreement = await AgreementRow.get(live_key=row.id)
    cell = agreement_cell(agreement.id, row.borrower_id, "payee")
    payee = await unseal(cell, agreement.payee), agreement.payee_freeze_id
    return payee == (paper.payee_reference, paper.payee_freeze_id)


async def _write_documents(
    tx: Transaction, row: ApplicationRow, offer: OfferRow, paper: _Paper
) -> None:
    """Write agreement and certificate; those of an offer chosen before no longer count."""
    await AgreementRow.filter(live_key=row.id).update(live_key=None)
    await CertificateRow.filter(live_key=row.id).update(live_key=None)
    offered, terms = offered_of(row.offered), terms_from_json(orjson.loads(offer.terms))
    agreement_id = tx.new_id("ag")
    reductions = await reductions_left(tx, row, offer)
    cell = partial(agreement_cell, agreement_id, row.borrower_id)
    text = agreement_text(
        agreement_id=agreement_id,
        made_on=tx.today,
        signatory=paper.signatory,
        purpose=paper.purpose,
        merchant=paper.merchant,
        offered=offered,
        terms=terms,
        reductions=reductions,
    )
    await AgreementRow.create(
        id=agreement_id,
        application_id=row.id,
        borrower_id=row.borrower_id,
        offer_id=offer.id,
        live_key=row.id,
        template=template_on(tx.today),
        text=await seal(tx, cell("text"), text),
        sha256=sha256_of(text),
        payee=await seal(tx, cell("payee"), paper.payee_reference),
        payee_freeze_id=paper.payee_freeze_id,
        made_at=tx.now,
    )
    certificate = certificate_of(
        application_id=row.id,
        offer_id=offer.id,
        offered=offered,
        terms=terms,
        plan_sha256=offer.plan_sha256,
        agreement_sha256=sha256_of(text),
        made_on=tx.today,
        return_days=return_days(template_on(tx.today), offered),
        reductions=reductions,
    )
    content = certificate.as_json()
    await CertificateRow.create(
        id=tx.new_id("ct"),
        application_id=row.id,
        borrower_id=row.borrower_id,
        offer_id=offer.id,
        live_key=row.id,
        content=content,
        sha256=sha256_of(content),
        made_at=tx.now,
    )


async def open_certificate(command: OpenCertificate) -> str:
    """
    Open the certificate that counts; the reading time begins when it is opened first.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: No offer was chosen yet, or the cost is confirmed already.
        OfferExpired: The offer's time is over.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        row = await held(command.application_id, command.borrower_id)
        check_move(tx, row, Move.READ_COST)
        certificate = await CertificateRow.get(live_key=row.id)
        if certificate.opened_at is None:
            certificate.opened_at = tx.now
            await certificate.save(update_fields=["opened_at"])
            await revise(tx, row.borrower_id)
        await claim.settle(tx, {"application_id": row.id})
    return row.id


async def answer_comprehension(command: AnswerComprehension) -> ComprehensionChecked:
    """
    Check answers to the questions about the cost; wrong ones are explained and may be given anew.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: There is no certificate to be asked about now.
        OfferExpired: The offer's time is over.
        CertificateChanged: The hash is of another certificate.
        CertificateNotOpened: The certificate was not opened yet.
        InvalidInput: A question or choice is none of this certificate's.
        RateLimited: Thirty answers were given within an hour.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return _checked_from(claim.answer)
        row = await held(command.application_id, command.borrower_id)
        check_move(tx, row, Move.READ_COST)
        certificate = await _read_certificate(row, command.certificate_sha256)
        questions = _questions(certificate)
        await _check_pace(tx, certificate, len(command.answers))
        checked: list[Checked] = []
        for answer in command.answers:
            question = questions.get(answer.question)
            if question is None or answer.choice not in {one.key for one in question.choices}:
                raise InvalidInput("input.answers", "origination.reason.answer")
            is_right = answer.choice == question.right_key
            checked.append(Checked(question=question.kind.value, is_right=is_right))
            await ComprehensionAnswerRow.create(
                id=tx.new_id("ca"),
                certificate_id=certificate.id,
                question=question.kind.value,
                choice=answer.choice,
                is_right=is_right,
                answered_at=tx.now,
            )
        result = ComprehensionChecked(
            application_id=row.id,
            checked=tuple(checked),
            questions_left=await _questions_left(certificate),
        )
        await revise(tx, row.borrower_id)
        await claim.settle(tx, asdict(result))
    return result


def _checked_from(answer: idempotency.Answer) -> ComprehensionChecked:
    return ComprehensionChecked(
        application_id=answer["application_id"],
        checked=tuple(Checked(**one) for one in answer["checked"]),
        questions_left=tuple(answer["questions_left"]),
    )


def _questions(certificate: CertificateRow) -> dict[str, Question]:
    made = questions_of(certificate_from(certificate.content), certificate.sha256)
    return {question.kind.value: question for question in made}


async def _check_pace(tx: Transaction, certificate: CertificateRow, more: int) -> None:
    hour_ago = tx.now - timedelta(hours=1)
    answers = ComprehensionAnswerRow.filter(certificate_id=certificate.id)
    if await answers.filter(answered_at__gt=hour_ago).count() + more > ANSWERS_AN_HOUR_MAX:
        raise RateLimited(int(timedelta(hours=1).total_seconds()))


async def _questions_left(certificate: CertificateRow) -> tuple[str, ...]:
    right = ComprehensionAnswerRow.filter(certificate_id=certificate.id, is_right=True)
    answered = {answer.question for answer in await right}
    return tuple(kind.value for kind in QuestionKind if kind.value not in answered)


async def confirm_cost(command: ConfirmCost) -> str:
    """
    Confirm the cost: only the certificate that was read, long enough, and understood.

    How long, and whether at all: the day's policy says (`reading_seconds_min` and
    `cost_certificate_required`). On days that did not require it, having opened it was enough.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: There is no cost to confirm now.
        OfferExpired: The offer's time is over.
        CertificateChanged: The hash is of another certificate.
        CertificateNotOpened: The certificate was not opened yet.
        ReadingTimeNotOver: It was opened too short a time ago.
        ComprehensionMissing: Not every question was answered right yet.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        row = await held(command.application_id, command.borrower_id)
        check_move(tx, row, Move.CONFIRM_COST)
        certificate = await _read_certificate(row, command.certificate_sha256)
        if (await catalog.policy_book(tx.today)).flag("cost_certificate_required"):
            await _check_reading_time(tx, certificate)
            questions_left = await _questions_left(certificate)
            if questions_left:
                raise ComprehensionMissing(questions_left)
        certificate.confirmed_at = tx.now
        await certificate.save(update_fields=["confirmed_at"])
        await advance(tx, row, Move.CONFIRM_COST)
        await claim.settle(tx, {"application_id": row.id})
    return row.id


async def _read_certificate(row: ApplicationRow, sha256: str) -> CertificateRow:
    """Return the certificate that counts, if it is the one that was read."""
    certificate = await CertificateRow.get(live_key=row.id)
    if certificate.sha256 != sha256:
        raise CertificateChanged
    if certificate.opened_at is None:
        raise CertificateNotOpened
    return certificate


async def _check_reading_time(tx: Transaction, certificate: CertificateRow) -> None:
    assert certificate.opened_at is not None, "the certificate was opened"
    book = await catalog.policy_book(tx.today)
    least = timedelta(seconds=book.whole("reading_seconds_min"))
    left = certificate.opened_at + least - tx.now
    if left > timedelta(0):
        raise ReadingTimeNotOver(-(left // timedelta(seconds=-1)))
