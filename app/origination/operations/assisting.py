"""An agent fills in for somebody in the shop; the person confirms it, or nothing comes of it."""

from datetime import timedelta

from app.catalog import queries as catalog
from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.clock import beginning_of, local_date, milliseconds
from app.foundation.database import Transaction, current, transaction
from app.foundation.errors import Forbidden, NotFound
from app.foundation.sealing import blind_index, seal, unseal
from app.identity import queries as identity
from app.identity.rules import people
from app.origination.errors import AgentLimitReached, AssistedOver, BorrowerNotHereYet
from app.origination.models import AssistedRow, application_cell, assisted_cell
from app.origination.models.assisting import PHONE_LABEL
from app.origination.operations.applying import amount_offered, begin_application, months_offered
from app.origination.operations.stepping import advance
from app.origination.queries.assisting import assisted_rows_for, phones_of
from app.origination.rules.assisting import (
    AGENTS,
    CALLERS,
    CALLS_MAX,
    AnswerCallBack,
    AssistedState,
    BeginCallBack,
    ConfirmAssisted,
    DeclineAssisted,
    StartAssisted,
    check_channel,
)
from app.origination.rules.commands import StartApplication
from app.origination.rules.completeness import purpose_of
from app.origination.rules.states import Move

LET_GO_AT_ONCE = 100
AGENT_LOCKS = 5_319
"""PostgreSQL's advisory locks on agents have this first number, and no others have it."""


async def start_assisted(command: StartAssisted) -> str:
    """
    Keep what an agent fills in for a number, until its holder confirms it; return its id.

    The answer is the same whether the number is a borrower's or nobody's.

    Raises:
        Forbidden: The caller is no agent of a partner.
        InvalidInput: The number or the purpose is malformed.
        NotFound, RegionUnknown, ProductNotOffered: There is no such product there today.
        ChannelNotOffered: The product is for the borrower's own phone only.
        AmountNotOffered, MonthsNotOffered: The product does not lend so there.
        AgentLimitReached: The agent filled in as many today as one may.
    """
    if command.caller.role not in AGENTS:
        raise Forbidden
    phone = people.phone_of(command.phone)
    purpose = purpose_of(command.purpose, field="input.purpose")
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["assisted_id"]
        offered = await catalog.offered_terms(command.product_id, command.region_code, tx.today)
        check_channel(offered)
        amount_offered(offered, command.amount_fen)
        months_offered(offered, command.months)
        book = await catalog.policy_book(tx.today)
        await _check_agent(tx, command.caller_id, book.whole("assisted_per_agent_day_max"))
        assisted_id = tx.new_id("as")
        lifetime = timedelta(days=book.whole("assisted_lifetime_days"))
        await AssistedRow.create(
            id=assisted_id,
            agent_id=command.caller_id,
            phone=await seal(tx, assisted_cell(assisted_id, "phone"), phone),
            phone_index=blind_index(PHONE_LABEL, phone),
            product_id=command.product_id,
            region_code=command.region_code,
            amount_fen=command.amount_fen,
            months=command.months,
            purpose=await seal(tx, assisted_cell(assisted_id, "purpose"), purpose),
            state=AssistedState.ASKED.value,
            calls=0,
            started_at=milliseconds(tx.now),
            expires_at=milliseconds(tx.now + lifetime),
        )
        about = {"assisted": assisted_id, "region": command.region_code}
        await record(tx, Entry("assisted.started", None, command.caller_id, about))
        await claim.settle(tx, {"assisted_id": assisted_id})
    return assisted_id


async def _check_agent(tx: Transaction, agent_id: str, most: int) -> None:
    if tx.dialect == "postgres":  # on SQLite nobody else writes during a transaction anyhow
        await tx.rows(f"SELECT pg_advisory_xact_lock({AGENT_LOCKS}, hashtext(?))", [agent_id])
    since = milliseconds(beginning_of(local_date(tx.now)))
    if await AssistedRow.filter(agent_id=agent_id, started_at__gte=since).count() >= most:
        raise AgentLimitReached(most)


async def confirm_assisted(command: ConfirmAssisted) -> str:
    """
    Confirm on one's own phone: it becomes an application of one's own, to be filled in further.

    Raises:
        NotFound: Nothing of this id waits for the caller's number.
        ProductNotOffered, AmountNotOffered, MonthsNotOffered: It is no longer lent so there.
        TooManyApplications: The borrower has five open applications.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        row = await _waiting_for(command.borrower_id, command.assisted_id)
        application_id = await _confirmed(tx, row, command.borrower_id)
        await claim.settle(tx, {"application_id": application_id})
    return application_id


async def decline_assisted(command: DeclineAssisted) -> str:
    """
    Say no on one's own phone; the number and the purpose are let go of.

    Raises:
        NotFound: Nothing of this id waits for the caller's number.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["assisted_id"]
        row = await _waiting_for(command.borrower_id, command.assisted_id)
        about = {"assisted": row.id, "agent": row.agent_id}
        await record(
            tx, Entry("assisted.declined", command.borrower_id, command.borrower_id, about)
        )
        await _let_go(tx, row, AssistedState.DECLINED)
        await claim.settle(tx, {"assisted_id": row.id})
    return command.assisted_id


async def _waiting_for(borrower_id: str, assisted_id: str) -> AssistedRow:
    for row in await assisted_rows_for(borrower_id, assisted_id):
        return await _locked(row.id)
    raise NotFound("input.assistedId")


