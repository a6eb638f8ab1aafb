"""One word per thing, module sizes, texts in both languages: what the house asks of every file."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import app.gateway.codes  # noqa: F401 # pyright: ignore[reportUnusedImport] - registers refusals
from app.foundation.errors import REFUSALS, InvalidInput
from app.foundation.text import LANGUAGES

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
MODULES = sorted(path for path in APP.rglob("*.py") if "migrations" not in path.parts)

NEVER = re.compile(
    r"\b(users?|customers?|payouts?|disbursals?|emi|bad_debt|utils|helpers?|manager|handler)\b",
    re.IGNORECASE,
)
"""Words with a better one in the house's list; whole words of names, split at case and `_`."""

NEVER_FILES = {"utils", "helpers", "common", "manager", "handler", "service"}
LINES_MAX = 400


def names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def words_of(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_to_the_house(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert path.stem not in NEVER_FILES
    assert ast.get_docstring(tree), "a module opens with one sentence on what it is for"
    assert source.count("\n") <= LINES_MAX, "a long file becomes a folder of the same name"
    wrong = sorted(name for name in names_in(tree) if NEVER.search(words_of(name)))
    assert wrong == []


@cache
def texts() -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted((APP / "texts").glob("*.toml"))
    }


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("room", texts())
def test_every_text_is_there_in_both_languages(room: str) -> None:
    languages = texts()[room]
    assert set(languages) == set(LANGUAGES)
    flat = {
        language: {
            f"{section}.{name}": placeholders(sentence)
            for section, sentences in languages[language].items()
            for name, sentence in sentences.items()
        }
        for language in LANGUAGES
    }
    assert flat["zh-Hans"] == flat["en"]


@pytest.mark.parametrize("code", sorted(set(REFUSALS) - {InvalidInput.code}))
def test_every_refusal_has_a_sentence(code: str) -> None:
    room = REFUSALS[code].room
    for language in LANGUAGES:
        assert texts()[room][language]["refusal"][code]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_a_module_names_exists(path: Path) -> None:
    known = {
        f"{room}.{section}.{name}"
        for room, languages in texts().items()
        for section, sentences in languages["zh-Hans"].items()
        for name in sentences
    }
    named = set(
        re.findall(r'"([a-z]+\.(?:refusal|reason|fault)\.\w+)"', path.read_text(encoding="utf-8"))
    )
    assert named <= known
