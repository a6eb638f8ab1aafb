"""Money out: asked for under our own id, settled by the rail's word, once whatever happens."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import orjson

from app.catalog import queries as catalog
from app.foundation.database import Transaction, current, transaction
from app.foundation.errands import Turn, do_all
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.sealing import SealBroken, unseal
from app.identity import queries as identity
from app.loanmath.record import terms_from_json
from app.origination.events import DisbursementRequested, LoanDisbursed
from app.origination.models import (
    AgreementRow,
    ApplicationRow,
    CertificateRow,
    DisbursementRow,
    OfferRow,
    agreement_cell,
)
from app.origination.operations.recalling import is_recalled
from app.origination.operations.reducing import reductions_on_arrival
from app.origination.operations.reserving import (
    RUN_OUT,
    TOO_LATE,
    fail,
    give_up,
    held_both,
    is_lapsed,
    is_over,
    is_too_late,
    lapse_reservations,
)
from app.origination.operations.stepping import advance
from app.origination.ports import DisbursementRail
from app.origination.queries import funders_from, offered_of
from app.origination.rules.agreement import return_days
from app.origination.rules.certificate import certificate_from
from app.origination.rules.offers import terms_on_arrival
from app.origination.rules.states import (
    DisbursementState,
    Move,
    step_on_word,
    stepped,
)
from app.payments import operations as payments
from app.payments.ports import (
    FailureReason,
    OrderRefused,
    OrderReport,
    RailStatus,
    RailUnavailable,
)
from app.payments.rules import RailNotice, RailOrderKind
from app.servicing import operations as servicing
from app.servicing.rules import OpenLoan

log = logger(__name__)

FIRST_POLL_AFTER = timedelta(seconds=30)
"""A notice usually comes within seconds; from here on the rail is asked."""
POLL_BATCH_MAX = 100
_RESERVED, _SENT = Turn(), Turn()
"""Money may wait for a person, or a day for its payee to accept it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What the rail is asked to pay."""

    disbursement_id: str
    amount_fen: int
    borrower_id: str
    payee_reference: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What the rail says of a disbursement."""

    status: RailStatus
    amount_fen: int
    reason: str | None = None
    provider_ref: str | None = None


async def start_disbursement(
    fact: DisbursementRequested, delivery_id: str, *, rail: DisbursementRail
) -> None:
    """
    Ask the rail to pay reserved money out; done again, the same id moves no second money.

    Raises:
        RailUnavailable: The rail gave no answer; ask again later.
    """
    log.info("disbursing", disbursement_id=fact.disbursement_id, delivery_id=delivery_id)
    await _send(fact.disbursement_id, rail)


async def accept_disbursement_notice(notice: RailNotice) -> None:
    """
    Take the rail's word on a disbursement, whatever the order and number of its notices.

    Success opens the loan in the same transaction. Another amount than ours is never booked. A
    notice about an id that is none of ours changes nothing.
    """
    if notice.kind is not RailOrderKind.DISBURSEMENT:
        log.warning("notice_of_another_kind", kind=notice.kind.value)
        return
    word = _Word(
        status=notice.status,
        amount_fen=notice.amount_fen,
        reason=(notice.reason or FailureReason.UNSTATED).value,
        provider_ref=notice.provider_ref,
    )
    await _take_word(notice.order_id, word)


async def poll_disbursements(rail: DisbursementRail) -> int:
    """
    Ask about money whose notice has not come, and send what got stuck; return how many.

    However many wait, those after them have their turn. What was not sent within its reservation's
    time is not sent any more (see `reserving`).

    Raises:
        Exception: What one of them failed of, such as a broken seal, once all others were done.
    """
    lapsed = await lapse_reservations()
    since = current().clock.now() - FIRST_POLL_AFTER
    frozen = await identity.frozen_borrower_ids()
    reserved = DisbursementRow.filter(
        state=DisbursementState.RESERVED.value, reserved_at__lt=since
    ).exclude(borrower_id__in=frozen)
    sent = DisbursementRow.filter(state=DisbursementState.SENT.value, sent_at__lt=since)
    stuck = await _RESERVED.take(reserved, POLL_BATCH_MAX)
    unsure = await _SENT.take(sent, POLL_BATCH_MAX)
    await do_all(
        {one: partial(_quietly, one, rail, is_sent=False) for one in stuck}
        | {one: partial(_quietly, one, rail, is_sent=True) for one in unsure}
    )
    return lapsed + len(stuck) + len(unsure)


