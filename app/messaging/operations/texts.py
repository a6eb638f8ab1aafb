"""All sentences of messaging are there, in every language, and mention only what there is."""

import string
from collections.abc import Iterator, Mapping

from app.foundation.text import LANGUAGES
from app.messaging.rules import MANNERS, Kind

Sections = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Sentences by language, section and name, as the file has them."""

FORMATS: Mapping[str, str] = {
    "amount_fen": "yuan",
    "balance_fen": "yuan",
    "because": "",
    "card_tail": "",
    "city": "",
    "due_on": "date",
    "floor_fen": "yuan",
    "grace_until": "date",
    "lesson_title": "",
    "limit_fen": "yuan",
    "next_amount_fen": "yuan",
    "next_due_on": "date",
    "until_on": "year_date",
    "number": "",
    "points": "",
    "product_name": "",
    "receipt": "",
    "regulator": "",
    "shop": "",
    "unapplied_fen": "yuan",
}
"""What a sentence may mention, and how it is shown; nothing personal is among it."""


class TextsBroken(Exception):
    """A sentence is missing, or mentions something else than its translation or its data."""


def check_texts(sections: Sections) -> None:
    """
    See that every kind can be told in every language, by each of its channels.

    Raises:
        TextsBroken: It cannot; the message names the first sentences that are wrong.
    """
    wrong = sorted(set(_wrong(sections)))
    if wrong:
        raise TextsBroken(", ".join(wrong[:5]))


def _wrong(sections: Sections) -> Iterator[str]:
    for kind in Kind:
        manner, section = MANNERS[kind], kind.lower()
        needed = {
            "title",
            *(["sms"] if manner.by_sms else []),
            *(["voice"] if manner.by_voice else []),
        }
        told = {language: sections.get(language, {}).get(section, {}) for language in LANGUAGES}
        names = set().union(*told.values(), needed)
        if not any(name.startswith("body") for name in names):
            yield f"{section}.body"
        for name in names:
            mentioned = [_mentioned(told[language].get(name)) for language in LANGUAGES]
            if any(one is None or one != mentioned[0] for one in mentioned):
                yield f"{section}.{name}"


def _mentioned(sentence: str | None) -> frozenset[str] | None:
    """Return the placeholders of a sentence; None where it is missing or cannot be filled."""
    if not sentence:
        return None
    try:
        fields = [one for one in string.Formatter().parse(sentence) if one[1] is not None]
    except ValueError:
        return None
    if any(FORMATS.get(str(name)) != spec or conversion for _, name, spec, conversion in fields):
        return None
    return frozenset(str(name) for _, name, _, _ in fields)
