"""Changes of role: proposed by one, decided by another, both stepped up and on record."""

from collections.abc import Mapping
from typing import Any

from app.foundation import idempotency
from app.foundation.audit import Entry, record
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import milliseconds
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden, NotFound
from app.foundation.sealing.rows import check_facts, facts_seal
from app.identity.errors import OwnRoleChange, RoleChangeNotOpen, RoleChangeWaits, StaffHasLeft
from app.identity.models import StaffRow
from app.identity.operations.staff_rows import locked_everybody, put_in_role, roles_of
from app.identity.queries.roles import role_change
from app.identity.queries.staff_rows import change_cell, change_facts, check_staff
from app.identity.queries.stepping_up import check_stepped_up
from app.identity.rules.passwords import kept_password
from app.identity.rules.roles import (
    DECIDERS,
    WAITS_FOR,
    DecideRoleChange,
    ProposeRoleChange,
    RoleChange,
    RoleChangeState,
)
from app.identity.rules.staffing import Signers, check_not_last, check_signers


async def propose_role_change(caller: StaffCaller, command: ProposeRoleChange) -> RoleChange:
    """
    Propose another role for a colleague, once per idempotency key; nothing changes yet.

    Raises:
        Forbidden: The caller's role proposes no such change.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: Nobody signs in with this name.
        StaffHasLeft: Whoever did has left.
        OwnRoleChange: It is the caller's own role.
        RoleChangeWaits: Another change of theirs waits, or they have the role already.
        IdempotencyConflict: The key was used for another command.
    """
    _check_role(caller)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await role_change(claim.answer["change_id"])
        named = await StaffRow.get_or_none(name=command.name)
        if named is None:
            raise NotFound("input.name")
        await check_staff([named])
        if kept_password(named.password_hash).ended_at is not None:
            raise StaffHasLeft
        staff_id, role = named.id, StaffRole(named.role)
        if staff_id == caller.staff_id:
            raise OwnRoleChange
        if role is command.role:
            raise RoleChangeWaits
        await _forget_waiting(tx, staff_id)
        change_id = tx.new_id("sr")
        facts = {
            "role_before": role.value,
            "role_after": command.role.value,
            "maker_id": caller.staff_id,
            "proposed_at": milliseconds(tx.now),
        }
        proposed = await tx.rows(
            "INSERT INTO staff_role_change (id, staff_id, live_key, role_before, role_after,"
            " maker_id, proposed_at, state, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (live_key) DO NOTHING RETURNING id",
            [
                change_id,
                staff_id,
                staff_id,
                *facts.values(),
                RoleChangeState.PROPOSED,
                facts_seal(change_cell(change_id, staff_id), change_facts(facts)),
            ],
        )
        if not proposed:
            raise RoleChangeWaits
        about = {"change": change_id, "staff": staff_id, "role": command.role.value}
        await record(tx, Entry("staff.role_proposed", None, caller.staff_id, about))
        await claim.settle(tx, {"change_id": change_id})
        return await role_change(change_id)


async def decide_role_change(caller: StaffCaller, command: DecideRoleChange) -> RoleChange:
    """
    Approve or reject a change of role, once per idempotency key; approved, it holds at once.

    Raises:
        Forbidden: The caller's role decides no such change.
        StepUpNeeded: No fresh authenticator code was entered within five minutes.
        NotFound: There is no such proposal.
        OwnRoleChange: The caller proposed it, or it is their own role.
        RoleChangeNotOpen: It is decided, out of time, or the role was changed otherwise.
        LastOfRole: Nobody else could do what waits for the role it takes away.
        IdempotencyConflict: The key was used for another command.
        SealBroken: The proposal or the colleague's row was written behind our back.
    """
    _check_role(caller)
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        if claim.answer is not None:
            return await role_change(command.change_id)
        rows = await tx.rows(
            "SELECT staff_id, maker_id, role_before, role_after, proposed_at, seal"
            " FROM staff_role_change WHERE id = ?",
            [command.change_id],
        )
        if not rows:
            raise NotFound("input.changeId")
        change = rows[0]
        if change["seal"] is None:  # proposed before there were seals
            raise RoleChangeNotOpen
        cell = change_cell(command.change_id, change["staff_id"])
        check_facts(cell, change_facts(change), change["seal"])
        if caller.staff_id in {change["staff_id"], change["maker_id"]}:
            raise OwnRoleChange
        if command.is_approved:
            await _approve(tx, caller, command, change)
        else:
            await _decide(tx, caller, command)
        about = {
            "change": command.change_id,
            "staff": change["staff_id"],
            "role": change["role_after"],
        }
        kind = "staff.role_changed" if command.is_approved else "staff.role_refused"
        await record(tx, Entry(kind, None, caller.staff_id, about))
        await claim.settle(tx, {"change_id": command.change_id})
        return await role_change(command.change_id)


def _check_role(caller: StaffCaller) -> None:
    if caller.role not in DECIDERS:
        raise Forbidden


async def _forget_waiting(tx: Transaction, staff_id: str) -> None:
    """Let go of a proposal that nobody decided in time."""
    await tx.run(
        "UPDATE staff_role_change SET live_key = NULL WHERE live_key = ? AND proposed_at <= ?",
        [staff_id, milliseconds(tx.now - WAITS_FOR)],
    )


async def _approve(
    tx: Transaction, caller: StaffCaller, command: DecideRoleChange, change: Mapping[str, Any]
) -> None:
    """Let a change hold, by the same two rules as where whoever runs the system makes it."""
    # Everybody's row before the proposal, as whoever ends somebody locks both.
    everybody = await locked_everybody()
    await _decide(tx, caller, command)
    row = next(one for one in everybody if one.id == change["staff_id"])
    if row.role != change["role_before"]:
        raise RoleChangeNotOpen
    working, role = roles_of(everybody), StaffRole(change["role_after"])
    signers = Signers(first_id=change["maker_id"], second_id=caller.staff_id)
    check_signers(signers, working, row.id)
    check_not_last(working, row.id, role)
    await put_in_role(tx, row, role, checker_id=caller.staff_id)


async def _decide(tx: Transaction, caller: StaffCaller, command: DecideRoleChange) -> None:
    state = RoleChangeState.APPROVED if command.is_approved else RoleChangeState.REJECTED
    decided = await tx.rows(
        "UPDATE staff_role_change SET state = ?, checker_id = ?, decided_at = ?, live_key = NULL"
        " WHERE id = ? AND state = ? AND proposed_at > ? RETURNING id",
        [
            state,
            caller.staff_id,
            milliseconds(tx.now),
            command.change_id,
            RoleChangeState.PROPOSED,
            milliseconds(tx.now - WAITS_FOR),
        ],
    )
    if not decided:
        raise RoleChangeNotOpen
