"""Every label of a key that the code names is opened at the start, not at somebody's request."""

import re
from pathlib import Path

from app.main import LABELS

APP = Path(__file__).parents[2] / "app"
KEYS = re.compile(r'derived_key\(\s*"([\w-]+)"')
PEPPERS = re.compile(r'\b\w*PEPPER\w* = "([\w-]+)"')
INDEXES = re.compile(r'(?:blind_index(?:es)?\(\s*|\blabel=)"([a-z_]+\.[a-z_]+)"')


def test_every_label_the_code_names_is_opened_at_the_start() -> None:
    named: set[str] = set()
    for path in APP.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        named.update(KEYS.findall(source), PEPPERS.findall(source))
        named.update(f"index:{label}" for label in INDEXES.findall(source))
    assert len(named) > 15
    assert named - set(LABELS) == set(), "add it to LABELS in app/main.py"
