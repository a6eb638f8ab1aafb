"""The record's words exist in the rules, the texts and the schema alike."""

import pytest

from app.foundation.caller import StaffRole
from app.foundation.text import LANGUAGES, text
from app.privacy.graphql import LookedAt, LookReason
from app.privacy.rules import Reason, What


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("section", "words"), [("role", StaffRole), ("why", Reason), ("what", What)]
)
def test_every_word_of_the_record_can_be_said(
    section: str, words: type[StaffRole | Reason | What], language: str
) -> None:
    assert all(text(f"privacy.{section}.{word.value}", language) for word in words)


def test_the_schemas_words_are_the_rules_words() -> None:
    assert [one.value for one in LookedAt] == list(What)
    assert [one.value for one in LookReason] == list(Reason)
