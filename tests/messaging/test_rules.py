"""Quiet hours, retries and lengths, without a database."""

import re
import string
import tomllib
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.clock import SHANGHAI
from app.foundation.text import LANGUAGES, TEXTS, text
from app.messaging.ports import Channel
from app.messaging.rules import (
    ALWAYS_ON,
    JOINED_SEGMENT_UNITS,
    MANNERS,
    RETRY_SECONDS,
    SEGMENT_UNITS,
    SEGMENTS_MAX,
    SMS_SWITCHES,
    SWITCHES,
    Category,
    Kind,
    QuietHours,
    body_of,
    chain_of,
    first_allowed,
    sendable,
    sms_segments,
)
from app.messaging.rules.deliveries import retry_after_seconds
from app.servicing.rules.corrections import ActKind, CorrectionReason

NIGHT = QuietHours(begins=time(22), ends=time(8))
MOMENTS = st.integers(0, 4 * 365 * 24 * 60 * 60).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=SHANGHAI) + timedelta(seconds=seconds)
)
LARGEST = {
    "amount_fen": 20_000_000,
    "balance_fen": 20_000_000,
    "unapplied_fen": 20_000_000,
    "number": 120,
    "points": 10_000,
    "due_on": "2026-12-30",
    "grace_until": "2027-01-02",
    "next_due_on": "2026-12-30",
    "until_on": "2026-12-30",
    "next_amount_fen": 20_000_000,
    "floor_fen": 10_000_000,
    "limit_fen": 20_000_000,
    "card_tail": "6789",
    "receipt": "cg1icpo1qzqaxfhn",
    "shop": "红旗村第二便民服务店" * 3 + "二店",
    "regulator": "12378",
    "city": "12345",
}
"""The longest that data gets: ¥200,000.00 (the most one person may owe), three-digit numbers."""

WAIVED = ("COST", "PENALTY", "FEE", "INTEREST")
CHARGED = ("COST", "FEE")

BY_SMS = [kind for kind in Kind if MANNERS[kind].by_sms]


def at(hour: int, minute: int = 0, *, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize("moment", [at(22), at(23, 59), at(0), at(7, 59)])
def test_the_night_is_quiet(moment: datetime) -> None:
    assert NIGHT.covers(moment)


@pytest.mark.parametrize("moment", [at(8), at(12), at(21, 59)])
def test_by_day_messages_go_out(moment: datetime) -> None:
    assert NIGHT.first_allowed(moment) == moment


def test_the_evening_waits_for_tomorrows_morning() -> None:
    assert NIGHT.first_allowed(at(22, 30)) == at(8, day=22)


def test_the_small_hours_wait_for_the_same_days_morning() -> None:
    assert NIGHT.first_allowed(at(0, 5)) == at(8)


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = QuietHours(begins=time(12), ends=time(14))
    assert noon.first_allowed(at(13)) == at(14)
    assert noon.first_allowed(at(14)) == at(14)


@given(MOMENTS)
def test_nothing_is_allowed_at_night_and_nothing_waits_longer_than_the_night(
    moment: datetime,
) -> None:
    allowed = NIGHT.first_allowed(moment)
    assert not NIGHT.covers(allowed)
    assert timedelta(0) <= allowed - moment <= timedelta(hours=10)


def test_a_message_is_tried_eight_times() -> None:
    waits = [retry_after_seconds(attempts) for attempts in range(1, 9)]
    assert waits == [*RETRY_SECONDS, None]
    assert sum(RETRY_SECONDS) < timedelta(hours=9).total_seconds()


@pytest.mark.parametrize(
    ("length", "segments"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)]
)
def test_segments_are_counted_as_carriers_do(length: int, segments: int) -> None:
    assert sms_segments("苗" * length) == segments


