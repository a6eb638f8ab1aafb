"""Support's words are the same in the rules, the texts and the schemas."""

import pytest

from app.foundation.text import LANGUAGES, text
from app.support.graphql.words import TicketAuthor, TicketCategory, TicketStanding
from app.support.rules import Author, Category, TicketState


def test_the_schemas_words_are_the_rules_words() -> None:
    assert [one.value for one in TicketCategory] == list(Category)
    assert [one.value for one in TicketStanding] == list(TicketState)
    assert [one.value for one in TicketAuthor] == list(Author)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_category_can_be_said(language: str) -> None:
    assert all(text(f"support.category.{category.value}", language) for category in Category)
