"""An agent counts cash for whoever shows a code: within bounds, and without seeing a loan."""

from dataclasses import dataclass, field

from app.catalog.queries import policy_book
from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden, InvalidInput
from app.foundation.revision import revise
from app.foundation.sealing import blind_indexes
from app.identity.queries import staff_member
from app.partners import queries as partners
from app.partners.rules import Partner
from app.payments.errors import CashAboveOwed, CashCodesLocked, CashCodeWrong, CashLimitReached
from app.payments.models import CashCodeRow, CashRow
from app.payments.models.cash import CODE_LABEL
from app.payments.operations.initiating import awaited_debit
from app.payments.queries.cash import out_there, taken_on
from app.payments.rules.cash import CASH_AGENTS, CashPolicy, CashState, digits_typed
from app.servicing import queries as servicing
from app.servicing.rules import LoanRef


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCash:
    """Say that one counted so much cash of whoever showed this code."""

    caller: StaffCaller
    code: str = field(repr=False)
    amount_fen: int
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the agent within whose keys this one counts."""
        return self.caller.staff_id


async def start_cash(command: StartCash) -> str | CashCodeWrong | CashAboveOwed:
    """
    Note cash that an agent counted, for its borrower to confirm; return its id.

    A code that is nobody's is returned, not raised, so that the miss stays counted; so is more than
    the loan takes, so that the code is used up: nobody finds out what is owed by trying amounts.
    However many agents of a partner do so at once, the bounds hold: they take turns at the
    partner's till.

    Raises:
        Forbidden: The caller is no agent of a partner that takes cash today.
        InvalidInput: The amount is not within 1 yuan and what one payment may be.
        CashCodesLocked: The agent typed too many codes that are nobody's today.
        CashLimitReached: The agent took too much today, or the partner owes us too much.
        IdempotencyConflict: The key was used for another command.
    """
    if command.caller.role not in CASH_AGENTS:
        raise Forbidden
    async with transaction() as tx:
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return _answered(claim.answer)
        agent = await staff_member(command.caller_id)
        partner = await partners.cash_partner_of(agent.name, tx.today)
        if partner is None:
            raise Forbidden
        policy = CashPolicy.of(await policy_book(tx.today))
        _check_amount(command.amount_fen, policy)
        await hold_till(tx, partner.code)
        await _check_misses(tx, command.caller_id, policy)
        code = await _shown(tx, command.code)
        if code is None:
            await _note_miss(tx, command.caller_id)
            await claim.settle(tx, {"cash_id": None, "had_code": False})
            return CashCodeWrong()
        await _check_bounds(tx, command, partner, policy)
        await code.delete()
        loan = LoanRef(borrower_id=code.borrower_id, loan_id=code.loan_id)
        if not await takes(tx, loan, command.amount_fen):
            await claim.settle(tx, {"cash_id": None, "had_code": True})
            return CashAboveOwed()
        cash_id = await _keep(tx, command, partner, policy, loan)
        await claim.settle(tx, {"cash_id": cash_id})
    return cash_id


def _answered(answer: idempotency.Answer) -> str | CashCodeWrong | CashAboveOwed:
    if answer["cash_id"] is not None:
        return answer["cash_id"]
    return CashAboveOwed() if answer["had_code"] else CashCodeWrong()


async def hold_till(tx: Transaction, partner_code: str) -> None:
    """Make others wait who change what a partner owes, until the open transaction ends."""
    await tx.run(
        "INSERT INTO cash_till (id, counted_at) VALUES (?, ?)"
        " ON CONFLICT (id) DO UPDATE SET counted_at = excluded.counted_at",
        [partner_code, milliseconds(tx.now)],
    )


def _check_amount(amount_fen: int, policy: CashPolicy) -> None:
    least_fen, most_fen = 100, policy.payment_fen_max
    if not least_fen <= amount_fen <= most_fen:
        raise InvalidInput(
            "input.amount", "payments.reason.amount", least_fen=least_fen, most_fen=most_fen
        )


def _miss_key(tx: Transaction, agent_id: str) -> str:
    return f"{agent_id}:{local_date(tx.now).isoformat()}"


async def _check_misses(tx: Transaction, agent_id: str, policy: CashPolicy) -> None:
    rows = await tx.rows("SELECT misses FROM cash_miss WHERE id = ?", [_miss_key(tx, agent_id)])
    if rows and rows[0]["misses"] >= policy.misses_day_max:
        raise CashCodesLocked


async def _note_miss(tx: Transaction, agent_id: str) -> None:
    await tx.run(
        "INSERT INTO cash_miss (id, misses) VALUES (?, 1)"
        " ON CONFLICT (id) DO UPDATE SET misses = cash_miss.misses + 1",
        [_miss_key(tx, agent_id)],
    )
    await record(tx, Entry("cash.missed", None, agent_id, {}))


async def _shown(tx: Transaction, code: str) -> CashCodeRow | None:
    found = CashCodeRow.filter(
        code_index__in=blind_indexes(CODE_LABEL, digits_typed(code)),
        expires_at__gt=milliseconds(tx.now),
    )
    return await found.select_for_update().first()


async def _check_bounds(
    tx: Transaction, command: StartCash, partner: Partner, policy: CashPolicy
) -> None:
    left_fen = policy.left_fen(
        today_fen=await taken_on(command.caller_id, tx.now),
        outstanding_fen=await out_there(partner.code, tx.now),
    )
    if command.amount_fen > left_fen:
        raise CashLimitReached(left_fen)


async def _keep(
    tx: Transaction, command: StartCash, partner: Partner, policy: CashPolicy, loan: LoanRef
) -> str:
    row = await CashRow.create(
        id=tx.new_id("cg"),
        agent_id=command.caller_id,
        partner_code=partner.code,
        shop_zh=partner.name["zh-Hans"],
        shop_en=partner.name["en"],
        borrower_id=loan.borrower_id,
        loan_id=loan.loan_id,
        amount_fen=command.amount_fen,
        state=CashState.COUNTED.value,
        started_on=local_date(tx.now).isoformat(),
        started_at=milliseconds(tx.now),
        expires_at=milliseconds(tx.now + policy.waits),
    )
    about = {"cash": row.id, "loan": loan.loan_id, "partner": partner.code}
    await record(tx, Entry("cash.counted", loan.borrower_id, command.caller_id, about))
    await revise(tx, loan.borrower_id)
    return row.id


async def takes(tx: Transaction, loan: LoanRef, amount_fen: int) -> bool:
    """Tell whether a loan takes so much beside a card's debit: no more than closes it today."""
    debit = await awaited_debit(loan)
    on_its_way_fen = 0 if debit is None else debit.amount_fen
    payoff = await servicing.payoff_on(loan, tx.today)
    return amount_fen + on_its_way_fen <= payoff.amount_fen
