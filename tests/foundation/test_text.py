"""Sentences read as people write, in both languages, whatever is put into them."""

import string
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.foundation.text import TEXTS, filled, language_of, text

FILES = sorted(TEXTS.glob("*.toml"))


def test_a_sentence_takes_the_values_it_mentions() -> None:
    sentence = text("foundation.refusal.RATE_LIMITED", "zh-Hans", retry_after_seconds=60)
    assert sentence == "操作太频繁，请等 60 秒再试。"
    with pytest.raises(KeyError):
        text("foundation.refusal.RATE_LIMITED", "en")
    with pytest.raises(KeyError):
        text("foundation.refusal.NO_SUCH_THING", "en")


def test_a_value_may_have_any_name_and_any_content() -> None:
    sentence = text(
        "foundation.refusal.RATE_LIMITED",
        "en",
        key="k",
        language="l",
        retry_after_seconds="{key.__class__} {0} {",
    )
    assert "{key.__class__} {0} {" in sentence


@pytest.mark.parametrize(
    ("language", "value", "shown"),
    [
        ("zh-Hans", date(2026, 11, 21), "11月21日"),
        ("en", "2026-11-21", "Nov 21"),
        ("zh-Hans", datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "11月21日"),
    ],
)
def test_dates_read_as_people_write_them(language: str, value: object, shown: str) -> None:
    assert filled("{on:date}", language, {"on": value}) == shown


@pytest.mark.parametrize(
    ("language", "shown"), [("zh-Hans", "2027年11月23日"), ("en", "Nov 23, 2027")]
)
def test_a_day_that_may_be_a_year_away_has_its_year(language: str, shown: str) -> None:
    assert filled("{on:year_date}", language, {"on": date(2027, 11, 23)}) == shown


@pytest.mark.parametrize(
    ("amount_fen", "shown"),
    [(123_456, "1,234.56"), (5, "0.05"), (-123_456, "-1,234.56"), (-5, "-0.05"), (0, "0.00")],
)
def test_money_reads_as_people_write_it(amount_fen: int, shown: str) -> None:
    assert filled("¥{amount_fen:yuan}", "en", {"amount_fen": amount_fen}) == f"¥{shown}"


@pytest.mark.parametrize("sentence", ["{on.__class__}", "{on[0]}", "{0}", "{}"])
def test_a_sentence_never_reaches_into_a_value(sentence: str) -> None:
    with pytest.raises((KeyError, IndexError)):
        filled(sentence, "en", {"on": "x"})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_sentence_names_plain_values_in_known_forms(file: Path) -> None:
    """A sentence that reaches into attributes would show what nobody chose to show."""
    for sections in tomllib.loads(file.read_text(encoding="utf-8")).values():
        for sentences in sections.values():
            for sentence in sentences.values():
                for _, name, form, conversion in string.Formatter().parse(sentence):
                    assert name is None or name.isidentifier(), sentence
                    assert form in {None, "", "yuan", "date", "year_date"}, sentence
                    assert conversion is None, sentence


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "zh-Hans"),
        ("", "zh-Hans"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("en-US,en;q=0.9", "en"),
        ("fr, en;q=0.5", "en"),
        ("fr", "zh-Hans"),
        (";;;,,,\x00", "zh-Hans"),
    ],
)
def test_the_language_is_chosen_from_the_header(accepted: str | None, language: str) -> None:
    assert language_of(accepted) == language
