"""Who of the staff may do what about late loans."""

from app.foundation.caller import StaffCaller, StaffRole
from app.foundation.errors import Forbidden

READERS = frozenset({StaffRole.AGENT, StaffRole.SUPERVISOR, StaffRole.DIRECTOR, StaffRole.AUDITOR})
"""Who may read the queue and what was tried."""

COLLECTORS = frozenset({StaffRole.AGENT, StaffRole.SUPERVISOR})
"""Who may ask for permits, write down what came of them, and mark what they learn."""

LEADERS = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR})
"""Who may assign cases, pass them on, and end a mark."""


def check_role(caller: StaffCaller, allowed: frozenset[StaffRole]) -> None:
    """
    Check that a member of staff may do something.

    Raises:
        Forbidden: Their role is not among those that may.
    """
    if caller.role not in allowed:
        raise Forbidden
