"""Filling an application in, step by step and in any order, until it is handed in."""

from datetime import date, timedelta
from functools import partial

import msgspec
import orjson

from app.catalog import queries as catalog
from app.catalog.errors import (
    AmountNotOffered,
    MonthsNotOffered,
    ProductIsReferral,
    ProductNotOffered,
    RegionUnknown,
)
from app.catalog.rules import OfferedProduct, Payee
from app.foundation import idempotency
from app.foundation.database import Transaction, transaction
from app.foundation.errors import InvalidInput, NotFound
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.sealing import seal
from app.origination.errors import (
    ApplicationIdTaken,
    ApplicationIncomplete,
    TooManyApplications,
)
from app.origination.events import ApplicationSubmitted, ApplicationWithdrawn
from app.origination.models import (
    ApplicationRow,
    DisbursementRow,
    application_cell,
)
from app.origination.operations.stepping import advance, check_move, held, set_lifetime
from app.origination.queries import missing_of_row, offered_of
from app.origination.queries.offered import offered_text
from app.origination.rules.commands import (
    SaveApplication,
    StartApplication,
    SubmitApplication,
    WithdrawApplication,
)
from app.origination.rules.completeness import (
    OPEN_APPLICATIONS_MAX,
    income_months_of,
    monthly_fen,
    purpose_of,
)
from app.origination.rules.states import (
    ENDED,
    ApplicationState,
    DisbursementState,
    Move,
    stepped,
)
from app.partners import queries as partners


async def start_application(command: StartApplication) -> str:
    """
    Begin an application for a product in a region and return its id; it is kept for thirty days.

    Raises:
        NotFound: There is no product of this id.
        RegionUnknown: There is no lending in this region.
        ProductNotOffered: The product is not offered there today.
        ProductIsReferral: Another lends it; nothing is applied for with us.
        ApplicationIdTaken: The phone's own id for it stands for something else.
        TooManyApplications: The borrower has five open applications.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        if await _is_begun(tx, command):
            await claim.settle(tx, {"application_id": command.application_id})
            return str(command.application_id)
        row, _ = await begin_application(tx, command)
        await claim.settle(tx, {"application_id": row.id})
    return row.id


async def begin_application(
    tx: Transaction, command: StartApplication
) -> tuple[ApplicationRow, OfferedProduct]:
    """
    Begin an application in a transaction, and return it with the product as it stands there.

    Raises:
        NotFound, RegionUnknown, ProductNotOffered, TooManyApplications: As `start_application`.
    """
    offered = await _applied_for(command, tx.today)
    # Counting the change first makes the borrower's commands wait for each other.
    await revise(tx, command.borrower_id)
    await _check_room(tx, command.borrower_id)
    book = await catalog.policy_book(tx.today)
    row = ApplicationRow(
        id=command.application_id or tx.new_id("ap"),
        borrower_id=command.borrower_id,
        product_code=offered.product.code,
        region_code=command.region_code,
        offered=offered_text(offered),
        state=ApplicationState.DRAFT.value,
        started_at=tx.now,
        changed_at=tx.now,
    )
    set_lifetime(tx, row, timedelta(days=book.whole("application_lifetime_days")))
    await row.save(force_create=True)
    return row, offered


async def _is_begun(tx: Transaction, command: StartApplication) -> bool:
    """Tell whether the phone's own id is there already, from a try whose answer was lost."""
    if command.application_id is None:
        return False
    await revise(tx, command.borrower_id)  # two tries at once wait for each other here
    row = await ApplicationRow.get_or_none(id=command.application_id)
    if row is None:
        return False
    meant = (command.borrower_id, command.product_id, command.region_code)
    if meant != (row.borrower_id, offered_of(row.offered).version_id, row.region_code):
        raise ApplicationIdTaken
    return True


async def _applied_for(command: StartApplication, on: date) -> OfferedProduct:
    """Return what is applied for; a refusal names the input it is about."""
    try:
        offered = await catalog.offered_terms(command.product_id, command.region_code, on)
    except NotFound:
        raise NotFound("input.productId") from None
    except RegionUnknown:
        raise RegionUnknown(field="input.regionCode") from None
    except ProductNotOffered:
        raise ProductNotOffered(field="input.productId") from None
    if offered.product.is_referral:
        raise ProductIsReferral
    return offered


async def _check_room(tx: Transaction, borrower_id: str) -> None:
    ended = [state.value for state in ENDED]
    rows = ApplicationRow.filter(borrower_id=borrower_id).exclude(state__in=ended)
    open_now = await rows.filter(expires_at__gt=tx.now, expires_on__gte=tx.today).count()
    if open_now >= OPEN_APPLICATIONS_MAX:
        raise TooManyApplications(OPEN_APPLICATIONS_MAX)


