"""Cash that a partner's agent takes in a shop: where it stands, how much may be out there."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.catalog.rules import PolicyBook
from app.foundation.caller import StaffRole
from app.servicing.rules import LoanRef

CASH_AGENTS = frozenset({StaffRole.PARTNER_AGENT})
"""Who takes cash, where their partner is on the list for that; they see no loan and no name."""
CASH_KEEPERS = frozenset({StaffRole.SUPERVISOR, StaffRole.RISK, StaffRole.DIRECTOR})
"""Who notes, two of them each time, that an agent handed the cash over to us."""
CODE_DIGITS = 8
LATE_BY = timedelta(minutes=1)
"""How much longer cash that waits is counted: somebody may be confirming it right now."""
SHOWN_MAX = 50
_REFERENCE = re.compile(r"[A-Za-z0-9-]{4,32}")


class CashState(StrEnum):
    """Where cash that an agent counted stands; EXPIRED is what waits no longer, never stored."""

    COUNTED = "COUNTED"
    RECEIVED = "RECEIVED"
    REVERSED = "REVERSED"
    EXPIRED = "EXPIRED"


class HandoverState(StrEnum):
    """Where cash stands that an agent's partner handed over to us, by what staff noted."""

    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class CashPolicy:
    """How much cash may be taken, and for how long codes and counted cash wait."""

    payment_fen_max: int
    agent_day_fen_max: int
    outstanding_fen_max: int
    code_lifetime: timedelta
    waits: timedelta
    misses_day_max: int

    @classmethod
    def of(cls, book: PolicyBook) -> "CashPolicy":
        """
        Read it from the book of a day.

        Raises:
            PolicyValueMissing: No agent took cash on that day.
        """
        return cls(
            payment_fen_max=book.whole("agent_cash_payment_fen_max"),
            agent_day_fen_max=book.whole("agent_cash_agent_day_fen_max"),
            outstanding_fen_max=book.whole("agent_cash_outstanding_fen_max"),
            code_lifetime=timedelta(minutes=book.whole("agent_cash_code_minutes")),
            waits=timedelta(minutes=book.whole("agent_cash_confirm_minutes")),
            misses_day_max=book.whole("agent_cash_misses_day_max"),
        )

    def left_fen(self, *, today_fen: int, outstanding_fen: int) -> int:
        """Return how much more an agent may take, given what they took and what the shop owes."""
        left = (self.agent_day_fen_max - today_fen, self.outstanding_fen_max - outstanding_fen)
        return max(0, min(self.payment_fen_max, *left))


@dataclass(frozen=True, slots=True, kw_only=True)
class CashCode:
    """What a borrower's phone shows to a shop, good for one payment on one loan."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CashView:
    """Cash that an agent counted; once received, `cash_id` is its receipt's number."""

    cash_id: str
    agent_id: str
    partner_code: str
    shop: Mapping[str, str]
    loan: LoanRef
    amount_fen: int
    state: CashState
    started_at: datetime
    expires_at: datetime
    received_at: datetime | None
    repayment_id: str | None
    check_code: str | None = field(repr=False)
    """What whoever is shown the receipt checks it by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CashHandover:
    """Cash of a partner that reached us, by what one member of staff noted and another confirms."""

    handover_id: str
    partner_code: str
    amount_fen: int
    reference: str
    state: HandoverState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CashTill:
    """What a partner has of our cash, and what they may have at most."""

    partner_code: str
    shop: Mapping[str, str]
    outstanding_fen: int
    outstanding_fen_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFigures:
    """What an agent took on a day, and how much more they may take."""

    today_fen: int
    left_fen: int


def digits_typed(code: str) -> str:
    """Return a code as it is looked for: typed in groups, or full-width, it is the same."""
    return "".join(unicodedata.normalize("NFKC", code).split())


def is_reference(text: str) -> bool:
    """Tell whether a text could be the number of a bank's slip."""
    return _REFERENCE.fullmatch(text) is not None
