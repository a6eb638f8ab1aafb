"""The whole story over real HTTP, told by the command that tells it."""

import json
import subprocess
import sys

from app.commands.own_server import ROOT
from tests.journeys.test_power_cuts import STEPS


def test_the_journey_command_tells_the_story_to_a_machine() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "app", "journey", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    last = json.loads(ran.stdout.splitlines()[-1])
    assert (last["ok"], last["steps"]) == (True, STEPS)
    assert min(last["bytes_up"], last["bytes_down"]) > 0
    assert last["seconds"] < 60
