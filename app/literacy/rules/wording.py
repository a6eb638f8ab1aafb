"""
Questions and lessons as words that can be compared: the same reading for both.

What villagers say and mistype is written as the word the course uses, by a table that a person can
check (`fixtures/asking/words.toml`); what is left is cut into words. No model has a part.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from app.literacy.rules.lesson import LANGUAGES

CHINESE, ENGLISH = LANGUAGES
_HAN = re.compile(r"[\u3400-\u9fff]")
_CHINESE_WORD = re.compile(r"[\u3400-\u9fff]+|[a-z]{2,}")
_ENGLISH_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_SUFFIXES = ("ments", "ment", "ings", "ing", "ies", "ed", "es", "s", "e")
_STEM_MIN = 3
TYPO_MIN = 5
"""Shorter English words are not mended: too many others are near them."""


class Cutter(Protocol):
    """Cuts Chinese text into words."""

    def __call__(self, text: str, /) -> Sequence[str]:
        """Return the words of a text, in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRule:
    """Which words ask for one of the borrower's own figures."""

    kind: str
    groups: Mapping[str, Sequence[frozenset[str]]]
    """By language: a question has a word of each of these."""
    without: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Words:
    """The table of words."""

    stop: Mapping[str, frozenset[str]]
    same: Mapping[str, Mapping[str, str]]
    """By language: what is said, and the word it is read as."""
    figures: tuple[FigureRule, ...]
    others: frozenset[str]
    orders: frozenset[str]
    cut: Cutter = field(repr=False)

    @cached_property
    def patterns(self) -> Mapping[str, re.Pattern[str]]:
        """Return what finds the said words in a text, the longest first."""
        return {language: _pattern(language, self.same[language]) for language in LANGUAGES}


def words_from(content: str, cut: Cutter) -> Words:
    """Read the table of words from its TOML."""
    read: Mapping[str, Any] = tomllib.loads(content)
    return Words(
        stop={language: frozenset(read[language]["stop"]) for language in LANGUAGES},
        same={language: _said(read[language]["same"]) for language in LANGUAGES},
        figures=tuple(
            FigureRule(
                kind=one["kind"],
                groups={at: tuple(map(frozenset, one[at])) for at in LANGUAGES},
                without=frozenset(one["without"]),
            )
            for one in read["figure"]
        ),
        others=frozenset(read["others"]["words"]),
        orders=frozenset(read["others"]["orders"]),
        cut=cut,
    )


def language_of(question: str, usual: str) -> str:
    """Return the language a question is asked in; the usual one where it has no letter of any."""
    if _HAN.search(question):
        return CHINESE
    return ENGLISH if re.search("[A-Za-z]", question) else usual


def all_words(said: str, language: str, words: Words) -> tuple[str, ...]:
    """Return every word of a text as it is read, in order."""
    plain = unicodedata.normalize("NFKC", said).casefold().replace("’", "'")
    found: list[str] = []
    last = 0
    cut = _english if language == ENGLISH else _chinese
    for match in words.patterns[language].finditer(plain):
        found += cut(plain[last : match.start()], words)
        found.append(words.same[language][match[0]])
        last = match.end()
    return (*found, *cut(plain[last:], words))


def content_words(
    said: str, language: str, words: Words, mend: Callable[[str], str] = lambda word: word
) -> tuple[str, ...]:
    """Return the words that say what a text is about, each once, mended where mistyped."""
    stop = words.stop[language]
    left = (one for one in all_words(said, language, words) if one not in stop)
    if language == ENGLISH:
        left = (one if "-" in one else mend(stem(one)) for one in left)
    return tuple(dict.fromkeys(left))


def stem(word: str) -> str:
    """Return an English word without its ending, as far as that is safe: payments is pay."""
    word = word.removesuffix("'s")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _STEM_MIN:
            return word.removesuffix(suffix) + ("y" if suffix == "ies" else "")
    return word


def mended(word: str, known: frozenset[str]) -> str:
    """Return the known word that a mistyped English one is one letter away from; else itself."""
    if word in known or len(word) < TYPO_MIN or not word.isascii():
        return word
    near = sorted(one for one in known if _is_one_off(word, one))
    return near[0] if near else word


def _is_one_off(a: str, b: str) -> bool:
    """Tell whether one letter was left out, added, changed, or changed places with its neighbor."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = next(
        (at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    rest_a, rest_b = a[start:], b[start:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:])
    )


def _said(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    own = {one: one for one in table}
    return own | {said: word for word, many in table.items() for said in many}


def _pattern(language: str, same: Mapping[str, str]) -> re.Pattern[str]:
    longest = "|".join(re.escape(one) for one in sorted(same, key=lambda one: (-len(one), one)))
    return re.compile(rf"\b(?:{longest})\b" if language == ENGLISH else longest)


def _chinese(text: str, words: Words) -> list[str]:
    return [one for one in words.cut(text) if _CHINESE_WORD.fullmatch(one)]


def _english(text: str, _: Words) -> list[str]:
    return [one.replace("'", "") for one in _ENGLISH_WORD.findall(text)]
