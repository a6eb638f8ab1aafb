"""Drawing on a line again: a small application that needs no new decision, and all the rest."""

from datetime import timedelta

from app.catalog import queries as catalog
from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.errors import NotFound
from app.foundation.revision import revise
from app.foundation.sealing import Sealed, seal, unseal
from app.origination.errors import DrawAboveLine, DrawWaits, LineNotOpen
from app.origination.models import ApplicationRow, application_cell
from app.origination.operations.applying import amount_offered, months_offered
from app.origination.operations.offering import make_offers
from app.origination.operations.stepping import held, hold_all_of, set_lifetime
from app.origination.queries import consents_by_application
from app.origination.queries.drawing import OpenedLine, opened_line
from app.origination.rules.drawing import DrawDown, draw_picks, snapshot_of_draw
from app.origination.rules.states import AWAITS_MONEY, ENDED, ApplicationState
from app.partners import queries as partners

COPIED = ("purpose", "monthly_income", "debt_payments", "income_months")
"""What was stated for the line and holds for its draws."""


async def draw_down(command: DrawDown) -> str:
    """
    Draw on a line again, and return the id of the draw's own application, which has its offers.

    The limit is the line's, so nobody is decided on anew; everything the law wants before money
    moves is done for each draw: its own cost certificate read and confirmed, its own agreement
    signed by an intent, its own disbursement and loan.

    Raises:
        NotFound: It is not the borrower's application.
        LineNotOpen: It opened no line, its time is over, something is past due, or a consent the
            line was opened with was taken back.
        ProductNotOffered: The product is no longer offered in the region.
        PartnerNotListed: A lender may not lend today.
        DrawWaits: A draw on the line waits for its signature already.
        AmountNotOffered, MonthsNotOffered: The line's product is not drawn so.
        DrawAboveLine: It is more than is left, or than the borrower can carry.
        IdempotencyConflict: The key was used for another command.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        await hold_all_of(command.borrower_id)
        line_row = await _line_row(command)
        opened = await _open(tx, line_row)
        row = await _begin(tx, command, line_row, opened)
        await claim.settle(tx, {"application_id": row.id})
    return row.id


async def _line_row(command: DrawDown) -> ApplicationRow:
    try:
        return await held(command.line_id, command.borrower_id)
    except NotFound:
        raise NotFound("input.lineId") from None


async def _open(tx: Transaction, line_row: ApplicationRow) -> OpenedLine:
    opened = await opened_line(line_row, tx.today)
    if opened is None or tx.today > opened.line.ends_on or not opened.use.is_well_paid:
        raise LineNotOpen
    needed = set(opened.decided.offered.product.consents)
    given = (await consents_by_application([line_row.id]))[0]
    if needed - {consent.key.kind for consent in given}:
        raise LineNotOpen
    # What is drawn keeps the version signed for; but a product that has ended lends no more.
    _ = await catalog.offered_product(line_row.product_code, line_row.region_code, tx.today)
    _ = await partners.lenders_of(opened.decided.offered.product, tx.today)
    draws = await ApplicationRow.filter(line_id=line_row.id)
    settled = ENDED | AWAITS_MONEY
    if any(
        ApplicationState(draw.state) not in settled
        and tx.now < draw.expires_at
        and tx.today <= draw.expires_on
        for draw in draws
    ):
        raise DrawWaits
    return opened


async def _begin(
    tx: Transaction, command: DrawDown, line_row: ApplicationRow, opened: OpenedLine
) -> ApplicationRow:
    decided, line = opened.decided, opened.line
    amount_fen = amount_offered(decided.offered, command.amount_fen)
    months = months_offered(decided.offered, command.months)
    book = await catalog.policy_book(tx.today)
    card = await catalog.scorecard_version(decided.model_version)
    snapshot = snapshot_of_draw(decided, command, opened.use, card, book)
    picks = draw_picks(snapshot, line) if amount_fen <= line.left_fen else ()
    if not picks:
        raise DrawAboveLine(line.left_fen)
    draw_id = tx.new_id("ap")
    row = ApplicationRow(
        id=draw_id,
        borrower_id=line_row.borrower_id,
        product_code=line_row.product_code,
        region_code=line_row.region_code,
        offered=line_row.offered,
        state=ApplicationState.OFFERED.value,
        amount_fen=amount_fen,
        months=months,
        line_id=line_row.id,
        started_at=tx.now,
        changed_at=tx.now,
        submitted_at=tx.now,
    )
    for column in COPIED:
        kept: object = getattr(line_row, column)
        if isinstance(kept, Sealed):
            text = await unseal(application_cell(line_row.id, row.borrower_id, column), kept)
            sealed = await seal(tx, application_cell(draw_id, row.borrower_id, column), text)
            setattr(row, column, sealed)
    set_lifetime(tx, row, timedelta(hours=book.whole("offer_lifetime_hours")))
    await row.save(force_create=True)
    await make_offers(tx, row, snapshot, picks)
    await revise(tx, row.borrower_id)
    return row
