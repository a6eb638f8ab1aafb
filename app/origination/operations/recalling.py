"""Marks that others came to carry: who was decided before is looked at before anything is paid."""

from collections.abc import Mapping
from datetime import timedelta

import orjson
from tortoise.expressions import Q

from app.catalog import queries as catalog
from app.catalog.rules import Outcome
from app.foundation.audit import Entry, record
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.log import logger
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.origination.errors import StepOutOfOrder
from app.origination.events import (
    ApplicationDecided,
    ApplicationRecalled,
    DisbursementRequested,
)
from app.origination.models import (
    AgreementRow,
    ApplicationRow,
    CertificateRow,
    DisbursementRow,
    OfferRow,
    RecallRow,
)
from app.origination.operations.reserving import give_up
from app.origination.operations.stepping import (
    WAITS_FOR_BORROWER,
    advance,
    held,
    set_lifetime,
)
from app.origination.rules.states import (
    RECALLABLE,
    SIGNED_UNPAID,
    ApplicationState,
    DisbursementState,
    Move,
)
from app.payments.ports import FailureReason

log = logger(__name__)


async def note_shared(tx: Transaction, application_id: str, people: Mapping[str, int]) -> None:
    """
    Note that so many others carry marks of an application that was decided before them.

    From here on, before anything else has happened, neither it nor a draw on its line is signed,
    and none of its money is sent. Nothing is noted where nothing waits.
    """
    meant = ApplicationRow.filter(Q(id=application_id) | Q(line_id=application_id))
    waiting = meant.filter(state__in=[state.value for state in RECALLABLE])
    for row in await waiting.order_by("id"):
        await _note(tx, row, people)


async def _note(tx: Transaction, row: ApplicationRow, people: Mapping[str, int]) -> None:
    live = await RecallRow.get_or_none(live_key=row.id)
    if live is None and await _has_seen(row.id, people):
        return
    known = {} if live is None else orjson.loads(live.people)
    noted = await tx.rows(
        "INSERT INTO application_recall"
        " (id, application_id, borrower_id, live_key, people, noted_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (live_key) DO UPDATE SET people = excluded.people RETURNING id",
        [
            tx.new_id("rl"),
            row.id,
            row.borrower_id,
            row.id,
            orjson.dumps(known | dict(people), option=orjson.OPT_SORT_KEYS).decode(),
            milliseconds(tx.now),
        ],
    )
    await announce(
        tx,
        ApplicationRecalled(
            application_id=row.id, borrower_id=row.borrower_id, recall_id=str(noted[0]["id"])
        ),
    )


async def _has_seen(application_id: str, people: Mapping[str, int]) -> bool:
    """Tell whether a person let it pass already with as many others behind it."""
    last = RecallRow.filter(application_id=application_id, outcome=Outcome.APPROVE.value)
    row = await last.order_by("-id").first()
    seen: dict[str, int] = {} if row is None else orjson.loads(row.people)
    return all(seen.get(kind, 0) >= count for kind, count in people.items())


async def recall(tx: Transaction, fact: ApplicationRecalled) -> None:
    """
    Give an application back to a person: its offers are taken back, or its money is held.

    Done again, or where the borrower was quicker to end it, it changes nothing.
    """
    row = await held(fact.application_id)
    live = await RecallRow.get_or_none(id=fact.recall_id, live_key=row.id)
    state = ApplicationState(row.state)
    if live is None or state not in {*WAITS_FOR_BORROWER, *SIGNED_UNPAID}:
        return
    if state in WAITS_FOR_BORROWER:
        await _take_offers_back(tx, row)
        await advance(tx, row, Move.RECALL)
    await record(
        tx,
        Entry(
            "decision.recalled",
            row.borrower_id,
            "system",
            {"application_id": row.id, "from": state},
        ),
    )
    await announce(
        tx,
        ApplicationDecided(
            application_id=row.id,
            borrower_id=row.borrower_id,
            outcome=Outcome.REFER.value,
            recall_id=live.id,
        ),
    )
    log.info("application_recalled", application_id=row.id, state=state.value)


async def _take_offers_back(tx: Transaction, row: ApplicationRow) -> None:
    """Void what was written to be signed; what a draw may cost is the line's, and stays."""
    await CertificateRow.filter(live_key=row.id).update(live_key=None)
    await AgreementRow.filter(live_key=row.id).update(live_key=None)
    row.offer_id = None
    if row.line_id is not None:
        return
    offers = OfferRow.filter(application_id=row.id, recalled_at__isnull=True)
    await offers.update(recalled_at=milliseconds(tx.now))
    # People need time to look; the offers that may follow have a time of their own.
    book = await catalog.policy_book(tx.today)
    set_lifetime(tx, row, timedelta(days=book.whole("application_lifetime_days")))


async def check_not_recalled(application_id: str, move: Move) -> None:
    """
    Refuse a step towards money while a person has to look.

    Raises:
        StepOutOfOrder: The application waits for a person, whatever its row says so far.
    """
    if await is_recalled(application_id):
        raise StepOutOfOrder(ApplicationState.DECIDING.value, move.value)


async def is_recalled(application_id: str) -> bool:
    """Tell whether a person has to look before anything of an application is signed or paid."""
    return await RecallRow.filter(live_key=application_id).exists()


async def settle_recall(
    tx: Transaction, row: ApplicationRow, outcome: Outcome, *, staff_id: str
) -> str:
    """
    Write down what a person found, and let held money flow or give it up.

    Returns the recall's id; empty where nothing was recalled.
    """
    live = await RecallRow.get_or_none(live_key=row.id)
    if live is None:
        return ""
    live.live_key = None
    live.outcome, live.settled_by = outcome.value, staff_id
    live.settled_at = milliseconds(tx.now)
    await live.save()
    if ApplicationState(row.state) in SIGNED_UNPAID:
        await _settle_money(tx, row, outcome)
    return live.id


async def offer_draw_again(
    tx: Transaction, row: ApplicationRow, outcome: Outcome, *, recall_id: str
) -> None:
    """Give a draw's offers back for the time they still have, or end it, and tell."""
    await advance(tx, row, Move.OFFER if outcome is Outcome.APPROVE else Move.REJECT)
    await announce(
        tx,
        ApplicationDecided(
            application_id=row.id,
            borrower_id=row.borrower_id,
            outcome=outcome.value,
            recall_id=recall_id,
        ),
    )


async def _settle_money(tx: Transaction, row: ApplicationRow, outcome: Outcome) -> None:
    found = DisbursementRow.filter(application_id=row.id, state=DisbursementState.RESERVED.value)
    reserved = await found.select_for_update().get_or_none()
    if reserved is None:
        return
    if outcome is Outcome.DECLINE:
        await give_up(tx, row, reserved, FailureReason.DECLINED.value)
        return
    await revise(tx, row.borrower_id)
    await announce(
        tx,
        DisbursementRequested(
            disbursement_id=reserved.id,
            application_id=row.id,
            borrower_id=row.borrower_id,
            amount_fen=reserved.amount_fen,
        ),
    )
