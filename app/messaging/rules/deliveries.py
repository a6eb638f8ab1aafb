"""
How one message over one channel gets from waiting to delivered, or honestly is not.

A message is handed over under `{message id}.{turn}`. A new turn begins only where the one before
was certainly not taken: the provider refused it, or knows of none long after the call. So over one
channel at most one request is ever accepted, whatever is lost, repeated or late. Between a call and
its answer a message is CALLING; whoever finds it so asks before anything is sent again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.messaging.ports import Answer, Channel, Report

RETRY_SECONDS = (30, 120, 600, 1_800, 3_600, 7_200, 14_400)
"""Waits between tries with carriers: eight tries in eight hours, then it honestly failed."""

PATIENCE: Mapping[Channel, timedelta] = {
    Channel.PUSH: timedelta(minutes=10),
    Channel.SMS: timedelta(minutes=30),
    Channel.VOICE: timedelta(hours=2),
}
"""How long a channel is waited for where another comes after it."""

ASK_SECONDS = (60, 300, 1_200, 3_600, 14_400, 43_200)
"""When a provider is asked what became of a request whose receipt is missing."""

UNKNOWN_AFTER = timedelta(days=1)
"""A provider that has not said in a day whether it took a request will not be asked any more."""


_ROUND = re.compile(r"[1-9][0-9]{0,5}")


class State(StrEnum):
    """How far one message has got over one channel."""

    QUEUED = "QUEUED"
    CALLING = "CALLING"
    """The provider was or is being called; what it did is not known yet."""
    SENT = "SENT"
    """The provider took it."""
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"
    """Not sent, on purpose."""


class Reason(StrEnum):
    """Why a message was not sent, or did not arrive."""

    SWITCHED_OFF = "SWITCHED_OFF"
    NO_CONSENT = "NO_CONSENT"
    NO_LONGER_TRUE = "NO_LONGER_TRUE"
    NOT_THEIR_NUMBER = "NOT_THEIR_NUMBER"
    TOO_MANY = "TOO_MANY"
    NOT_PERMITTED = "NOT_PERMITTED"
    """
    It asks for late money, or is news or a greeting, and something stands against that: relief
    asked for, a complaint, a death.
    """
    OUT_OF_TRIES = "OUT_OF_TRIES"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    UNDELIVERED = "UNDELIVERED"
    UNKNOWN = "UNKNOWN"
    """Nobody could say whether the provider took it: it may have arrived."""
    BROKEN_TEXT = "BROKEN_TEXT"
    """Its words could not be written; staff see to it."""


ENDED = frozenset({State.DELIVERED, State.FAILED, State.SUPPRESSED})
PASSED_ON = frozenset({Reason.OUT_OF_TRIES, Reason.EXPIRED, Reason.REJECTED, Reason.UNDELIVERED})
"""Failures after which the next channel of the chain is tried."""
DEAD = frozenset({Reason.OUT_OF_TRIES, Reason.REJECTED, Reason.UNKNOWN, Reason.BROKEN_TEXT})
"""Failures that staff look at: something of ours or of a provider's was wrong."""
REPEATABLE = frozenset({Reason.OUT_OF_TRIES, Reason.REJECTED, Reason.BROKEN_TEXT})
"""Of those, what certainly never went out and may be tried again by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One message over one channel."""

    state: State
    reason: Reason | None = None
    turn: int = 1
    attempts: int = 0
    provider: str | None = None
    provider_ref: str | None = None
    refused_by: tuple[str, ...] = ()
    """Who refused it since the last wait, so that others are asked first."""
    not_before: datetime
    expires_at: datetime
    begun_at: datetime | None = None
    """When it could have gone out first: by day, with nothing against it."""
    called_at: datetime | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    asks: int = 0
    look_at: datetime | None = None
    """When somebody has to look at it next; none once it has ended."""


def request_id(message_id: str, number: int) -> str:
    """Return the id under which a provider knows one turn of a message."""
    return f"{message_id}.{number}"


def request_parts(request: str) -> tuple[str, int] | None:
    """Return message and turn of a request id; None for what is none of ours."""
    message_id, _, number = request.rpartition(".")
    if not message_id or not _ROUND.fullmatch(number):
        return None
    return message_id, int(number)


def called(standing: Standing, provider: str, now: datetime) -> Standing:
    """Begin a call; what is written down before it is made."""
    assert standing.state is State.QUEUED, "only what waits is handed over"
    return replace(
        standing,
        state=State.CALLING,
        attempts=standing.attempts + 1,
        provider=provider,
        begun_at=standing.begun_at or now,
        called_at=now,
        asks=0,
        look_at=now + timedelta(seconds=ASK_SECONDS[0]),
    )


