"""Our disbursements beside the rail's statement of the day: what heals, what waits for people."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.clock import local_date
from app.foundation.database import transaction
from app.foundation.errors import Forbidden
from app.foundation.paging import PageAsk
from app.identity.errors import StepUpNeeded
from app.identity.events import StaffEnded
from app.origination import operations
from app.origination.operations.reconciling import disbursement_book
from app.payments import operations as payments
from app.payments import queries
from app.payments.errors import DifferenceNeedsAnother, DifferenceStepRefused
from app.payments.ports import OrderReport, RailStatus, Statement, StatementLine
from app.payments.rules.reconciling import (
    DayReconciled,
    DifferenceState,
    DifferenceView,
    Resolution,
)
from tests.desk import sit_down
from tests.origination.conftest import World, refused

OK, BAD = RailStatus.SUCCEEDED, RailStatus.FAILED


@dataclass(slots=True)
class Statements:
    """Statements as a test writes them."""

    lines: list[StatementLine] = field(default_factory=list[StatementLine])

    async def statement(self, on: date) -> Statement | None:
        return Statement(on=on, sha256="c0de", lines=tuple(self.lines))


class Desk:
    """A world whose rail also writes statements."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.source = Statements()
        self.on = local_date(world.clock.now())

    async def said(self, application_id: str, status: RailStatus, *, more_fen: int = 0) -> None:
        """Have the rail settle a disbursement, and write it into the day's statement."""
        sent = await self.world.disbursement(application_id)
        report = OrderReport(
            status=status,
            amount_fen=sent.amount_fen + more_fen,
            provider_ref=f"T-{sent.disbursement_id}",
            settled_at=self.world.clock.now(),
        )
        self.world.rail.reports[sent.disbursement_id] = report
        self.write(sent.disbursement_id, report)

    def write(self, order_id: str, report: OrderReport) -> None:
        self.source.lines.append(StatementLine(order_id=order_id, goes_out=True, report=report))

    async def reconcile(self) -> DayReconciled:
        books = (disbursement_book(self.world.rail),)
        report = await payments.reconcile(self.on, self.source, books)
        assert report is not None
        return report

    async def open(self) -> list[DifferenceView]:
        ask = PageAsk(first=20)
        page = await queries.differences(DifferenceState.OPEN, ask)
        return [view for _, view in page.items]


async def resolve(caller: StaffCaller, difference_id: str, key: str) -> DifferenceView:
    command = payments.ResolveDifference(
        staff_id=caller.staff_id,
        difference_id=difference_id,
        resolution=Resolution.MONEY_RETURNED,
        idempotency_key=key,
    )
    return await payments.resolve_difference(caller, command)


async def test_what_the_statement_tells_heals_and_what_contradicts_us_stays_open(
    world: World,
) -> None:
    desk = Desk(world)
    _, untold = await world.send()
    _, other_amount = await world.send("washing_machine_family")
    _, unheard = await world.send("noodle_shop_owner")
    await desk.said(untold, OK)
    await desk.said(other_amount, OK, more_fen=1)
    # The last one we believe arrived; the rail has no line of it, and denies it when asked.
    await operations.accept_disbursement_notice(await world.notice(unheard))
    stranger = OrderReport(status=OK, amount_fen=5, settled_at=world.clock.now())
    desk.write("db1i9uw0bbtbxdnk", stranger)
    desk.write("XINGQING20261121", stranger)
    world.clock.advance(timedelta(days=1))
    report = await desk.reconcile()
    assert (report.lines, report.matched, report.healed, report.still_open) == (4, 0, 1, 4)
    assert await world.state(untold) == "BOOKED"
    assert (await world.disbursement(other_amount)).state.value == "DISPUTED"
    kinds = {one.order_id: one.kind.value for one in await desk.open()}
    lost = (await world.disbursement(unheard)).disbursement_id
    disputed = (await world.disbursement(other_amount)).disbursement_id
    assert kinds == {
        disputed: "AMOUNT",
        "db1i9uw0bbtbxdnk": "MISSING_HERE",
        "XINGQING20261121": "MISSING_HERE",
        lost: "MISSING_THERE",
    }
    again = await desk.reconcile()
    assert (again.matched, again.healed, again.still_open) == (1, 0, 4)
    # The rail finds its mistake: said again rightly, both the dispute and the difference end.
    desk.source.lines = []
    await desk.said(untold, OK)
    await desk.said(other_amount, OK)
    await desk.said(unheard, OK)
    await desk.reconcile()
    assert await world.state(other_amount) == "BOOKED"
    assert await desk.open() == []


async def test_a_difference_is_resolved_by_two_people_who_say_the_same(world: World) -> None:
    desk = Desk(world)
    desk.write("X1", OrderReport(status=OK, amount_fen=5, settled_at=world.clock.now()))
    assert (await desk.reconcile()).still_open == 1
    ((difference),) = await desk.open()
    one = await sit_down("sf00000000000001", StaffRole.SUPERVISOR)
    two = await sit_down("sf00000000000002", StaffRole.SUPERVISOR)
    agent = await sit_down("sf00000000000002", StaffRole.AGENT)
    stale = await sit_down("sf00000000000003", StaffRole.DIRECTOR, is_stepped_up=False)
    proposed = await resolve(one, difference.difference_id, "a")
    assert (proposed.state, proposed.proposed_by) == (DifferenceState.OPEN, one.staff_id)
    await refused(DifferenceNeedsAnother, resolve(one, difference.difference_id, "b"))
    await refused(Forbidden, resolve(agent, difference.difference_id, "c"))
    await refused(StepUpNeeded, resolve(stale, difference.difference_id, "s"))
    done = await resolve(two, difference.difference_id, "d")
    assert done.state is DifferenceState.RESOLVED
    await refused(DifferenceStepRefused, resolve(one, difference.difference_id, "e"))
    assert (await desk.reconcile()).still_open == 0


async def test_what_somebody_said_of_a_difference_who_left_is_said_by_two_others(
    world: World,
) -> None:
    desk = Desk(world)
    desk.write("X1", OrderReport(status=OK, amount_fen=5, settled_at=world.clock.now()))
    await desk.reconcile()
    ((difference),) = await desk.open()
    leaver, two, three = [
        await sit_down(f"sf{number:014}", StaffRole.SUPERVISOR) for number in (1, 2, 3)
    ]
    await resolve(leaver, difference.difference_id, "a")
    async with transaction() as tx:
        await payments.withdraw_proposals(tx, StaffEnded(staff_id=leaver.staff_id))
    proposed = await resolve(two, difference.difference_id, "b")
    assert (proposed.state, proposed.proposed_by) == (DifferenceState.OPEN, two.staff_id)
    done = await resolve(three, difference.difference_id, "c")
    assert done.state is DifferenceState.RESOLVED
