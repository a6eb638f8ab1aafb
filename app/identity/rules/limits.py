"""What codes by text message may cost, and when so many go unanswered that they stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.foundation.clock import milliseconds, moment_of
from app.identity.rules.codes import DIGITS_FEW, DIGITS_MANY

HOUR = timedelta(hours=1)
SLOT = timedelta(minutes=5)
"""Codes are counted by five minutes: as long as a code lives, so an older slot is settled."""
PREFIX_DIGITS = 7
"""Of a mobile number's eleven: the network and the home region, ten thousand numbers."""
CONVERSION_SENDS_MIN = 30
"""Fewer codes than this in an hour say nothing: a village hall of people signing up is about it."""
CONVERSION_FLOOR_PERCENT = 25
"""Of people who ask for a code more than half type it in; of numbers that only earn money with
incoming messages (SMS pumping), none. Half of half leaves room for a bad signal."""
NEW_NUMBERS_PART = 10
"""Of what codes for signing in may cost, codes for changing to another number may cost a tenth."""
FAILURES_PER_DAY_MAX = 5_000
"""Wrong guesses a day, at codes that nobody redeemed, up to which six digits are enough: so many
chances of one in a million are one takeover in two hundred days."""
FAILURE_ROWS = 16
"""A day's failures are counted in so many rows, so that guessers seldom wait for each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsLimits:
    """What text messages with codes may cost, in whole fen."""

    price_fen: int
    """What one message costs: two parts of 67 characters at about 5 fen each."""
    hourly_fen: int
    """All codes for signing in within an hour: 2,000 messages, more than we have ever needed."""
    prefix_hourly_fen: int
    """Those to the ten thousand numbers of one prefix: 200 messages, a whole township's."""

    @property
    def for_new_numbers(self) -> "SmsLimits":
        """
        Return what codes to numbers that borrowers want to change to may cost, beside the others.

        Such a number is whatever somebody signed in types, so it can be one that earns money with
        messages; but nobody who asks for codes to sign in with can use this money up. A tenth is 20
        people an hour with numbers of one prefix, and 200 in all.
        """
        return SmsLimits(
            price_fen=self.price_fen,
            hourly_fen=self.hourly_fen // NEW_NUMBERS_PART,
            prefix_hourly_fen=self.prefix_hourly_fen // NEW_NUMBERS_PART,
        )


USUAL_SMS_LIMITS = SmsLimits(price_fen=10, hourly_fen=20_000, prefix_hourly_fen=2_000)
"""What holds where the settings say nothing else."""


@dataclass(frozen=True, slots=True)
class Slot:
    """How many codes a prefix was sent in five minutes, and how many of them came back."""

    number: int
    sends: int
    redeemed: int


def prefix_of(phone: str) -> str:
    """Return the prefix that a number in E.164 belongs to: +861380013 of +8613800138000."""
    return phone[: len(phone) - 11 + PREFIX_DIGITS]


def hour_of(now: datetime) -> int:
    """Number the hour of a moment."""
    return milliseconds(now) // (HOUR // timedelta(milliseconds=1))


def slot_of(moment_ms: int) -> int:
    """Number the five minutes of a moment, given in milliseconds."""
    return moment_ms // (SLOT // timedelta(milliseconds=1))


def until_next_hour(now: datetime) -> timedelta:
    """Return how long the hour of a moment still lasts."""
    return moment_of((hour_of(now) + 1) * (HOUR // timedelta(milliseconds=1))) - now


def oldest_slot(now: datetime) -> int:
    """Return the first slot that still counts: those of the past hour do."""
    return slot_of(milliseconds(now)) - HOUR // SLOT


def wait_for_prefix(slots: Sequence[Slot], now: datetime) -> timedelta:
    """
    Return how long a prefix must wait because too few of its codes come back; zero if it need not.

    Whoever waits as long as told is not made to wait again, if nothing is sent meanwhile.
    """
    moments = [now, *sorted(_forgotten_at(slot) for slot in slots)]
    return next(
        moment - now
        for moment in moments
        if moment >= now and not _is_pumped([slot for slot in slots if _counts(slot, moment)])
    )


def _counts(slot: Slot, now: datetime) -> bool:
    """
    Tell whether a slot counts at a moment.

    The past hour's do, but for the present one and the one before it: whoever was sent a code just
    now may still be typing.
    """
    return oldest_slot(now) <= slot.number < slot_of(milliseconds(now)) - 1


def _forgotten_at(slot: Slot) -> datetime:
    return moment_of((slot.number + HOUR // SLOT + 1) * (SLOT // timedelta(milliseconds=1)))


def _is_pumped(slots: Sequence[Slot]) -> bool:
    sends, redeemed = sum(slot.sends for slot in slots), sum(slot.redeemed for slot in slots)
    return sends >= CONVERSION_SENDS_MIN and 100 * redeemed < CONVERSION_FLOOR_PERCENT * sends


def digits_after(failures_today: int) -> int:
    """Return how many digits a code must have to open anything, after so many failures today."""
    return DIGITS_FEW if failures_today < FAILURES_PER_DAY_MAX else DIGITS_MANY
