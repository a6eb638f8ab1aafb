"""Assisted applications: what an agent may fill in, and how the person themselves confirms it."""

from dataclasses import dataclass, field
from enum import StrEnum

from app.catalog.rules import Channel, OfferedProduct
from app.foundation.caller import StaffCaller, StaffRole
from app.origination.errors import ChannelNotOffered
from app.origination.rules.commands import BorrowerCommand

AGENTS = frozenset({StaffRole.PARTNER_AGENT})
"""Who fills in; they see no code, no resident ID, no income and no decision."""
CALLERS = frozenset({StaffRole.AGENT, StaffRole.SUPERVISOR})
"""Who calls back; never who filled in."""
CALLS_MAX = 2
"""People mishear on a bad line once; twice wrong is a no."""
SHOWN_MAX = 50
BASIS_POINTS = 10_000
_CHANNELS = frozenset({Channel.AGENT, Channel.MERCHANT})


class AssistedState(StrEnum):
    """Where what an agent filled in stands."""

    ASKED = "ASKED"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"


def check_channel(offered: OfferedProduct) -> None:
    """
    Check that a product may be applied for through somebody else in its region.

    Raises:
        ChannelNotOffered: It is for the borrower's own phone only.
    """
    if not _CHANNELS & set(offered.channels):
        raise ChannelNotOffered


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """How much of a county's assisted applications one agent filled in of late; counts only."""

    agent_id: str
    by_agent: int
    in_county: int
    by_agent_that_day: int

    @property
    def share_bp(self) -> int:
        """Return the agent's part in ten-thousandths."""
        return self.by_agent * BASIS_POINTS // max(1, self.in_county)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCommand:
    """What a member of staff, or an agent, asks for; keys count within them."""

    caller: StaffCaller
    idempotency_key: str

    @property
    def caller_id(self) -> str:
        """Return who asks."""
        return self.caller.staff_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAssisted(StaffCommand):
    """Fill in purpose, amount and product for a number."""

    phone: str = field(repr=False)
    product_id: str
    region_code: str
    amount_fen: int
    months: int
    purpose: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginCallBack(StaffCommand):
    """See the number to call, on record."""

    assisted_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCallBack(StaffCommand):
    """
    Note what the person said on the phone.

    Who calls is not shown amount and months beforehand: what the person says is compared with what
    the agent filled in, so nobody can put the answers into their mouth.
    """

    assisted_id: str
    amount_fen: int
    months: int
    is_own_wish: bool
    """Nobody stands beside them telling them what to say, and the money is for themselves."""
    paid_nobody: bool
    """Nobody asked them for money, or for the code."""

    def is_right(self, *, amount_fen: int, months: int) -> bool:
        """Tell whether the person knows what they asked for, and asked for it themselves."""
        known = (self.amount_fen, self.months) == (amount_fen, months)
        return known and self.is_own_wish and self.paid_nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAssisted(BorrowerCommand):
    """Confirm, on one's own phone, what an agent filled in: it becomes an application."""

    assisted_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineAssisted(BorrowerCommand):
    """Say that one did not ask for this, or does not want it any more."""

    assisted_id: str
