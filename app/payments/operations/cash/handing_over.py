"""Cash that reached us from a partner: one member of staff notes it, another confirms it."""

from dataclasses import dataclass

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden, InvalidInput, NotFound
from app.identity.queries import check_stepped_up
from app.ledger import operations as ledger
from app.ledger import queries as balances
from app.ledger.rules import Entry as Line
from app.ledger.rules import Posting, rail_agent, rail_bank
from app.payments.errors import (
    CashHandoverAboveOwed,
    CashHandoverNeedsAnother,
    CashHandoverStepRefused,
)
from app.payments.models import CashHandoverRow
from app.payments.operations.cash.taking import hold_till
from app.payments.rules.cash import CASH_KEEPERS, CashHandover, HandoverState, is_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCashHandover:
    """Note that so much of a partner's cash reached us, by this slip."""

    caller: StaffCaller
    partner_code: str
    amount_fen: int
    reference: str
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff within whose keys this one counts."""
        return self.caller.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCashHandover:
    """Confirm what a colleague noted, or decline it."""

    caller: StaffCaller
    handover_id: str
    is_confirmed: bool
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff within whose keys this one counts."""
        return self.caller.staff_id


async def propose_cash_handover(command: ProposeCashHandover) -> CashHandover:
    """
    Note cash that reached us, for a colleague to confirm; nothing is booked before.

    Raises:
        Forbidden: The role does not keep cash.
        StepUpNeeded: The caller has not proved within five minutes who they are.
        InvalidInput: The reference is no number of a slip, or that of one which counts already.
        CashHandoverAboveOwed: The partner owes us less.
        IdempotencyConflict: The key was used for another command.
    """
    if command.caller.role not in CASH_KEEPERS:
        raise Forbidden
    if not is_reference(command.reference):
        raise InvalidInput("input.reference", "payments.reason.reference")
    async with transaction() as tx:
        await check_stepped_up(command.caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return (await CashHandoverRow.get(id=claim.answer["handover_id"])).as_view()
        await _check_owed(command.partner_code, command.amount_fen)
        await hold_till(tx, command.partner_code)
        await _check_slip(command)
        row = await CashHandoverRow.create(
            id=tx.new_id("ch"),
            partner_code=command.partner_code,
            amount_fen=command.amount_fen,
            reference=command.reference.upper(),
            state=HandoverState.PROPOSED.value,
            proposed_by=command.caller_id,
            proposed_at=milliseconds(tx.now),
        )
        await _put_in_chain(tx, row, command.caller_id, "cash_handover.proposed")
        await claim.settle(tx, {"handover_id": row.id})
    return row.as_view()


async def decide_cash_handover(command: DecideCashHandover) -> CashHandover:
    """
    Confirm cash that a colleague noted: the partner owes us so much less; or decline it.

    Raises:
        Forbidden: The role does not keep cash.
        StepUpNeeded: The caller has not proved within five minutes who they are.
        NotFound: There is no such handover.
        CashHandoverStepRefused: It is decided.
        CashHandoverNeedsAnother: The caller noted it themselves.
        CashHandoverAboveOwed: The partner owes us less by now.
        IdempotencyConflict: The key was used for another command.
    """
    if command.caller.role not in CASH_KEEPERS:
        raise Forbidden
    async with transaction() as tx:
        await check_stepped_up(command.caller, tx.now)
        claim = await idempotency.claim(tx, command)
        row = await CashHandoverRow.get_or_none(id=command.handover_id)
        if row is None:
            raise NotFound("input.handoverId")
        if claim.answer is None:
            await hold_till(tx, row.partner_code)
            row = await CashHandoverRow.filter(id=row.id).select_for_update().get()
            await _decide(tx, row, command)
            await claim.settle(tx, {"handover_id": row.id})
    return row.as_view()


async def _decide(tx: Transaction, row: CashHandoverRow, command: DecideCashHandover) -> None:
    if row.state != HandoverState.PROPOSED.value:
        raise CashHandoverStepRefused(row.state)
    if command.is_confirmed and row.proposed_by == command.caller_id:
        raise CashHandoverNeedsAnother
    state = HandoverState.CONFIRMED if command.is_confirmed else HandoverState.DECLINED
    row.state = state.value
    row.decided_by, row.decided_at = command.caller_id, milliseconds(tx.now)
    if command.is_confirmed:
        await _check_owed(row.partner_code, row.amount_fen)
        await ledger.post(tx, _posting(tx, row))
    await row.save()
    await _put_in_chain(tx, row, command.caller_id, f"cash_handover.{state.lower()}")


def _posting(tx: Transaction, row: CashHandoverRow) -> Posting:
    return Posting(
        kind="cash_handover",
        about=row.id,
        source=row.id,
        effective_on=tx.today,
        entries=(
            Line(account=rail_bank(), amount_fen=row.amount_fen),
            Line(account=rail_agent(row.partner_code), amount_fen=-row.amount_fen),
        ),
    )


async def _check_owed(partner_code: str, amount_fen: int) -> None:
    owed_fen = await balances.balance(rail_agent(partner_code))
    if not 0 < amount_fen <= owed_fen:
        raise CashHandoverAboveOwed(max(owed_fen, 0))


async def _check_slip(command: ProposeCashHandover) -> None:
    """One slip of the bank is one handover: noted twice, the same cash would clear a debt twice."""
    noted = CashHandoverRow.filter(
        partner_code=command.partner_code, reference=command.reference.upper()
    )
    if await noted.exclude(state=HandoverState.DECLINED.value).exists():
        raise InvalidInput("input.reference", "payments.reason.reference_counts")


async def _put_in_chain(tx: Transaction, row: CashHandoverRow, staff_id: str, kind: str) -> None:
    about = {"handover": row.id, "partner": row.partner_code, "reference": row.reference}
    await record(tx, Entry(kind, None, staff_id, about))
