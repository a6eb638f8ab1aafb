"""What a borrower does with a mandate: agreeing to it, agreeing anew, ending it at once."""

from dataclasses import dataclass, field

import msgspec

from app.catalog.queries import needs_code, policy_book
from app.foundation import idempotency
from app.foundation.caller import BorrowerCaller
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.identity import operations as identity
from app.identity.errors import ApprovalMissing, WrongCode
from app.identity.queries import bank_card_of
from app.identity.rules import card_tail
from app.identity.rules.intents import Act, Approval, IntentOpened, Wanted
from app.payments.errors import (
    BankCardMissing,
    MandateExists,
    MandateTextChanged,
    NothingOwed,
)
from app.payments.events import MandateAgreed, MandateRevoked
from app.payments.models import MandateConsentRow, MandateRow, consent_cell
from app.payments.operations.mandates.planning import card_mark, plan_from_now, stop
from app.payments.operations.quoting import naming_the_loan
from app.payments.queries import debit_under_way
from app.payments.rules.mandates import (
    TEXT_VERSION,
    Caps,
    DebitPolicy,
    MandateStatus,
    MandateText,
    MandateView,
    agreed_text,
    check_caps,
    first_moment,
    mandate_step,
)
from app.servicing import operations as servicing
from app.servicing.rules import LoanRef, LoanSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpAutoDebit:
    """
    Agree that the dues of a loan are debited.

    `text_sha256` is the hash of the words shown, in which every figure stands. Without a floor the
    policy's is taken.
    """

    loan: LoanRef
    cap_per_debit_fen: int
    cap_per_month_fen: int | None
    floor_fen: int | None
    text_sha256: str
    idempotency_key: str
    caller: BorrowerCaller
    approval: Approval | None

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginAutoDebit:
    """Ask what approving these words about a loan's debits says."""

    loan: LoanRef
    cap_per_debit_fen: int
    text_sha256: str
    idempotency_key: str
    caller: BorrowerCaller

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.loan.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAutoDebit:
    """Agree to a mandate anew, on these figures and today's card; a paused one goes on."""

    mandate_id: str
    cap_per_debit_fen: int
    cap_per_month_fen: int | None
    floor_fen: int | None
    text_sha256: str
    idempotency_key: str
    caller: BorrowerCaller
    approval: Approval | None

    @property
    def caller_id(self) -> str:
        """Return the borrower within whose keys this one counts."""
        return self.caller.borrower_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeAutoDebit:
    """End a mandate."""

    caller_id: str
    mandate_id: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A mandate that has ended, and the repayment that was with the rail before, if one was."""

    mandate: MandateView
    under_way_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agreed:
    """What was agreed to."""

    caps: Caps
    policy: DebitPolicy
    words: MandateText
    card: str = field(repr=False)


async def begin_auto_debit(command: BeginAutoDebit) -> IntentOpened:
    """
    Write down the agreement to debit a loan's dues, for the borrower to approve.

    Raises:
        NotFound: There is no such loan of this borrower.
        BankCardMissing: The borrower has named no bank card.
        RateLimited: The borrower's phone was sent too many codes.
        CodesLocked: Too many wrong codes were tried for this phone today.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await identity.opened(claim.answer["intent_id"], command.caller_id)
        with naming_the_loan():
            loan = await servicing.hold_loan(command.loan)
        card = await bank_card_of(loan.ref.borrower_id)
        if card is None:
            raise BankCardMissing
        wanted = _wanted(command, loan.ref, card)
        is_much = await needs_code(command.caller, tx.today, amount_fen=command.cap_per_debit_fen)
        intent = await identity.open_intent(tx, command.caller, wanted, needs_code=is_much)
        await claim.settle(tx, {"intent_id": intent.intent_id})
    return intent


