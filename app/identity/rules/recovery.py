"""
Recovery: what somebody has shown, and how far that is to be trusted; one table, case by case.

Numbers are given to new people, phones are lost, and families share one phone. So what signs
somebody in is evidence, not proof, and the table below says what each evidence opens. A row needs
all that it names and minds nothing else that was shown: more evidence never opens less.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.foundation.caller import Trust

WAIT = timedelta(hours=72)
"""How long a session waits that only the number speaks for: a weekend without signal, and a day."""
HOLD = timedelta(hours=72)
"""How long money out waits after a way in, or the way for the money, changed by code alone."""
REGISTER_TIMEOUT_SECONDS = 3.0
"""Somebody waits with the phone in hand; no answer by then counts as replaced."""


class Evidence(StrEnum):
    """What the holder of a session has shown."""

    PHONE = "PHONE"
    """A code that was texted to the number."""
    DOUBTED_CODE = "DOUBTED_CODE"
    """The same on a day when so many codes are guessed at that it may be a guess, where the account
    has a phone's key that could have signed."""
    SAME_SUBSCRIBER = "SAME_SUBSCRIBER"
    """The network says the number has had one subscriber since it was last proven here."""
    DEVICE_KEY = "DEVICE_KEY"
    """A signature of an enrolled phone's key, unlocked by a fingerprint or a face."""
    OLD_SESSION = "OLD_SESSION"
    """The refresh token of another session of this borrower's, live and fully trusted."""
    PIN = "PIN"
    STAFF = "STAFF"
    """Two members of staff have checked who this is."""
    WAITED = "WAITED"
    """Some days passed, the number and the other phones were told, and nobody objected."""


class RecoveryStep(StrEnum):
    """What somebody can do who has proved the number only; the same for every account."""

    PIN = "PIN"
    OLD_PHONE = "OLD_PHONE"
    STAFF = "STAFF"
    START_AFRESH = "START_AFRESH"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryView:
    """Where a session stands, as its holder is told."""

    trust: Trust
    full_at: datetime | None
    """When it may do everything unless somebody objects; None where waiting does not help."""

    @property
    def steps(self) -> tuple[RecoveryStep, ...]:
        """Return what can be done: the same for every account, so that it discloses none."""
        if self.trust is Trust.FULL:
            return ()
        if self.trust is Trust.KNOWN:
            return (RecoveryStep.PIN, RecoveryStep.OLD_PHONE, RecoveryStep.STAFF)
        return tuple(RecoveryStep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What there is to protect, and what it can be protected by."""

    has_pin: bool
    has_device_key: bool
    has_history: bool
    """Whether it is older than the session in question."""


@dataclass(frozen=True, slots=True)
class Row:
    """One case: what was shown, of which accounts, what it opens, and why."""

    shown: frozenset[Evidence]
    gives: Trust
    reason: str
    if_pin: bool | None = None
    """Only with a PIN, only without; None minds neither."""
    if_device_key: bool | None = None
    if_history: bool | None = None

    def fits(self, shown: frozenset[Evidence], account: Account) -> bool:
        """Tell whether this is the case."""
        minds = (
            (self.if_pin, account.has_pin),
            (self.if_device_key, account.has_device_key),
            (self.if_history, account.has_history),
        )
        return self.shown <= shown and all(
            wanted is None or wanted is there for wanted, there in minds
        )


def _of(*shown: Evidence) -> frozenset[Evidence]:
    return frozenset(shown)


_PHONE, _SAME, _KEY = Evidence.PHONE, Evidence.SAME_SUBSCRIBER, Evidence.DEVICE_KEY
_OLD, _PIN, _STAFF, _WAITED = Evidence.OLD_SESSION, Evidence.PIN, Evidence.STAFF, Evidence.WAITED
_DOUBTED = Evidence.DOUBTED_CODE

TABLE: tuple[Row, ...] = (
    Row(_of(_PHONE), Trust.FULL, "The number is new here: nothing is older.", if_history=False),
    Row(_of(_PHONE), Trust.CONTACT, "Whoever holds a number today need not have held it before."),
    Row(
        _of(_PHONE, _SAME),
        Trust.KNOWN,
        "The number stayed with one subscriber, and no PIN says that a family shares the phone.",
        if_pin=False,
    ),
    Row(
        _of(_PHONE, _SAME, _WAITED),
        Trust.FULL,
        "Nothing but the number ever proved this borrower; who swapped the SIM was given away by"
        " the message, and days to object have passed.",
        if_pin=False,
        if_device_key=False,
    ),
    Row(
        _of(_PHONE, _OLD),
        Trust.KNOWN,
        "The very phone that was signed in before shows what that session sees anyway.",
    ),
    Row(
        _of(_PHONE, _SAME, _OLD),
        Trust.FULL,
        "Number and phone both stayed with one person, and no PIN says that others use them.",
        if_pin=False,
    ),
    Row(
        _of(_KEY),
        Trust.KNOWN,
        "On a shared phone a second person's finger may unlock the key: it sees and repays.",
    ),
    Row(_of(_KEY), Trust.FULL, "No PIN says that anybody else unlocks this phone.", if_pin=False),
    Row(_of(_KEY, _PIN), Trust.FULL, "The phone, and what only its owner knows."),
    Row(_of(_PHONE, _PIN), Trust.FULL, "The number, and what only its owner knows; five guesses."),
    Row(_of(_PHONE, _STAFF), Trust.FULL, "Two members of staff checked who holds the number."),
    Row(_of(_KEY, _STAFF), Trust.FULL, "Two members of staff checked who holds the phone."),
    Row(
        _of(_DOUBTED),
        Trust.CONTACT,
        "Whoever guesses at a hundred thousand codes is right once; the register of numbers speaks"
        " for the number, not for who guessed.",
    ),
    Row(
        _of(_DOUBTED, _OLD),
        Trust.KNOWN,
        "The very phone that was signed in before; guessing at codes gives nobody its session.",
    ),
    Row(_of(_DOUBTED, _PIN), Trust.FULL, "A lucky guess does not know the PIN; five guesses."),
    Row(_of(_DOUBTED, _STAFF), Trust.FULL, "Two members of staff checked who this is."),
)
"""The recovery matrix: the best row that fits says how far a session is trusted."""


def trust_of(shown: Iterable[Evidence], account: Account) -> Trust:
    """Return how far somebody is trusted by what they have shown."""
    evidence = frozenset(shown)
    best = Trust.CONTACT
    for row in TABLE:
        if row.fits(evidence, account) and row.gives.reaches(best):
            best = row.gives
    return best


def asks_register(shown: Iterable[Evidence], account: Account) -> bool:
    """Tell whether the register of numbers could open anything: each question costs a fee."""
    evidence = frozenset(shown)
    with_it = trust_of(evidence | {_SAME}, account)
    return _PHONE in evidence and with_it is not trust_of(evidence, account)


def opens_by_waiting(shown: Iterable[Evidence], account: Account) -> bool:
    """Tell whether nothing but time is missing."""
    evidence = frozenset(shown)
    return trust_of(evidence, account) is not Trust.FULL and (
        trust_of(evidence | {_WAITED}, account) is Trust.FULL
    )


def evidence_of(kept: str | None) -> frozenset[Evidence]:
    """Read what a session's row keeps."""
    return frozenset(Evidence(name) for name in (kept or "").split())


def kept_of(evidence: Iterable[Evidence]) -> str:
    """Write evidence as a session's row keeps it."""
    return " ".join(sorted(evidence))