async def save_application(command: SaveApplication) -> str:
    """
    Fill in some steps of an application; what is not given stays as it is.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: It was handed in already, or has ended.
        AmountNotOffered: The product does not lend this amount there.
        MonthsNotOffered: The product is not offered for so many months there.
        InvalidInput: A value is out of bounds, or a merchant is named where none is paid.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        row = await held(command.application_id, command.borrower_id)
        check_move(tx, row, Move.EDIT)
        offered = offered_of(row.offered)
        if command.amount_fen is not None:
            row.amount_fen = amount_offered(offered, command.amount_fen)
        if command.months is not None:
            row.months = months_offered(offered, command.months)
        await _seal_statements(tx, row, offered, command)
        await advance(tx, row, Move.EDIT)
        await claim.settle(tx, {"application_id": row.id})
    return row.id


def months_offered(offered: OfferedProduct, months: int) -> int:
    """
    Check a number of months.

    Raises:
        MonthsNotOffered: The product is not offered for so many there.
    """
    if months not in offered.terms.months:
        raise MonthsNotOffered(months=offered.terms.months, field="input.months")
    return months


def amount_offered(offered: OfferedProduct, amount_fen: int) -> int:
    """
    Check an amount.

    Raises:
        AmountNotOffered: The product does not lend it there.
    """
    bounds = offered.amount
    if not bounds.allow(amount_fen):
        raise AmountNotOffered(
            min_fen=bounds.min_fen,
            max_fen=bounds.max_fen,
            step_fen=bounds.step_fen,
            field="input.amount",
        )
    return amount_fen


async def _seal_statements(
    tx: Transaction, row: ApplicationRow, offered: OfferedProduct, command: SaveApplication
) -> None:
    """Seal what the borrower states about themselves; every value is checked before."""
    cell = partial(application_cell, row.id, row.borrower_id)
    if command.purpose is not None:
        purpose = purpose_of(command.purpose, field="input.purpose")
        row.purpose = await seal(tx, cell("purpose"), purpose)
    if command.monthly_income_fen is not None:
        income_fen = monthly_fen(command.monthly_income_fen, field="input.monthlyIncome")
        row.monthly_income = await seal(tx, cell("monthly_income"), str(income_fen))
    if command.debt_payments_fen is not None:
        debt_fen = monthly_fen(command.debt_payments_fen, field="input.debtPayments")
        row.debt_payments = await seal(tx, cell("debt_payments"), str(debt_fen))
    if command.income_months is not None:
        months = income_months_of(command.income_months, field="input.incomeMonths")
        row.income_months = await seal(tx, cell("income_months"), orjson.dumps(months).decode())
    if command.merchant is not None:
        if offered.product.payee is not Payee.MERCHANT:
            raise InvalidInput("input.merchant", "origination.reason.no_merchant")
        written = msgspec.json.encode(command.merchant).decode()
        row.merchant = await seal(tx, cell("merchant"), written)


async def submit_application(command: SubmitApplication) -> str:
    """
    Hand an application in; from here on its consents stand and its product is fixed.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: It was handed in already, or has ended.
        ProductNotOffered: The product is no longer offered in the region.
        PartnerNotListed: A lender or guarantor may not lend today.
        ApplicationIncomplete: Something is missing; all of it is listed.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        row = await held(command.application_id, command.borrower_id)
        check_move(tx, row, Move.SUBMIT)
        offered = await catalog.offered_product(row.product_code, row.region_code, tx.today)
        await partners.lenders_of(offered.product, tx.today)
        missing = await missing_of_row(row, offered)
        if missing:
            raise ApplicationIncomplete(missing)
        row.offered = offered_text(offered)
        row.submitted_at = tx.now
        await advance(tx, row, Move.SUBMIT)
        await announce(tx, ApplicationSubmitted(application_id=row.id, borrower_id=row.borrower_id))
        await claim.settle(tx, {"application_id": row.id})
    return row.id


async def withdraw_application(command: WithdrawApplication) -> str:
    """
    Take an application back at no cost; after the signature too, until the money is on its way.

    Raises:
        NotFound: It is not the borrower's application.
        StepOutOfOrder: The money is on its way, or the application has ended.
    """
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return claim.answer["application_id"]
        row = await held(command.application_id, command.borrower_id)
        check_move(tx, row, Move.WITHDRAW)
        await advance(tx, row, Move.WITHDRAW)
        disbursement = await DisbursementRow.get_or_none(application_id=row.id)
        if disbursement is not None:
            state = DisbursementState(disbursement.state)
            disbursement.state = stepped(state, DisbursementState.CANCELLED).value
            await disbursement.save()
        await announce(tx, ApplicationWithdrawn(application_id=row.id, borrower_id=row.borrower_id))
        await claim.settle(tx, {"application_id": row.id})
    return row.id