def _wanted(
    command: BeginAutoDebit | SetUpAutoDebit | ChangeAutoDebit, loan: LoanRef, card: str
) -> Wanted:
    """Say what is agreed to: words that state every figure, the most of one debit, the card."""
    return Wanted(
        act=Act.SIGN_MANDATE,
        about={
            "cap_per_debit_fen": command.cap_per_debit_fen,
            "card_mark": card_mark(card),
            "loan_id": loan.loan_id,
            "text_sha256": command.text_sha256,
        },
        contract_id=loan.loan_id,
        amount_fen=command.cap_per_debit_fen,
        payee=f"**** {card_tail(card)}",
    )


async def set_up_auto_debit(command: SetUpAutoDebit) -> MandateView | WrongCode:
    """
    Set up the mandate of a loan, once per idempotency key and approval.

    What is due already is debited after the notice the words promise, never on the same day. A
    wrong code is returned, not raised, so that the guess stays counted; nothing else changed.

    Raises:
        NotFound: There is no such loan of this borrower.
        InvalidInput: A figure is out of bounds.
        NothingOwed: The loan is closed.
        MandateExists: The loan has a live mandate.
        BankCardMissing: The borrower has named no bank card.
        MandateTextChanged: The hash is not of today's words for these figures and this card.
        ApprovalMissing: There is no approval.
        IntentOver: The approval is over, or of other words, another sum or card.
        SignatureWrong: The signature is not the device's over what was shown.
        CodeExpired: The code is too old, used up or replaced.
        CodesLocked: Too many wrong codes were tried for this phone today.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return identity.answered_before(claim.answer, MandateView)
        with naming_the_loan():
            loan = await servicing.hold_loan(command.loan)
        if loan.is_closed:
            raise NothingOwed
        live = await MandateRow.get_or_none(live_key=command.loan.loan_id)
        if live is not None:
            raise MandateExists(live.id)
        agreed = await _agreed(tx, command, loan)
        wrong = await _approved(tx, command, loan.ref, agreed.card)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        row = MandateRow(
            id=tx.new_id("am"),
            borrower_id=loan.ref.borrower_id,
            loan_id=loan.ref.loan_id,
            live_key=loan.ref.loan_id,
            status=MandateStatus.ACTIVE.value,
            set_up_at=tx.now,
        )
        view = await _agree(tx, row, loan, agreed)
        await claim.settle(tx, msgspec.to_builtins(view))
    return view


async def change_auto_debit(command: ChangeAutoDebit) -> MandateView | WrongCode:
    """
    Put a mandate on other figures or another card, once per idempotency key; it begins afresh.

    A wrong code is returned, not raised, so that the guess stays counted; nothing else changed.

    Raises:
        NotFound: There is no such mandate of this borrower.
        InvalidInput: A figure is out of bounds.
        MandateStepRefused: It is over; set up a new one.
        BankCardMissing: The borrower has named no bank card.
        MandateTextChanged: The hash is not of today's words for these figures and this card.
        ApprovalMissing: There is no approval.
        IntentOver: The approval is over, or of other words, another sum or card.
        SignatureWrong: The signature is not the device's over what was shown.
        CodeExpired: The code is too old, used up or replaced.
        CodesLocked: Too many wrong codes were tried for this phone today.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return identity.answered_before(claim.answer, MandateView)
        known = await MandateRow.get_or_none(id=command.mandate_id, borrower_id=command.caller_id)
        if known is None:
            raise NotFound("input.autoDebitId")
        loan = await servicing.hold_loan(known.loan)
        row = await _held(command)
        row.status = mandate_step(MandateStatus(row.status), MandateStatus.ACTIVE).value
        agreed = await _agreed(tx, command, loan)
        wrong = await _approved(tx, command, loan.ref, agreed.card)
        if wrong is not None:
            await claim.settle(tx, {"attempts_left": wrong.attempts_left})
            return wrong
        await MandateConsentRow.filter(id=row.consent_id).update(ended_at=tx.now)
        view = await _agree(tx, row, loan, agreed)
        await claim.settle(tx, msgspec.to_builtins(view))
    return view


