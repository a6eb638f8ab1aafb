"""Every label of a key that the code names is opened at the start, not at somebody's request."""

import re
from pathlib import Path

from app.foundation.database import Database
from app.foundation.rekeying.jobs.remarking import fading_labels, renewed_labels
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


async def test_every_index_is_made_anew_when_its_key_turns_or_fades_or_is_nowhere_kept(
    database: Database,
) -> None:
    assert database.dialect
    turning = {*renewed_labels(), *fading_labels()}
    kept_nowhere = {"index:bureau.person"}  # what the bureau knows a person by: agreed with it
    indexes = {label for label in LABELS if label.startswith("index:")}
    assert indexes - turning == kept_nowhere, "declare the index, its marks or how they fade"
    assert turning <= indexes, "add it to LABELS in app/main.py"
    assert not set(renewed_labels()) & fading_labels().keys()
