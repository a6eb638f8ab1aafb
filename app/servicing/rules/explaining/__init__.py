"""Explanations in words, in the language of whoever asks."""

from app.servicing.rules.explaining.rates import rate_label_of, rate_sentence_of
from app.servicing.rules.explaining.sentences import (
    NameOf,
    Say,
    cause_of,
    label_of,
    sentence_of,
)

__all__ = [
    "NameOf",
    "Say",
    "cause_of",
    "label_of",
    "rate_label_of",
    "rate_sentence_of",
    "sentence_of",
]
