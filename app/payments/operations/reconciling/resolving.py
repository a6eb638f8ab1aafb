"""Two members of staff clear a difference up: one proposes how, another agrees."""

from dataclasses import dataclass

from app.foundation import audit, idempotency
from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.database import Transaction, transaction
from app.foundation.errors import Forbidden, NotFound
from app.identity.queries import check_stepped_up
from app.payments.errors import DifferenceNeedsAnother, DifferenceStepRefused
from app.payments.models import DifferenceRow
from app.payments.rules.reconciling import DifferenceState, DifferenceView, Resolution

RESOLVERS = frozenset({StaffRole.SUPERVISOR, StaffRole.RISK, StaffRole.DIRECTOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveDifference:
    """Say how a difference was cleared up, or agree with a colleague who said so."""

    staff_id: str
    difference_id: str
    resolution: Resolution
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return the member of staff within whose keys this one counts."""
        return self.staff_id


async def resolve_difference(caller: StaffCaller, command: ResolveDifference) -> DifferenceView:
    """
    Propose how a difference was cleared up; it is, once another person says the same.

    Saying otherwise than a colleague puts the new proposal in the old one's place. Nothing else
    changes: money is put right where money is put right, by a correction or a refund.

    Raises:
        Forbidden: The role does not resolve differences.
        StepUpNeeded: The caller has not proved within five minutes who they are.
        NotFound: There is no such difference.
        DifferenceStepRefused: It is not open.
        DifferenceNeedsAnother: The caller proposed the same before.
        IdempotencyConflict: The key was used for another command.
    """
    assert caller.staff_id == command.staff_id, "nobody resolves in another's name"
    if caller.role not in RESOLVERS:
        raise Forbidden
    async with transaction() as tx:
        await check_stepped_up(caller, tx.now)
        claim = await idempotency.claim(tx, command)
        found = DifferenceRow.filter(id=command.difference_id)
        row = await found.select_for_update().get_or_none()
        if row is None:
            raise NotFound("input.differenceId")
        if claim.answer is None:
            _step(tx, row, command)
            await row.save()
            await _put_in_chain(tx, row, command.staff_id)
            await claim.settle(tx, {"difference_id": row.id})
    return row.as_view()


def _step(tx: Transaction, row: DifferenceRow, command: ResolveDifference) -> None:
    if row.state != DifferenceState.OPEN.value:
        raise DifferenceStepRefused(row.state)
    is_same = row.resolution == command.resolution.value
    if is_same and row.proposed_by == command.staff_id:
        raise DifferenceNeedsAnother
    if is_same and row.proposed_by is not None:
        row.state = DifferenceState.RESOLVED.value
        row.resolved_by, row.resolved_at = command.staff_id, tx.now
        return
    row.resolution, row.proposed_by = command.resolution.value, command.staff_id


async def _put_in_chain(tx: Transaction, row: DifferenceRow, staff_id: str) -> None:
    is_resolved = row.state == DifferenceState.RESOLVED.value
    kind = "reconciliation.resolved" if is_resolved else "reconciliation.proposed"
    about = {"difference": row.id, "order": row.order_id, "resolution": row.resolution or ""}
    await audit.record(tx, audit.Entry(kind, None, staff_id, about))
