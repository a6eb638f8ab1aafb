"""Whether money is on its way to a borrower."""

from app.origination.models import ApplicationRow
from app.origination.rules.states import ApplicationState

ON_ITS_WAY = (
    ApplicationState.SIGNED.value,
    ApplicationState.COOLING_OFF.value,
    ApplicationState.DISBURSING.value,
)


async def money_on_its_way(borrower_id: str) -> bool:
    """Tell whether a signed agreement waits for its money."""
    return await ApplicationRow.filter(borrower_id=borrower_id, state__in=ON_ITS_WAY).exists()
