"""Another person stands behind a loan: named by its borrower, asked on their own phone."""

from dataclasses import dataclass, field
from datetime import timedelta

from app.catalog import queries as catalog
from app.foundation import idempotency
from app.foundation.canonical import canonical_json
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise, revise_all
from app.foundation.sealing import blind_index, blind_indexes, seal
from app.identity import operations as identity
from app.identity import queries as identity_queries
from app.identity.errors import WrongCode
from app.identity.rules import people
from app.identity.rules.intents import Act, IntentOpened, Wanted
from app.origination.errors import (
    GuaranteeNotReady,
    GuaranteeOver,
    GuaranteeTextChanged,
    GuarantorIsBorrower,
    GuarantorNotAsked,
    GuarantorOvercommitted,
    GuarantorProfileNeeded,
    StepOutOfOrder,
    TooManyGuarantors,
)
from app.origination.events import GuaranteeNotNeeded, GuarantorAsked
from app.origination.models import (
    ApplicationRow,
    GuaranteeConsentRow,
    GuaranteeRow,
    guarantee_cell,
    guarantee_consent_cell,
)
from app.origination.models.guarantees import PHONE_LABEL
from app.origination.operations.stepping import held, is_over, moment_text
from app.origination.queries import guarantee_for, guaranteed, needs_guarantor
from app.origination.queries.standing import weighed
from app.origination.rules.guarantees import (
    AGE_MIN,
    BEFORE_SIGNATURE,
    NAMED_MAX,
    BeginGuarantee,
    GiveGuarantee,
    Guaranteed,
    GuaranteeState,
    NameGuarantor,
    RefuseGuarantee,
    guarantee_text,
    stepped,
    text_with_hash,
)
from app.origination.rules.states import ApplicationState

ONE_TEXT_A = timedelta(days=1)
"""However often a number is named in this time, it gets one text message about it."""


async def name_guarantor(command: NameGuarantor) -> str:
    """
    Ask somebody to stand behind an application; whoever was asked before counts no more.

    They get a text message that names nobody, at most one a day however many ask, and see whose
    loan it is (masked) when they sign in with that number on their own phone.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: It was signed, or has ended.
        GuarantorNotAsked: It needs no guarantor.
        InvalidInput: It is no mobile number.
        GuarantorIsBorrower: It is the borrower's own number.
        TooManyGuarantors: Five people were named already.
    """
    phone = people.phone_of(command.phone)
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        application = await held(command.application_id, command.borrower_id)
        _check_unsigned(tx, application)
        if not await needs_guarantor(application, tx.today):
            raise GuarantorNotAsked
        if phone == (await identity_queries.contact_of(command.borrower_id)).phone:
            raise GuarantorIsBorrower
        if await GuaranteeRow.filter(application_id=application.id).count() >= NAMED_MAX:
            raise TooManyGuarantors(NAMED_MAX)
        await _replace(tx, application)
        is_asked_today = await GuaranteeRow.filter(
            phone_index__in=blind_indexes(PHONE_LABEL, phone),
            named_at__gt=milliseconds(tx.now - ONE_TEXT_A),
        ).exists()
        guarantee_id = tx.new_id("gt")
        cell = guarantee_cell(guarantee_id, application.borrower_id)
        await GuaranteeRow.create(
            id=guarantee_id,
            application_id=application.id,
            borrower_id=application.borrower_id,
            live_key=application.id,
            phone=await seal(tx, cell, phone),
            phone_index=blind_index(PHONE_LABEL, phone),
            state=GuaranteeState.ASKED.value,
            named_at=milliseconds(tx.now),
        )
        await revise(tx, application.borrower_id)
        known = await identity_queries.borrower_ids_by_phone(phone)
        await announce(
            tx,
            GuarantorAsked(
                guarantee_id=guarantee_id,
                borrower_id=application.borrower_id,
                guarantor_id=known[0] if known else None,
                by_sms=not is_asked_today,
            ),
        )
        await claim.settle(tx, {"application_id": application.id})
    return application.id


async def _replace(tx: Transaction, application: ApplicationRow) -> None:
    """Let go of whoever was asked before."""
    before = await GuaranteeRow.get_or_none(live_key=application.id)
    if before is None:
        return
    if before.state == GuaranteeState.GIVEN.value and before.guarantor_id is not None:
        await announce(
            tx, GuaranteeNotNeeded(guarantee_id=before.id, guarantor_id=before.guarantor_id)
        )
    before.state = stepped(GuaranteeState(before.state), GuaranteeState.REPLACED).value
    before.live_key = None
    await before.save(update_fields=["state", "live_key"])
    await _end_consents(tx, before)


