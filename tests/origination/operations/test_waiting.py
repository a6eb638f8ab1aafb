"""Whoever meets over a borrower's applications waits for the other, and never both in a circle."""

from datetime import timedelta

import pytest

from app.foundation.revision import revise
from app.origination import operations
from app.origination.models import ApplicationRow
from app.origination.operations.stepping import held
from tests.meeting import meet_a_step
from tests.origination.conftest import World
from tests.origination.operations.test_drawing import draw, open_line
from tests.origination.operations.test_expiring import expire

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


async def test_a_line_is_drawn_on_while_another_application_moves(world: World) -> None:
    mei, line_id = await open_line(world)
    other_id = await world.start(mei)
    command = draw(world, mei, line_id, 100_000)
    await meet_a_step(lambda _: held(other_id), mei, lambda: operations.draw_down(command))
    assert await ApplicationRow.filter(line_id=line_id).count() == 1


async def test_applications_end_by_time_while_their_borrowers_change_together(
    world: World,
) -> None:
    people = [await world.borrower(), await world.borrower("noodle_shop_owner")]
    first, second = sorted(people)
    ids = [await world.start(second)]
    world.clock.advance(timedelta(seconds=1))
    ids.append(await world.start(first))
    world.clock.advance(timedelta(days=31))
    await meet_a_step(lambda tx: revise(tx, first), second, expire)
    assert [await world.state(one) for one in ids] == ["EXPIRED", "EXPIRED"]
