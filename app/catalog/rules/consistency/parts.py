"""Checks that every kind of catalog content shares."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.catalog.rules.region import MONTHS_IN_YEAR
from app.catalog.rules.wording import LANGUAGES


def repeated(kind: str, keys: Iterable[str]) -> Iterator[str]:
    """Name each key that stands there more than once."""
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"{kind} {key}: stands there {count} times"


def about(what: str, problems: Iterable[str]) -> list[str]:
    """Put what they are about before problems."""
    return [f"{what}: {problem}" for problem in problems]


def language_problems(what: str, sentence: Mapping[str, str]) -> Iterator[str]:
    """Say so if a sentence is missing or empty in one of the languages."""
    if set(sentence) != set(LANGUAGES) or not all(words.strip() for words in sentence.values()):
        yield f"{what} is not in both languages"


def weight_problems(weights: Sequence[int]) -> Iterator[str]:
    """Say so if month weights are not those of a year."""
    if len(weights) != MONTHS_IN_YEAR or min(weights, default=0) < 0 or not any(weights):
        yield "a season has twelve weights, none negative, not all zero"
