"""What checks of a scorecard share."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

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
