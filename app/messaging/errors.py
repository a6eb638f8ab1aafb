"""Refusals of messaging."""

from app.foundation.errors import Refusal


class CategoryAlwaysOn(Refusal):
    """Text messages of this category warn of danger and cannot be switched off."""

    code = "CATEGORY_ALWAYS_ON"


class CannotRepeat(Refusal):
    """A message may have gone out already, or is no dead letter, so it is not sent again."""

    code = "CANNOT_REPEAT"


class OwnNews(Refusal):
    """Whoever proposed news cannot let it go out."""

    code = "OWN_NEWS"


class NewsNotOpen(Refusal):
    """News is decided already, or has waited for too long."""

    code = "NEWS_NOT_OPEN"
