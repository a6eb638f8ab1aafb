"""What a question asks for, by its words: a figure of the borrower's own, a lesson, or a person."""

import re
from collections.abc import Sequence
from enum import StrEnum

from app.literacy.rules.wording import Words, all_words

QUESTION_MAX = 200
"""A question has at most so many characters; more is a letter, and for a person to read."""

_NUMBER_OR_ID = re.compile(r"\d{6,}|\b[a-z]{2}[0-9a-z]{13,14}\b")
"""A phone, card or resident ID, or one of our ids: somebody is named by it."""


class OwnFigure(StrEnum):
    """Figures of their own that a borrower can ask for, each with a sentence of its own."""

    NEXT_DUE = "NEXT_DUE"
    PAYOFF_TODAY = "PAYOFF_TODAY"
    IF_LATE = "IF_LATE"
    TOTAL_COST = "TOTAL_COST"
    HOW_TO_PAY = "HOW_TO_PAY"
    HARDSHIP = "HARDSHIP"


def figure_asked(question: str, language: str, words: Words) -> OwnFigure | None:
    """Return which figure of one's own a question asks for, by the table of words."""
    said = set(all_words(question, language, words))
    for rule in words.figures:
        if said & rule.without:
            continue
        if all(said & group for group in rule.groups[language]):
            return OwnFigure(rule.kind)
    return None


def is_about_somebody_else(question: str, language: str, words: Words) -> bool:
    """Tell whether a question names another person, or a number or id that somebody has."""
    plain = question.casefold()
    named = (one for one in words.others if not one.isascii() and len(one) > 1)
    return (
        bool(words.others.intersection(all_words(question, language, words)))
        or any(one in plain for one in named)
        or bool(_NUMBER_OR_ID.search(plain))
    )


def gives_orders(question: str, language: str, words: Words) -> bool:
    """Tell whether a question tells us what to say or do instead of asking."""
    return bool(words.orders.intersection(_every(question, language, words)))


def _every(question: str, language: str, words: Words) -> Sequence[str]:
    said = all_words(question, language, words)
    latin = re.findall("[a-z]+", question.casefold())
    return (*said, *latin, *(one for one in words.orders if not one.isascii() and one in question))
