"""What origination does again about what was let go since a copy of the database was taken."""

from collections.abc import Sequence

from app.foundation.clock import milliseconds
from app.foundation.database import Transaction
from app.foundation.rekeying.joining import OwnRows
from app.origination.rules.assisting import AssistedState


async def let_go_assisted(tx: Transaction, assisted_ids: Sequence[str]) -> None:
    """End what agents filled in for people: today it is answered or over, and its keys are gone."""
    places = ", ".join("?" for _ in assisted_ids)
    await tx.run(
        "UPDATE assisted_application SET state = ?, phone = NULL, phone_index = NULL,"
        f" purpose = NULL, answered_at = ? WHERE id IN ({places})",
        [AssistedState.EXPIRED.value, milliseconds(tx.now), *assisted_ids],
    )


OWN_ROWS = (OwnRows("assisted_application", "phone", let_go_assisted),)
"""What an agent filled in is sealed under a key of its own until its person answers."""
