"""Whose wallet a login code is, as WeChat's login answers it."""

import asyncio
import logging
from collections.abc import Callable

import httpx
import orjson
import pytest

from app.adapters.wallets import USED_MAX, WalletTwin
from app.adapters.wechat_pay.sessions import WeChatWallets
from app.identity.ports import LoginCodeUnknown, WalletUnavailable
from app.settings import Secret

OPENID, APP_SECRET = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "0123456789abcdef0123456789abcdef"


def wallets(answer: Callable[[httpx.Request], httpx.Response]) -> WeChatWallets:
    http = httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="https://api.weixin.qq.com"
    )
    return WeChatWallets(app_id="wx1", secret=Secret(APP_SECRET), http=http)


async def test_a_code_is_asked_about_once_and_only_the_openid_is_kept(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, json={"openid": OPENID, "session_key": "c2Vzc2lvbg=="})

    provider = wallets(answer)
    with caplog.at_level(logging.WARNING):
        assert await provider.wallet_of("081Xyz") == OPENID
    (url,) = asked
    assert dict(url.params) == {
        "appid": "wx1",
        "secret": APP_SECRET,
        "js_code": "081Xyz",
        "grant_type": "authorization_code",
    }
    shown = repr(provider) + caplog.text + "".join(capsys.readouterr())
    assert APP_SECRET not in shown
    assert OPENID not in shown


@pytest.mark.parametrize("errcode", [40029, 40163])
async def test_a_code_that_wechat_does_not_know_names_no_wallet(errcode: int) -> None:
    body = orjson.dumps({"errcode": errcode, "errmsg": "invalid code"})
    with pytest.raises(LoginCodeUnknown):
        await wallets(lambda _: httpx.Response(200, content=body)).wallet_of("081Xyz")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, b""),
        (200, b"[]"),
        (200, b'{"openid": "o1"}'),
        (200, b'{"errcode": 40125, "errmsg": "invalid appsecret"}'),
        (200, b'{"errcode": 45011}'),
        (200, b" " * 20_000),
    ],
)
async def test_any_other_answer_is_none(status: int, body: bytes) -> None:
    asked = 0

    def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(status, content=body)

    with pytest.raises(WalletUnavailable):
        await wallets(answer).wallet_of("081Xyz")
    assert asked == 1, "a code is good once, so it is not tried again"


async def test_a_login_that_never_answers_is_given_up_on_in_time() -> None:
    async def answer(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="https://wx")
    provider = WeChatWallets(
        app_id="wx1", secret=Secret(APP_SECRET), http=http, deadline_seconds=0.05
    )
    async with asyncio.timeout(2):
        with pytest.raises(WalletUnavailable):
            await provider.wallet_of("081Xyz")


async def test_the_twin_knows_a_wallet_by_any_fresh_code_of_it() -> None:
    twin = WalletTwin()
    mine = await twin.wallet_of("mei.1")
    assert await twin.wallet_of("mei.2") == mine
    assert await twin.wallet_of("lan.1") != mine
    for code in ("mei.1", "mei"):
        with pytest.raises(LoginCodeUnknown):
            await twin.wallet_of(code)
    for number in range(USED_MAX):
        await twin.wallet_of(f"flood.{number}")
    assert await twin.wallet_of("mei.1") == mine, "it remembers so many and no more"