async def begin_guarantee(command: BeginGuarantee) -> IntentOpened:
    """
    Open the intent whose approval gives the guarantee, and nothing else.

    Raises:
        NotFound: The caller is asked for no such guarantee.
        GuaranteeOver: It was refused or replaced, or its loan is signed or has ended.
        GuaranteeNotReady: The borrower has not said how much.
        GuarantorProfileNeeded: The caller is no adult whose name and resident ID we know.
        GuarantorOvercommitted: They owe or stand behind too much, or are late themselves.
        RateLimited: Codes were sent too often.
        CodesLocked: Too many wrong codes were tried today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await identity.opened(claim.answer["intent_id"], command.caller_id)
        row, application = await _locked(tx, command.caller_id, command.guarantee_id)
        what = await _ready(tx, row, application, command.caller_id)
        wanted = _wanted(row, what)
        needs_code = await catalog.needs_code(command.caller, tx.today, amount_fen=what.amount_fen)
        intent = await identity.open_intent(tx, command.caller, wanted, needs_code=needs_code)
        await claim.settle(tx, {"intent_id": intent.intent_id})
    return intent


async def give_guarantee(command: GiveGuarantee) -> str | WrongCode:
    """
    Stand behind the loan, in the words with this hash; what was read and approved is kept sealed.

    Returns the guarantee's id, or the wrong code, whose guess stays counted.

    Raises:
        NotFound: The caller is asked for no such guarantee.
        GuaranteeOver: It was refused or replaced, or its loan is signed or has ended.
        GuaranteeNotReady: The borrower has not said how much.
        GuarantorProfileNeeded: The caller is no adult whose name and resident ID we know.
        GuarantorOvercommitted: They owe or stand behind too much, or are late themselves.
        GuaranteeTextChanged: The hash is of other words: amount or product changed, say.
        IntentOver: What was shown is over, or something about it has changed.
        SignatureWrong, CodeExpired, CodesLocked, PinRequired: As for every intent.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            left = claim.answer.get("attempts_left")
            return command.guarantee_id if left is None else WrongCode(left)
        row, application = await _locked(tx, command.caller_id, command.guarantee_id)
        what = await _ready(tx, row, application, command.caller_id)
        words = text_with_hash(what, command.text_sha256)
        if words is None:
            raise GuaranteeTextChanged
        wanted = _wanted(row, what)
        wrong = await identity.spend_intent(tx, command.caller, command.approval, wanted)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        row.state = stepped(GuaranteeState(row.state), GuaranteeState.GIVEN).value
        row.guarantor_id = command.caller_id
        row.amount_fen = what.amount_fen
        row.answered_at = milliseconds(tx.now)
        await row.save(update_fields=["state", "guarantor_id", "amount_fen", "answered_at"])
        await _keep(tx, row, _Given(command, wanted, f"{words.title}\n{words.body}"))
        await revise_all(tx, (row.borrower_id, command.caller_id))
        await claim.settle(tx, {"guarantee_id": row.id})
    return command.guarantee_id


