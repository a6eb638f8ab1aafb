"""The README is held to what it promises."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.+?)\n```", README, re.DOTALL)


def test_ci_runs_the_readmes_test_command_word_for_word() -> None:
    tests = next(command for command in COMMANDS if "pytest" in command)
    ran = (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip("\n").splitlines()
    assert ran[-1] == tests


def test_the_map_names_every_room() -> None:
    rooms = {path.name for path in (ROOT / "app").iterdir() if (path / "__init__.py").exists()}
    assert {room for room in rooms if f"{room}/" not in README} == set()


def test_every_setting_is_in_the_table() -> None:
    sources = (ROOT / "app" / "settings").glob("*.py")
    source = "".join(path.read_text(encoding="utf-8") for path in sources)
    names = set(re.findall(r'environ(?:\.get\(|, |\[)"([A-Z_]+)"', source))
    assert {name for name in names if f"`{name}`" not in README} == set()
