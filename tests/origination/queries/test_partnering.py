"""A partner's figures: what was asked, approved and lent with it, and nothing of anybody."""

from datetime import date, timedelta

from app.foundation.clock import FixedClock
from app.origination.queries.partnering import partner_figures
from tests.origination.conftest import World

TODAY = date(2026, 11, 21)


async def test_a_partners_figures_count_what_was_asked_approved_and_lent(
    world: World, clock: FixedClock
) -> None:
    assert clock
    await world.send("orchard_farmer")
    await world.decide("over_indebted")

    figures = {one.partner_code: one for one in await partner_figures(TODAY, TODAY)}

    both = figures["hechuan_bank"]
    assert (both.applications, both.approvals, both.loans_made) == (2, 1, 0)
    before = await partner_figures(TODAY - timedelta(days=9), TODAY - timedelta(days=1))
    assert before == []
