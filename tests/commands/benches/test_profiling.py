"""Whose code takes the time: what is built in counts as its callers', and nothing is lost."""

import json
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner

from app.commands.benches import home_command, writes_command
from app.commands.benches.profiling import OWN, Share, owner_of, profiled, shares_of

PACKAGES = sysconfig.get_path("purelib")
ROOM = f"{OWN}/app/ledger/operations.py"
DRIVER = f"{PACKAGES}/aiosqlite/core.py"


def test_files_belong_to_rooms_packages_or_python() -> None:
    assert owner_of(ROOM) == "app/ledger"
    assert owner_of(f"{OWN}/app/settings.py") == "app/settings"
    assert owner_of(DRIVER) == "aiosqlite"
    assert owner_of(f"{PACKAGES}/orjson.py") == "orjson"
    assert owner_of(json.__file__) == "Python's own library"


def test_what_is_built_in_counts_as_its_callers() -> None:
    stats = {
        (ROOM, 1, "post"): (10, 10, 0.5, 0.9, {}),
        (DRIVER, 1, "execute"): (20, 20, 0.1, 0.4, {}),
        ("~", 0, "len"): (
            40,
            40,
            0.4,
            0.4,
            {(ROOM, 1, "post"): (30, 30, 0.1, 0.1), (DRIVER, 1, "execute"): (10, 10, 0.3, 0.3)},
        ),
    }
    assert [
        (one.owner, round(one.microseconds), one.calls) for one in shares_of(stats, times=10)
    ] == [("app/ledger", 60_000, 4.0), ("aiosqlite", 40_000, 3.0)]


def test_watched_work_is_counted_once_for_each_time() -> None:
    with profiled("reading JSON", times=5) as work:
        for _ in range(5):
            json.loads("[1]")
    shares: Sequence[Share] = work.shares
    assert {one.owner for one in shares} <= {
        "Python's own library",
        "tests/commands",
        "app/commands",
    }
    assert sum(one.calls for one in shares) >= 3
    assert work.microseconds > 0


def test_both_benches_offer_it() -> None:
    for command in (home_command.home, writes_command.writes):
        assert "--profile" in CliRunner().invoke(command, ["--help"]).output


def test_ours_is_where_this_project_is() -> None:
    assert (Path(OWN) / "pyproject.toml").exists()
