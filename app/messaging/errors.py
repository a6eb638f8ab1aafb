"""Refusals of messaging."""

from app.foundation.errors import Refusal


class CategoryAlwaysOn(Refusal):
    """Text messages of this category warn of danger and cannot be switched off."""

    code = "CATEGORY_ALWAYS_ON"
