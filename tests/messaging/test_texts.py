"""A text that is missing, or mentions what there is not, stops the start and not a message."""

import tomllib
from typing import Any

import pytest

from app.foundation.text import TEXTS
from app.messaging.operations.texts import TextsBroken, check_texts


def sections() -> dict[str, Any]:
    return tomllib.loads((TEXTS / "messaging.toml").read_text(encoding="utf-8"))


def test_the_texts_are_whole() -> None:
    check_texts(sections())


@pytest.mark.parametrize(
    ("languages", "name", "words"),
    [
        (("en",), "overdue.sms", None),
        (("zh-Hans",), "session_waits.voice", None),
        (("en",), "due_soon.title", ""),
        (("en",), "overdue.sms", "【青苗】{amount:yuan}"),
        (("en",), "overdue.sms", "【青苗】{amount_fen}"),
        (("en",), "overdue.sms", "【青苗】{amount_fen:yuan"),
        (("zh-Hans",), "overdue.sms", "【青苗】没还上"),
        (("en", "zh-Hans"), "loan_paid_off.body", None),
    ],
)
def test_a_broken_text_is_named(languages: tuple[str, ...], name: str, words: str | None) -> None:
    broken = sections()
    section, sentence = name.split(".")
    for language in languages:
        told = broken[language][section]
        _ = told.pop(sentence)
        told |= {} if words is None else {sentence: words}
    with pytest.raises(TextsBroken, match=name.replace(".", r"\.")):
        check_texts(broken)
