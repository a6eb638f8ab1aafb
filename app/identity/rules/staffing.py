"""Who may give people a place at the desk or take it away: two of those who decide on roles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.foundation.caller import StaffRole
from app.foundation.errors import Forbidden
from app.identity.errors import LastOfRole, OwnRoleChange, SignersMissing
from app.identity.rules.roles import DECIDERS

SIGNERS = 2

APPROVING = frozenset({StaffRole.SUPERVISOR, StaffRole.DIRECTOR, StaffRole.RISK})
"""Roles that something waits for: without anybody of one of them, what only they may do stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """Who answers for a change of who works here, each signed in with both proofs."""

    first_id: str | None = None
    second_id: str | None = None
    alone: bool = False
    """Whether whoever runs the system does it without enough of them; that is an alarm."""

    @property
    def named(self) -> tuple[str, ...]:
        """Return those who are named."""
        return tuple(one for one in (self.first_id, self.second_id) if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A member of staff's place at the desk, as whoever runs the system sees it."""

    staff_id: str
    name: str
    role: StaffRole
    enrolled_at: datetime
    ended_at: datetime | None
    once_until: datetime | None
    """Until when their password for one use is good, where they have not chosen one yet."""
    passkeys: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecrets:
    """What somebody signs in with the first time; shown once, and kept nowhere in clear."""

    staff_id: str
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)
    otpauth_uri: str = field(repr=False)
    """What a QR code for the authenticator app holds."""


def signers_needed(working: Mapping[str, StaffRole], about_id: str | None) -> int:
    """
    Return how many have to sign: two who decide on roles, or as many as there are besides.

    So the first people of a new installation are enrolled by whoever runs it.
    """
    deciders = {one for one, role in working.items() if role in DECIDERS}
    return min(SIGNERS, len(deciders - {about_id}))


def check_signers(signers: Signers, working: Mapping[str, StaffRole], about_id: str | None) -> None:
    """
    Check that those who sign may, are two people, and none is whom it is about.

    Raises:
        OwnRoleChange: Somebody signs twice, or for themselves.
        Forbidden: Somebody decides on no roles.
        SignersMissing: More have to sign, and it was not said to be done without.
    """
    named = signers.named
    if about_id in named or len(set(named)) < len(named):
        raise OwnRoleChange
    if any(working.get(one) not in DECIDERS for one in named):
        raise Forbidden
    needed = signers_needed(working, about_id)
    if len(named) < needed and not signers.alone:
        raise SignersMissing(needed)


def check_not_last(
    working: Mapping[str, StaffRole], about_id: str, role_after: StaffRole | None = None
) -> None:
    """
    Check that nothing comes to a stop when somebody leaves, or has another role from now on.

    Raises:
        LastOfRole: Nobody has theirs then and things wait for it, or only one decides on roles.
    """
    role = working[about_id]
    then = [one for staff_id, one in working.items() if staff_id != about_id]
    if role_after is not None:
        then.append(role_after)
    few_deciders = role in DECIDERS and sum(one in DECIDERS for one in then) < SIGNERS
    if (role in APPROVING and role not in then) or few_deciders:
        raise LastOfRole(role)