async def _quietly(disbursement_id: str, rail: DisbursementRail, *, is_sent: bool) -> None:
    """Look after one disbursement; a rail that is away for one does not hold up the others."""
    try:
        report = await rail.order_status(disbursement_id) if is_sent else None
        if report is not None and report.awaits_payee:
            if not await payments.has_wallet_request(disbursement_id):
                await _send(disbursement_id, rail)  # for what accepts it, lost with an answer
            return
        if report is None or report.status is RailStatus.UNKNOWN:
            if is_sent and await is_lapsed(disbursement_id):
                await _abort(disbursement_id)
                return
            await _send(disbursement_id, rail)
            return
        await take_disbursement_report(disbursement_id, report)
    except RailUnavailable:
        log.warning("rail_unavailable", disbursement_id=disbursement_id)


async def take_disbursement_report(disbursement_id: str, report: OrderReport) -> None:
    """
    Take what the rail says of a disbursement when asked, or in its statement of a day.

    A success without its amount is no word: it waits for one that has it.
    """
    if report.status is RailStatus.SUCCEEDED and report.amount_fen is None:
        log.error("rail_states_no_amount", disbursement_id=disbursement_id)
        return
    word = _Word(
        status=report.status,
        amount_fen=report.amount_fen or 0,
        reason=None if report.reason is None else report.reason.value,
        provider_ref=report.provider_ref,
    )
    await _take_word(disbursement_id, word)


async def _abort(disbursement_id: str) -> None:
    """
    End a disbursement that the rail has never heard of in all its time.

    Should an answer that was lost for days arrive after all, the table lets the money still make
    the loan it was signed for.
    """
    log.warning("disbursement_aborted", disbursement_id=disbursement_id)
    await _take_word(disbursement_id, _Word(status=RailStatus.FAILED, amount_fen=0, reason=RUN_OUT))


async def _send(disbursement_id: str, rail: DisbursementRail) -> None:
    order = await _begin_sending(disbursement_id)
    if order is None:
        return
    try:
        taken = await rail.pay_out(order.disbursement_id, order.amount_fen, order.payee_reference)
    except OrderRefused as refused:
        word = _Word(
            status=RailStatus.FAILED, amount_fen=order.amount_fen, reason=refused.reason.value
        )
        await _take_word(disbursement_id, word)
        return
    async with transaction() as tx:
        unnamed = DisbursementRow.filter(id=disbursement_id, provider_ref__isnull=True)
        await unnamed.update(provider_ref=taken.provider_ref)
        waits = DisbursementRow.filter(id=disbursement_id, state=DisbursementState.SENT.value)
        if taken.accept_in_app is not None and await waits.exists():
            await payments.let_accept(
                tx, disbursement_id, order.borrower_id, order.amount_fen, taken.accept_in_app
            )


async def _begin_sending(disbursement_id: str) -> _Order | None:
    """
    Commit the intent to send; None when there is nothing to send any more, or not for now.

    Money held back because the borrower was forced stays reserved, and looks as if on its way. Once
    staff let money flow, what was agreed to go to a card named meanwhile is not sent at all.
    """
    async with transaction() as tx:
        row, disbursement = await held_both(disbursement_id)
        state = DisbursementState(disbursement.state)
        is_ready = (
            await _is_released(tx, row, disbursement)
            if state is DisbursementState.RESERVED
            # One asked for in vain so long is asked about, and given up if nobody heard of it.
            else state is DisbursementState.SENT and not await is_over(tx, disbursement)
        )
        if not is_ready:
            return None
        if state is DisbursementState.RESERVED:
            disbursement.state = stepped(state, DisbursementState.SENT).value
            disbursement.sent_at = tx.now
            await disbursement.save()
            await advance(tx, row, Move.PAY_OUT)
        return _Order(
            disbursement_id=disbursement.id,
            amount_fen=disbursement.amount_fen,
            borrower_id=disbursement.borrower_id,
            payee_reference=await _payee_reference(disbursement),
        )


