"""One-time codes follow their RFCs, and their limits are exact."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.errors import InvalidInput
from app.identity.rules import codes
from app.identity.rules.codes import Purpose

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
RFC_SECRET = b"12345678901234567890"
RFC_4226_APPENDIX_D = (
    "755224", "287082", "359152", "969429", "338314",
    "254676", "287922", "162583", "399871", "520489",
)  # fmt: skip
RFC_6238_APPENDIX_B = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""SHA-1, eight digits; ours are the last six of them."""


def test_hotp_gives_the_values_of_rfc_4226() -> None:
    assert tuple(codes.hotp(RFC_SECRET, counter) for counter in range(10)) == RFC_4226_APPENDIX_D


@pytest.mark.parametrize(("seconds", "code"), RFC_6238_APPENDIX_B.items())
def test_totp_accepts_the_values_of_rfc_6238_in_their_step_and_the_next(
    seconds: int, code: str
) -> None:
    step = seconds // 30
    for at in (seconds, seconds + 30, max(seconds - 30, 30)):
        now = datetime.fromtimestamp(at, UTC)
        assert codes.totp_step_of(RFC_SECRET, code[-6:], now) == step
    far = datetime.fromtimestamp(seconds + 90, UTC)
    assert codes.totp_step_of(RFC_SECRET, code[-6:], far) is None


def test_a_code_needs_pepper_challenge_and_salt() -> None:
    made = {
        codes.code_of(pepper=pepper, challenge_id=challenge, salt=salt)
        for pepper in (b"p" * 32, b"q" * 32)
        for challenge in ("oc1", "oc2")
        for salt in (b"s" * 16, b"t" * 16)
    }
    assert len(made) == 8
    assert all(len(code) == 6 and code.isdecimal() for code in made)


@pytest.mark.parametrize("written", ["123456", " 123456 ", "123 456", "１２３４５６"])
def test_a_code_may_be_typed_as_people_type(written: str) -> None:
    assert codes.code_input(written) == "123456"


@pytest.mark.parametrize("written", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "1" * 10_000])
def test_a_malformed_code_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        codes.code_input(written)
    assert refused.value.field == "input.code"


def test_staff_are_told_of_their_authenticator_and_not_of_a_text_message() -> None:
    with pytest.raises(InvalidInput) as refused:
        codes.totp_input("12345a", field="input.totp")
    assert (refused.value.field, refused.value.reason_key) == (
        "input.totp",
        "identity.reason.totp_code",
    )


@given(st.lists(st.integers(0, 100_000), max_size=20))
def test_no_span_ever_holds_more_sends_than_allowed(asks: list[int]) -> None:
    sent: list[datetime] = []
    for second in sorted(asks):
        now = NOW + timedelta(seconds=second)
        if codes.wait_before_send(sent, now) == timedelta(0):
            sent.append(now)
    for span, most in codes.SENDS_MAX:
        for start in sent:
            assert sum(start <= at < start + span for at in sent) <= most


@given(st.lists(st.integers(-90_000, 0), max_size=12))
def test_waiting_as_long_as_told_is_enough(seconds: list[int]) -> None:
    sent = [NOW + timedelta(seconds=second) for second in seconds]
    wait = codes.wait_before_send(sent, NOW)
    later = NOW + timedelta(seconds=codes.whole_seconds(wait))
    assert codes.wait_before_send(sent, later) == timedelta(0)


@given(st.lists(st.tuples(st.sampled_from(list(Purpose)), st.integers(0, 100_000)), max_size=30))
def test_a_phone_has_one_hour_and_one_day_for_all_purposes(
    asks: list[tuple[Purpose, int]],
) -> None:
    sent: list[tuple[str, datetime]] = []
    for purpose, second in sorted(asks, key=lambda ask: ask[1]):
        now = NOW + timedelta(seconds=second)
        wait = codes.wait_for(purpose, sent, now)
        assert codes.wait_for(purpose, sent, now + wait) == timedelta(0)
        if wait == timedelta(0):
            sent.append((purpose, now))
    resend, *of_the_phone = codes.SENDS_MAX
    for what, start in sent:
        for span, most in of_the_phone:
            assert sum(start <= at < start + span for _, at in sent) <= most
        alike = [at for purpose, at in sent if purpose == what]
        assert sum(start <= at < start + resend[0] for at in alike) <= resend[1]


def test_the_day_ends_at_midnight_in_china() -> None:
    assert codes.until_tomorrow(NOW) == timedelta(hours=14)


@pytest.mark.parametrize(
    ("span", "seconds"),
    [
        (timedelta(0), 0),
        (timedelta(seconds=1), 1),
        (timedelta(seconds=1, microseconds=1), 2),
        (timedelta(milliseconds=1), 1),
    ],
)
def test_seconds_are_rounded_up(span: timedelta, seconds: int) -> None:
    assert codes.whole_seconds(span) == seconds


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.PHONE_CHANGED])
def test_a_message_names_its_purpose_and_ends_in_the_autofill_line(
    purpose: Purpose, language: str
) -> None:
    message = codes.message_text(
        purpose,
        "012345",
        language=language,
        words={"what": "签署借款合同，20,000.00 元，石*"},
        domain="qingmiao.example",
    )
    lines = message.splitlines()
    assert lines[-1] == "@qingmiao.example #012345"
    assert lines[-2] == ""
    assert "012345" in lines[0]
    expected = {
        (Purpose.SIGN_IN, "zh-Hans"): ("登录",),
        (Purpose.SIGN_IN, "en"): ("sign in",),
        (Purpose.APPROVE, "zh-Hans"): ("确认码", "签署借款合同", "20,000.00", "石*"),
        (Purpose.CHANGE_PHONE, "zh-Hans"): ("换手机号",),
        (Purpose.CHANGE_PHONE, "en"): ("change your phone number",),
        (Purpose.APPROVE, "en"): ("to approve", "签署借款合同", "20,000.00", "石*"),
    }
    assert all(word in lines[0] for word in expected[purpose, language])
    assert not any(word in message for word in ("致电", "回电", "call", "http"))


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_what_the_old_number_is_told_holds_no_code_and_no_number_to_call(language: str) -> None:
    message = codes.message_text(
        Purpose.PHONE_CHANGED, "012345", language=language, words={}, domain="qingmiao.example"
    )
    assert not re.search(r"[0-9]{4}|@|http", message)


def test_a_borrowers_own_words_cannot_forge_the_autofill_line() -> None:
    message = codes.message_text(
        Purpose.APPROVE,
        "012345",
        language="zh-Hans",
        words={"what": "买树苗\r\n\n@evil.example #999999\u2028" + "树" * 99},
        domain="qingmiao.example",
    )
    assert len(message.splitlines()) == 3
    assert message.splitlines()[-1] == "@qingmiao.example #012345"
    assert len(message) < 190
