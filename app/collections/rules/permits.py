"""Whether somebody may be contacted about late money: every reason against it, and until when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.catalog.rules import PolicyBook
from app.collections.rules.cases import CaseState, Stage
from app.collections.rules.holds import HoldReason
from app.collections.rules.hours import free_until
from app.foundation.day_hours import DayHours, day_hours


class ContactChannel(StrEnum):
    """How somebody is reached."""

    VOICE = "VOICE"
    SMS = "SMS"
    PUSH = "PUSH"
    VISIT = "VISIT"
    LETTER = "LETTER"


class ContactPurpose(StrEnum):
    """What a contact is for."""

    REMIND = "REMIND"
    OFFER_RELIEF = "OFFER_RELIEF"
    FOLLOW_PROMISE = "FOLLOW_PROMISE"
    FIRM_NOTICE = "FIRM_NOTICE"
    ESTATE = "ESTATE"
    """About what somebody who died has left; by letter alone."""


class ContactPerson(StrEnum):
    """Who is to be reached; only the debtor ever is."""

    DEBTOR = "DEBTOR"
    GUARANTOR = "GUARANTOR"
    RELATIVE = "RELATIVE"
    OTHER = "OTHER"


class PermitRefusal(StrEnum):
    """Why a contact is not permitted."""

    NOT_DEBTOR = "NOT_DEBTOR"
    NOT_OWN_NUMBER = "NOT_OWN_NUMBER"
    CASE_OVER = "CASE_OVER"
    NOT_ASSIGNED = "NOT_ASSIGNED"
    AGENCY_NOT_LISTED = "AGENCY_NOT_LISTED"
    NOT_OFFERED = "NOT_OFFERED"
    TOO_FIRM = "TOO_FIRM"
    QUIET_HOURS = "QUIET_HOURS"
    NO_CONSENT = "NO_CONSENT"
    DAILY_LIMIT = "DAILY_LIMIT"
    TOO_MANY_TRIES = "TOO_MANY_TRIES"
    NUMBER_STOPPED = "NUMBER_STOPPED"
    HARDSHIP_OPEN = "HARDSHIP_OPEN"
    COMPLAINT_OPEN = "COMPLAINT_OPEN"
    CONTESTED = "CONTESTED"
    DEATH = "DEATH"
    SPECIAL_STATUS = "SPECIAL_STATUS"
    PAUSED = "PAUSED"


REFUSED_BY: Mapping[HoldReason, PermitRefusal] = {
    HoldReason.HARDSHIP: PermitRefusal.HARDSHIP_OPEN,
    HoldReason.COMPLAINT: PermitRefusal.COMPLAINT_OPEN,
    HoldReason.CONTESTED: PermitRefusal.CONTESTED,
    HoldReason.DEATH: PermitRefusal.DEATH,
    HoldReason.SPECIAL_CARE: PermitRefusal.SPECIAL_STATUS,
    HoldReason.WRONG_NUMBER: PermitRefusal.NUMBER_STOPPED,
    HoldReason.STAFF_PAUSE: PermitRefusal.PAUSED,
}
BY_PHONE = frozenset({ContactChannel.VOICE, ContactChannel.SMS})
SPOKEN = frozenset({ContactChannel.VOICE, ContactChannel.VISIT})
AT_ANY_HOUR = frozenset({ContactChannel.LETTER})
FIRM = frozenset({Stage.FIRM_NOTICE, Stage.AGENCY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which contact is wanted."""

    channel: ContactChannel
    purpose: ContactPurpose
    person: ContactPerson = ContactPerson.DEBTOR
    is_own_number: bool = True
    """Whether the number to be called, where one was named, is the debtor's own verified one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One voice permit of a day: whether it counts for good, or until when it may yet."""

    is_effective: bool | None
    counts_until: datetime

    def counts_at(self, now: datetime) -> bool:
        """Tell whether it takes one of the day's places."""
        if self.is_effective is None:
            return now < self.counts_until
        return self.is_effective


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the policy of a day says."""

    night: DayHours
    calls_max: int
    """Effective voice contacts a day, over everybody who calls."""
    tries_max: int
    """Voice permits a day, whether or not anybody answered."""
    minutes: int
    """How long a permit may be used."""
    record_minutes: int
    """How long after that its outcome may be written down."""


def limits_of(book: PolicyBook) -> Limits:
    """Read a day's limits."""
    night, minutes = book.table("quiet_hours"), book.table("collection_permit_minutes")
    return Limits(
        night=day_hours(str(night["from"]), str(night["to"])),
        calls_max=book.whole("voice_contacts_per_day_max"),
        tries_max=book.whole("collection_tries_per_day_max"),
        minutes=int(minutes["use"]),
        record_minutes=int(minutes["record"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """All that a permit hangs on, as it stands at one moment."""

    now: datetime
    state: CaseState
    stage: Stage
    is_over: bool
    is_offered: bool
    is_assigned: bool = True
    """Whether whoever asks has the case; true of our own reminders."""
    is_listed: bool = True
    """Whether the agency that asks, if one does, is on the list today."""
    is_number_stopped: bool = False
    is_special: bool = False
    """Whether the debtor's county has a special status today."""
    holds: frozenset[HoldReason] = frozenset()
    is_death_confirmed: bool = False
    """Whether two of us have found that the debtor has died."""
    own_quiet: DayHours | None = None
    agreed: DayHours | None = None
    """Hours that the debtor themselves named for this, wider or narrower than the law's day."""
    agrees_to_visits: bool = False
    calls: Sequence[Call] = ()
    limits: Limits

    @property
    def quiet(self) -> tuple[DayHours, ...]:
        """Return every part of the day in which the debtor is left in peace."""
        night = self.limits.night if self.agreed is None else self.agreed.others
        return (night,) if self.own_quiet is None else (night, self.own_quiet)


def refusals(asked: Asked, seen: Circumstances) -> tuple[PermitRefusal, ...]:
    """Return every reason against a contact; none where it is permitted."""
    if HoldReason.DEATH in seen.holds:
        is_letter = _is_letter_to_estate(asked) and seen.is_death_confirmed
        return () if is_letter else (PermitRefusal.DEATH,)
    return tuple(sorted({*_of_whom(asked, seen), *_of_case(asked, seen), *_of_peace(asked, seen)}))


def _is_letter_to_estate(asked: Asked) -> bool:
    is_letter = asked.channel is ContactChannel.LETTER
    return is_letter and asked.purpose is ContactPurpose.ESTATE


def _of_whom(asked: Asked, seen: Circumstances) -> Iterable[PermitRefusal]:
    if asked.person is not ContactPerson.DEBTOR:
        yield PermitRefusal.NOT_DEBTOR
    if asked.channel in BY_PHONE and not asked.is_own_number:
        yield PermitRefusal.NOT_OWN_NUMBER
    if seen.is_number_stopped and asked.channel is not ContactChannel.LETTER:
        yield PermitRefusal.NUMBER_STOPPED
    if asked.channel is ContactChannel.VISIT and not seen.agrees_to_visits:
        yield PermitRefusal.NO_CONSENT


def _of_case(asked: Asked, seen: Circumstances) -> Iterable[PermitRefusal]:
    if seen.is_over:
        yield PermitRefusal.CASE_OVER
    if not seen.is_assigned:
        yield PermitRefusal.NOT_ASSIGNED
    if not seen.is_listed:
        yield PermitRefusal.AGENCY_NOT_LISTED
    if asked.purpose is ContactPurpose.ESTATE:
        yield PermitRefusal.TOO_FIRM
    if asked.purpose is ContactPurpose.FIRM_NOTICE:
        if not seen.is_offered:
            yield PermitRefusal.NOT_OFFERED
        if seen.stage not in FIRM:
            yield PermitRefusal.TOO_FIRM


def _of_peace(asked: Asked, seen: Circumstances) -> Iterable[PermitRefusal]:
    yield from (REFUSED_BY[one] for one in seen.holds)
    if seen.state is CaseState.HARDSHIP:
        yield PermitRefusal.HARDSHIP_OPEN
    if seen.is_special:
        yield PermitRefusal.SPECIAL_STATUS
    if asked.channel not in AT_ANY_HOUR and any(one.covers(seen.now) for one in seen.quiet):
        yield PermitRefusal.QUIET_HOURS
    if asked.channel is ContactChannel.VOICE:
        if sum(one.counts_at(seen.now) for one in seen.calls) >= seen.limits.calls_max:
            yield PermitRefusal.DAILY_LIMIT
        if len(seen.calls) >= seen.limits.tries_max:
            yield PermitRefusal.TOO_MANY_TRIES


def usable_until(asked: Asked, seen: Circumstances) -> datetime:
    """
    Return until when a permitted contact may begin.

    Never in quiet hours, and never on another day than the one it counts on.
    """
    quiet = () if asked.channel in AT_ANY_HOUR else seen.quiet
    by_policy = seen.now + timedelta(minutes=seen.limits.minutes)
    return min(by_policy, free_until(seen.now, quiet))


def to_record_until(usable: datetime, limits: Limits) -> datetime:
    """Return until when the outcome may be written down; so long the permit takes its place."""
    return usable + timedelta(minutes=limits.record_minutes)
