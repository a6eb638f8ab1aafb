"""What people write to each other at the desk, taken exactly as they wrote it."""

from app.foundation.errors import InvalidInput
from app.support.graphql.words import TicketSubcategory
from app.support.rules import TEXT_MAX
from app.support.rules.complaints import Subcategory


def checked_words(value: str, *, field: str) -> str:
    """
    Check what somebody wrote and return it as it is, every sign of it.

    It is sealed, so that NUL may stand in it on any database. Half a sign, which no phone shows and
    UTF-8 cannot write, is refused: nothing is dropped in silence.

    Raises:
        InvalidInput: It is empty, too long, or holds half a sign.
    """
    if not value.replace("\x00", "").strip():
        raise InvalidInput(field, "foundation.reason.empty")
    if len(value) > TEXT_MAX:
        raise InvalidInput(field, "foundation.reason.too_long", most=TEXT_MAX)
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise InvalidInput(field, "support.reason.unwritable")
    return value


def subcategory_of(asked: TicketSubcategory | None) -> Subcategory | None:
    """Return the rules' word for the schema's."""
    return None if asked is None else Subcategory(asked.value)
