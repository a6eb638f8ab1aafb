"""Whatever is refused, lost, repeated, late or made up: one message is taken at most once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.messaging.ports import Answer, Channel, Report
from app.messaging.rules import Breaker, Reason, Standing, State
from app.messaging.rules.deliveries import (
    ENDED,
    PATIENCE,
    RETRY_SECONDS,
    UNKNOWN_AFTER,
    after_answer,
    after_silence,
    after_waiting,
    called,
    expired,
    next_channel,
    repeated,
    request_id,
    request_parts,
)

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
ABSENT_AFTER = timedelta(minutes=10)
PROVIDERS = ("first", "second")
LIFETIME = timedelta(days=3)


def waiting(now: datetime = NOW) -> Standing:
    return Standing(state=State.QUEUED, not_before=now, expires_at=now + LIFETIME, look_at=now)


def answered(standing: Standing, answer: Answer, now: datetime, *, others: int = 0) -> Standing:
    report = Report(answer=answer)
    return after_answer(
        standing, standing.turn, report, now, absent_after=ABSENT_AFTER, others=others
    )


class OneMessage(RuleBasedStateMachine):
    """One message over one channel, and providers that remember what they really took."""

    @initialize()
    def queue(self) -> None:
        self.now = NOW
        self.standing = waiting()
        self.taken: dict[int, str] = {}
        self.arrived: set[int] = set()
        self.lost: set[int] = set()
        self.ever_called: set[int] = set()
        self.on_its_way: tuple[int, str] | None = None

    @rule(minutes=st.integers(0, 2_000))
    def time_passes(self, minutes: int) -> None:
        """Let time pass; what is on its way gets there in nine minutes, or never."""
        self.now += timedelta(minutes=minutes)
        called_at = self.standing.called_at
        if called_at is None or self.now - called_at >= ABSENT_AFTER - timedelta(minutes=1):
            self.on_its_way = None

    @precondition(lambda self: self.on_its_way is not None)
    @rule()
    def it_gets_there_after_all(self) -> None:
        assert self.on_its_way is not None
        number, provider = self.on_its_way
        self.taken[number], self.on_its_way = provider, None

    @precondition(lambda self: self.on_its_way is None)
    @rule()
    def the_clock_is_set_back_a_day(self) -> None:
        self.now -= timedelta(days=1)

    @precondition(lambda self: self.on_its_way is None)
    @rule()
    def the_clock_is_set_ahead_forty_days(self) -> None:
        self.now += timedelta(days=40)

    @precondition(lambda self: self.standing.state is State.QUEUED)
    @rule(
        fate=st.sampled_from(["taken", "refused", "rejected", "lost after", "lost before", "slow"]),
        number=st.integers(0, 1),
    )
    def a_provider_is_called(self, fate: str, number: int) -> None:
        """Hand it over; the answer comes at once, or never."""
        free = [one for one in PROVIDERS if one not in self.standing.refused_by]
        provider = free[number % len(free)]
        self.standing = called(self.standing, provider, self.now)
        self.ever_called.add(self.standing.turn)
        if fate in {"taken", "lost after"}:
            self.taken[self.standing.turn] = provider
        if fate == "slow":
            self.on_its_way = (self.standing.turn, provider)
        others = len(free) - 1
        match fate:
            case "taken":
                self.standing = answered(self.standing, Answer.ACCEPTED, self.now)
            case "refused":
                self.standing = answered(self.standing, Answer.REFUSED, self.now, others=others)
            case "rejected":
                self.standing = answered(self.standing, Answer.REJECTED, self.now)
            case _:
                self.standing = after_silence(self.standing, self.now)

    @rule()
    def the_provider_is_asked(self) -> None:
        if self.standing.state in {State.CALLING, State.SENT}:
            self.standing = answered(self.standing, self._truth(self.standing.turn), self.now)

    @rule()
    def nobody_answers(self) -> None:
        self.standing = after_silence(self.standing, self.now)

    @precondition(lambda self: self.taken)
    @rule(arrives=st.booleans(), which=st.integers(0, 10))
    def what_was_taken_arrives_or_does_not(self, *, arrives: bool, which: int) -> None:
        number = sorted(self.taken)[which % len(self.taken)]
        if number not in self.lost and number not in self.arrived:
            (self.arrived if arrives else self.lost).add(number)

    @precondition(lambda self: self.arrived or self.lost)
    @rule(which=st.integers(0, 10), times=st.integers(1, 3))
    def a_receipt_comes_late_and_often(self, which: int, times: int) -> None:
        known = sorted(self.arrived | self.lost)
        number = known[which % len(known)]
        for _ in range(times):
            report = Report(answer=self._truth(number))
            self.standing = after_answer(
                self.standing, number, report, self.now, absent_after=ABSENT_AFTER, others=0
            )

    @rule(number=st.integers(1, 12), answer=st.sampled_from(list(Answer)))
    def a_receipt_comes_of_what_nobody_asked(self, number: int, answer: Answer) -> None:
        if number not in self.ever_called and number > self.standing.turn:
            before = self.standing
            self.standing = after_answer(
                before, number, Report(answer=answer), self.now, absent_after=ABSENT_AFTER, others=0
            )
            assert self.standing == before

    @rule()
    def its_time_runs_out(self) -> None:
        self.standing = expired(self.standing, self.now, channel=Channel.SMS, is_last=True)

    @precondition(lambda self: self.standing.state is State.FAILED)
    @rule()
    def staff_try_again(self) -> None:
        again = repeated(self.standing, self.now, LIFETIME)
        assert (again is None) or not self.taken, "what may have gone out is not sent again"
        self.standing = again or self.standing

    @invariant()
    def at_most_one_request_was_ever_taken(self) -> None:
        assert len(self.taken) <= 1

    @invariant()
    def nothing_is_sent_again_while_something_is_on_its_way(self) -> None:
        if self.on_its_way is not None:
            is_open = self.standing.reason is Reason.UNKNOWN
            assert is_open or self.standing.state is State.CALLING
            assert self.standing.turn == self.on_its_way[0]

    @invariant()
    def what_is_said_is_so(self) -> None:
        standing = self.standing
        match standing.state:
            case State.DELIVERED:
                assert self.arrived
            case State.SENT:
                assert standing.turn in self.taken
            case State.FAILED:
                is_open = standing.reason in {Reason.UNDELIVERED, Reason.UNKNOWN}
                assert is_open or not self.taken
            case State.QUEUED:
                assert not self.taken
            case State.CALLING | State.SUPPRESSED:
                pass

    @invariant()
    def what_has_not_ended_is_looked_at_again(self) -> None:
        standing = self.standing
        if standing.state in {State.QUEUED, State.CALLING}:
            assert standing.look_at is not None
        if standing.state in ENDED:
            assert standing.look_at is None

    def _truth(self, number: int) -> Answer:
        if number in self.arrived:
            return Answer.DELIVERED
        if number in self.lost:
            return Answer.UNDELIVERED
        return Answer.ACCEPTED if number in self.taken else Answer.ABSENT


OneMessage.TestCase.settings = settings(max_examples=120, stateful_step_count=25)
TestOneMessage = OneMessage.TestCase


def test_a_provider_that_refuses_is_followed_by_the_other_at_once() -> None:
    first = answered(called(waiting(), "first", NOW), Answer.REFUSED, NOW, others=1)
    assert (first.state, first.turn, first.not_before) == (State.QUEUED, 2, NOW)
    assert first.refused_by == ("first",)
    second = answered(called(first, "second", NOW), Answer.REFUSED, NOW)
    assert second.not_before == NOW + timedelta(seconds=RETRY_SECONDS[1])
    assert second.refused_by == ()


def test_absence_is_believed_only_long_after_the_call() -> None:
    calling = called(waiting(), "first", NOW)
    soon = answered(calling, Answer.ABSENT, NOW + ABSENT_AFTER - timedelta(seconds=1))
    assert soon.state is State.CALLING
    later = answered(calling, Answer.ABSENT, NOW + ABSENT_AFTER)
    assert (later.state, later.turn) == (State.QUEUED, 2)


def test_who_never_says_what_it_did_leaves_a_message_nobody_sends_again() -> None:
    calling = called(waiting(), "first", NOW)
    ended = after_silence(calling, NOW + UNKNOWN_AFTER)
    assert (ended.state, ended.reason) == (State.FAILED, Reason.UNKNOWN)
    assert repeated(ended, NOW + UNKNOWN_AFTER, LIFETIME) is None
    found = answered(ended, Answer.ACCEPTED, NOW + UNKNOWN_AFTER)
    assert found.state is State.SENT


@pytest.mark.parametrize(
    ("push", "after"),
    [
        (State.QUEUED, None),
        (State.SENT, None),
        (State.DELIVERED, None),
        (State.SUPPRESSED, Channel.SMS),
        (State.FAILED, Channel.SMS),
    ],
)
def test_the_next_channel_begins_where_one_could_not_deliver(
    push: State, after: Channel | None
) -> None:
    reason = {State.SUPPRESSED: Reason.SWITCHED_OFF, State.FAILED: Reason.REJECTED}.get(push)
    standing = replace(waiting(), state=push, reason=reason, sent_at=NOW)
    chain = (Channel.PUSH, Channel.SMS)
    assert next_channel(chain, {Channel.PUSH: standing}, NOW) is after
    if push is State.SENT:
        asleep = NOW + PATIENCE[Channel.PUSH]
        assert next_channel(chain, {Channel.PUSH: standing}, asleep) is Channel.SMS


def test_a_text_message_that_was_taken_is_not_followed_by_a_call() -> None:
    sent = replace(waiting(), state=State.SENT, sent_at=NOW)
    chain = (Channel.SMS, Channel.VOICE)
    assert next_channel(chain, {Channel.SMS: sent}, NOW + timedelta(days=1)) is None


def test_where_another_channel_follows_nobody_waits_as_long() -> None:
    begun = replace(after_waiting(waiting(), NOW), begun_at=NOW)
    later = NOW + PATIENCE[Channel.SMS]
    assert expired(begun, later, channel=Channel.SMS, is_last=False).reason is Reason.EXPIRED
    assert expired(begun, later, channel=Channel.SMS, is_last=True) is begun


@pytest.mark.parametrize("made_up", ["", "ms1", ".1", "ms1.", "ms1.0", "ms1.x", "ms1.1234567"])
def test_a_request_id_of_nobodys_is_known_as_such(made_up: str) -> None:
    assert request_parts(made_up) is None
    assert request_parts(request_id("ms00000abcdefghi", 7)) == ("ms00000abcdefghi", 7)


def test_a_breaker_rests_after_five_failures_and_lets_one_try() -> None:
    breaker = Breaker()
    for second in range(4):
        breaker.failed(second * 1_000)
    assert breaker.lets_through(4_000)
    breaker.failed(4_000)
    assert breaker.is_resting(33_999)
    assert not breaker.lets_through(33_999)
    assert breaker.lets_through(34_000)
    assert not breaker.lets_through(34_000), "one probe at a time"
    breaker.failed(34_000)
    assert breaker.is_resting(63_999)
    assert breaker.lets_through(64_000)
    breaker.gave_up()
    assert breaker.lets_through(64_000)
    breaker.succeeded()
    assert not breaker.is_resting(64_000)
    assert breaker.lets_through(64_000)
