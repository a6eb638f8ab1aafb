"""A phone without a line writes an application down under an id of its own, and sends it later."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from app.catalog import queries as catalog
from app.foundation.database import business_date, fetch, transaction
from app.foundation.errors import NotFound
from app.origination import operations, queries
from app.origination.errors import ApplicationIdTaken, StepOutOfOrder
from app.origination.rules import commands
from app.origination.rules.consents import consent_text, consents_asked
from tests.origination.conftest import World, refused

OWN_ID = "ap0k3v9x2m7q4w1z"
Step = Callable[[], Awaitable[object]]


async def begun(world: World, borrower_id: str, key: str, **changes: str) -> str:
    told = world.persona("orchard_farmer")
    region = told["identity"]["region_code"]
    offered = await catalog.offered_product("orchard_inputs", region, await business_date())
    given = {"product_id": offered.version_id, "region_code": region, **changes}
    return await operations.start_application(
        commands.StartApplication(
            borrower_id=borrower_id, idempotency_key=key, application_id=OWN_ID, **given
        )
    )


def steps(world: World, borrower_id: str, asks: tuple[object, ...]) -> list[Step]:
    """Every step by itself, each under the key it was written down with."""
    told = world.persona("orchard_farmer")
    values: dict[str, object] = {
        "amount_fen": told["wish"]["amount_fen"],
        "months": told["wish"]["months"],
        "purpose": told["wish"]["purpose"]["zh-Hans"],
        "monthly_income_fen": told["income"]["monthly_fen"],
        "debt_payments_fen": told["income"]["debt_service_fen"],
    }

    def save(name: str, value: object) -> Step:
        command = commands.SaveApplication(
            borrower_id=borrower_id,
            idempotency_key=f"step-{name}",
            application_id=OWN_ID,
            **{name: value},  # pyright: ignore[reportArgumentType] - one field each
        )
        return lambda: operations.save_application(command)

    def consent(number: int, ask: object) -> Step:
        command = commands.GiveConsent(
            borrower_id=borrower_id,
            idempotency_key=f"consent-{number}",
            application_id=OWN_ID,
            kind=ask.key.kind,  # pyright: ignore[reportAttributeAccessIssue]
            recipient=ask.key.recipient,  # pyright: ignore[reportAttributeAccessIssue]
            text_sha256=consent_text(ask, "zh-Hans").sha256,  # pyright: ignore[reportArgumentType]
        )
        return lambda: operations.give_consent(command)

    saved = [save(name, value) for name, value in values.items()]
    return saved + [consent(number, ask) for number, ask in enumerate(asks)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_draft_written_offline_is_sent_late_twice_and_in_any_order(
    world: World, seed: int
) -> None:
    mei = await world.borrower()
    # Begun over a line that loses the first answer: asked again, also under another key, it is one.
    tries = [begun(world, mei, key) for key in ("k1", "k1", "k2")]
    assert {*await asyncio.gather(*tries)} == {OWN_ID}
    assert len(await fetch("SELECT id FROM loan_application")) == 1
    world.clock.advance(timedelta(days=29))
    view = await queries.application(mei, OWN_ID)
    asks = tuple(ask for ask in consents_asked(view.offered) if ask.is_required)
    queued = steps(world, mei, asks) * 2
    random.Random(seed).shuffle(queued)  # noqa: S311 - an order, not a secret
    for step in queued:
        assert await step() == OWN_ID
    assert (await queries.standings([OWN_ID]))[0].missing == ()
    await world.submit(mei, OWN_ID)
    assert await world.state(OWN_ID) == "SUBMITTED"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_after_thirty_days_a_draft_is_over_and_late_steps_change_nothing(
    world: World,
) -> None:
    mei = await world.borrower()
    await begun(world, mei, "k1")
    world.clock.advance(timedelta(days=31))
    late = steps(world, mei, ())[0]
    assert (await refused(StepOutOfOrder, late())).state == "EXPIRED"
    async with transaction() as tx:
        assert await operations.expire_due(tx) == 1
    assert await world.state(OWN_ID) == "EXPIRED"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_id_that_stands_for_something_else_is_refused(world: World) -> None:
    mei = await world.borrower()
    await begun(world, mei, "k1")
    parent = await world.borrower("school_parent")
    await refused(ApplicationIdTaken, begun(world, parent, "k1"))
    await refused(ApplicationIdTaken, begun(world, mei, "k2", region_code="610000"))
    await refused(NotFound, steps(world, parent, ())[0]())
