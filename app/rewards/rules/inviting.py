"""
Invitations: when one is rewarded, and which signs make a person look first.

The reward comes only once the invited person has paid the first installment of a loan by its day.
A bounty on a signature would pay people to talk others into debt; this one pays nothing for a loan
that did not suit, and it is small and capped by month. The inviter learns how many entered their
code, and that a reward came, or waits; who borrowed, how much, or why one waits, never.

Every rule here gives a doubt and none a refusal: families share phones, cards and houses. A doubt
holds the reward until two people have looked.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.catalog.rules import PolicyBook

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, O, 1 or I: codes are read aloud."""
CODE_LENGTH = 8
CODE_SHAPE = re.compile(f"[{CODE_LETTERS}]{{{CODE_LENGTH}}}")
RING_STEPS_MAX = 8
"""How many invitations a ring is followed through."""
STAR_SIZE = 2
"""How many invited by one person may share a mark: none with another."""


class InvitationState(StrEnum):
    """How an invitation stands."""

    ENTERED = "ENTERED"
    HELD = "HELD"
    REWARDED = "REWARDED"
    REFUSED = "REFUSED"
    REVERSED = "REVERSED"


class Doubt(StrEnum):
    """Why a person looks before a reward is given."""

    SAME_DEVICE = "SAME_DEVICE"
    SAME_PHONE = "SAME_PHONE"
    SAME_ACCOUNT = "SAME_ACCOUNT"
    SAME_ADDRESS = "SAME_ADDRESS"
    BY_AGENT = "BY_AGENT"
    RING = "RING"
    STAR = "STAR"
    TOO_MANY = "TOO_MANY"
    BUDGET = "BUDGET"


class Wait(StrEnum):
    """What an inviter is told of a reward that waits: nothing that says anything of another."""

    LOOKED_AT = "LOOKED_AT"
    ENOUGH_FOR_NOW = "ENOUGH_FOR_NOW"
    NO_MONEY_LEFT = "NO_MONEY_LEFT"


LASTING = frozenset(Doubt) - {Doubt.BUDGET, Doubt.TOO_MANY}
"""Doubts that stay once seen: the marks they rest on are kept for a short time only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """
    People around an invitation.

    Attributes:
        invited_by: Who invited whom: the inviter, by the invited.
        shared: Pairs of people who share a device, a number, an account or an address, and what.
    """

    invited_by: Mapping[str, str] = field(default_factory=dict[str, str])
    shared: Mapping[tuple[str, str], Collection[Doubt]] = field(
        default_factory=dict[tuple[str, str], Collection[Doubt]]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What policy allows: days to enter a code, rewards a month and in all, days marks are kept."""

    entry_days: int
    month_max: int
    total_max: int
    mark_days: int


def limits_of(book: PolicyBook) -> Limits | None:
    """Read a day's limits; None before any policy of invitations holds: there are none then."""
    if "invitation_entry_days" not in book.values:
        return None
    return Limits(
        entry_days=book.whole("invitation_entry_days"),
        month_max=book.whole("invitation_month_max"),
        total_max=book.whole("invitation_total_max"),
        mark_days=book.whole("invitation_mark_days"),
    )


def doubts_about(inviter: str, invited: str, web: Web) -> frozenset[Doubt]:
    """
    Return what speaks against an invitation being one person's word to another.

    People who share a mark count as one hand. An invitation within one hand shares that mark; one
    that leads back to the hand it came from, through any number of invitations, is a ring; several
    of one inviter's that end in one hand are a star.
    """
    found: set[Doubt] = set()
    for pair, marks in web.shared.items():
        if set(pair) == {inviter, invited}:
            found.update(marks)
    hands = _Hands(web.shared)
    if _leads_back(inviter, invited, web.invited_by, hands):
        found.add(Doubt.RING)
    theirs = {one for one, by in web.invited_by.items() if by == inviter} | {invited}
    in_one_hand = [one for one in theirs if hands.of(one) == hands.of(invited)]
    if len(in_one_hand) >= STAR_SIZE:
        found.add(Doubt.STAR)
    return frozenset(found)


def wait_of(doubts: Collection[Doubt]) -> Wait:
    """Say why a reward waits, as far as its inviter may know."""
    if set(doubts) <= {Doubt.BUDGET}:
        return Wait.NO_MONEY_LEFT
    if set(doubts) <= {Doubt.BUDGET, Doubt.TOO_MANY}:
        return Wait.ENOUGH_FOR_NOW
    return Wait.LOOKED_AT


def code_from(chance: bytes) -> str:
    """
    Make an invitation code of eight bytes of chance: 40 bits, each letter of 32 alike.

    Whoever tries codes at random needs some hundred thousand million of them for one of ten, and
    gets nothing by it: a code only says who invited.
    """
    assert len(chance) == CODE_LENGTH, "a byte a letter"
    return "".join(CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in chance)


def normalized_code(written: str) -> str | None:
    """Return a code as it is kept, whatever its case, with the blanks and dashes people add."""
    code = re.sub(r"[\s-]", "", written).upper()
    return code if CODE_SHAPE.fullmatch(code) else None


class _Hands:
    """People put together who share marks, over any number of others."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._next: dict[str, str] = {}
        for one, other in pairs:
            self._next[self.of(one)] = self.of(other)

    def of(self, person: str) -> str:
        """Return what stands for a person's hand."""
        while (following := self._next.get(person, person)) != person:
            person = following
        return person


def _leads_back(inviter: str, invited: str, invited_by: Mapping[str, str], hands: _Hands) -> bool:
    """Tell whether invitations of others lead from the invited one's hand to the inviter's."""
    inviters_of: defaultdict[str, set[str]] = defaultdict(set)
    for one, by in invited_by.items():
        if one != invited:
            inviters_of[hands.of(one)].add(hands.of(by))
    reached = {hands.of(inviter)}
    goal = hands.of(invited)
    if goal in reached:
        return False  # one hand altogether: that has a doubt of its own
    for _ in range(RING_STEPS_MAX):
        reached = {by for one in reached for by in inviters_of[one]}
        if goal in reached:
            return True
    return False
