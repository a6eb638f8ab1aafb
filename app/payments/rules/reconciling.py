"""Our books beside a provider's daily statement: what agrees, what differs, what may be healed."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.foundation.clock import milliseconds
from app.payments.ports import OrderReport, RailStatus, StatementLine

LOOKED_BACK_FOR = timedelta(days=14)
"""How far back orders are sought that moved money here and stand in no statement: what is sent
within a reservation's week ends within another."""


class DifferenceKind(StrEnum):
    """How a statement and our books differ on an order."""

    MISSING_HERE = "MISSING_HERE"
    """The provider moved money that is no order of ours."""
    MISSING_THERE = "MISSING_THERE"
    """We have money moved that stands in no statement."""
    AMOUNT = "AMOUNT"
    STATE = "STATE"


class DifferenceState(StrEnum):
    """Where a difference stands."""

    OPEN = "OPEN"
    HEALED = "HEALED"
    """The provider's word, taken as ever, made both agree."""
    RESOLVED = "RESOLVED"
    """Two members of staff cleared it up."""


class Resolution(StrEnum):
    """How two members of staff cleared a difference up."""

    PROVIDER_CORRECTED = "PROVIDER_CORRECTED"
    CORRECTED_HERE = "CORRECTED_HERE"
    MONEY_RETURNED = "MONEY_RETURNED"
    NOT_OURS = "NOT_OURS"


class OurState(StrEnum):
    """What our books say of an order's money, in the words of a statement."""

    MOVED = "MOVED"
    NOT_MOVED = "NOT_MOVED"
    AWAITED = "AWAITED"


@dataclass(frozen=True, slots=True, kw_only=True)
class OurOrder:
    """One order as our books have it."""

    order_id: str
    state: OurState
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBook:
    """
    One kind of order of ours, and how to look after it.

    Attributes:
        prefix: What the ids of its orders begin with.
        goes_out: Whether its orders pay money out.
        orders: Finds orders by id.
        moved_since: Finds orders made since a moment whose money has moved.
        take: Takes the provider's word on an order by the ordinary path.
        ask: Asks the provider how an order stands.
    """

    prefix: str
    goes_out: bool
    orders: Callable[[Collection[str]], Awaitable[Mapping[str, OurOrder]]]
    moved_since: Callable[[datetime], Awaitable[list[OurOrder]]]
    take: Callable[[str, OrderReport], Awaitable[object]]
    ask: Callable[[str], Awaitable[OrderReport]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference as found."""

    kind: DifferenceKind
    order_id: str
    ours: OurOrder | None = None
    theirs: OrderReport | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceView:
    """One difference as it is kept; it names an order, never a person."""

    difference_id: str
    on: date
    order_id: str
    kind: DifferenceKind
    state: DifferenceState
    ours: str | None
    ours_fen: int | None
    theirs: str | None
    theirs_fen: int | None
    found_at: datetime
    resolution: Resolution | None
    proposed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReconciled:
    """
    What a day's comparison came to.

    `still_open` counts all differences nobody has resolved, of this day and of days before.
    """

    on: date
    lines: int
    matched: int
    healed: int
    left_open: int
    still_open: int


def difference_of(line: StatementLine, ours: OurOrder | None) -> Difference | None:
    """Compare a line with our order; None where they agree."""
    theirs = line.report
    if ours is None:
        if theirs.status is not RailStatus.SUCCEEDED:
            return None  # no money of anybody moved
        return Difference(kind=DifferenceKind.MISSING_HERE, order_id=line.order_id, theirs=theirs)
    if theirs.status is RailStatus.SUCCEEDED and theirs.amount_fen != ours.amount_fen:
        kind = DifferenceKind.AMOUNT
    elif agrees(theirs, ours):
        return None
    else:
        kind = DifferenceKind.STATE
    return Difference(kind=kind, order_id=line.order_id, ours=ours, theirs=theirs)


def agrees(theirs: OrderReport, ours: OurOrder) -> bool:
    """Tell whether the provider says of an order what our books say."""
    match theirs.status:
        case RailStatus.SUCCEEDED:
            return ours.state is OurState.MOVED and theirs.amount_fen == ours.amount_fen
        case RailStatus.FAILED:
            return ours.state is OurState.NOT_MOVED
        case RailStatus.PENDING | RailStatus.UNKNOWN:
            return ours.state is OurState.AWAITED


def last_words(lines: Collection[StatementLine]) -> dict[str, StatementLine]:
    """Return the last line of each order: money paid and returned on one day has two."""
    found: dict[str, StatementLine] = {}
    for line in lines:
        known = found.get(line.order_id)
        if known is None or _moment(line) >= _moment(known):
            found[line.order_id] = line
    return found


def _moment(line: StatementLine) -> int:
    """Return when a line says that it was settled, in milliseconds since 1970; 0 if never."""
    settled_at = line.report.settled_at
    return 0 if settled_at is None else milliseconds(settled_at)
