"""`decide`: every decision comes out the same bytes, or it is said loudly what does not."""

import asyncio
from pathlib import Path

import orjson

from app.catalog import operations as catalog
from app.catalog.models import ScorecardRow
from app.foundation.clock import FixedClock
from app.foundation.database import transaction
from app.foundation.sealing import seal
from app.main import connected
from app.origination.models import ApplicationRow, DecisionRow, decision_cell
from app.origination.rules.decision import verdict_from
from app.settings import Settings
from tests.commands.conftest import Run, refusal_of
from tests.conftest import START

WRITTEN = Path(__file__).parents[1] / "origination/rules/decided_under_scorecard_1.json"


def plant(settings: Settings) -> list[str]:
    """Keep decisions that were written down under the first scorecard; return their ids."""

    async def work() -> list[str]:
        async with connected(settings, clock=FixedClock(START)):
            await catalog.load_catalog()
            written = orjson.loads(WRITTEN.read_bytes())
            async with transaction() as tx:
                for number, one in enumerate(written):
                    borrower_id, id_ = f"br{number:014d}", f"dc{number:014d}"
                    verdict = verdict_from(one["verdict"])
                    await ApplicationRow.create(
                        id=f"ap{number:014d}",
                        borrower_id=borrower_id,
                        product_code="orchard_inputs",
                        region_code="610629",
                        offered="{}",
                        state="BOOKED",
                        started_at=START,
                        changed_at=START,
                        expires_at=START,
                        expires_on=tx.today,
                    )
                    await DecisionRow.create(
                        id=id_,
                        application_id=f"ap{number:014d}",
                        borrower_id=borrower_id,
                        model_version=1,
                        outcome=verdict.outcome.value,
                        reasons="[]",
                        snapshot=await seal(
                            tx, decision_cell(id_, borrower_id, "snapshot"), one["snapshot"]
                        ),
                        verdict=await seal(
                            tx, decision_cell(id_, borrower_id, "verdict"), one["verdict"]
                        ),
                        decided_at=START,
                        decided_on=tx.today,
                    )
        return [f"dc{number:014d}" for number in range(len(written))]

    return asyncio.run(work())


def change_scorecard(settings: Settings) -> None:
    async def work() -> None:
        async with connected(settings, clock=FixedClock(START)):
            card = await ScorecardRow.get(version_key="1")
            card.content = card.content.replace('"base_points":350', '"base_points":351')
            await card.save()

    asyncio.run(work())


def test_decisions_replay_to_the_same_bytes_until_something_was_changed(
    settings: Settings, run: Run
) -> None:
    ids = plant(settings)
    every = run("decide", "--all")
    assert every.exit_code == 0, every.output
    assert f"{len(ids)} decisions, {len(ids)} the same bytes, 0 NOT" in every.stdout
    once, twice = run("decide", "--replay", ids[0]), run("decide", "--replay", ids[0])
    assert once.exit_code == 0
    assert "identical" in once.stdout
    assert once.stdout == twice.stdout
    fair = run("decide", "--fairness", "--json")
    assert [one["hidden"] for one in orjson.loads(fair.stdout)] == [1, 5]
    assert "br000" not in fair.stdout
    change_scorecard(settings)
    one = run("decide", "--replay", ids[0])
    assert one.exit_code == 1
    assert "NOT THE SAME" in one.stderr
    assert "score comes out otherwise" in one.stderr
    every = run("decide", "--all")
    assert every.exit_code == 1
    assert f"0 the same bytes, {len(ids)} NOT" in every.stdout


def test_what_cannot_be_done_is_refused_in_one_line(settings: Settings, run: Run) -> None:
    assert settings
    assert run("decide").exit_code == 2
    assert run("decide", "--all", "--fairness").exit_code == 2
    assert refusal_of(run("decide", "--replay", "dc00000000000000"))
