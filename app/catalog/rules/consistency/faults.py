"""One thing that is wrong with a version: in which field, and why, in both languages."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from decimal import Decimal

from app.catalog.rules.region import MONTHS_IN_YEAR
from app.catalog.rules.wording import LANGUAGES
from app.foundation.text import text

_PATH = re.compile(r"(?P<said>.*?)(?: - at `(?:key in )?\$\.?(?P<path>[^`]*)`)?", re.DOTALL)
_NAMED = re.compile(r"Object (?P<how>missing required|contains unknown) field `(?P<name>.*)`")
_PLACES_MAX = 8
"""Decimal places a rate may have: a figure with more is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What is wrong with one field of a version.

    Attributes:
        field: Its path in the version's document, such as `amount.max_fen`; empty for all of it.
        reason: Which sentence says why: `catalog.fault.<reason>`.
        data: What that sentence mentions.
        subject: Which version, such as `product small_shop:1`.
    """

    field: str
    reason: str
    data: Mapping[str, object] = made_by(default_factory=dict[str, object])
    subject: str = ""

    def said(self, language: str) -> str:
        """Say why, in a language."""
        return text(f"catalog.fault.{self.reason}", language, **self.data)

    def __str__(self) -> str:
        """Name the version and the field before the reason, for whoever keeps the fixtures."""
        places = [place for place in (self.subject, self.field) if place]
        return ": ".join([*places, self.said("en")])


def about(subject: str, faults: Iterable[Fault]) -> list[Fault]:
    """Say which version faults are in."""
    return [replace(fault, subject=subject) for fault in faults]


def under(path: str, faults: Iterable[Fault]) -> Iterator[Fault]:
    """Put a path before the fields of faults found in a part."""
    for fault in faults:
        yield replace(fault, field=f"{path}.{fault.field}" if fault.field else path)


def language_faults(path: str, sentence: Mapping[str, str]) -> Iterator[Fault]:
    """Say so if a sentence is missing or empty in one of the languages."""
    if set(sentence) != set(LANGUAGES) or not all(words.strip() for words in sentence.values()):
        yield Fault(path, "not_in_both_languages")


def weight_faults(path: str, weights: Sequence[int]) -> Iterator[Fault]:
    """Say so if month weights are not those of a year."""
    if len(weights) != MONTHS_IN_YEAR or min(weights, default=0) < 0 or not any(weights):
        yield Fault(path, "weights_not_a_year")


def rate_faults(path: str, rate: Decimal) -> Iterator[Fault]:
    """Say so if a rate is not from 0 to 1, with as many decimal places as people write."""
    if not rate.is_finite() or not 0 <= rate <= 1:
        yield Fault(path, "rate_out_of_bounds")
    elif int(rate.as_tuple().exponent) < -_PLACES_MAX:
        yield Fault(path, "rate_too_fine", {"most": _PLACES_MAX})


def repeated_faults(path: str, keys: Iterable[str]) -> Iterator[Fault]:
    """Name each key that stands there more than once."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            yield Fault(path, "stands_twice", {"key": key})
        seen.add(key)


def unreadable(problem: str) -> Fault:
    """Return what a reader of documents said, such as a missing or misspelled field."""
    found = _PATH.fullmatch(problem)
    said, path = (problem, "") if found is None else (found["said"], found["path"] or "")
    named = _NAMED.fullmatch(said)
    if named is None:
        return Fault(path, "unreadable", {"said": said})
    name = f"{path}.{named['name']}" if path else named["name"]
    return Fault(name, "missing" if named["how"].startswith("missing") else "unknown")
