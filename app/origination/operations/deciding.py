"""The decision: asked of the bureau outside every transaction, made once, kept with what it saw."""

from datetime import date, timedelta
from functools import partial

import orjson

from app.catalog import queries as catalog
from app.catalog.errors import RegionUnknown
from app.catalog.rules import Consent, PolicyBook, Scorecard
from app.foundation.database import Transaction, current, fetch, transaction
from app.foundation.errands import do_all
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.sealing import blind_index, seal
from app.identity import queries as identity
from app.identity.rules.people import birth_date_of
from app.origination.errors import MissingItem
from app.origination.events import ActionRequired, ApplicationSubmitted, LenderLeft
from app.origination.models import ApplicationRow, DecisionRow, GuaranteeRow, decision_cell
from app.origination.operations.looking_up import Looked, Question, look_up
from app.origination.operations.marking import velocity_of
from app.origination.operations.offering import act_on
from app.origination.operations.stepping import advance, held
from app.origination.ports import (
    BureauUnavailable,
    CreditBureau,
    RecordSource,
    SourceUnavailable,
)
from app.origination.queries import (
    commitments_of,
    consents_by_application,
    missing_of_row,
    offered_of,
    statements_of,
)
from app.origination.queries.reducing import reductions_used
from app.origination.rules.consents import records_allowed
from app.origination.rules.decision import decide
from app.origination.rules.guarantees import GuaranteeState
from app.origination.rules.snapshot import Snapshot, mitigations_of, policy_used
from app.origination.rules.states import ApplicationState, Move
from app.partners import queries as partners
from app.partners.errors import PartnerNotListed

log = logger(__name__)

WAITING_AFTER = timedelta(minutes=2)
"""A decision takes seconds; from here on a waiting application is taken up again."""
WAITING_BATCH_MAX = 50
SUBMISSIONS_A_DAY_MAX = 3
"""More applications of one person within a day were a sign to the first scorecard."""


async def assess_application(
    fact: ApplicationSubmitted,
    delivery_id: str,
    *,
    bureau: CreditBureau,
    source: RecordSource | None = None,
) -> None:
    """
    Decide a submitted application; done again, it finds the decision made and changes nothing.

    Raises:
        BureauUnavailable: The bureau gave no answer; try again later.
        SourceUnavailable: A source of records gave none; try again later, for a while.
    """
    log.info("assessing", application_id=fact.application_id, delivery_id=delivery_id)
    await _assess(fact.application_id, bureau, source)


async def assess_waiting(bureau: CreditBureau, source: RecordSource | None = None) -> int:
    """
    Take up applications that have waited for their decision too long; return how many.

    Raises:
        Exception: What one of them failed of, such as a broken seal, once all others were done.
    """
    waiting = await fetch(
        "SELECT a.id FROM loan_application a WHERE a.state IN ('SUBMITTED', 'DECIDING')"
        " AND a.line_id IS NULL AND a.changed_at < ? AND NOT EXISTS"
        " (SELECT 1 FROM decision d WHERE d.application_id = a.id) ORDER BY a.id LIMIT ?",
        [current().clock.now() - WAITING_AFTER, WAITING_BATCH_MAX],
    )
    await do_all({row["id"]: partial(_take_up, row["id"], bureau, source) for row in waiting})
    return len(waiting)


async def _take_up(application_id: str, bureau: CreditBureau, source: RecordSource | None) -> None:
    try:
        await _assess(application_id, bureau, source)
    except (BureauUnavailable, SourceUnavailable) as silent:
        log.warning("no_answer", application_id=application_id, asked=type(silent).__name__)


async def _assess(application_id: str, bureau: CreditBureau, source: RecordSource | None) -> None:
    question = await _consider(application_id)
    if question is None:
        return
    looked = await look_up(question, bureau, source)
    async with transaction() as tx:
        row = await held(application_id)
        if await _is_waiting(row) and not await _went_back(tx, row):
            await _decide(tx, row, looked)


async def _consider(application_id: str) -> Question | None:
    """Begin the decision; None if there is none to make. What was lost meanwhile is asked for."""
    async with transaction() as tx:
        row = await held(application_id)
        if row.state == ApplicationState.SUBMITTED.value:
            missing = await missing_of_row(row, offered_of(row.offered))
            # Who has left the list is looked at below: others may take their place.
            if any(one.item is not MissingItem.LENDER for one in missing):
                await advance(tx, row, Move.ASK_FOR_MORE)
                await announce(
                    tx, ActionRequired(application_id=row.id, borrower_id=row.borrower_id)
                )
                return None
            if await _went_back(tx, row):
                return None
            await advance(tx, row, Move.CONSIDER)
        elif not await _is_waiting(row) or await _went_back(tx, row):
            return None
        party = await identity.party_of(row.borrower_id)
        consents = (await consents_by_application([row.id]))[0]
        minutes = (await catalog.policy_book(tx.today)).whole("records_wait_minutes")
        waited = tx.now - (row.submitted_at or tx.now)
    return Question(
        query_id=row.id,
        person_reference=person_reference(party.resident_id),
        asks_bureau=any(one.key.kind is Consent.CREDIT_QUERY for one in consents),
        kinds=records_allowed(consent.key for consent in consents),
        may_wait=waited < timedelta(minutes=minutes),
    )


