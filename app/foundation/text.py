"""Sentences people read, by key and language, from `app/texts`."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel import Locale
from babel.dates import DateTimePattern, parse_pattern

from app.foundation.clock import SHANGHAI

TEXTS = Path(__file__).parent.parent / "texts"
LANGUAGES = ("zh-Hans", "en")
DEFAULT_LANGUAGE = LANGUAGES[0]
SENTENCES_KEPT = 4096
"""More than all there are, so that each is taken apart once."""
ACCEPTED_KEPT = 128
"""Phones of one make ask alike."""
DAYS_KEPT = 2048
"""Most days that people read about lie within a year."""


def text(key: str, language: str, /, **data: object) -> str:
    """
    Return the sentence of a key such as `messaging.due_today.title` in a language.

    Placeholders: `{name}`; `{amount_fen:yuan}` shows whole fen as yuan with two decimals;
    `{on:date}` shows a date, or its ISO form in text, as people in that language write it;
    `{on:year_date}` with its year, for a day that may be more than a year away.

    Raises:
        KeyError: There is no such sentence, or it mentions a value that was not given.
    """
    return _filled(_parts(key, language), language, data)[0]


def template(key: str, language: str) -> str:
    """
    Return a sentence with its placeholders as they stand, for whoever registers or checks them.

    Raises:
        KeyError: There is no such sentence.
    """
    room, section, name = key.split(".", 2)
    return _sentences(room)[language][section][name]


def sections_of(room: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return every sentence of a room, by language, section and name."""
    return _sentences(room)


class Sentence(str):
    """A sentence that still knows its key and what it was filled with: carriers ask for both."""

    __slots__ = ("key", "language", "values")

    key: str
    language: str
    values: Mapping[str, str]

    @classmethod
    def of(cls, words: str, *, key: str, language: str, values: Mapping[str, str]) -> "Sentence":
        """Return words with where they come from."""
        made = cls(words)
        made.key, made.language, made.values = key, language, values
        return made


def sentence_of(key: str, language: str, /, **data: object) -> Sentence:
    """
    Return the sentence of a key, with what its placeholders were filled with, as written.

    Raises:
        KeyError: There is no such sentence, or it mentions a value that was not given.
    """
    words, written = _filled(_parts(key, language), language, data)
    return Sentence.of(words, key=key, language=language, values=written)


def filled(sentence: str, language: str, data: Mapping[str, object]) -> str:
    """
    Put values into a sentence of ours.

    Raises:
        KeyError: It mentions a value that was not given, or reaches into one.
    """
    return _filled(_parsed(sentence), language, data)[0]


@lru_cache(ACCEPTED_KEPT)
def language_of(accepted: str | None) -> str:
    """Choose a language from an Accept-Language header; simplified Chinese unless English leads."""
    for part in (accepted or "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return DEFAULT_LANGUAGE
        if tag.startswith("en"):
            return "en"
    return DEFAULT_LANGUAGE


@cache
def _sentences(room: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads((TEXTS / f"{room}.toml").read_text(encoding="utf-8"))


DATE_FORMS = frozenset({"date", "year_date"})
_DATES: Mapping[str, tuple[Locale, Mapping[str, DateTimePattern]]] = {
    "zh-Hans": (
        Locale.parse("zh_Hans_CN"),
        {"date": parse_pattern("M月d日"), "year_date": parse_pattern("y年M月d日")},
    ),
    "en": (
        Locale.parse("en"),
        {"date": parse_pattern("MMM d"), "year_date": parse_pattern("MMM d, y")},
    ),
}

Parts = tuple[tuple[str, str | None, str], ...]
"""A sentence taken apart: some words, then the name of a value and its form, if any follows."""


@lru_cache(SENTENCES_KEPT)
def _parts(key: str, language: str) -> Parts:
    return _parsed(template(key, language))


@lru_cache(SENTENCES_KEPT)
def _parsed(sentence: str) -> Parts:
    return tuple((words, name, form or "") for words, name, form, _ in Formatter().parse(sentence))


def _filled(parts: Parts, language: str, data: Mapping[str, object]) -> tuple[str, dict[str, str]]:
    """Return a filled sentence, and each value as it stands there; names are looked up whole."""
    if len(parts) == 1 and parts[0][1] is None:
        return parts[0][0], {}
    words: list[str] = []
    written: dict[str, str] = {}
    for literal, name, form in parts:
        words.append(literal)
        if name is not None:
            written[name] = _written(data[name], form, language)
            words.append(written[name])
    return "".join(words), written


def _written(value: Any, form: str, language: str) -> str:  # noqa: ANN401 - whatever a sentence mentions
    if form == "yuan":
        sign = "-" if value < 0 else ""
        yuan, fen = divmod(abs(value), 100)
        return f"{sign}{yuan:,}.{fen:02d}"
    if form in DATE_FORMS:
        return _day_said(_day(value), form, language)
    return format(value, form)


@lru_cache(DAYS_KEPT)
def _day_said(day: date, form: str, language: str) -> str:
    locale, patterns = _DATES[language]
    return patterns[form].apply(day, locale)


def _day(value: date | datetime | str) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value.astimezone(SHANGHAI).date() if isinstance(value, datetime) else value
