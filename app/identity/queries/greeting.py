"""Who may be greeted: people who agreed to news, and the month of a birthday, never its day."""

from app.foundation.database import fetch
from app.identity.queries.borrowers import value_in_clear
from app.identity.rules.consents import ConsentAct
from app.identity.rules.people import birth_date_of


async def ever_agreed_to(purpose: str, *, after: str, most: int) -> list[str]:
    """
    Return borrowers who agreed to a use of their data at some time, in the order of their ids.

    Whoever acts on it asks `has_consent` for each right before, as it may have been taken back.
    """
    rows = await fetch(
        "SELECT DISTINCT borrower_id FROM consent_line"
        " WHERE purpose = ? AND act = ? AND borrower_id > ? ORDER BY borrower_id LIMIT ?",
        [purpose, ConsentAct.GIVEN.value, after, most],
    )
    return [row["borrower_id"] for row in rows]


async def birth_month_of(borrower_id: str) -> int | None:
    """
    Return the month of a borrower's birthday, 1 to 12; None before the profile is complete.

    Nothing but the month leaves this function.

    Raises:
        NotFound: There is no such borrower.
        Forgotten: Their data was deleted at their wish.
    """
    resident_id = await value_in_clear(borrower_id, "resident_id")
    return None if resident_id is None else birth_date_of(resident_id).month
