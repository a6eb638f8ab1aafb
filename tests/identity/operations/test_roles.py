"""A role changes only when one proposes it and another decides, neither for themselves."""

import asyncio
from datetime import timedelta

import pytest

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import FixedClock
from app.foundation.database import fetch
from app.foundation.errors import Forbidden, NotFound
from app.identity.errors import (
    LastOfRole,
    OwnRoleChange,
    RoleChangeNotOpen,
    RoleChangeWaits,
    StepUpNeeded,
)
from app.identity.operations.roles import decide_role_change, propose_role_change
from app.identity.operations.staffing import change_role
from app.identity.queries import staff_member
from app.identity.queries.roles import role_change, waiting_role_changes
from app.identity.rules.roles import (
    DecideRoleChange,
    ProposeRoleChange,
    RoleChange,
    RoleChangeState,
)
from app.identity.rules.staffing import Signers
from tests.desk import sit_down, step_up_everybody
from tests.identity.conftest import Enroll


async def seat(enroll: Enroll, name: str, role: StaffRole) -> StaffCaller:
    """Give somebody a place and a session stepped up just now."""
    enrolled = await enroll(name, role)
    return await sit_down(enrolled.staff_id, role)


async def propose(caller: StaffCaller, name: str = "wang", key: str = "propose") -> RoleChange:
    command = ProposeRoleChange(
        maker_id=caller.staff_id, name=name, role=StaffRole.SUPERVISOR, idempotency_key=key
    )
    return await propose_role_change(caller, command)


async def decide(
    caller: StaffCaller, change: RoleChange, *, is_approved: bool = True, key: str = "decide"
) -> RoleChange:
    command = DecideRoleChange(
        checker_id=caller.staff_id,
        change_id=change.change_id,
        is_approved=is_approved,
        idempotency_key=key,
    )
    return await decide_role_change(caller, command)


async def test_a_role_changes_once_a_second_person_approves_and_the_chain_has_both(
    enroll: Enroll,
) -> None:
    wang = await seat(enroll, "wang", StaffRole.AGENT)
    maker = await seat(enroll, "maker", StaffRole.SUPERVISOR)
    checker = await seat(enroll, "checker", StaffRole.DIRECTOR)
    change = await propose(maker)
    assert await propose(maker) == change
    assert (await staff_member(wang.staff_id)).role is StaffRole.AGENT
    assert await waiting_role_changes(change.proposed_at) == [change]
    with pytest.raises(OwnRoleChange):
        await decide(maker, change)
    decided = await decide(checker, change)
    assert decided.state is RoleChangeState.APPROVED
    assert (await staff_member(wang.staff_id)).role is StaffRole.SUPERVISOR
    with pytest.raises(RoleChangeNotOpen):
        await decide(checker, change, is_approved=False, key="again")
    rows = await fetch(
        "SELECT kind, actor FROM audit_entry WHERE kind LIKE 'staff.role%' ORDER BY seq"
    )
    assert [(row["kind"], row["actor"]) for row in rows] == [
        ("staff.role_proposed", maker.staff_id),
        ("staff.role_changed", checker.staff_id),
    ]


async def test_nobody_changes_their_own_role_or_decides_on_it(enroll: Enroll) -> None:
    wang = await seat(enroll, "wang", StaffRole.DIRECTOR)
    maker = await seat(enroll, "maker", StaffRole.SUPERVISOR)
    agent = await seat(enroll, "agent", StaffRole.AGENT)
    with pytest.raises(OwnRoleChange):
        await propose(wang)
    with pytest.raises(Forbidden):
        await propose(agent)
    with pytest.raises(NotFound):
        await propose(maker, "nobody")
    with pytest.raises(RoleChangeWaits):
        await propose(wang, "maker", key="same-role")
    change = await propose(maker)
    with pytest.raises(OwnRoleChange):
        await decide(wang, change)
    with pytest.raises(RoleChangeWaits):
        await propose(maker, key="another")
    assert (await staff_member(wang.staff_id)).role is StaffRole.DIRECTOR


async def test_a_proposal_takes_a_step_up_and_waits_a_week(
    enroll: Enroll, clock: FixedClock
) -> None:
    await seat(enroll, "wang", StaffRole.AGENT)
    maker = await seat(enroll, "maker", StaffRole.SUPERVISOR)
    checker = await seat(enroll, "checker", StaffRole.DIRECTOR)
    change = await propose(maker)
    clock.advance(timedelta(days=7))
    with pytest.raises(StepUpNeeded):
        await decide(checker, change)
    await step_up_everybody()
    with pytest.raises(RoleChangeNotOpen):
        await decide(checker, change)
    assert (await propose(maker, key="anew")).change_id != change.change_id


async def test_the_last_one_things_wait_for_keeps_their_role(enroll: Enroll) -> None:
    wang = await seat(enroll, "wang", StaffRole.RISK)
    maker = await seat(enroll, "maker", StaffRole.SUPERVISOR)
    checker = await seat(enroll, "checker", StaffRole.DIRECTOR)
    change = await propose(maker)
    with pytest.raises(LastOfRole):
        await decide(checker, change)
    assert (await staff_member(wang.staff_id)).role is StaffRole.RISK
    assert await waiting_role_changes(change.proposed_at) == [change]
    await seat(enroll, "li", StaffRole.RISK)
    await decide(checker, change)
    assert (await staff_member(wang.staff_id)).role is StaffRole.SUPERVISOR


async def test_with_another_role_nothing_waits_that_was_proposed_in_the_old_one(
    enroll: Enroll,
) -> None:
    await seat(enroll, "wang", StaffRole.AGENT)
    maker = await seat(enroll, "maker", StaffRole.SUPERVISOR)
    checker = await seat(enroll, "checker", StaffRole.DIRECTOR)
    third = await seat(enroll, "third", StaffRole.SUPERVISOR)
    change = await propose(maker)
    signers = Signers(first_id=checker.staff_id, second_id=third.staff_id)
    await change_role("maker", StaffRole.AGENT, signers)
    with pytest.raises(RoleChangeNotOpen):
        await decide(checker, change)
    anew = await propose(third, key="anew")
    await change_role("wang", StaffRole.AUDITOR, signers)
    assert (await role_change(anew.change_id)).state is RoleChangeState.REJECTED
    await propose(third, key="once-more")


async def test_of_two_who_decide_at_once_one_decides(enroll: Enroll) -> None:
    wang = await seat(enroll, "wang", StaffRole.AGENT)
    maker = await seat(enroll, "maker", StaffRole.SUPERVISOR)
    checkers = [await seat(enroll, f"checker{n}", StaffRole.DIRECTOR) for n in range(2)]
    change = await propose(maker)
    outcomes = await asyncio.gather(
        *(decide(one, change, is_approved=True) for one in checkers), return_exceptions=True
    )
    assert sum(isinstance(one, RoleChange) for one in outcomes) == 1
    assert (await staff_member(wang.staff_id)).role is StaffRole.SUPERVISOR
