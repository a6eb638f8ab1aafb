"""Opening a loan, once per disbursement."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import orjson

from app.foundation.database import Transaction
from app.foundation.outbox import announce
from app.foundation.revision import revise
from app.foundation.working_days import working_days
from app.ledger import operations as ledger
from app.ledger.errors import ChargeNotInCertificate
from app.loanmath.errors import EventRefused, TermsRefused
from app.loanmath.life import Disbursed, Event
from app.loanmath.record import terms_as_json
from app.loanmath.schedule import Terms
from app.servicing.errors import CalendarUnpublished, LoanNotOpenable, SourceReused
from app.servicing.events import LoanOpened
from app.servicing.models import LoanRow
from app.servicing.operations.restatement import Cause, append_event, keep_lines, post_difference
from app.servicing.rules import (
    INTEREST_CHARGE,
    PENALTY_CHARGE,
    LoanRef,
    OpenLoan,
    Projection,
    Signed,
    agreed_events,
    project,
)


async def open_loan(tx: Transaction, command: OpenLoan) -> LoanRef:
    """
    Open a loan whose money has arrived; the same disbursement told again is the same loan.

    The borrower owes interest from the day the money arrived. The first loan of all also starts the
    lending calendar: from then on only the close of day moves the business date.

    Raises:
        LoanNotOpenable: The terms make no loan on that day, or the lenders' shares are not 1.
        ChargeNotInCertificate: The terms charge something that the certificate does not name.
        SourceReused: A fault: the disbursement opened another loan.
    """
    known = await LoanRow.get_or_none(disbursement_id=command.disbursement_id)
    if known is not None:
        return _same_loan(known, command)
    signed = Signed(
        ref=LoanRef(borrower_id=command.borrower_id, loan_id=tx.new_id("ln")),
        terms=command.terms,
        funders=command.funders,
    )
    _check_lenders(command)
    _check_charges(command, signed.ref.loan_id)
    event = Disbursed(
        id=tx.new_id("ev"),
        effective_on=command.disbursed_on or tx.today,
        recorded_at=tx.now,
        amount_fen=command.amount_fen or command.terms.principal_fen,
    )
    agreed = agreed_events(
        command.reductions, new_id=tx.new_id, on=event.effective_on, recorded_at=tx.now
    )
    projection = _first_projection(tx, signed, [event, *agreed])
    row = _row(tx, command, signed, event, projection)
    await LoanRow.bulk_create([row], ignore_conflicts=True)
    known = await LoanRow.get(disbursement_id=command.disbursement_id)
    if known.id != row.id:
        return _same_loan(known, command)
    await _start_calendar(tx)
    await ledger.permit_charges(tx, row.id, command.charge_codes)
    await post_difference(
        tx,
        row.id,
        before={},
        after=projection.position,
        cause=Cause(kind="disbursement", source=event.id, effective_on=event.effective_on),
    )
    await append_event(
        tx,
        row,
        event,
        source_key=f"disbursement|{command.disbursement_id}",
        about=command.disbursement_id,
    )
    for one in agreed:
        source_key = f"reduction|{command.disbursement_id}|{one.payer}|{one.code}"
        await append_event(tx, row, one, source_key=source_key, about=command.agreement_id)
    await row.save(update_fields=["events_count"])
    await keep_lines(tx, row.id, projection)
    await announce(
        tx,
        LoanOpened(
            loan_id=row.id,
            borrower_id=row.borrower_id,
            application_id=row.application_id,
            principal_fen=row.disbursed_fen,
        ),
    )
    await revise(tx, row.borrower_id)
    return row.ref


def _same_loan(known: LoanRow, command: OpenLoan) -> LoanRef:
    known_for = (known.borrower_id, known.application_id)
    if known_for != (command.borrower_id, command.application_id):
        raise SourceReused(f"{command.disbursement_id} opened {known.id}")
    return known.ref


def _check_lenders(command: OpenLoan) -> None:
    shares = [funder.share for funder in command.funders]
    if min(shares, default=Decimal(0)) <= 0 or sum(shares) != 1:
        raise LoanNotOpenable("shares_not_one")


def _check_charges(command: OpenLoan, loan_id: str) -> None:
    terms = command.terms
    charged = {fee.code for fee in terms.fees}
    if terms.early_fee is not None:
        charged.add(terms.early_fee.code)
    if terms.annual_rate > 0:
        charged.add(INTEREST_CHARGE)
        if terms.penalty_factor > 0:
            charged.add(PENALTY_CHARGE)
    for code in sorted(charged - set(command.charge_codes)):
        raise ChargeNotInCertificate(loan_id=loan_id, charge_code=code)


def _first_projection(tx: Transaction, signed: Signed, events: Sequence[Event]) -> Projection:
    if events[0].effective_on > tx.today:
        raise LoanNotOpenable("disbursed_after_today")
    try:
        return project(signed, events, tx.today, working_days())
    except (EventRefused, TermsRefused) as refused:
        raise LoanNotOpenable(refused.reason) from refused
    except CalendarUnpublished as refused:
        raise LoanNotOpenable("calendar_unpublished") from refused


def _row(
    tx: Transaction, command: OpenLoan, signed: Signed, event: Disbursed, projection: Projection
) -> LoanRow:
    return LoanRow(
        id=signed.ref.loan_id,
        borrower_id=command.borrower_id,
        application_id=command.application_id,
        agreement_id=command.agreement_id,
        disbursement_id=command.disbursement_id,
        product_code=command.product_code,
        product_version_id=command.product_version_id,
        terms=_terms_text(command.terms),
        funders=orjson.dumps(
            [[funder.code, f"{funder.share:f}"] for funder in command.funders]
        ).decode(),
        opened_on=event.effective_on,
        told_on=tx.today,
        events_count=0,
        as_of=tx.today,
        returnable_until=None
        if command.cooling_off_days is None
        else event.effective_on + timedelta(days=command.cooling_off_days),
        **projection.figures.as_columns(),
    )


def _terms_text(terms: Terms) -> str:
    return orjson.dumps(terms_as_json(terms), option=orjson.OPT_SORT_KEYS).decode()


async def _start_calendar(tx: Transaction) -> None:
    """Write the business date down if nothing has yet, so that it no longer follows the clock."""
    await tx.run(
        "INSERT INTO business_day (id, on_date) VALUES (1, ?) ON CONFLICT (id) DO NOTHING",
        [tx.today.isoformat()],
    )
