"""Going through borrowers instead of serving those who ask: refused, and told to the auditors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from app.foundation.audit import ALARM, Entry, is_recorded_since, record
from app.foundation.database import Transaction, transaction
from app.foundation.errors import RateLimited
from app.foundation.log import logger
from app.identity.rules import StaffMember
from app.privacy.operations.reveals import hold_staff
from app.privacy.queries import borrowers_looked_at
from app.support.rules import BORROWERS_PER_HOUR_MAX

log = logger(__name__)

BROWSING = ALARM + "browsing"
BROWSING_WINDOW = timedelta(hours=1)


async def check_no_browsing(tx: Transaction, staff: StaffMember) -> None:
    """
    Refuse somebody who goes through borrowers instead of serving those who ask.

    Their own row is held until the transaction ends, so that many at once are counted one by one.

    Raises:
        RateLimited: This member of staff has looked at too many borrowers within the hour.
    """
    await hold_staff(tx, staff.staff_id)
    looked = await borrowers_looked_at(staff.staff_id, since=tx.now - BROWSING_WINDOW)
    if looked >= BORROWERS_PER_HOUR_MAX:
        raise RateLimited(int(BROWSING_WINDOW.total_seconds()))


@asynccontextmanager
async def noticing_browsing(staff: StaffMember) -> AsyncIterator[None]:
    """
    Around a transaction that looks: sound an alarm when it is refused as browsing, once an hour.

    The alarm has a transaction of its own, since the refusal undid the other one. Nothing else in
    there may be refused as too often.
    """
    try:
        yield
    except RateLimited:
        await _sound(staff)
        raise


async def _sound(staff: StaffMember) -> None:
    log.critical("alarm", kind=BROWSING, staff_id=staff.staff_id)
    async with transaction() as tx:
        if await is_recorded_since(BROWSING, staff.staff_id, tx.now - BROWSING_WINDOW):
            return
        about = {"borrowers_max": BORROWERS_PER_HOUR_MAX}
        await record(tx, Entry(BROWSING, None, staff.staff_id, about))
