"""Finding borrowers by what they say of themselves: candidates are opened, strangers dropped."""

from collections.abc import Callable

from app.foundation.errors import InvalidInput
from app.foundation.sealing import SealBroken, blind_indexes
from app.identity.models import PHONE_TAIL_BITS, SURNAME_TAIL_BITS, BorrowerRow
from app.identity.queries.borrowers import Opened, open_rows, phone_indexes
from app.identity.rules import people

MATCHES_MAX = 200
"""How many candidates of one tail are opened for one look."""
TAIL_LENGTH = 4


async def borrower_ids_by_phone(phone: str) -> list[str]:
    """
    Find borrowers by a whole phone number, however it is written; at most one.

    Raises:
        InvalidInput: It is no mobile number.
        SealBroken: The index was altered: it leads to another number.
    """
    normalized = people.phone_of(phone, field="phone")
    rows = await BorrowerRow.filter(phone_index__in=phone_indexes(normalized))
    opened = await open_rows(rows, ("phone",))
    if any(values["phone"] != normalized for values in opened):
        raise SealBroken
    return [row.id for row in rows]


async def borrower_ids_by_phone_tail(last4: str) -> list[str]:
    """
    Find borrowers by a phone's last four digits, newest first; at most 200 are looked at.

    The index holds 12 bits, so candidates are opened and those with other digits dropped.

    Raises:
        InvalidInput: It is not four digits.
    """
    tail = _tail_of(last4)
    return await _matching(
        {"phone_tail_index__in": _tail_indexes(tail)},
        ("phone",),
        lambda values: people.phone_tail(values["phone"] or "") == tail,
    )


async def borrower_ids_by_surname_and_tail(surname: str, last4: str) -> list[str]:
    """
    Find borrowers by surname and a phone's last four digits, newest first; at most 200 looked at.

    The index holds 16 bits, so candidates are opened and those with another surname or other
    digits dropped. Whoever types more of the name than the surname finds only names that begin so.

    Raises:
        InvalidInput: The surname is not how a name begins, or the rest is not four digits.
    """
    begins, tail = people.surname_input(surname), _tail_of(last4)
    text = f"{people.surname_of(begins)}|{tail}"
    indexes = blind_indexes("borrower.surname_tail", text, bits=SURNAME_TAIL_BITS)

    def is_meant(values: Opened) -> bool:
        name, phone = values["name"] or "", values["phone"] or ""
        return people.surname_and_tail(name, phone) == text and name.startswith(begins)

    # The tail's own index is a database index; the surname's column is not.
    return await _matching(
        {"phone_tail_index__in": _tail_indexes(tail), "surname_tail_index__in": indexes},
        ("name", "phone"),
        is_meant,
    )


async def _matching(
    where: dict[str, list[str]], columns: tuple[str, ...], is_meant: Callable[[Opened], bool]
) -> list[str]:
    rows = await BorrowerRow.filter(**where).order_by("-id").limit(MATCHES_MAX)
    opened = await open_rows(rows, columns)
    return [row.id for row, values in zip(rows, opened, strict=True) if is_meant(values)]


def _tail_of(last4: str) -> str:
    """
    Read four digits.

    Raises:
        InvalidInput: It is something else.
    """
    tail = people.normalized(last4, "lastFour")
    if len(tail) != TAIL_LENGTH or not (tail.isascii() and tail.isdecimal()):
        raise InvalidInput("lastFour", "identity.reason.phone_tail")
    return tail


def _tail_indexes(tail: str) -> list[str]:
    return blind_indexes("borrower.phone_tail", tail, bits=PHONE_TAIL_BITS)
