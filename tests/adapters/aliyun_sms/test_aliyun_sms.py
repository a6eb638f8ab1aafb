"""Aliyun believes what we sign, and is asked before it is told again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from app.adapters.aliyun_sms import AliyunClient, AliyunSms, aliyun_of, texts_to_register
from app.adapters.aliyun_sms.signing import AccessKey, canonical_query, signed_headers
from app.foundation.clock import FixedClock
from app.messaging.ports import Answer, Asked, OutcomeUnknown, Outgoing
from app.settings import Settings, SettingsRefused
from tests.adapters.aliyun_sms.server import KEY_ID, SECRET, Aliyun, serving
from tests.conftest import START

MEI = "+8613800138000"
TEMPLATES = {"messaging.loan_disbursed.sms zh-Hans": "SMS_1001"}


@pytest.fixture
def aliyun(clock: FixedClock) -> Iterator[Aliyun]:
    with serving(Aliyun(now=clock.now())) as served:
        yield served


@pytest.fixture
def provider(aliyun: Aliyun, clock: FixedClock) -> AliyunSms:
    numbers = count()
    client = AliyunClient(
        address=aliyun.address,
        key=AccessKey(KEY_ID, SECRET),
        clock=clock,
        nonce=lambda: f"nonce-{next(numbers)}",
        seconds=2.0,
    )
    return AliyunSms(client=client, sign_name="青苗", templates=TEMPLATES)


def message(request_id: str = "ms00000abcdefghi.1", *, amount: str = "6,000.00") -> Outgoing:
    return Outgoing(
        request_id=request_id,
        to=MEI,
        sentence=f"【青苗】您借的 {amount} 元已经打到合同写的账户。",
        template="messaging.loan_disbursed.sms",
        values={"amount_fen": amount},
        language="zh-Hans",
    )


def asked(request_id: str = "ms00000abcdefghi.1", *, provider_ref: str = "") -> Asked:
    return Asked(request_id=request_id, to=MEI, called_at=START, provider_ref=provider_ref)


def test_the_published_example_has_the_published_signature() -> None:
    """Source: "固定参数示例" of help.aliyun.com, document 2593177 (V3版本请求体&签名机制)."""
    query = canonical_query(
        {
            "RegionId": "cn-shanghai",
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        }
    )
    headers = signed_headers(
        AccessKey("YourAccessKeyId", "YourAccessKeySecret"),
        action="RunInstances",
        version="2014-05-26",
        host="ecs.cn-shanghai.aliyuncs.com",
        query=query,
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert headers["authorization"].endswith(
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;"
        "x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


async def test_a_message_goes_out_by_its_template_under_our_own_id(
    provider: AliyunSms, aliyun: Aliyun
) -> None:
    report = await provider.send(message(amount="6,000.00 * ~+/中🌱"))
    assert (report.answer, report.provider_ref) == (Answer.ACCEPTED, "biz-1")
    assert aliyun.sent == [
        {
            "PhoneNumbers": "13800138000",
            "SignName": "青苗",
            "TemplateCode": "SMS_1001",
            "TemplateParam": '{"amount_fen":"6,000.00 * ~+/中🌱"}',
            "OutId": "ms00000abcdefghi.1",
        }
    ]
    assert aliyun.refused == []


async def test_what_another_key_signed_is_not_taken_and_may_go_elsewhere(
    provider: AliyunSms, aliyun: Aliyun
) -> None:
    provider.client.key = AccessKey(KEY_ID, "another")
    assert (await provider.send(message())).answer is Answer.REFUSED
    assert (aliyun.sent, aliyun.refused) == ([], ["SignatureDoesNotMatch"])


async def test_a_clock_that_is_wrong_is_told_so_and_nothing_is_sent(
    provider: AliyunSms, aliyun: Aliyun, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=40))
    assert (await provider.send(message())).answer is Answer.REFUSED
    assert (aliyun.sent, aliyun.refused) == ([], ["InvalidTimeStamp.Expired"])


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", Answer.REJECTED),
        ("isv.BUSINESS_LIMIT_CONTROL", Answer.REFUSED),
        ("isv.AMOUNT_NOT_ENOUGH", Answer.REFUSED),
        ("isv.SMS_TEMPLATE_ILLEGAL", Answer.REFUSED),
    ],
)
async def test_a_refusal_says_whether_anybody_else_could_send_it(
    provider: AliyunSms, aliyun: Aliyun, code: str, answer: Answer
) -> None:
    aliyun.mode = code
    report = await provider.send(message())
    assert (report.answer, report.why) == (answer, code)
    assert aliyun.sent == []


@pytest.mark.parametrize("mode", ["DROP", "FAULT", "isp.SYSTEM_ERROR"])
async def test_where_the_answer_is_lost_it_is_asked_for_by_our_id(
    provider: AliyunSms, aliyun: Aliyun, mode: str
) -> None:
    aliyun.mode = mode
    with pytest.raises(OutcomeUnknown):
        await provider.send(message())
    aliyun.mode = "OK"
    report = await provider.ask(asked())
    taken = mode != "isp.SYSTEM_ERROR"
    assert report.answer is (Answer.ACCEPTED if taken else Answer.ABSENT)
    aliyun.status["ms00000abcdefghi.1"] = 3
    if taken:
        assert (await provider.ask(asked())).answer is Answer.DELIVERED
        aliyun.status["ms00000abcdefghi.1"] = 2
        assert (await provider.ask(asked())).answer is Answer.UNDELIVERED


async def test_a_message_is_found_among_many_to_the_same_number(
    provider: AliyunSms, aliyun: Aliyun
) -> None:
    await provider.send(message("ms00000000000000.1"))
    aliyun.sent += [{**aliyun.sent[0], "OutId": f"ms{number:014}.1"} for number in range(1, 55)]
    assert (await provider.ask(asked("ms00000000000054.1"))).answer is Answer.ACCEPTED
    assert (await provider.ask(asked("ms00000000000055.1"))).answer is Answer.ABSENT


async def test_nobody_there_is_a_refusal_and_silence_is_none(
    provider: AliyunSms, aliyun: Aliyun
) -> None:
    provider.client.address = "http://127.0.0.1:9"
    assert (await provider.send(message())).answer is Answer.REFUSED
    with pytest.raises(OutcomeUnknown):
        await provider.ask(asked())
    assert aliyun.sent == []


async def test_a_text_nobody_registered_is_not_sent(provider: AliyunSms, aliyun: Aliyun) -> None:
    provider.templates = {}
    assert (await provider.send(message())).why == "NO_TEMPLATE"
    assert aliyun.sent == []


def settings_with(path: Path, templates: str, **more: str) -> Settings:
    path.write_text(templates, encoding="utf-8")
    return Settings.from_environ(
        {
            "SMS": "aliyun",
            "ALIYUN_ACCESS_KEY_ID": KEY_ID,
            "ALIYUN_ACCESS_KEY_SECRET": SECRET,
            "ALIYUN_SMS_SIGN_NAME": "青苗",
            "ALIYUN_REPORT_TOKEN": "a" * 32,
            "ALIYUN_SMS_TEMPLATES": str(path),
            **more,
        }
    )


def test_a_text_without_a_template_stops_the_start(tmp_path: Path, clock: FixedClock) -> None:
    texts = texts_to_register()
    assert texts["messaging.loan_disbursed.sms zh-Hans"].startswith("您借的 ${amount_fen} 元")
    tables: dict[str, str] = {"zh-Hans": "", "en": ""}
    for name in texts:
        key, language = name.split(" ")
        tables[language] += f'"{key}" = "SMS_1"\n'
    whole = "".join(f'["{language}"]\n{lines}' for language, lines in tables.items())
    settings = settings_with(tmp_path / "templates.toml", whole)
    assert settings.aliyun is not None
    assert aliyun_of(settings.aliyun, clock).sign_name == "青苗"

    short = whole.replace('"messaging.overdue.sms" = "SMS_1"\n', "", 1)
    lacking = settings_with(tmp_path / "templates.toml", short)
    assert lacking.aliyun is not None
    with pytest.raises(SettingsRefused, match=r"messaging\.overdue\.sms"):
        aliyun_of(lacking.aliyun, clock)


@pytest.mark.parametrize(
    "change",
    [
        {"ALIYUN_ACCESS_KEY_ID": ""},
        {"ALIYUN_ACCESS_KEY_SECRET": ""},
        {"ALIYUN_REPORT_TOKEN": "short"},
        {"ALIYUN_SMS_TEMPLATES": "/nowhere.toml"},
        {"ALIYUN_SMS_ADDRESS": "http://dysmsapi.aliyuncs.com"},
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(
    tmp_path: Path, change: dict[str, str]
) -> None:
    with pytest.raises(SettingsRefused, match=next(iter(change))):
        settings_with(tmp_path / "templates.toml", "", **change)


def test_a_key_shows_no_secret() -> None:
    assert SECRET not in repr(AccessKey(KEY_ID, SECRET))