def test_a_sign_outside_the_basic_plane_takes_two_units() -> None:
    assert sms_segments("🌱" * (SEGMENT_UNITS // 2)) == 1
    assert sms_segments("🌱" * (SEGMENT_UNITS // 2 + 1)) == 2
    assert JOINED_SEGMENT_UNITS < SEGMENT_UNITS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", BY_SMS)
def test_a_text_message_is_ours_short_and_asks_nobody_to_call_or_click(
    kind: Kind, language: str
) -> None:
    sentence = text(f"messaging.{kind.lower()}.sms", language, **LARGEST)
    assert sentence.startswith("【青苗】")
    assert sms_segments(sentence) <= SEGMENTS_MAX
    assert not re.search(r"https?:|www\.|\.(com|cn)\b|[0-9]{7,}|400-|95[0-9]{3}", sentence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_templates_mention_only_figures_and_dates(language: str) -> None:
    with (TEXTS / "messaging.toml").open("rb") as file:
        sections = tomllib.load(file)[language]
    mentioned = {
        name
        for kind in Kind
        for sentence in sections[kind.lower()].values()
        for _, name, _, _ in string.Formatter().parse(sentence)
        if name
    }
    assert mentioned == {*LARGEST, "lesson_title", "product_name", "because"}


def test_exactly_the_kinds_that_go_by_sms_have_a_text_for_it() -> None:
    with (TEXTS / "messaging.toml").open("rb") as file:
        sections = tomllib.load(file)["zh-Hans"]
    assert [kind for kind in Kind if "sms" in sections[kind.lower()]] == BY_SMS


def test_every_kind_has_a_manner_and_learning_costs_no_text_message() -> None:
    assert set(MANNERS) == set(Kind)
    assert tuple(Category) == SWITCHES
    assert set(SMS_SWITCHES) == set(Category) - {Category.LEARNING, Category.REWARDS}
    assert list(ALWAYS_ON) == [Category.SAFETY]


def test_money_paid_too_much_is_mentioned() -> None:
    assert body_of(Kind.REPAYMENT_RECEIVED, {"unapplied_fen": 0}) == "body"
    assert body_of(Kind.REPAYMENT_RECEIVED, {"unapplied_fen": 1}) == "body_kept"


def test_days_of_grace_are_mentioned_where_there_are_any() -> None:
    due = {"due_on": "2026-12-05", "grace_until": "2026-12-05"}
    assert body_of(Kind.OVERDUE, due) == "body"
    assert body_of(Kind.OVERDUE, due | {"grace_until": "2026-12-08"}) == "body_in_grace"


def test_a_lesson_that_was_withdrawn_is_suggested_without_its_title() -> None:
    assert body_of(Kind.LESSON_SUGGESTED, {"lesson_slug": "gone"}) == "body"
    assert body_of(Kind.LESSON_SUGGESTED, {"lesson_title": "一课"}) == "body_titled"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", CorrectionReason)
def test_every_correction_can_be_told_with_its_reason(
    reason: CorrectionReason, language: str
) -> None:
    parts = {ActKind.WAIVER: WAIVED, ActKind.CHARGE: CHARGED}
    because = text(f"servicing.because.{reason}", language)
    for act in ActKind:
        for part in parts.get(act, ("",)):
            name = body_of(Kind.LOAN_CORRECTED, {"act": act, "part": part})
            said = text(f"messaging.loan_corrected.{name}", language, **LARGEST, because=because)
            assert because in said


def test_what_no_phone_shows_is_left_out() -> None:
    assert sendable("【青苗】\x00您好🌱\u202e\ud83d\n\x07再见") == "【青苗】您好🌱\n再见"


@pytest.mark.parametrize(("length", "segments"), [(160, 1), (161, 2), (306, 2), (307, 3)])
def test_what_the_default_alphabet_writes_is_counted_in_septets(length: int, segments: int) -> None:
    assert sms_segments("a" * length) == segments
    assert sms_segments("€" * (length // 2) + "a" * (length % 2)) == segments or length > 160


def test_a_sign_is_never_cut_between_two_segments() -> None:
    assert sms_segments("苗" * 66 + "🌱" + "苗" * 66) == 3
    assert sms_segments("苗" * 66 + "苗苗" + "苗" * 66) == 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind in Kind if MANNERS[kind].by_voice])
def test_a_call_says_who_calls_and_that_nobody_asks_for_codes_or_money(
    kind: Kind, language: str
) -> None:
    script = text(f"messaging.{kind.lower()}.voice", language, **LARGEST)
    assert script.startswith(("您好，这里是青苗。", "Hello, this is Qingmiao."))
    assert re.search("验证码|费用|code|paid", script)
    assert not re.search(r"[0-9]{7,}|【", script)


@given(st.integers(0, 10**6), st.integers(0, 24 * 60 - 1), st.integers(1, 14 * 60))
def test_whatever_hours_somebody_chooses_a_message_goes_out_within_two_days(
    minute: int, begins: int, lasts: int
) -> None:
    def at_minute(number: int) -> time:
        return time(number % (24 * 60) // 60, number % 60)

    own = QuietHours(begins=at_minute(begins), ends=at_minute(begins + lasts))
    moment = at(0) + timedelta(minutes=minute)
    allowed = first_allowed(moment, [NIGHT, own])
    assert timedelta(0) <= allowed - moment <= timedelta(days=2)
    assert not NIGHT.covers(allowed)


def test_warnings_go_to_the_number_and_what_can_wait_to_the_app() -> None:
    assert chain_of(Kind.SESSION_WAITS) == (Channel.SMS, Channel.VOICE)
    assert chain_of(Kind.LOAN_DISBURSED) == (Channel.PUSH, Channel.SMS)
    assert chain_of(Kind.LOAN_DISBURSED, by_sms=False) == (Channel.PUSH,)
    assert chain_of(Kind.DATA_LOOKED_AT) == ()
    assert {kind for kind in Kind if MANNERS[kind].wakes} == {
        Kind.SIGNED_OUT_FOR_SAFETY,
        Kind.DEVICE_ENROLLED,
        Kind.SESSION_WAITS,
    }
