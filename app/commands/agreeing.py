"""How a phone agrees to what it has shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.foundation.canonical import sha256_of
from app.origination.rules.consents import DIGITS

Given = dict[str, Any]


def agreements(
    application_id: str, consents: Sequence[Mapping[str, Any]]
) -> list[tuple[str, Given]]:
    """Return the commands that agree to all but advertising, each to one thing by itself."""
    return [
        ("give_consent_quietly", agreement(application_id, one))
        for one in consents
        if one["kind"] != "MARKETING"
    ]


def agreement(application_id: str, consent: Mapping[str, Any]) -> Given:
    """Return what agrees to the words that were shown: the first digits of their hash."""
    words = f"{consent['title']}\n{consent['text']}"
    towards = {"recipient": consent["recipient"]} if consent["recipient"] else {}
    return {
        "applicationId": application_id,
        "kind": consent["kind"],
        **towards,
        "textHash": sha256_of(words)[:DIGITS],
    }