def after_answer(
    standing: Standing,
    number: int,
    report: Report,
    now: datetime,
    *,
    absent_after: timedelta,
    others: int,
) -> Standing:
    """
    Take in what a provider said of one turn: at once, asked, or by a receipt of any age.

    Answers may come twice and in any order; what ends up is the same. `others` counts providers of
    the channel that have not refused since the last wait.
    """
    if standing.called_at is None or number > standing.turn:
        return standing  # nobody was ever asked that: a mistake, or made up
    if report.answer is Answer.DELIVERED:
        return _delivered(standing, report, now)
    if number < standing.turn:
        return standing  # of a turn that was certainly not taken; only its arrival would count
    if report.answer is Answer.ABSENT and now - standing.called_at < absent_after:
        return after_silence(standing, now)  # it may still be on its way there
    if standing.state is State.CALLING:
        return _called_back(standing, report, now, others=others)
    return _told_later(standing, report, now)


def after_silence(standing: Standing, now: datetime) -> Standing:
    """Take in that nobody knows what became of a call: ask again later, for a day."""
    if standing.state not in {State.CALLING, State.SENT} or standing.called_at is None:
        return standing
    asks = standing.asks + 1
    is_over = now - standing.called_at >= UNKNOWN_AFTER or asks > len(ASK_SECONDS) + 2
    if standing.state is State.CALLING and is_over:
        return _ended(standing, State.FAILED, Reason.UNKNOWN, now)
    if standing.state is State.SENT and asks >= len(ASK_SECONDS):
        return replace(standing, asks=asks, look_at=None)
    look_at = now + timedelta(seconds=ASK_SECONDS[min(asks, len(ASK_SECONDS) - 1)])
    if standing.state is State.CALLING:
        look_at = min(look_at, standing.called_at + UNKNOWN_AFTER)
    return replace(standing, asks=asks, look_at=look_at)


def after_waiting(standing: Standing, until: datetime) -> Standing:
    """Put a message off, such as to the morning."""
    assert standing.state is State.QUEUED, "only what waits can wait longer"
    return replace(standing, not_before=until, look_at=until)


def expired(standing: Standing, now: datetime, *, channel: Channel, is_last: bool) -> Standing:
    """End what was not handed over in time; sooner where another channel comes after it."""
    if standing.state is not State.QUEUED:
        return standing
    begun_at = standing.begun_at
    is_passed = not is_last and begun_at is not None and now >= begun_at + PATIENCE[channel]
    if now >= standing.expires_at or is_passed:
        return _ended(standing, State.FAILED, Reason.EXPIRED, now)
    return standing


def dropped(standing: Standing, reason: Reason, now: datetime) -> Standing:
    """End what is not to be sent any more, on purpose."""
    assert standing.state is State.QUEUED, "what was handed over cannot be taken back"
    return _ended(standing, State.SUPPRESSED, reason, now)


def broken(standing: Standing, now: datetime) -> Standing:
    """End what has no words."""
    assert standing.state is State.QUEUED, "words are written before anybody is called"
    return _ended(standing, State.FAILED, Reason.BROKEN_TEXT, now)


def nobody_carries(standing: Standing, now: datetime) -> Standing:
    """End what there is no way for over this channel: no carrier, or the app was removed."""
    assert standing.state is State.QUEUED, "only what waits can find no way"
    return _ended(standing, State.FAILED, Reason.REJECTED, now)


def repeated(standing: Standing, now: datetime, lifetime: timedelta) -> Standing | None:
    """Queue a dead message again by hand; None for what may have gone out already."""
    if standing.state is not State.FAILED or standing.reason not in REPEATABLE:
        return None
    return replace(
        standing,
        state=State.QUEUED,
        reason=None,
        turn=standing.turn + (standing.called_at is not None),
        attempts=0,
        refused_by=(),
        begun_at=None,
        not_before=now,
        expires_at=now + lifetime,
        settled_at=None,
        look_at=now,
    )


def retry_after_seconds(attempts: int) -> int | None:
    """Return how long to wait after so many failed tries; None when they are used up."""
    return RETRY_SECONDS[attempts - 1] if attempts <= len(RETRY_SECONDS) else None