async def _went_back(tx: Transaction, row: ApplicationRow) -> bool:
    """
    Give an application back if it cannot be lent without somebody who has left the list; tell.

    That is no decision on the borrower: it waits, like one that lacks something, until the product
    has other lenders or its time is over.
    """
    try:
        await partners.as_listed(offered_of(row.offered).product, tx.today)
    except PartnerNotListed as left:
        log.warning("lender_left", application_id=row.id, partner=left.partner_code)
        await advance(tx, row, Move.ASK_FOR_MORE)
        await announce(tx, LenderLeft(application_id=row.id, borrower_id=row.borrower_id))
        return True
    return False


async def _is_waiting(row: ApplicationRow) -> bool:
    """Tell whether an application is to be decided and has no decision yet."""
    is_decided = await DecisionRow.filter(application_id=row.line_id or row.id).exists()
    return row.state == ApplicationState.DECIDING.value and not is_decided


def person_reference(resident_id: str) -> str:
    """Return the fingerprint under which a bureau knows a person; the ID itself never leaves."""
    return blind_index("bureau.person", resident_id)


async def _decide(tx: Transaction, row: ApplicationRow, looked: Looked) -> None:
    card = await catalog.scorecard(tx.today)
    book = await catalog.policy_book(tx.today)
    snapshot = await _snapshot(tx, row, looked, card, book)
    verdict = decide(snapshot, card)
    decision_id = tx.new_id("dc")
    cell = partial(decision_cell, decision_id, row.borrower_id)
    await DecisionRow.create(
        id=decision_id,
        application_id=row.id,
        borrower_id=row.borrower_id,
        model_version=verdict.model_version,
        outcome=verdict.outcome.value,
        reasons=orjson.dumps(list(verdict.reasons)).decode(),
        snapshot=await seal(tx, cell("snapshot"), snapshot.as_json()),
        verdict=await seal(tx, cell("verdict"), verdict.as_json()),
        decided_at=tx.now,
        decided_on=tx.today,
    )
    await act_on(tx, row, snapshot, verdict, verdict.outcome)
    log.info("application_decided", application_id=row.id, outcome=verdict.outcome.value)


async def _snapshot(
    tx: Transaction,
    row: ApplicationRow,
    looked: Looked,
    card: Scorecard,
    book: PolicyBook,
) -> Snapshot:
    facts = await identity.facts_for_decision(row.borrower_id, tx.today)
    party = await identity.party_of(row.borrower_id)
    stated = (await statements_of([row]))[0]
    committed = await commitments_of(row.borrower_id, apart_from=row.id)
    used = await reductions_used(row.borrower_id, apart_from=row.id)
    offered = offered_of(row.offered)
    summary, records = looked.summary, looked.records
    velocity = await velocity_of(tx, row, book)
    assert row.amount_fen is not None, "a submitted application states an amount"
    assert row.months is not None, "a submitted application states a term"
    assert stated.monthly_income_fen is not None, "a submitted application states an income"
    assert stated.debt_payments_fen is not None, "a submitted application states debts"
    return Snapshot(
        decided_on=tx.today,
        model_version=card.version,
        offered=offered,
        policy=policy_used(book, offered, card),
        amount_fen=row.amount_fen,
        months=row.months,
        monthly_income_fen=stated.monthly_income_fen,
        stated_debt_fen=stated.debt_payments_fen,
        own_debt_fen=committed.monthly_fen,
        exposure_fen=committed.principal_fen,
        born_on=birth_date_of(party.resident_id),
        is_student=facts.is_student,
        phone_tenure_months=facts.phone_tenure_months,
        region_economy_tier=await _economy_tier(row.region_code, tx.today),
        fraud_signals=int(velocity.applications > SUBMISSIONS_A_DAY_MAX),
        has_bureau_file=summary is not None,
        bureau_late_count=summary.late_count if summary else 0,
        bureau_active_loans=summary.active_loans if summary else 0,
        bureau_debt_fen=summary.debt_service_fen if summary else 0,
        bureau_late_now_days=summary.late_now_days if summary else 0,
        mobile_payment_turnover_fen=records.mobile_payment_turnover_fen,
        cooperative_years=records.cooperative_years,
        model_sha256=await catalog.scorecard_sha256(card.version),
        income_months=stated.income_months,
        verified_income_fen=records.verified_income_fen,
        farm_years=records.farm_years,
        farm_area_mu=records.farm_area_mu,
        merchant_months=records.merchant_months,
        merchant_turnover_fen=records.merchant_turnover_fen,
        phone_months=records.phone_months,
        records_silent=looked.silent,
        velocity=velocity,
        mitigations=(*mitigations_of(offered), *await _guarantor(row)),
        subsidy_used_fen=used.state_by_year.get(tx.today.year, 0),
        subsidy_used_later=tuple(
            (year, fen) for year, fen in sorted(used.state_by_year.items()) if year > tx.today.year
        ),
        coupons_used=tuple(sorted(used.coupons)),
    )


async def _guarantor(row: ApplicationRow) -> tuple[str, ...]:
    """Return that somebody stands behind all of it, if they said so on their own phone."""
    given = await GuaranteeRow.get_or_none(live_key=row.id, state=GuaranteeState.GIVEN.value)
    is_for_all = given is not None and (given.amount_fen or 0) >= (row.amount_fen or 0)
    return ("GUARANTOR",) if is_for_all else ()


async def _economy_tier(region_code: str, on: date) -> int | None:
    try:
        return (await catalog.region(region_code, on)).pack.economy_tier
    except RegionUnknown:
        return None