async def _is_released(tx: Transaction, row: ApplicationRow, disbursement: DisbursementRow) -> bool:
    """Tell whether reserved money may be sent now; what may never be sent any more is given up."""
    if await is_over(tx, disbursement):
        await give_up(tx, row, disbursement, RUN_OUT, DisbursementState.EXPIRED)
    elif await is_too_late(tx, row):
        await give_up(tx, row, disbursement, TOO_LATE)
    elif await identity.is_disbursement_frozen(row.borrower_id):
        log.info("disbursement_held_back", disbursement_id=disbursement.id)
    elif await is_recalled(row.id):
        log.info("disbursement_waits_for_a_person", disbursement_id=disbursement.id)
    elif await _goes_to_whoever_forced_them(disbursement):
        await give_up(tx, row, disbursement, FailureReason.WITHDRAWN.value)
    else:
        return True
    return False


async def _payee_reference(disbursement: DisbursementRow) -> str:
    """Return where the signed agreement says the money goes; a card named later changes nothing."""
    agreement = await AgreementRow.get(id=disbursement.agreement_id)
    theirs = (disbursement.borrower_id, disbursement.application_id)
    if (agreement.borrower_id, agreement.application_id) != theirs or agreement.signed_at is None:
        raise SealBroken  # the link was altered: the money is another borrower's
    cell = agreement_cell(agreement.id, agreement.borrower_id, "payee")
    return await unseal(cell, agreement.payee)


async def _goes_to_whoever_forced_them(disbursement: DisbursementRow) -> bool:
    """Tell whether the agreement names a card that was named by force: none goes there, ever."""
    agreement = await AgreementRow.get(id=disbursement.agreement_id)
    return agreement.payee_freeze_id is not None


async def _take_word(disbursement_id: str, word: _Word) -> None:
    known = await DisbursementRow.filter(id=disbursement_id).exists()
    if not known:
        log.warning("notice_of_nothing_of_ours")
        return
    async with transaction() as tx:
        row, disbursement = await held_both(disbursement_id)
        is_amount_right = word.amount_fen == disbursement.amount_fen
        after = step_on_word(
            DisbursementState(disbursement.state), word.status, is_amount_right=is_amount_right
        )
        if after is None:
            if word.status is RailStatus.SUCCEEDED and not is_amount_right:
                log.error("notice_contradicts", disbursement_id=disbursement.id)
            return
        disbursement.state = after.value
        disbursement.settled_at = tx.now
        await payments.drop_wallet_request(disbursement.id)
        disbursement.provider_ref = disbursement.provider_ref or word.provider_ref
        match after:
            case DisbursementState.SUCCEEDED:
                disbursement.failure_reason = None
                await _book(tx, row, disbursement)
            case DisbursementState.FAILED:
                disbursement.failure_reason = word.reason or FailureReason.UNSTATED.value
                await fail(tx, row, disbursement.failure_reason)
            case _:
                disbursement.disputed_fen = word.amount_fen
                log.error("disbursement_disputed", disbursement_id=disbursement.id)
        await disbursement.save()


async def _book(tx: Transaction, row: ApplicationRow, disbursement: DisbursementRow) -> None:
    """Open the loan: interest counts from today, the day the money is known to have arrived."""
    agreement = await AgreementRow.get(id=disbursement.agreement_id)
    offer = await OfferRow.get(id=agreement.offer_id)
    certificate = certificate_from((await CertificateRow.get(live_key=row.id)).content)
    book = await catalog.policy_book(tx.today)
    offered = offered_of(row.offered)
    signed = terms_from_json(orjson.loads(offer.terms))
    terms = terms_on_arrival(
        signed,
        tx.today,
        first_due_days_min=book.whole("first_due_days_min"),
        cost_cap=book.cost_cap,
    )
    loan = await servicing.open_loan(
        tx,
        OpenLoan(
            borrower_id=row.borrower_id,
            application_id=row.id,
            product_code=row.product_code,
            product_version_id=offered.version_id,
            terms=terms,
            agreement_id=agreement.id,
            charge_codes=certificate.charge_codes,
            disbursement_id=disbursement.id,
            funders=funders_from(offer.funders),
            disbursed_on=tx.today,
            cooling_off_days=return_days(agreement.template, offered),
            reductions=await reductions_on_arrival(
                tx, row, certificate, signed=signed, terms=terms
            ),
        ),
    )
    row.loan_id = loan.loan_id
    await advance(tx, row, Move.BOOK)
    await announce(
        tx,
        LoanDisbursed(
            loan_id=loan.loan_id,
            borrower_id=row.borrower_id,
            application_id=row.id,
            amount_fen=disbursement.amount_fen,
        ),
    )
    log.info("loan_disbursed", loan_id=loan.loan_id, application_id=row.id)
