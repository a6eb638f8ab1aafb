"""What paying early did to a plan, in figures: when it ends now, what it asks, what it saves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


class PlanEntry(Protocol):
    """What is looked at of an installment, be it kept or worked out."""

    @property
    def number(self) -> int:
        """Its place in the plan."""
        ...

    @property
    def due_on(self) -> date:
        """Its nominal due date."""
        ...

    @property
    def payable_on(self) -> date | None:
        """The last day to pay it in time, where that is known."""
        ...

    @property
    def interest_fen(self) -> int:
        """The contract interest in it."""
        ...

    @property
    def left_fen(self) -> int:
        """What is still to be paid of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyEffect:
    """
    A plan before and after money that went beyond what was due.

    Attributes:
        early_fen: How much of the repayment went to installments not yet due.
        paid_ahead: The installments it paid in full before their day.
        closed: Whether nothing is left to pay.
        closes_on_before: When the last installment was to be paid.
        closes_on: When the last one is to be paid now; as before when nothing is left.
        fewer: How many installments fell away; those paid ahead are not among them.
        next_due_on: The next installment to pay; None when nothing is left.
        next_before_fen: What was left of that one.
        next_fen: What is left of it now.
        each_less_fen: By how much every one between the next and the last became smaller, where
            that is the same for all of them; 0 where it is not, or there is none between.
        last_before_fen: What was left of the last one.
        last_fen: What is left of the one that is last now.
        interest_saved_fen: How much less interest the plan asks in all, if it is kept from here.
    """

    early_fen: int
    paid_ahead: tuple[int, ...]
    closed: bool
    closes_on_before: date
    closes_on: date
    fewer: int
    next_due_on: date | None
    next_before_fen: int
    next_fen: int
    each_less_fen: int
    last_before_fen: int
    last_fen: int
    interest_saved_fen: int


def early_effect(
    before: Sequence[PlanEntry],
    after: Sequence[PlanEntry],
    paid_fen: Mapping[int, int],
    on: date,
) -> EarlyEffect | None:
    """
    Compare a plan before and after a repayment; None if nothing of it went beyond what was due.

    Args:
        before: The plan as it stands on the day without the repayment.
        after: The same with it.
        paid_fen: What the repayment paid, by installment.
        on: The day.
    """
    to_come = {line.number for line in after if line.due_on > on}
    early_fen = early_fen_of(after, paid_fen, on)
    was = {line.number: line for line in before if line.left_fen > 0}
    if early_fen == 0 or not was:
        return None
    left = [line for line in after if line.left_fen > 0]
    ahead = tuple(
        line.number
        for line in after
        if line.number in to_come and line.left_fen == 0 and paid_fen.get(line.number)
    )
    still_there = {line.number for line in left} | set(ahead)
    last_before = max(was.values(), key=lambda line: line.number)
    following, last = (left[0], left[-1]) if left else (None, None)
    return EarlyEffect(
        early_fen=early_fen,
        paid_ahead=ahead if left else (),
        closed=not left,
        closes_on_before=_day(last_before),
        closes_on=_day(last or last_before),
        fewer=len({number for number, line in was.items() if line.due_on > on} - still_there),
        next_due_on=None if following is None else _day(following),
        next_before_fen=_left_before(was, following),
        next_fen=0 if following is None else following.left_fen,
        each_less_fen=_each_less(was, left),
        last_before_fen=last_before.left_fen,
        last_fen=0 if last is None else last.left_fen,
        interest_saved_fen=max(interest_saved_fen(before, after), 0),
    )


def early_fen_of(after: Sequence[PlanEntry], paid_fen: Mapping[int, int], on: date) -> int:
    """Return how much of a repayment went to installments not yet due on a day."""
    return sum(paid_fen.get(line.number, 0) for line in after if line.due_on > on)


def interest_saved_fen(before: Sequence[PlanEntry], after: Sequence[PlanEntry]) -> int:
    """Return how much less interest one plan asks than the other, paid or not."""
    return sum(line.interest_fen for line in before) - sum(line.interest_fen for line in after)


def closing_day(lines: Sequence[PlanEntry]) -> date | None:
    """Return when the last installment is to be paid; None when nothing is left."""
    return max((_day(line) for line in lines if line.left_fen > 0), default=None)


def _day(line: PlanEntry) -> date:
    return line.payable_on or line.due_on


def _left_before(was: Mapping[int, PlanEntry], line: PlanEntry | None) -> int:
    known = None if line is None else was.get(line.number)
    return 0 if known is None else known.left_fen


def _each_less(was: Mapping[int, PlanEntry], left: Sequence[PlanEntry]) -> int:
    """
    Return the one difference of all installments between the next and the last.

    The next one's interest is partly of the days before, and the last one takes the rounding.
    """
    differences = {_left_before(was, line) - line.left_fen for line in left[1:-1]}
    return max(differences.pop(), 0) if len(differences) == 1 else 0
