"""A storm over real signed receipts: three calls in ten fail, three receipts in ten come twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.commands.messages_trial import run_trial
from app.foundation import outbox
from app.foundation.clock import FixedClock
from app.settings import Settings


@pytest.fixture
def nobody_listens() -> Iterator[None]:
    outbox.subscribe([])
    yield
    outbox.subscribe([])


@pytest.mark.usefixtures("policies", "nobody_listens")
async def test_every_message_is_delivered_once_or_marked_as_failed(
    tmp_path: Path, clock: FixedClock
) -> None:
    settings = Settings.from_environ({"DATA_FOLDER": str(tmp_path), "RUN_WORKER": "false"})
    report = await run_trial(settings, clock, messages=12, borrowers=2, seed=4)
    assert report.wrong == ()
    assert report.messages == 12
    assert report.calls > report.taken, "some calls were refused, lost or met the outage"
    assert set(report.states) <= {"DELIVERED", "FAILED UNDELIVERED", "FAILED OUT_OF_TRIES"}
