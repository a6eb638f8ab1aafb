"""What is known around an invitation: who invited whom, and who shares what with whom."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from app.foundation.clock import moment_of
from app.foundation.database import fetch
from app.identity import queries as identity
from app.origination.queries import marks
from app.origination.rules.marking import MarkKind
from app.rewards.models import InvitationRow
from app.rewards.rules import (
    RING_STEPS_MAX,
    Doubt,
    InvitationState,
    Wait,
    Web,
    wait_of,
)

INVITED_MAX = 50
"""How many invited by one person are compared: the latest; so many are a doubt by themselves."""
QUEUE_MAX = 100

DOUBT_OF = {
    MarkKind.PHONE: Doubt.SAME_PHONE,
    MarkKind.RESIDENT_ID: Doubt.SAME_ACCOUNT,
    MarkKind.BANK_CARD: Doubt.SAME_ACCOUNT,
    MarkKind.WALLET: Doubt.SAME_ACCOUNT,
    MarkKind.ADDRESS: Doubt.SAME_ADDRESS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """
    What an inviter may know: how many, and nothing of anybody.

    Attributes:
        entered: How many entered the code.
        rewarded: How many rewards came.
        waits: How many wait, by why.
        refused: How many were not given after that, or were taken back.
    """

    entered: int
    rewarded: int
    waits: Mapping[Wait, int]
    refused: int

    @property
    def held(self) -> int:
        """How many wait."""
        return sum(self.waits.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldInvitation:
    """An invitation that waits for two people; it names nobody but by id."""

    invitation_id: str
    inviter_id: str
    invited_id: str
    state: InvitationState
    doubts: tuple[Doubt, ...]
    entered_at: datetime


async def invited_by(inviter_id: str) -> Invited:
    """Return what an inviter may know."""
    rows = await fetch(
        "SELECT state, COUNT(*) AS many FROM reward_invitation WHERE inviter_id = ? GROUP BY state",
        [inviter_id],
    )
    is_held = {"inviter_id": inviter_id, "state": InvitationState.HELD.value}
    held = await InvitationRow.filter(**is_held).limit(INVITED_MAX)
    many = {InvitationState(row["state"]): int(row["many"]) for row in rows}
    return Invited(
        entered=sum(many.values()),
        rewarded=many.get(InvitationState.REWARDED, 0),
        waits=Counter(wait_of(row.known_doubts()) for row in held),
        refused=many.get(InvitationState.REFUSED, 0) + many.get(InvitationState.REVERSED, 0),
    )


async def has_entered(borrower_id: str) -> bool:
    """Tell whether somebody entered a code already."""
    return await InvitationRow.exists(invited_id=borrower_id)


async def held_invitations() -> list[HeldInvitation]:
    """Return what waits for two people, oldest first, at most a hundred."""
    rows = InvitationRow.filter(state=InvitationState.HELD.value).order_by("entered_at", "id")
    return [held_from(row) for row in await rows.limit(QUEUE_MAX)]


def held_from(row: InvitationRow) -> HeldInvitation:
    """Return an invitation as staff see it."""
    return HeldInvitation(
        invitation_id=row.id,
        inviter_id=row.inviter_id,
        invited_id=row.invited_id,
        state=InvitationState(row.state),
        doubts=tuple(sorted(row.known_doubts())),
        entered_at=moment_of(row.entered_at),
    )


async def web_around(inviter_id: str, invited_id: str) -> Web:
    """Return the people around an invitation: who invited the inviter, and whom they invited."""
    edges = {invited_id: inviter_id}
    chain = await _chain_from(inviter_id)
    edges |= dict(pairwise(chain))
    latest = InvitationRow.filter(inviter_id=inviter_id).order_by("-entered_at", "-id")
    invited = [row.invited_id for row in await latest.limit(INVITED_MAX)]
    edges |= dict.fromkeys(invited, inviter_id)
    people = sorted({*edges, *edges.values()})
    return Web(invited_by=edges, shared=await _shared(people))


async def _chain_from(person: str) -> list[str]:
    """Return a person, who invited them, who invited that one, and so on."""
    chain = [person]
    for _ in range(RING_STEPS_MAX):
        row = await InvitationRow.get_or_none(invited_id=chain[-1])
        if row is None or row.inviter_id in chain:
            break
        chain.append(row.inviter_id)
    return chain


async def _shared(people: Sequence[str]) -> dict[tuple[str, str], Collection[Doubt]]:
    found: defaultdict[tuple[str, str], set[Doubt]] = defaultdict(set)
    for one, other in await _one_device(people):
        found[one, other].add(Doubt.SAME_DEVICE)
    for one, other in await identity.cards_shared(people):
        found[one, other].add(Doubt.SAME_ACCOUNT)
    for one, other, kind in await marks.marks_shared(people):
        found[one, other].add(DOUBT_OF[kind])
    return dict(found)


async def _one_device(people: Sequence[str]) -> list[tuple[str, str]]:
    places = ", ".join("?" for _ in people)
    rows = await fetch(
        "SELECT a.id AS one, b.id AS other FROM reward_account AS a"
        " JOIN reward_account AS b ON b.device_mark = a.device_mark AND a.id < b.id"
        f" WHERE a.id IN ({places}) AND b.id IN ({places})",
        [*people, *people],
    )
    return sorted((row["one"], row["other"]) for row in rows)
