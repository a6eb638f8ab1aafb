"""Messaging's words are the same in the rules and the schema, and no two consumers share a name."""

from app.messaging.graphql.words import (
    NotificationCategory,
    NotificationKind,
    SmsState,
    sms_state_of,
)
from app.messaging.operations import LOCAL_EFFECTS
from app.messaging.rules import Category, Kind, State


def test_the_schemas_words_are_the_rules_words() -> None:
    assert [one.value for one in NotificationKind] == list(Kind)
    assert [one.value for one in NotificationCategory] == list(Category)
    assert {sms_state_of(state) for state in State} == set(SmsState)


def test_each_consumer_has_a_name_of_its_own() -> None:
    names = [consumer for _, consumer, _ in LOCAL_EFFECTS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("messaging.") for name in names)