def next_channel(
    chain: Sequence[Channel], steps: Mapping[Channel, Standing], now: datetime
) -> Channel | None:
    """Return the channel to begin now for what the last one tried could not deliver, if any."""
    begun = [channel for channel in chain if channel in steps]
    if not begun or any(one.state is State.DELIVERED for one in steps.values()):
        return None
    last = begun[-1]
    left = chain[chain.index(last) + 1 :]
    return left[0] if left and _is_passed_on(steps[last], last, now) else None


def watched(standing: Standing, channel: Channel, now: datetime, *, is_last: bool) -> Standing:
    """Have a message looked at when its channel's time is over, where another comes after it."""
    since = _waited_since(standing, channel)
    if is_last or since is None or now >= since + PATIENCE[channel]:
        return standing
    over_at = since + PATIENCE[channel]
    return replace(standing, look_at=min(standing.look_at or over_at, over_at))


def _waited_since(standing: Standing, channel: Channel) -> datetime | None:
    """Return since when a channel is waited for; None where it is not, or has ended."""
    if standing.state is State.CALLING:
        return standing.called_at
    # A text message that was taken is taken to arrive: only apps are asleep for hours.
    is_asleep = standing.state is State.SENT and channel is Channel.PUSH
    return standing.sent_at if is_asleep else None


def _is_passed_on(standing: Standing, channel: Channel, now: datetime) -> bool:
    match standing.state:
        case State.SUPPRESSED:
            return standing.reason is Reason.SWITCHED_OFF
        case State.FAILED:
            return standing.reason in PASSED_ON
        case State.CALLING | State.SENT | State.QUEUED | State.DELIVERED:
            since = _waited_since(standing, channel)
    return since is not None and now >= since + PATIENCE[channel]


def _called_back(standing: Standing, report: Report, now: datetime, *, others: int) -> Standing:
    match report.answer:
        case Answer.ACCEPTED | Answer.DELIVERED:
            return _taken(standing, report, now)
        case Answer.UNDELIVERED:
            return _ended(standing, State.FAILED, Reason.UNDELIVERED, now)
        case Answer.REJECTED:
            return _ended(standing, State.FAILED, Reason.REJECTED, now)
        case Answer.REFUSED | Answer.ABSENT:
            return _refused(standing, now, others=others)


def _told_later(standing: Standing, report: Report, now: datetime) -> Standing:
    """Take in a word on what was taken, or on what nobody could tell of at the time."""
    is_open = standing.state is State.SENT or standing.reason is Reason.UNKNOWN
    if report.answer is Answer.UNDELIVERED and is_open:
        return _ended(standing, State.FAILED, Reason.UNDELIVERED, now)
    if report.answer is Answer.ACCEPTED and standing.reason is Reason.UNKNOWN:
        return _taken(standing, report, now)
    if report.answer is Answer.ACCEPTED and standing.state is State.SENT:
        known = replace(standing, provider_ref=report.provider_ref or standing.provider_ref)
        return after_silence(known, now)  # it has not arrived yet
    return standing


def _taken(standing: Standing, report: Report, now: datetime) -> Standing:
    return replace(
        standing,
        state=State.SENT,
        reason=None,
        provider_ref=report.provider_ref or standing.provider_ref,
        sent_at=now,
        settled_at=now,
        asks=0,
        look_at=now + timedelta(seconds=ASK_SECONDS[1]),
    )


def _delivered(standing: Standing, report: Report, now: datetime) -> Standing:
    """Note that it arrived, whatever was thought before: an arrival is the last word."""
    if standing.state is State.DELIVERED:
        return standing
    return replace(
        standing,
        state=State.DELIVERED,
        reason=None,
        provider_ref=report.provider_ref or standing.provider_ref,
        sent_at=standing.sent_at or now,
        settled_at=now,
        look_at=None,
    )


def _refused(standing: Standing, now: datetime, *, others: int) -> Standing:
    assert standing.provider is not None, "somebody was called"
    again = replace(
        standing,
        state=State.QUEUED,
        turn=standing.turn + 1,
        refused_by=(*standing.refused_by, standing.provider),
        provider=None,
        provider_ref=None,
    )
    seconds = retry_after_seconds(standing.attempts)
    if seconds is None:
        return _ended(again, State.FAILED, Reason.OUT_OF_TRIES, now)
    if now >= standing.expires_at:
        return _ended(again, State.FAILED, Reason.EXPIRED, now)
    if others > 0:
        return replace(again, not_before=now, look_at=now)
    until = now + timedelta(seconds=seconds)
    return replace(again, refused_by=(), not_before=until, look_at=until)


def _ended(standing: Standing, state: State, reason: Reason, now: datetime) -> Standing:
    return replace(standing, state=state, reason=reason, settled_at=now, look_at=None)
