"""Whether money is on its way to a borrower."""

from app.origination.models import ApplicationRow
from app.origination.rules.states import AWAITS_MONEY


async def money_on_its_way(borrower_id: str) -> bool:
    """Tell whether a signed agreement waits for its money."""
    states = [state.value for state in AWAITS_MONEY]
    return await ApplicationRow.filter(borrower_id=borrower_id, state__in=states).exists()