async def _locked(assisted_id: str) -> AssistedRow:
    row = await AssistedRow.filter(id=assisted_id).select_for_update().get_or_none()
    if row is None:
        raise NotFound("input.assistedId")
    if row.state != AssistedState.ASKED.value:
        raise AssistedOver(row.state)
    return row


async def _confirmed(tx: Transaction, row: AssistedRow, borrower_id: str) -> str:
    """Make it the borrower's own application; from here on the agent sees only that it is."""
    wish = StartApplication(
        borrower_id=borrower_id,
        idempotency_key=row.id,
        product_id=row.product_id,
        region_code=row.region_code,
    )
    application, offered = await begin_application(tx, wish)
    application.amount_fen = amount_offered(offered, row.amount_fen)
    application.months = months_offered(offered, row.months)
    purpose = await unseal(assisted_cell(row.id, "purpose"), row.purpose)
    cell = application_cell(application.id, borrower_id, "purpose")
    application.purpose = await seal(tx, cell, purpose)
    await advance(tx, application, Move.EDIT)
    row.application_id = application.id
    about = {"assisted": row.id, "agent": row.agent_id, "application": application.id}
    await record(tx, Entry("assisted.confirmed", borrower_id, row.called_by or borrower_id, about))
    await _let_go(tx, row, AssistedState.CONFIRMED)
    return application.id


async def _let_go(tx: Transaction, row: AssistedRow, to: AssistedState) -> None:
    """End it: what was sealed of the person goes, with its keys; counts stay."""
    row.state = to.value
    await tx.run(
        "UPDATE assisted_application SET state = ?, phone = NULL, phone_index = NULL,"
        " purpose = NULL, calls = ?, called_by = ?, application_id = ?, answered_at = ?"
        " WHERE id = ?",
        [
            *(row.state, row.calls, row.called_by, row.application_id),
            *(milliseconds(tx.now), row.id),
        ],
    )
    await tx.run("DELETE FROM data_key WHERE subject_id = ?", [row.id])


async def begin_call_back(command: BeginCallBack) -> str:
    """
    Return the number to call, in clear and on record, to somebody of the desk who stepped up.

    Raises:
        Forbidden: The caller does not call back.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is none of this id.
        AssistedOver: It was answered, or its time is over.
    """
    if command.caller.role not in CALLERS:
        raise Forbidden
    async with transaction() as tx:
        await identity.check_stepped_up(command.caller, tx.now)
        claim = await idempotency.claim(tx, command)
        row = await _callable(tx, command.assisted_id)
        phone = (await phones_of([row]))[0]
        assert phone is not None, "what waits has its number"
        if claim.answer is None:
            about = {"assisted": row.id, "agent": row.agent_id}
            await record(tx, Entry("assisted.called", None, command.caller_id, about))
            await claim.settle(tx, {"assisted_id": row.id})
    return phone


async def answer_call_back(command: AnswerCallBack) -> AssistedState:
    """
    Note what the person said; right answers confirm it, wrong ones end it at the second time.

    A wrong answer is returned, not raised, so that it stays counted.

    Raises:
        Forbidden: The caller does not call back.
        NotFound: There is none of this id.
        AssistedOver: It was answered, or its time is over.
        BorrowerNotHereYet: Nobody has signed in with the number; they do that once first.
        ProductNotOffered, AmountNotOffered, MonthsNotOffered, TooManyApplications: As confirming.
    """
    if command.caller.role not in CALLERS:
        raise Forbidden
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return AssistedState(claim.answer["state"])
        row = await _callable(tx, command.assisted_id)
        if command.is_right(amount_fen=row.amount_fen, months=row.months):
            phone = (await phones_of([row]))[0]
            assert phone is not None, "what waits has its number"
            borrowers = await identity.borrower_ids_by_phone(phone)
            if not borrowers:
                raise BorrowerNotHereYet
            row.called_by = command.caller_id
            await _confirmed(tx, row, borrowers[0])
        else:
            await _answered_wrong(tx, row, command.caller_id)
        await claim.settle(tx, {"state": row.state})
    return AssistedState(row.state)


async def _callable(tx: Transaction, assisted_id: str) -> AssistedRow:
    row = await _locked(assisted_id)
    if row.expires_at <= milliseconds(tx.now):
        raise AssistedOver(AssistedState.EXPIRED.value)
    return row


async def _answered_wrong(tx: Transaction, row: AssistedRow, staff_id: str) -> None:
    row.calls += 1
    about = {"assisted": row.id, "agent": row.agent_id, "calls": row.calls}
    await record(tx, Entry("assisted.answered_wrong", None, staff_id, about))
    if row.calls >= CALLS_MAX:
        await _let_go(tx, row, AssistedState.DECLINED)
    else:
        await row.save(update_fields=["calls"])


async def end_assisted() -> int:
    """Let go of what nobody confirmed in time; return how many."""
    now = milliseconds(current().clock.now())
    over = AssistedRow.filter(state=AssistedState.ASKED.value, expires_at__lte=now)
    rows = await over.order_by("id").limit(LET_GO_AT_ONCE)
    for found in rows:
        async with transaction() as tx:
            row = await AssistedRow.filter(id=found.id).select_for_update().get()
            if row.state == AssistedState.ASKED.value:
                await _let_go(tx, row, AssistedState.EXPIRED)
    return len(rows)
