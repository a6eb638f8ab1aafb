"""The table of words, and what cuts Chinese into them."""

import hashlib
import importlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.literacy.rules.wording import Words, words_from

WORDS = Path(__file__).parents[3] / "fixtures" / "asking" / "words.toml"
VERSION_LENGTH = 8


@lru_cache(maxsize=1)
def words() -> Words:
    """Return the table of words."""
    return words_from(WORDS.read_text(encoding="utf-8"), _cut)


@lru_cache(maxsize=1)
def words_version() -> str:
    """Return what changes whenever the table of words does."""
    return hashlib.sha256(WORDS.read_bytes()).hexdigest()[:VERSION_LENGTH]


def _cut(text: str) -> Sequence[str]:
    return _library().cut(text, False)  # noqa: FBT003 - by the dictionary, without its model of new words


@lru_cache(maxsize=1)
def _library() -> Any:  # noqa: ANN401 - loaded by name
    """Load it when somebody first asks: its dictionary takes 33 MB that many never need."""
    return importlib.import_module("rjieba")