async def refuse_guarantee(command: RefuseGuarantee) -> str:
    """
    Say no, or step back from a guarantee given, as long as the borrower has not signed.

    Raises:
        NotFound: The caller is asked for no such guarantee.
        GuaranteeOver: It was answered so already, was replaced, or its loan is signed or over.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["guarantee_id"]
        row, _ = await _locked(tx, command.caller_id, command.guarantee_id)
        was_given = row.state == GuaranteeState.GIVEN.value
        wanted = GuaranteeState.WITHDRAWN if was_given else GuaranteeState.REFUSED
        row.state = stepped(GuaranteeState(row.state), wanted).value
        row.guarantor_id = command.caller_id
        row.answered_at = milliseconds(tx.now)
        await row.save(update_fields=["state", "guarantor_id", "answered_at"])
        await _end_consents(tx, row)
        await revise_all(tx, (row.borrower_id, command.caller_id))
        await claim.settle(tx, {"guarantee_id": row.id})
    return command.guarantee_id


async def step_back_everywhere(tx: Transaction, guarantor_id: str) -> int:
    """Take back every guarantee somebody gave for a loan not signed yet; return how many."""
    given = GuaranteeRow.filter(
        guarantor_id=guarantor_id, state=GuaranteeState.GIVEN.value, live_key__not_isnull=True
    )
    count = 0
    told: set[str] = set()
    for found in await given.order_by("application_id"):
        application = await held(found.application_id)
        row = await GuaranteeRow.filter(id=found.id).select_for_update().get()
        is_unsigned = ApplicationState(application.state) in BEFORE_SIGNATURE
        if not is_unsigned or row.state != GuaranteeState.GIVEN.value:
            continue
        row.state = stepped(GuaranteeState(row.state), GuaranteeState.WITHDRAWN).value
        row.answered_at = milliseconds(tx.now)
        await row.save(update_fields=["state", "answered_at"])
        await _end_consents(tx, row)
        told |= {row.borrower_id, guarantor_id}
        count += 1
    await revise_all(tx, told)
    return count


async def _locked(
    tx: Transaction, caller_id: str, guarantee_id: str
) -> tuple[GuaranteeRow, ApplicationRow]:
    """Lock the application first, as its signature does, then look at the guarantee again."""
    seen, _ = await guarantee_for(caller_id, guarantee_id)
    application = await held(seen.application_id)
    row = await GuaranteeRow.filter(id=seen.id).select_for_update().get()
    if row.guarantor_id not in {None, caller_id}:
        raise NotFound("input.guaranteeId")
    if row.live_key is None:
        raise GuaranteeOver(row.state)
    try:
        _check_unsigned(tx, application)
    except StepOutOfOrder as signed:
        raise GuaranteeOver(signed.state) from None
    return row, application


def _check_unsigned(tx: Transaction, application: ApplicationRow) -> None:
    state = ApplicationState(application.state)
    if state not in BEFORE_SIGNATURE:
        raise StepOutOfOrder(state.value, "GUARANTEE")
    if is_over(application, tx):
        raise StepOutOfOrder(ApplicationState.EXPIRED.value, "GUARANTEE")


async def _ready(
    tx: Transaction, row: GuaranteeRow, application: ApplicationRow, caller_id: str
) -> Guaranteed:
    """Return what the caller would stand behind, if both sides are ready for it."""
    stepped(GuaranteeState(row.state), GuaranteeState.GIVEN)
    facts = await identity_queries.facts_for_decision(caller_id, tx.today)
    if not facts.is_complete or facts.age is None or facts.age < AGE_MIN:
        raise GuarantorProfileNeeded
    what = await guaranteed(application)
    if what is None:
        raise GuaranteeNotReady
    why = await weighed(caller_id, what.amount_fen, tx.today, apart_from=application.id)
    if why is not None:
        raise GuarantorOvercommitted(why.value)
    return what


def _wanted(row: GuaranteeRow, what: Guaranteed) -> Wanted:
    """Say what giving it means: which words, in both languages, and for whom."""
    texts = {language: guarantee_text(what, language).sha256 for language in what.product}
    return Wanted(
        act=Act.GIVE_GUARANTEE,
        about={"guarantee_id": row.id, "amount_fen": what.amount_fen, **texts},
        contract_id=row.id,
        amount_fen=what.amount_fen,
        payee=what.name,
        payee_tail=what.phone_tail,
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """What was agreed to, by which command, in which words."""

    command: GiveGuarantee
    wanted: Wanted
    text: str = field(repr=False)


async def _keep(tx: Transaction, row: GuaranteeRow, given: _Given) -> None:
    """Seal what was read and what proves the approval, under the guarantor's own keys."""
    command, text = given.command, given.text
    await _end_consents(tx, row)
    consent_id = tx.new_id("gc")
    evidence = canonical_json(
        {
            "about": dict(given.wanted.about),
            "application_id": row.application_id,
            "given_at": moment_text(tx.now),
            "guarantee_id": row.id,
            "guarantor_id": command.caller_id,
            "intent_id": command.approval.intent_id,
            "session_id": command.caller.session_id,
            "text": text,
            "text_sha256": command.text_sha256,
        }
    )
    cells = {
        column: guarantee_consent_cell(consent_id, command.caller_id, column)
        for column in ("text", "evidence")
    }
    assert row.amount_fen is not None, "a guarantee given has an amount"
    await GuaranteeConsentRow.create(
        id=consent_id,
        guarantee_id=row.id,
        guarantor_id=command.caller_id,
        amount_fen=row.amount_fen,
        text_sha256=command.text_sha256,
        text=await seal(tx, cells["text"], text),
        evidence=await seal(tx, cells["evidence"], evidence),
        given_at=milliseconds(tx.now),
    )


async def _end_consents(tx: Transaction, row: GuaranteeRow) -> None:
    standing = GuaranteeConsentRow.filter(guarantee_id=row.id, withdrawn_at__isnull=True)
    await standing.update(withdrawn_at=milliseconds(tx.now))
