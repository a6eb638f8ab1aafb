"""How money on its way out stands now, for operators."""

from app.foundation.database import fetch
from app.payments.queries.measuring import measure_orders as measure_payments

_DISBURSEMENTS = (
    "SELECT 'disbursement' AS name, COUNT(*) AS orders, MIN(reserved_at) AS oldest"
    " FROM disbursement WHERE state IN ('RESERVED', 'SENT')"
)
"""Two of the states that `DisbursementState` has; the index by state finds them."""


async def measure_orders() -> None:
    """Read what waits of every kind of order with the rail."""
    await measure_payments(await fetch(_DISBURSEMENTS))
