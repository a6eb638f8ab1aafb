"""Sentences people read, by key and language, from `app/texts`."""

import string
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date

from app.foundation.clock import SHANGHAI

TEXTS = Path(__file__).parent.parent / "texts"
LANGUAGES = ("zh-Hans", "en")
DEFAULT_LANGUAGE = LANGUAGES[0]


def text(key: str, language: str, /, **data: object) -> str:
    """
    Return the sentence of a key such as `messaging.due_today.title` in a language.

    Placeholders: `{name}`; `{amount_fen:yuan}` shows whole fen as yuan with two decimals;
    `{on:date}` shows a date, or its ISO form in text, as people in that language write it.

    Raises:
        KeyError: There is no such sentence, or it mentions a value that was not given.
    """
    return filled(template(key, language), language, data)


def template(key: str, language: str) -> str:
    """
    Return a sentence with its placeholders as they stand, for whoever registers or checks them.

    Raises:
        KeyError: There is no such sentence.
    """
    room, section, name = key.split(".", 2)
    return _sentences(room)[language][section][name]


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
    formatter = _Formatter(language)
    words = formatter.vformat(template(key, language), (), data)
    return Sentence.of(words, key=key, language=language, values=formatter.written)


def filled(sentence: str, language: str, data: Mapping[str, object]) -> str:
    """
    Put values into a sentence of ours.

    Raises:
        KeyError: It mentions a value that was not given, or reaches into one.
    """
    return _Formatter(language).vformat(sentence, (), data)


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


class _Formatter(string.Formatter):
    def __init__(self, language: str) -> None:
        self._locale = "zh_Hans_CN" if language == "zh-Hans" else "en"
        self._pattern = "M月d日" if language == "zh-Hans" else "MMM d"
        self.written: dict[str, str] = {}
        self._field = ""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:  # noqa: ANN401 - Formatter's own
        """Look up the whole name: a sentence never reaches into a value's attributes or items."""
        self._field = field_name
        return self.get_value(field_name, args, kwargs), field_name

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - Formatter's own
        self.written[self._field] = written = self._written(value, format_spec)
        return written

    def _written(self, value: Any, format_spec: str) -> str:  # noqa: ANN401 - Formatter's own
        if format_spec == "yuan":
            sign = "-" if value < 0 else ""
            yuan, fen = divmod(abs(value), 100)
            return f"{sign}{yuan:,}.{fen:02d}"
        if format_spec == "date":
            return format_date(_day(value), self._pattern, locale=self._locale)
        return super().format_field(value, format_spec)


def _day(value: date | datetime | str) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value.astimezone(SHANGHAI).date() if isinstance(value, datetime) else value