async def revoke_auto_debit(command: RevokeAutoDebit) -> Revoked:
    """
    End a mandate at once: no debit is sent any more, not even one whose hour has come.

    A debit that is with the rail already may still arrive, and is named.

    Raises:
        NotFound: There is no such mandate of this borrower.
        MandateStepRefused: It is over already.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return msgspec.convert(claim.answer, Revoked)
        row = await _held(command)
        await stop(tx, row, MandateStatus.REVOKED)
        await announce(
            tx,
            MandateRevoked(
                mandate_id=row.id,
                consent_id=row.consent_id,
                borrower_id=row.borrower_id,
                loan_id=row.loan_id,
            ),
        )
        under_way = await debit_under_way(row.loan)
        answer = Revoked(
            mandate=row.as_view(),
            under_way_id=None if under_way is None else under_way.repayment_id,
        )
        await claim.settle(tx, msgspec.to_builtins(answer))
    return answer


async def _approved(
    tx: Transaction, command: SetUpAutoDebit | ChangeAutoDebit, loan: LoanRef, card: str
) -> WrongCode | None:
    if command.approval is None:
        raise ApprovalMissing
    wanted = _wanted(command, loan, card)
    return await identity.spend_intent(tx, command.caller, command.approval, wanted)


async def _held(command: ChangeAutoDebit | RevokeAutoDebit) -> MandateRow:
    row = (
        await MandateRow.filter(id=command.mandate_id, borrower_id=command.caller_id)
        .select_for_update()
        .get_or_none()
    )
    if row is None:
        raise NotFound("input.autoDebitId")
    return row


async def _agreed(
    tx: Transaction, command: SetUpAutoDebit | ChangeAutoDebit, loan: LoanSummary
) -> _Agreed:
    """Check what the borrower agreed to, down to the last letter."""
    policy = DebitPolicy.of(await policy_book(tx.today))
    caps = Caps(
        per_debit_fen=command.cap_per_debit_fen,
        per_month_fen=command.cap_per_month_fen,
        floor_fen=policy.floor_fen if command.floor_fen is None else command.floor_fen,
    )
    check_caps(caps, policy)
    card = await bank_card_of(loan.ref.borrower_id)
    if card is None:
        raise BankCardMissing
    words = agreed_text(
        loan.ref, caps, policy, card_tail=card_tail(card), sha256=command.text_sha256
    )
    if words is None:
        raise MandateTextChanged
    return _Agreed(caps=caps, policy=policy, words=words, card=card)


async def _agree(
    tx: Transaction, row: MandateRow, loan: LoanSummary, agreed: _Agreed
) -> MandateView:
    """Keep what was agreed to, and plan by it from today on."""
    consent_id, borrower_id = tx.new_id("ac"), row.borrower_id
    await MandateConsentRow.create(
        id=consent_id,
        mandate_id=row.id,
        borrower_id=borrower_id,
        version=TEXT_VERSION,
        language=agreed.words.language,
        sha256=agreed.words.sha256,
        words=await seal(tx, consent_cell(consent_id, borrower_id, "words"), agreed.words.whole),
        card_tail=await seal(
            tx, consent_cell(consent_id, borrower_id, "card_tail"), card_tail(agreed.card)
        ),
        agreed_at=tx.now,
    )
    row.consent_id = consent_id
    row.card_mark = card_mark(agreed.card)
    row.cap_per_debit_fen = agreed.caps.per_debit_fen
    row.cap_per_month_fen = agreed.caps.per_month_fen
    row.floor_fen = agreed.caps.floor_fen
    row.agreed_on = tx.today
    row.announced_for = row.announced_on = row.round_on = row.next_on = None
    row.round_number = row.failures = 0
    row.next_at = first_moment(agreed.policy, tx.now)
    await announce(
        tx,
        MandateAgreed(
            mandate_id=row.id,
            consent_id=consent_id,
            borrower_id=borrower_id,
            loan_id=row.loan_id,
            cap_fen=row.cap_per_debit_fen,
            floor_fen=row.floor_fen,
        ),
    )
    await plan_from_now(tx, row, loan, agreed.policy)
    await row.save()
    await revise(tx, borrower_id)
    return row.as_view()
