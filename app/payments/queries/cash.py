"""Reads of cash: for the borrower, for the agent, for whoever keeps it or is shown a receipt."""

from collections.abc import Sequence
from datetime import datetime

from app.catalog.queries import policy_book
from app.foundation.clock import local_date, milliseconds
from app.foundation.database import business_date, current, fetch
from app.foundation.errors import NotFound
from app.foundation.ids import has_id_shape
from app.identity.queries import staff_member
from app.ledger import queries as ledger
from app.ledger.rules import rail_agent
from app.partners import queries as partners
from app.payments.models import CashHandoverRow, CashRow
from app.payments.rules.cash import (
    LATE_BY,
    SHOWN_MAX,
    AgentFigures,
    CashHandover,
    CashPolicy,
    CashState,
    CashTill,
    CashView,
    HandoverState,
)
from app.payments.rules.certificate import is_code


async def taken_on(agent_id: str, now: datetime) -> int:
    """Return what an agent took on a moment's day in China, with what still waits."""
    rows = await fetch(
        "SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) AS taken_fen FROM cash"
        " WHERE agent_id = ? AND started_on = ? AND (state = ? OR state = ? AND expires_at > ?)",
        [agent_id, local_date(now).isoformat(), *_counted(now)],
    )
    return rows[0]["taken_fen"]


async def out_there(partner_code: str, now: datetime) -> int:
    """Return what a partner owes us, with what its agents counted and is not confirmed yet."""
    rows = await fetch(
        "SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) AS waiting_fen FROM cash"
        " WHERE partner_code = ? AND state = ? AND expires_at > ?",
        [partner_code, CashState.COUNTED.value, milliseconds(now - LATE_BY)],
    )
    return await ledger.balance(rail_agent(partner_code)) + rows[0]["waiting_fen"]


def _counted(now: datetime) -> tuple[str, str, int]:
    return CashState.RECEIVED.value, CashState.COUNTED.value, milliseconds(now - LATE_BY)


async def cash_of_agent(agent_id: str, cash_id: str) -> CashView:
    """
    Return cash that an agent counted.

    Raises:
        NotFound: There is none of this id that this agent counted.
    """
    row = await CashRow.get_or_none(id=cash_id, agent_id=agent_id)
    if row is None:
        raise NotFound("input.cashId")
    return row.as_view()


async def cash_by(agent_id: str) -> list[CashView]:
    """Return what an agent counted, newest first, at most fifty."""
    rows = await CashRow.filter(agent_id=agent_id).order_by("-started_on", "-id").limit(SHOWN_MAX)
    return [row.as_view() for row in rows]


async def figures_of(agent_id: str) -> AgentFigures | None:
    """Return what an agent took today and may still take; None for one who takes no cash."""
    now, today = current().clock.now(), await business_date()
    partner = await partners.cash_partner_of((await staff_member(agent_id)).name, today)
    if partner is None:
        return None
    policy, today_fen = CashPolicy.of(await policy_book(today)), await taken_on(agent_id, now)
    outstanding_fen = await out_there(partner.code, now)
    left_fen = policy.left_fen(today_fen=today_fen, outstanding_fen=outstanding_fen)
    return AgentFigures(today_fen=today_fen, left_fen=left_fen)


async def cash_waiting_for(borrower_id: str) -> list[CashView]:
    """Return the cash that waits for a borrower's word, newest first."""
    now = milliseconds(current().clock.now())
    found = CashRow.filter(
        borrower_id=borrower_id, state=CashState.COUNTED.value, expires_at__gt=now
    )
    return [row.as_view() for row in await found.order_by("-id").limit(SHOWN_MAX)]


async def cash_by_repayment(repayment_ids: Sequence[str]) -> list[CashView | None]:
    """Return the cash that repayments came by, in the order asked; None for any other."""
    rows = {row.repayment_id: row for row in await CashRow.filter(repayment_id__in=repayment_ids)}
    return [rows[one].as_view() if one in rows else None for one in repayment_ids]


async def check_cash_receipt(number: str, code: str) -> CashView | None:
    """
    Check a receipt for whoever holds it; None unless number and code belong together.

    Missing and wrong look the same.
    """
    if not has_id_shape(number, "cg"):
        return None
    row = await CashRow.get_or_none(id=number)
    if row is None or row.check_sha256 is None or not is_code(code, row.check_sha256):
        return None
    return row.as_view()


async def cash_tills() -> list[CashTill]:
    """Return what each partner that takes cash owes us, or that ever did, by code."""
    today = await business_date()
    most_fen = CashPolicy.of(await policy_book(today)).outstanding_fen_max
    shops = await partners.cash_partners(today)
    owed = await ledger.balances_of([rail_agent(one.code) for one in shops])
    return [
        CashTill(
            partner_code=one.code,
            shop=one.name,
            outstanding_fen=outstanding_fen,
            outstanding_fen_max=most_fen,
        )
        for one, outstanding_fen in zip(shops, owed, strict=True)
    ]


async def cash_handovers() -> list[CashHandover]:
    """Return handovers, those to be decided first, then the newest, at most fifty."""
    rows = await CashHandoverRow.all().order_by("-id").limit(SHOWN_MAX)
    open_ = await CashHandoverRow.filter(state=HandoverState.PROPOSED.value).limit(SHOWN_MAX)
    first = {row.id: row for row in [*open_, *rows]}
    return [row.as_view() for row in first.values()][:SHOWN_MAX]
