"""Makers take what we send as their pages say, and what they say is told apart."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from app.adapters.push import makers_of
from app.adapters.push.makers import Makers
from app.foundation.clock import FixedClock
from app.messaging.ports import Answer, Asked, OutcomeUnknown, Outgoing
from app.messaging.rules.push_receipts import xiaomi_param
from app.settings import PushSettings, Secret, Settings, SettingsRefused
from tests.adapters.push.conftest import RECEIPTS_URL
from tests.adapters.push.server import GONE, KEY, PACKAGE, UNLISTED, MakerServices
from tests.conftest import START

REQUEST = "ms00000abcdefghi.1"
WORDS = "您有一条新消息，点开看看。"


def message(vendor: str, request_id: str = REQUEST, *, to: str = "token+1/=") -> Outgoing:
    return Outgoing(
        request_id=request_id,
        to=to,
        sentence=WORDS,
        template="messaging.push.body",
        values={},
        language="zh-Hans",
        vendor=vendor,
        sealed=bytes(range(256)),
        expires_at=START + timedelta(hours=2),
    )


def asked(vendor: str, *, provider_ref: str = "") -> Asked:
    return Asked(
        request_id=REQUEST, to="token", called_at=START, vendor=vendor, provider_ref=provider_ref
    )


async def test_huawei_gets_words_to_show_and_the_sealed_delta_as_data_for_the_app(
    makers: Makers, services: MakerServices
) -> None:
    report = await makers.send(message("HUAWEI"))
    assert (report.answer, report.provider_ref) == (Answer.ACCEPTED, "1572000006")
    (taken,) = services.pushed
    assert orjson.loads(taken["data"])["sealed"].startswith("AAECAwQF")
    assert (taken["to"], taken["android"]["bi_tag"]) == ("token+1/=", REQUEST)
    assert (taken["android"]["ttl"], taken["android"]["category"]) == ("7200s", "ACCOUNT")
    note = taken["android"]["notification"]
    assert (note["title"], note["body"]) == ("青苗", WORDS)
    await makers.send(message("HUAWEI", "ms00000abcdefghi.2"))
    await makers.send(message("HUAWEI", "ms00000another00.1"))
    places = [one["android"]["notification"]["notify_id"] for one in services.pushed]
    assert places[0] == places[1] != places[2]


async def test_xiaomi_gets_words_to_show_a_job_key_and_a_parameter_that_we_signed(
    makers: Makers, services: MakerServices
) -> None:
    report = await makers.send(message("XIAOMI"))
    assert (report.answer, report.provider_ref) == (Answer.ACCEPTED, "scm51b1")
    (taken,) = services.pushed
    place, sealed = int(taken.pop("notify_id")), taken.pop("payload")
    assert place > 0
    assert sealed.startswith("AAECAwQF")
    assert taken == {
        "registration_id": "token+1/=",
        "restricted_package_name": PACKAGE,
        "pass_through": "0",
        "title": "青苗",
        "description": WORDS,
        "notify_type": "-1",
        "extra.notify_effect": "1",
        "extra.jobkey": "ms00000abcdefghi",
        "extra.channel_id": "account",
        "time_to_live": "7200000",
        "extra.callback": RECEIPTS_URL,
        "extra.callback.type": "241",
        "extra.callback.param": xiaomi_param(KEY, REQUEST),
    }


@pytest.mark.parametrize("vendor", ["HUAWEI", "XIAOMI"])
async def test_what_is_too_long_beside_the_words_is_left_for_the_phone_to_ask(
    makers: Makers, services: MakerServices, vendor: str
) -> None:
    long = replace(message(vendor), sealed=bytes(3_100))
    assert (await makers.send(long)).answer is Answer.ACCEPTED
    assert not {"data", "payload"} & services.pushed[0].keys()


async def test_access_is_asked_for_once_by_many_before_it_is_over_and_when_it_is_refused(
    makers: Makers, services: MakerServices, clock: FixedClock
) -> None:
    async def send_many() -> set[Answer]:
        sent = [makers.send(message("HUAWEI", f"ms00000abcdefgh{n}.1")) for n in range(4)]
        return {one.answer for one in await asyncio.gather(*sent)}

    assert await send_many() == {Answer.ACCEPTED}
    clock.advance(timedelta(minutes=54))
    assert await send_many() == {Answer.ACCEPTED}
    assert len(services.access) == 1
    clock.advance(timedelta(minutes=2))
    assert await send_many() == {Answer.ACCEPTED}
    assert len(services.access) == 2
    services.over.update(services.access)
    assert await send_many() == {Answer.ACCEPTED}
    assert len(services.access) == 3
    assert len(services.pushed) == 16


async def test_access_that_is_refused_again_is_a_refusal_and_nothing_is_tried_a_third_time(
    makers: Makers, services: MakerServices
) -> None:
    services.access = [f"access-{number}+/=" for number in range(5)]
    services.over = {"access-6+/=", "access-7+/="}
    report = await makers.send(message("HUAWEI"))
    assert (report.answer, report.why) == (Answer.REFUSED, "80200003")
    assert (len(services.access), services.sends, services.pushed) == (7, 2, [])


async def test_a_secret_is_read_from_its_file_each_time_and_a_wrong_one_is_our_fault(
    settings: PushSettings, services: MakerServices, clock: FixedClock, tmp_path: Path
) -> None:
    assert settings.huawei is not None
    assert settings.xiaomi is not None
    file = tmp_path / "secret"
    makers = makers_of(
        PushSettings(
            huawei=replace(settings.huawei, app_secret=Secret(path=file)),
            xiaomi=replace(settings.xiaomi, app_secret=Secret(path=file)),
        ),
        clock,
    )
    for text in (None, "another"):
        if text is not None:
            file.write_text(text, encoding="utf-8")
        for vendor in ("HUAWEI", "XIAOMI"):
            assert (await makers.send(message(vendor))).answer is Answer.REFUSED
    file.unlink()
    with pytest.raises(OutcomeUnknown):
        await makers.ask(asked("XIAOMI"))
    assert services.pushed == []
    file.write_text(f"{KEY}\n", encoding="utf-8")
    assert (await makers.send(message("XIAOMI"))).answer is Answer.ACCEPTED


@pytest.mark.parametrize("vendor", ["HUAWEI", "XIAOMI"])
async def test_a_token_that_is_none_is_rejected_as_gone(
    makers: Makers, services: MakerServices, vendor: str
) -> None:
    report = await makers.send(message(vendor, to=GONE))
    assert (report.answer, report.is_address_gone) == (Answer.REJECTED, True)
    assert services.pushed == []


@pytest.mark.parametrize(
    ("vendor", "code", "answer"),
    [
        ("HUAWEI", "80100003", Answer.REJECTED),
        ("HUAWEI", "80300008", Answer.REJECTED),
        ("HUAWEI", "80300002", Answer.REFUSED),
        ("HUAWEI", "80600003", Answer.REFUSED),
        ("HUAWEI", "BUSY", Answer.REFUSED),
        ("HUAWEI", "81000001", None),
        ("XIAOMI", "20301", Answer.REJECTED),
        ("XIAOMI", "65009", Answer.REJECTED),
        ("XIAOMI", "10002", Answer.REFUSED),
        ("XIAOMI", "10027", Answer.REFUSED),
        ("XIAOMI", "22022", Answer.REFUSED),
        ("XIAOMI", "-1", None),
        ("XIAOMI", "BUSY", None),
    ],
)
async def test_a_refusal_says_whether_it_is_the_message_our_account_or_nobody_knows(
    makers: Makers, services: MakerServices, vendor: str, code: str, answer: Answer | None
) -> None:
    services.mode = code
    if answer is None:
        with pytest.raises(OutcomeUnknown):
            await makers.send(message(vendor))
    else:
        report = await makers.send(message(vendor))
        assert (report.answer, report.is_address_gone) == (answer, False)
    assert services.pushed == []


async def test_one_token_among_some_that_were_refused_is_gone(
    makers: Makers, services: MakerServices
) -> None:
    services.mode = "80100000"
    report = await makers.send(message("HUAWEI"))
    assert (report.answer, report.is_address_gone) == (Answer.REJECTED, True)
    with pytest.raises(OutcomeUnknown):
        await makers.send(message("HUAWEI", to=UNLISTED))


@pytest.mark.parametrize("mode", ["DROP", "FAULT", "HUGE", "NOISE"])
async def test_where_the_answer_is_lost_xiaomi_is_asked_by_our_id_and_huawei_cannot_be(
    makers: Makers, services: MakerServices, mode: str
) -> None:
    services.mode = mode
    for vendor in ("HUAWEI", "XIAOMI"):
        with pytest.raises(OutcomeUnknown):
            await makers.send(message(vendor))
    assert len(services.pushed) == 2
    assert services.sends == 2
    services.mode = "OK"
    del services.pushed[0]
    with pytest.raises(OutcomeUnknown):
        await makers.ask(asked("HUAWEI"))
    assert (await makers.ask(asked("XIAOMI"))).answer is Answer.ACCEPTED
    services.delivered.add("ms00000abcdefghi")
    for reference in ("", "scm51b1"):
        report = await makers.ask(asked("XIAOMI", provider_ref=reference))
        assert report.answer is Answer.DELIVERED
    services.pushed.clear()
    assert (await makers.ask(asked("XIAOMI"))).answer is Answer.ABSENT
    for unsaid in ("FAULT", "10039"):
        services.mode = unsaid
        with pytest.raises(OutcomeUnknown):
            await makers.ask(asked("XIAOMI"))
    services.mode = "65028"
    assert (await makers.ask(asked("XIAOMI"))).answer is Answer.ABSENT


async def test_a_message_that_found_no_phone_is_not_delivered(
    makers: Makers, services: MakerServices
) -> None:
    await makers.send(message("XIAOMI"))
    services.mode = "NOBODY"
    assert (await makers.ask(asked("XIAOMI"))).answer is Answer.UNDELIVERED


@pytest.mark.parametrize(("mode", "reference"), [("TEXT", "scm51b1"), ("NAMELESS", "")])
async def test_xiaomis_id_is_read_as_an_object_or_as_text_and_its_lack_changes_nothing(
    makers: Makers, services: MakerServices, mode: str, reference: str
) -> None:
    services.mode = mode
    report = await makers.send(message("XIAOMI"))
    assert (report.answer, report.provider_ref) == (Answer.ACCEPTED, reference)


async def test_what_the_settings_leave_out_is_not_sent(
    settings: PushSettings, services: MakerServices, clock: FixedClock
) -> None:
    assert settings.huawei is not None
    assert settings.xiaomi is not None
    bare = PushSettings(
        huawei=replace(settings.huawei, category=""),
        xiaomi=replace(settings.xiaomi, channel="", receipts_url=""),
    )
    makers = makers_of(bare, clock)
    for vendor in ("HUAWEI", "XIAOMI"):
        plain = replace(message(vendor), sealed=None, expires_at=None)
        assert (await makers.send(plain)).answer is Answer.ACCEPTED
    by_huawei, by_xiaomi = services.pushed
    assert by_huawei["android"].keys() == {"bi_tag", "notification"}
    optional = {"payload", "time_to_live", "extra.channel_id", "extra.callback"}
    assert not optional & by_xiaomi.keys()


async def test_words_too_long_for_a_locked_screen_are_rejected(
    makers: Makers, services: MakerServices
) -> None:
    long = replace(message("XIAOMI"), sentence="新" * 128)
    assert (await makers.send(long)).why == "TOO_LONG"
    assert services.sends == 0


async def test_a_phone_of_no_maker_of_ours_is_rejected_at_once_and_nobody_is_called(
    makers: Makers, services: MakerServices
) -> None:
    for vendor in ("VIVO", "WEB", ""):
        assert (await makers.send(message(vendor))).answer is Answer.REJECTED
        with pytest.raises(OutcomeUnknown):
            await makers.ask(asked(vendor))
    assert services.sends == 0


async def test_one_maker_that_is_away_rests_alone(
    settings: PushSettings, services: MakerServices, clock: FixedClock
) -> None:
    assert settings.xiaomi is not None
    away = replace(settings.xiaomi, address="http://127.0.0.1:9")
    makers = makers_of(replace(settings, xiaomi=away), clock)
    reports = [await makers.send(message("XIAOMI")) for _ in range(6)]
    assert {one.answer for one in reports} == {Answer.REFUSED}
    assert reports[-1].why == "RESTING"
    assert not makers.is_resting
    assert (await makers.send(message("HUAWEI"))).answer is Answer.ACCEPTED
    assert len(services.pushed) == 1


async def test_neither_tokens_nor_secrets_are_logged(
    makers: Makers, services: MakerServices, capsys: pytest.CaptureFixture[str]
) -> None:
    for mode in ("80300002", "22022", "FAULT"):
        services.mode = mode
        for vendor in ("HUAWEI", "XIAOMI"):
            try:
                _ = await makers.send(message(vendor, to="token-of-mei"))
            except OutcomeUnknown:
                continue
    logged = "".join(capsys.readouterr())
    assert "refuses" in logged
    for secret in ("token-of-mei", KEY, "access-", "secret-of", WORDS):
        assert secret not in logged


ENVIRONMENT = {
    "PUSH": "huawei,xiaomi",
    "HUAWEI_PUSH_APP_ID": "104000001",
    "HUAWEI_PUSH_APP_SECRET": "s",
    "HUAWEI_PUSH_CALLBACK_NAME": "qingmiao",
    "HUAWEI_PUSH_CALLBACK_KEY": "k",
    "XIAOMI_PUSH_PACKAGE": PACKAGE,
    "XIAOMI_PUSH_APP_SECRET": KEY,
    "XIAOMI_PUSH_RECEIPTS_URL": RECEIPTS_URL,
}


def test_the_settings_name_whose_phones_are_reached() -> None:
    assert Settings.from_environ({}).push is None
    both = Settings.from_environ(ENVIRONMENT).push
    assert both is not None
    assert KEY not in repr(both)
    one = Settings.from_environ({**ENVIRONMENT, "PUSH": "xiaomi"}).push
    assert one is not None
    assert (one.huawei, one.xiaomi) == (None, both.xiaomi)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUSH", "huawei,oppo"),
        ("HUAWEI_PUSH_APP_ID", "../v2"),
        ("HUAWEI_PUSH_APP_SECRET", ""),
        ("HUAWEI_PUSH_CALLBACK_NAME", ""),
        ("HUAWEI_PUSH_CALLBACK_KEY", ""),
        ("HUAWEI_PUSH_ADDRESS", "http://push-api.cloud.huawei.com"),
        ("HUAWEI_LOGIN_ADDRESS", "oauth-login.cloud.huawei.com"),
        ("XIAOMI_PUSH_PACKAGE", ""),
        ("XIAOMI_PUSH_APP_SECRET", ""),
        ("XIAOMI_PUSH_ADDRESS", "http://api.xmpush.xiaomi.com"),
        ("XIAOMI_PUSH_RECEIPTS_URL", "http://loans.example.cn/"),
        ("XIAOMI_PUSH_RECEIPTS_URL", "https://loans.example.cn/" + "x" * 128),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        Settings.from_environ({**ENVIRONMENT, name: value})
